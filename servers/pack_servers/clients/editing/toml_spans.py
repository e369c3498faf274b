"""Where things stand in TOML: the headings, the keys below them, and the values of those."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from pack.deferred import dataclass, pattern
from pack_servers.clients.editing.commas import HASHES, Bracketed
from pack_servers.clients.editing.unusable import Unusable

_STRING: Final = (
    r'"{3}(?:\\.|[^\\])*?"{3,5}|' r"'{3}.*?'{3,5}|" r'"(?:\\.|[^"\\\n])*"|' r"'[^'\n]*'"
)
_TOKEN: Final = pattern(_STRING + r"|\#[^\n]*|[\[\]{}]", re.DOTALL)
_ONE_STRING: Final = pattern(_STRING, re.DOTALL)
_BARE_VALUE: Final = pattern(r"[^,\[\]{}#\r\n]*[^,\[\]{}#\s]")
_NAME: Final = pattern(r"""(?:"(?:\\.|[^"\\\n])*"|'[^'\n]*'|[^"'=\n])*?(?=[ \t]*=)""")
_BRACKETS: Final = frozenset("[]{}")


@dataclass(frozen=True, slots=True)
class TomlNode:
    """A value and where it stands.

    Attributes:
        start: Where it begins.
        end: Behind its last character.
        keys: The names of what an inline table has in it, each with where the name begins.
        elements: What it has in it, if it is an array or an inline table.
    """

    start: int
    end: int
    keys: Sequence[tuple[Sequence[str], int]] = ()
    elements: Sequence[TomlNode] = ()

    def place(self, key: str | int) -> int:
        """Which of its elements is meant.

        Raises:
            Unusable: None of them, or only a part of one that has a name with dots.
        """
        if isinstance(key, int):
            return key
        found = [place for place, (names, _) in enumerate(self.keys) if list(names) == [key]]
        if not found:
            raise Unusable(key, "has a form that PACK cannot edit")
        return found[0]

    def bracketed(self) -> Bracketed:
        """Where what it has in it stands, with the names before it."""
        ends = [each.end for each in self.elements]
        begins = [at for _, at in self.keys] or [each.start for each in self.elements]
        return Bracketed(self.start, self.end, list(zip(begins, ends, strict=True)))


@dataclass(frozen=True, slots=True)
class TomlLine:
    """A key below a heading.

    Attributes:
        names: The names in the heading and those in the key.
        depth: How many of them are in the heading.
        start: Where its line begins.
        value: Its value.
    """

    names: Sequence[str]
    depth: int
    start: int
    value: TomlNode


def comment_lines(text: str) -> Iterator[tuple[int, str]]:
    """The comments that have a line of their own, and where they begin."""
    for token in _TOKEN.finditer(text):
        at = token.start()
        if token[0].startswith("#") and not text[text.rfind("\n", 0, at) + 1 : at].strip():
            yield at, token[0].rstrip()


def blocks(text: str, path: Sequence[str]) -> Iterator[tuple[int, int, list[str]]]:
    """The lines of a table and of the tables in it, and the names in the heading of each.

    They go from the heading to the last line that is neither blank nor a comment.
    """
    found = [*_headings(text), (len(text), None)]
    for (start, names), (following, _) in pairwise(found):
        if names is not None and names[: len(path)] == list(path):
            end = next_line(text, start)
            for line in _below(text, end, following, names):
                end = next_line(text, line.value.end)
            yield start, end, names


def toml_lines(text: str, path: Sequence[str | int]) -> Iterator[TomlLine]:
    """The keys that say something at a path, in it, or about all of it."""
    found = [(0, None), *_headings(text), (len(text), None)]
    for (start, names), (end, _) in pairwise(found):
        first = start if names is None else next_line(text, start)
        for line in _below(text, first, end, names or []):
            shorter = min(len(line.names), len(path))
            if list(line.names[:shorter]) == list(path[:shorter]):
                yield line


def next_line(text: str, position: int) -> int:
    """Where the line after that of a position begins."""
    stop = text.find("\n", position)
    return len(text) if stop < 0 else stop + 1


def _below(text: str, first: int, end: int, names: Sequence[str]) -> Iterator[TomlLine]:
    """The keys between two positions, which are below a heading."""
    at = HASHES.after(text, first)
    while at < end:
        line = _line(text, at, names)
        yield line
        at = HASHES.after(text, line.value.end)


def _line(text: str, at: int, names: Sequence[str]) -> TomlLine:
    key, value_at = _key(text, at)
    start = text.rfind("\n", 0, at) + 1
    return TomlLine([*names, *key], len(names), start, _value(text, value_at))


def _key(text: str, at: int) -> tuple[list[str], int]:
    """The names in a key, and where its value begins."""
    found = _NAME.match(text, at)
    assert found is not None  # noqa: S101 - the text is TOML
    equals = text.index("=", found.end())
    return _names(f"[{found[0]}]"), HASHES.after(text, equals + 1)


def _value(text: str, at: int) -> TomlNode:
    opened = text[at]
    if opened not in "[{":
        found = _ONE_STRING.match(text, at) or _BARE_VALUE.match(text, at)
        assert found is not None  # noqa: S101 - the text is TOML
        return TomlNode(at, found.end())
    keys: list[tuple[Sequence[str], int]] = []
    elements: list[TomlNode] = []
    start, at = at, HASHES.after(text, at + 1)
    while text[at] not in "]}":
        if opened == "{":
            names, value_at = _key(text, at)
            keys.append((names, at))
            at = value_at
        elements.append(_value(text, at))
        at = HASHES.after(text, elements[-1].end)
        if text[at] == ",":
            at = HASHES.after(text, at + 1)
    return TomlNode(start, at + 1, keys, elements)


def _headings(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """Where the lines with headings begin, and the names in each."""
    depth = line_end = 0
    for token in _TOKEN.finditer(text):
        sign, at = token[0], token.start()
        if at < line_end or sign not in _BRACKETS:
            continue
        line_start = text.rfind("\n", 0, at) + 1
        if sign == "[" and depth == 0 and not text[line_start:at].strip():
            line_end = next_line(text, at)
            yield line_start, _names(text[line_start:line_end].rstrip())
        else:
            depth += 1 if sign in "[{" else -1


def _names(heading: str) -> list[str]:
    names: list[str] = []
    held: object = tomllib.loads(heading)
    while held:
        if isinstance(held, list):
            held = held[0]
        elif isinstance(held, Mapping):
            (name, held), *_ = held.items()
            names.append(name)
    return names
