"""Cutting a memory file into passages: what search ranks, and points at.

A passage is a section of a file, without its sub-sections. A section longer than about 800
characters is cut further, at blank lines where there are any, else between lines, so that one
passage speaks of one thing and a long file is found by its best one.

Headings are told from other lines by their first characters and the fences round them, not by a
CommonMark parser, which is a hundred times slower: a wrong cut costs nothing but a worse snippet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pack.files.markdown import split_lines

TARGET_CHARACTERS: Final = 800
"""Length that a passage is cut near."""
_LEAST_CHARACTERS: Final = 250
"""A cut at a blank line leaves at least this much before it."""
_ATX: Final = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*?))??(?:[ \t]+#+)?[ \t]*[\r\n]*\Z")
_UNDERLINE: Final = re.compile(r" {0,3}(=+|-+)[ \t]*[\r\n]*\Z")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_NO_PARAGRAPH: Final = re.compile(r"\s*\Z| {0,3}(?:[>#|]|[-*+][ \t]|\d{1,9}[.)][ \t])| {4}|\t")
"""What begins a line that no underline makes a heading of."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a file. The texts of all passages of a body, joined, are the body.

    Attributes:
        line: Line of the file it begins on, from 1.
        heading: Titles of the headings above it, outermost first, joined by " > "; its own last.
        text: Its lines as they are written, with their ends, heading line included.
    """

    line: int
    heading: str
    text: str


def split_passages(body: str, first_line: int = 1) -> list[Passage]:
    """The passages of a body, in its order; none for an empty one.

    Args:
        body: Text without frontmatter.
        first_line: Line of the file that `body` begins on.
    """
    if not body:
        return []
    if len(body) <= TARGET_CHARACTERS and not _may_have_headings(body):
        return [Passage(first_line, "", body)]
    lines = split_lines(body)
    return [
        Passage(first_line + start, heading, "".join(lines[start:end]))
        for first, last, heading in _sections(lines)
        for start, end in _cuts(lines, first, last)
    ]


def heading_above(text: str, lines: int) -> str:
    """Titles of the headings that its last line stands under, of the first lines of a text.

    Joined as in `Passage.heading`; empty where there are none.
    """
    if not _may_have_headings(text):
        return ""
    heading = ""
    for _, _, heading in _sections(bare_lines(text)[:lines]):  # noqa: B007 - the last one
        pass
    return heading


def bare_lines(text: str) -> list[str]:
    """As `pack.files.markdown.split_lines`, without the ends, or with: several times sooner."""
    if "\r" in text:
        return split_lines(text)
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


def _may_have_headings(text: str) -> bool:
    return "#" in text or "\n=" in text or "\n-" in text or "\r" in text


def cut_passages(text: str, first_line: int = 1) -> list[Passage]:
    """The passages of a text without headings, by length alone; none for an empty one.

    Args:
        text: YAML, say, in which `#` begins no heading.
        first_line: Line of the file that `text` begins on.
    """
    lines = split_lines(text)
    return [
        Passage(first_line + start, "", "".join(lines[start:end]))
        for start, end in _cuts(lines, 0, len(lines))
    ]


def _sections(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """First line and end of each section, as indexes of lines, and the headings above it."""
    start = 0
    above: list[tuple[int, str]] = []
    for number, level, title in _headings(lines):
        if number > start:
            yield start, number, _joined(above)
        above = [outer for outer in above if outer[0] < level] + [(level, title)]
        start = number
    yield start, len(lines), _joined(above)


def _joined(above: Sequence[tuple[int, str]]) -> str:
    return " > ".join(title for _, title in above if title)


def _headings(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """Line, level and title of each heading outside fences."""
    fence = ""
    for number, line in enumerate(lines):
        sign = line[:1]
        if sign == " ":
            sign = line.lstrip(" ")[:1]
        if sign in ("`", "~") and (opened := _FENCE.match(line)):
            fence = _fence_after(fence, opened[1], line)
        elif fence:
            continue
        elif sign == "#" and (heading := _ATX.match(line)):
            yield number, len(heading[1]), (heading[2] or "").strip()
        elif sign in ("=", "-") and number and _underlines(line, lines[number - 1]):
            yield number - 1, 1 if sign == "=" else 2, lines[number - 1].strip()


def _underlines(line: str, before: str) -> bool:
    return _UNDERLINE.match(line) is not None and _NO_PARAGRAPH.match(before) is None


def _fence_after(fence: str, signs: str, line: str) -> str:
    """The fence that is open after a line of signs: a longer or equal bare one closes it."""
    if not fence:
        return signs
    closes = signs.startswith(fence) and not line.strip().strip(signs[0])
    return "" if closes else fence


def _cuts(lines: Sequence[str], first: int, end: int) -> Iterator[tuple[int, int]]:
    """Where a section is cut, near the target length."""
    start, length, blank = first, 0, first
    for number in range(first, end):
        if length and length + len(lines[number]) > TARGET_CHARACTERS:
            cut = blank if blank > start else number
            yield start, cut
            length = sum(map(len, lines[cut:number]))
            start = blank = cut
        length += len(lines[number])
        if length >= _LEAST_CHARACTERS and not lines[number].strip():
            blank = number + 1
    if start < end:
        yield start, end
