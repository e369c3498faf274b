"""Which files of a repository are memory: what `.pack.yaml` at its root leaves in.

Whatever `pack.paths.is_memory_file` accepts could be memory; `.pack.yaml` narrows that:

    version: 1
    include: [notes/, journal/]
    exclude: ["*.draft.md", notes/private/]
    root_notes: true
    truth: {drafts/: record}
    vault_mode: local_first
    kept_by_ai: [claude-code/]

A pattern is one of git's: `*` and `?` stay within a name, `**` crosses folders, one without a slash
holds at any depth, and one that names a folder holds for everything in it. Without `include`,
everything is included. Notes at the root are memory only where `root_notes` says so, whatever is
included; it is here, and no setting, because all clones and processes have to agree. The committed
file counts.

`truth` says for folders whether changes of the person's words are held up (`enforce`) or only
recorded; where several fit, the longest counts. `vault_mode` says where the canonical copy is.
`pack.truth` uses both.

Imported conversations (`pack.paths.is_archived`) are kept, but not among what is listed, searched
and sent: there are thousands of them.

An AI writes the files of `kept_by_ai` by itself, with no tool of PACK: those of a folder at the top
belong to the one that the folder is called after. PACK adds nothing to them, and what it finds
there is that AI's and not the person's.

A file that cannot be read leaves nothing out, because notes that vanish are worse than notes that
are listed. But nothing is written or sent to targets until somebody repairs it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Final

from pack.catalog.row import is_catalogued
from pack.connector import Connector
from pack.deferred import dataclass, pattern
from pack.errors import InvalidConfig, InvalidContent, InvalidPath, LimitExceeded, PackError
from pack.files import yaml_block
from pack.model import MemoryPath
from pack.paths import is_archived
from pack.provenance import Origin, Source
from pack.rules.patterns import Pattern, RuleFile

PROJECT_FILE: Final = MemoryPath(".pack.yaml")
_VERSION: Final = 1
_INCLUDE: Final = "include"
_EXCLUDE: Final = "exclude"
_ROOT_NOTES: Final = "root_notes"
_TRUTH: Final = "truth"
_VAULT_MODE: Final = "vault_mode"
_KEPT_BY_AI: Final = "kept_by_ai"
_LISTS: Final = (_INCLUDE, _EXCLUDE, _KEPT_BY_AI)
_KEYS: Final = ("version", *_LISTS, _ROOT_NOTES, _TRUTH, _VAULT_MODE)
_TRUTH_MODES: Final = ("enforce", "record")
_MOST_PATTERNS: Final = 1000
_LONGEST: Final = 400
_FILE: Final = RuleFile(PROJECT_FILE, "", b"")
_SAYS_ROOT: Final = pattern(rb"^root_notes:[ \t]*true\b", re.MULTILINE)


class VaultMode(StrEnum):
    """Where what the person wrote is canonical."""

    LOCAL_FIRST = "local_first"
    """Here. A remote is a mirror."""
    CLOUD_FIRST = "cloud_first"
    """On the remote, whose text stays in place where both sides have changed the person's."""


@dataclass(frozen=True, slots=True)
class ScopeRule:
    """One pattern of the file.

    Attributes:
        text: As written.
        pattern: What it names.
    """

    text: str
    pattern: Pattern

    @classmethod
    def of(cls, text: str) -> ScopeRule:
        """The rule that a text describes."""
        return cls(text, Pattern.parse(text.encode("utf-8", "surrogatepass"), _FILE))

    def holds(self, path: str) -> bool:
        """Whether it fits a path or a folder that the path is in."""
        parts = path.split("/")
        return any(
            self.pattern.matches("/".join(parts[:depth]), is_folder=depth < len(parts))
            for depth in range(1, len(parts) + 1)
        )


