r"""Who reviews what in a repository, by its CODEOWNERS file.

The last rule that a path meets counts, even if it names nobody. Patterns are those of gitignore
without `!`, `\\#` and `[…]`, which the host does not know either: a line with one is left out. And
`docs/*` means what lies in `docs`, not what lies deeper. Who is named by an address of mail owns
files, and cannot be asked by it.

Source: GitHub's documentation, "About code owners".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pack.deferred import dataclass, pattern
from pack.rules.patterns import Pattern, RuleFile

CODE_OWNERS_PLACES: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where the file may be; the first that is there counts."""
_MOST_BYTES: Final = 3 * 1024 * 1024
_MOST_REVIEWERS: Final = 15
_WORDS: Final = pattern(r"(?:\\.|[^\s\\])+")
_NAME: Final = pattern(r"@(?P<name>[A-Za-z0-9](?:[A-Za-z0-9-]{0,38})(?:/[A-Za-z0-9][\w.-]{0,99})?)")
_MAIL: Final = pattern(r"[^@\s]+@[^@\s]+")
_NO_FILE: Final = "There is no CODEOWNERS file, so nobody was asked to review."
_NO_OWNER: Final = "CODEOWNERS names nobody for these files, so nobody was asked to review."
_ONLY_MAIL: Final = "CODEOWNERS names some owners by their mail, who cannot be asked to review."
_TOO_MANY: Final = "CODEOWNERS names more owners than can be asked to review; the first were."
_TOO_LARGE: Final = "CODEOWNERS is too large for the host to read, so nobody was asked to review."


@dataclass(frozen=True, slots=True)
class Reviewers:
    """Whom to ask.

    Attributes:
        names: Users and teams (`org/team`), without `@`.
        notes: What is lacking, in sentences.
    """

    names: Sequence[str] = ()
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: Pattern
    is_flat: bool
    owners: Sequence[str]

    def matches(self, path: str) -> bool:
        if self.pattern.matches(path, is_folder=False):
            return True
        if self.is_flat:
            return False
        parts = path.split("/")[:-1]
        folders = ("/".join(parts[:depth]) for depth in range(1, len(parts) + 1))
        return any(self.pattern.matches(folder, is_folder=True) for folder in folders)


def reviewers_for(paths: Iterable[str], owners: bytes | None) -> Reviewers:
    """Whom to ask for a review of files.

    Args:
        paths: The files that change.
        owners: The CODEOWNERS file; `None` if there is none.
    """
    if owners is None:
        return Reviewers((), (_NO_FILE,))
    if len(owners) > _MOST_BYTES:
        return Reviewers((), (_TOO_LARGE,))
    rules = list(_rules(owners))[::-1]
    found = dict.fromkeys(owner for path in paths for owner in _owners_of(path, rules))
    names = [match["name"] for owner in found if (match := _NAME.fullmatch(owner))]
    notes = []
    if not found:
        notes.append(_NO_OWNER)
    if len(names) < len(found):
        notes.append(_ONLY_MAIL)
    if len(names) > _MOST_REVIEWERS:
        notes.append(_TOO_MANY)
    return Reviewers(tuple(names[:_MOST_REVIEWERS]), tuple(notes))


def _owners_of(path: str, rules: Sequence[_Rule]) -> Sequence[str]:
    return next((rule.owners for rule in rules if rule.matches(path)), ())


def _rules(content: bytes) -> Iterator[_Rule]:
    """The rules of a file, the first one first."""
    file = RuleFile("CODEOWNERS", "", content)
    for line in content.decode("utf-8-sig", "replace").splitlines():
        words = _WORDS.findall(line)
        if not words or words[0][0] in "#!^" or set(words[0]) & set("[]"):
            continue
        named = words[1:]
        comment = next((at for at, word in enumerate(named) if word.startswith("#")), len(named))
        owners = [
            word for word in named[:comment] if _NAME.fullmatch(word) or _MAIL.fullmatch(word)
        ]
        text = words[0].encode("utf-8", "replace")
        if text.strip(b"/") and not text.startswith(b"\\#"):
            yield _Rule(Pattern.parse(text, file), text.endswith(b"/*"), owners)
