"""What git ignores: `.gitignore` files, `info/exclude`, and the person's own list.

Sources: gitignore(5); dir.c in git (`prep_exclude`, `last_matching_pattern_from_lists`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from pack.deferred import dataclass
from pack.rules.patterns import Pattern, RuleFile


@dataclass(frozen=True, slots=True)
class IgnoreRule:
    """A line of an ignore file.

    Attributes:
        place: `FILE:LINE`.
        text: The line.
        is_exception: Whether it began with an exclamation mark.
        pattern: What it names.
    """

    place: str
    text: str
    is_exception: bool
    pattern: Pattern


IgnoreList = Sequence[IgnoreRule]
"""The rules of one file, the last one first: it outranks those above it."""


def parse_ignores(file: RuleFile) -> IgnoreList:
    """The rules of an ignore file."""
    return list(_rules(file))[::-1]


def _rules(file: RuleFile) -> Iterator[IgnoreRule]:
    for number, line in enumerate(file.lines(), 1):
        text = _without_trailing_spaces(line.removesuffix(b"\r"))
        if not line or text.startswith(b"#"):
            continue
        is_exception = text.startswith(b"!")
        pattern = Pattern.parse(text[1:] if is_exception else text, file)
        shown = text.decode("utf-8", "replace")
        yield IgnoreRule(f"{file.place}:{number}", shown, is_exception, pattern)


def _without_trailing_spaces(line: bytes) -> bytes:
    """The line without the spaces at its end, up to one behind a backslash."""
    end, at = 0, 0
    while at < len(line):
        if line[at : at + 1] == b"\\":
            if at + 1 == len(line):
                return line
            at += 1
            end = at + 1
        elif line[at : at + 1] != b" ":
            end = at + 1
        at += 1
    return line[:end]


ListOf = Callable[[str], IgnoreList]
"""The rules of the `.gitignore` in a folder; none if there is no such file."""


def find_ignore_rule(path: str, list_of: ListOf, others: Sequence[IgnoreList]) -> IgnoreRule | None:
    """The rule by which git ignores a file that it does not track; `None` if it does not ignore it.

    Args:
        path: The file; a folder ends in a slash.
        list_of: Gives the rules of a folder.
        others: The lists that are in no folder of the memory, from the strongest to the weakest.
    """
    parts = path.removesuffix("/").split("/")
    last = len(parts) - (not path.endswith("/"))
    lists: list[IgnoreList] = list(others)
    for depth in range(len(parts)):
        if own := list_of("/".join(parts[:depth])):  # most folders have none
            lists.insert(0, own)
        place = "/".join(parts[: depth + 1])
        found = last_match(place, lists, is_folder=depth < last)
        if found is not None and not found.is_exception:
            return found  # nothing below an ignored folder is looked at
    return None


def last_match(path: str, lists: Sequence[IgnoreList], *, is_folder: bool) -> IgnoreRule | None:
    """The rule, an exception or not, that decides about this very path; `None` for none."""
    for rules in lists:
        for rule in rules:
            if rule.pattern.matches(path, is_folder=is_folder):
                return rule
    return None