@dataclass(frozen=True, slots=True)
class Scope:
    """Which files are memory.

    Attributes:
        include: Patterns, one of which must hold; none for all files.
        exclude: Patterns, none of which may hold.
        root_notes: Whether notes at the root are memory; `None` where nobody has said so, which
            means no.
        problem: Why the file that says so cannot be used.
        truth: What truth levels do where a pattern holds: `enforce` or `record`.
        vault_mode: Where the canonical copy is.
        kept_by_ai: Patterns of the files that an AI writes by itself.
    """

    include: tuple[ScopeRule, ...] = ()
    exclude: tuple[ScopeRule, ...] = ()
    root_notes: bool | None = None
    problem: str | None = None
    truth: tuple[tuple[ScopeRule, str], ...] = ()
    vault_mode: VaultMode = VaultMode.LOCAL_FIRST
    kept_by_ai: tuple[ScopeRule, ...] = ()

    def truth_at(self, path: str) -> str | None:
        """What truth levels do for a path, as the longest pattern says; `None` if none does."""
        fitting = [(len(rule.text), mode) for rule, mode in self.truth if rule.holds(path)]
        return max(fitting)[1] if fitting else None

    def keeper(self, path: str) -> Origin | None:
        """The AI that writes a file by itself; `None` if none does."""
        if not any(rule.holds(path) for rule in self.kept_by_ai):
            return None
        return Origin(Source.AI_CLOUD, path.partition("/")[0])

    def holds(self, path: str) -> bool:
        """Whether a file is listed, searched and sent as part of the memory."""
        return not is_archived(path) and self.keeps(path)

    def keeps(self, path: str) -> bool:
        """Whether a file can be asked for: one that is listed, or an imported conversation."""
        return is_catalogued(path) and self.left_out_by(path) is None

    def left_out_by(self, path: str) -> str | None:
        """The rule that leaves a path out; `None` if none does."""
        by = next((one for one in self.exclude if one.holds(path)), None)
        if by is not None:
            return f"{_EXCLUDE}: {by.text}"
        if "/" not in path:
            return None if self.root_notes else f"{_ROOT_NOTES} is not true"
        if self.include and not any(one.holds(path) for one in self.include):
            return f"{_INCLUDE} does not name it"
        return None

    def refuse_left_out(self, path: str) -> None:
        """Do nothing, unless a path is left out.

        Raises:
            InvalidPath: It is; the message names the rule.
        """
        rule = self.left_out_by(path)
        if rule is None:
            return
        if "/" not in path and not self.root_notes:
            reason = f"a memory file must be in a folder ({_ROOT_NOTES} in {PROJECT_FILE}"
            raise InvalidPath(path, f"{reason} is not true)")
        raise InvalidPath(path, f"{PROJECT_FILE} leaves it out ({rule})")

    def refuse_reading(self, path: str) -> None:
        """Do nothing, unless a path is left out by somebody's rule.

        A file at the root can be read although it is no memory, such as README.md.

        Raises:
            InvalidPath: It is; the message names the rule.
        """
        if is_catalogued(path) and ("/" in path or self.root_notes):
            self.refuse_left_out(path)

    def require(self) -> Scope:
        """The scope itself, if it is certain.

        Raises:
            InvalidConfig: The file that says so cannot be used.
        """
        if self.problem is not None:
            raise InvalidConfig(PROJECT_FILE, self.problem)
        return self


EVERYTHING: Final = Scope()


def scope_of(connector: Connector) -> Scope:
    """The scope that the current commit says.

    Raises:
        ConnectorError: The store cannot be read.
    """
    blob = connector.get_committed(PROJECT_FILE)
    if blob is None:
        return EVERYTHING
    ((_, content),) = connector.read_blobs([blob])
    return read_scope(content)


@lru_cache(maxsize=8)
def read_scope(content: bytes) -> Scope:
    """The scope that a `.pack.yaml` describes, or its problem."""
    try:
        fields = yaml_block.load(content.decode("utf-8"))
        _check(fields)
        root_notes = _truth(fields)
        vault_mode = VaultMode(_one_of(fields.get(_VAULT_MODE), [*VaultMode], f"`{_VAULT_MODE}`"))
        truth = _truth_of_folders(fields)
        include, exclude, kept = (tuple(map(ScopeRule.of, _texts(fields, key))) for key in _LISTS)
    except UnicodeDecodeError:
        return _broken(content, "it is not valid UTF-8")
    except InvalidContent as error:
        # Positions are those in a block whose first line is a fence.
        place = f" (line {error.line - 1})" if error.line else ""
        return _broken(content, f"{error.reason}{place}")
    except LimitExceeded as error:
        return _broken(content, str(error))
    return Scope(include, exclude, root_notes, None, truth, vault_mode, kept)


