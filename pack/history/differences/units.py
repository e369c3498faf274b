"""The pieces of a note that are compared with each other: sentences of prose, lines of the rest.

Headings, list items, table rows, quotations, code and frontmatter are compared line by line. A
paragraph is compared by sentences, wherever its lines are broken. All of this follows from the text
alone, by rules that take linear time; joined, the units are the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from pack.files import frontmatter
from pack.files.markdown import split_lines


class UnitKind(StrEnum):
    """What a unit is."""

    FRONTMATTER = "frontmatter"
    HEADING = "heading"
    ITEM = "item"
    ROW = "row"
    CODE = "code"
    TEXT = "text"
    BLANK = "blank"


class Unit(NamedTuple):
    """A sentence or a line, with the blanks and line ends after it.

    Attributes:
        kind: What it is.
        text: Its text.
        line: The line it begins on, 1-based.
    """

    kind: UnitKind
    text: str
    line: int


_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_HEADING: Final = re.compile(r" {0,3}#{1,6}(?:[ \t\r\n]|\Z)")
_UNDERLINE: Final = re.compile(r" {0,3}(?:=+|-+)[ \t]*(?:[\r\n]|\Z)")
_ITEM: Final = re.compile(r"[ \t]*(?:[-+*]|[0-9]{1,9}[.)])(?:[ \t\r\n]|\Z)|[ \t]*>")
_ROW: Final = re.compile(r"[ \t]*\||[ \t]*(?:(?:\*[ \t]*){3,}|(?:_[ \t]*){3,}|(?:-[ \t]*){3,})\Z")
_INDENTED: Final = re.compile(r"(?: {4}|\t)")
_END: Final = re.compile(
    r"""(?<![.!?\u2026])[.!?\u2026]++["'\u201d\u2019\u00bb)\]*_`]*+\s++
    | [\u3002\uff01\uff1f]++["'\u201d\u2019\u300d\u300f\uff09)]*+\s*+
    | (?<![ \t])[ \t]*+(?:\r\n|\r|\n)[ \t]*+""",
    re.VERBOSE,
)
_SHORTENED: Final = re.compile(
    r"(?:^|[\s(\[])(?:[^\W\d]|[A-Za-z]\.[A-Za-z]|etc|approx|Dr|Mr|Mrs|Ms|Prof|St|vs|No|Nr|Inc|Ltd"
    r"|Fig|Jr|Sr|bzw|ca|vgl|usw|inkl|evtl)\.\s*\Z"
)
_NARROW: Final = 40
"""No paragraph is wrapped at fewer columns."""
_LONGEST_WORD: Final = 100
_LONG: Final = 1000
"""A sentence that is longer ends with the next line, wherever its full stop is."""


def split_units(text: str) -> list[Unit]:
    """The units of a note."""
    parts = frontmatter.split(text)
    body = parts.body + parts.suffix
    head = split_lines(text[: len(text) - len(body)])
    units = [Unit(UnitKind.FRONTMATTER, line, number) for number, line in enumerate(head, 1)]
    return units + list(_body_units(split_lines(body), len(head) + 1))


def _body_units(lines: Sequence[str], first: int) -> Iterator[Unit]:
    paragraph: list[str] = []
    for number, (kind, line) in enumerate(zip(_kinds(lines), lines, strict=True), first):
        if kind is UnitKind.TEXT:
            paragraph.append(line)
            continue
        yield from _sentences(paragraph, number - len(paragraph))
        paragraph = []
        yield Unit(kind, line, number)
    yield from _sentences(paragraph, first + len(lines) - len(paragraph))


def _kinds(lines: Sequence[str]) -> Iterator[UnitKind]:
    """What each line is."""
    fence, kind, in_list, is_title = "", UnitKind.BLANK, False, False
    for number, line in enumerate(lines):
        after = lines[number + 1] if number + 1 < len(lines) else ""
        opened = _FENCE.match(line)
        if fence:
            kind = UnitKind.CODE
            if opened and opened[1].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
        elif opened:
            kind, fence = UnitKind.CODE, opened[1]
        elif is_title:  # its underline
            kind, is_title = UnitKind.HEADING, False
        else:
            kind = _kind(line, kind, in_list=in_list)
            if kind is UnitKind.TEXT and after.strip() and _UNDERLINE.match(after):
                kind, is_title = UnitKind.HEADING, True
        in_list = kind is UnitKind.ITEM or (in_list and (not line.strip() or line[0] in " \t"))
        yield kind


def _kind(line: str, before: UnitKind, *, in_list: bool) -> UnitKind:
    if not line.strip():
        return UnitKind.BLANK
    if _HEADING.match(line):
        return UnitKind.HEADING
    if _ROW.match(line.rstrip()):
        return UnitKind.ROW
    if _ITEM.match(line):
        return UnitKind.ITEM
    is_code = before in (UnitKind.BLANK, UnitKind.CODE) and not in_list
    return UnitKind.CODE if is_code and _INDENTED.match(line) else UnitKind.TEXT


def _sentences(lines: Sequence[str], first: int) -> Iterator[Unit]:
    """The sentences of a paragraph."""
    text = "".join(lines)
    width = max((len(line.rstrip()) for line in lines), default=0)
    start, line = 0, first
    for match in _END.finditer(text):
        is_long = match.start() - start > _LONG and match[0].endswith(("\n", "\r"))
        if match.end() > start and (is_long or _ends(text, match, width)):
            sentence = text[start : match.end()]
            yield Unit(UnitKind.TEXT, sentence, line)
            start, line = match.end(), line + len(split_lines(sentence + "x")) - 1
    if start < len(text):
        yield Unit(UnitKind.TEXT, text[start:], line)


def _ends(text: str, match: re.Match[str], width: int) -> bool:
    """Whether a sentence ends here: not after an abbreviation, and not where a line is wrapped."""
    after = text[match.end() : match.end() + 1]
    if not after:
        return True
    if match[0][0] in "\u3002\uff01\uff1f":
        return True
    if after.islower():
        return False
    if match[0][0] in " \t\r\n":
        return not _is_wrapped(text, match, width)
    return _SHORTENED.search(text[max(match.start() - 12, 0) : match.start() + 1]) is None


def _is_wrapped(text: str, match: re.Match[str], width: int) -> bool:
    """Whether a line ends only because the next word would have made it too long."""
    begin = max(text.rfind("\n", 0, match.start()), text.rfind("\r", 0, match.start())) + 1
    rest = text[match.end() : match.end() + _LONGEST_WORD]
    word = len(rest.split(maxsplit=1)[0]) if rest.strip() else 0
    return width >= _NARROW and match.start() - begin + 1 + word > width