def _broken(content: bytes, problem: str) -> Scope:
    """Nothing that was memory vanishes: notes at the root stay, if a line still says so."""
    return Scope(root_notes=_SAYS_ROOT.search(content) is not None or None, problem=problem)


def _truth(fields: dict[str, object]) -> bool | None:
    value = fields.get(_ROOT_NOTES)
    if value is None or isinstance(value, bool):
        return value
    raise InvalidContent(f"`{_ROOT_NOTES}` must be true or false")


def _check(fields: dict[str, object]) -> None:
    for key in fields:
        if key not in _KEYS:
            # Here, as few mistype a key.
            from difflib import get_close_matches  # noqa: PLC0415

            near = get_close_matches(key, _KEYS, 1)
            hint = f": did you mean `{near[0]}`?" if near else f"; known are {', '.join(_KEYS)}"
            raise InvalidContent(f"unknown key `{key[:80]}`{hint}")
    if fields.get("version") != _VERSION:
        raise InvalidContent(f"`version` must be {_VERSION}; a newer PACK may know others")


def _one_of(value: object, known: Sequence[str], what: str) -> str:
    """One of the known values; the first if nothing is said."""
    if value is None:
        return known[0]
    if value not in known:
        raise InvalidContent(f"{what} must be {' or '.join(known)}")
    return str(value)


def _truth_of_folders(fields: dict[str, object]) -> tuple[tuple[ScopeRule, str], ...]:
    value = fields.get(_TRUTH)
    said = value if isinstance(value, dict) else {"*": value}
    texts = _texts({_TRUTH: list(said)}, _TRUTH)
    modes = [_one_of(mode, _TRUTH_MODES, f"`{_TRUTH}`") for mode in said.values()]
    rules = zip(map(ScopeRule.of, texts), modes, strict=True)
    return tuple(rules) if value is not None else ()


def _texts(fields: dict[str, object], key: str) -> list[str]:
    value = fields.get(key)
    items = value if isinstance(value, list) else [] if value is None else [value]
    texts = [item for item in items if isinstance(item, str) and item.strip("/")]
    if len(texts) != len(items):
        raise InvalidContent(f"`{key}` must be a list of patterns such as docs/ or *.draft.md")
    if len(texts) > _MOST_PATTERNS or any(len(text) > _LONGEST for text in texts):
        raise InvalidContent(f"`{key}` has too many patterns, or one that is too long")
    return texts


def write_scope(
    exclude: Sequence[str],
    content: bytes | None = None,
    *,
    root_notes: bool = False,
    kept_by_ai: Sequence[str] = (),
) -> bytes:
    """A `.pack.yaml` that leaves these out as well.

    Args:
        exclude: Patterns.
        content: The file that is there; the rest of it stays as it is.
        root_notes: Whether it shall say that notes at the root are memory.
        kept_by_ai: More patterns of files that an AI writes by itself.

    Raises:
        InvalidConfig: That file cannot be used.
    """
    from pack.files.yaml_edit import set_values  # noqa: PLC0415 - only a migration needs it

    if content is None:
        lists = {_EXCLUDE: exclude, _KEPT_BY_AI: kept_by_ai}
        rules = "".join(
            f"{key}:\n" + "".join(f"  - {yaml_block.write(text)}\n" for text in texts)
            for key, texts in lists.items()
            if texts
        )
        root = f"{_ROOT_NOTES}: true\n" if root_notes else ""
        return f"{_HEAD}version: {_VERSION}\n{root}{rules}".encode()
    known = read_scope(content).require()
    text = content.decode("utf-8")
    text = text if text.endswith(("\n", "\r")) else f"{text}\n"
    values: dict[str, list[str] | bool] = {}
    more = ((_EXCLUDE, known.exclude, exclude), (_KEPT_BY_AI, known.kept_by_ai, kept_by_ai))
    for key, there, added in more:
        if added:
            values[key] = list(dict.fromkeys([*(one.text for one in there), *added]))
    if root_notes:
        values[_ROOT_NOTES] = True
    try:
        return set_values(text, values, "\n").block.encode()
    except PackError as error:
        raise InvalidConfig(PROJECT_FILE, str(error)) from error


_HEAD: Final = "# Which files are memory: patterns as in .gitignore, under include and exclude.\n"
