"""Cuts a memory file into passages, which search ranks and points to.

A passage is a section of a file, without its sub-sections. A section longer than about 800
characters is cut further, at blank lines if there are any, or else between lines. So each passage
is about one thing, and a long file is found by its best passage.

Headings are recognised by their first characters and the fences around them. A CommonMark parser
would be a hundred times slower, and a wrong cut costs no more than a worse snippet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from pack.deferred import dataclass, pattern
from pack.files.markdown import count_line_ends, split_lines

TARGET_CHARACTERS: Final = 800
"""The length near which a passage is cut."""
_LEAST_CHARACTERS: Final = 250
"""A cut at a blank line leaves at least this much before it."""
_LONGEST_PIECE: Final = 4000
"""A longer passage holds a long line (JSON, a log, a table), and is cut inside it."""
_LEAST_PIECE: Final = 3500
"""Such a cut is made at a blank if there is one after this many characters."""
_MOST_HEADINGS: Final = 10_000
"""A body with more of them is data, and is cut by length alone."""
LONGEST_TITLE: Final = 200
"""Characters of a title above a passage, since every passage below repeats it."""
_MARKS: Final = pattern(r" {0,3}(#{1,6})(?=[ \t\r\n]|\Z)")
_UNDERLINE: Final = pattern(r" {0,3}(=++|-++)[ \t]*+[\r\n]*+\Z")
_HEADING_SIGNS: Final = frozenset(" `~#=-")
"""What may begin a line that is a heading, an underline or a fence."""
_FENCE: Final = pattern(r" {0,3}(`{3,}|~{3,})")
_NO_PARAGRAPH: Final = pattern(r"\s*+\Z| {0,3}(?:[>#|]|[-*+][ \t]|\d{1,9}[.)][ \t])| {4}|\t")
"""What begins a line that an underline does not turn into a heading."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a file. Joined, the texts of all passages of a body are the body.

    Attributes:
        line: The line of the file it begins on, from 1; it may begin inside a long one.
        heading: The titles of the headings above it, joined by " > "; outermost first, its own
            last.
        text: Its lines as written, with their ends, including the heading line.
    """

    line: int
    heading: str
    text: str


def split_passages(body: str, first_line: int = 1) -> list[Passage]:
    """The passages of a body, in order; none if it is empty.

    Args:
        body: Text without frontmatter.
        first_line: Line of the file that `body` begins on.
    """
    if not body:
        return []
    if len(body) <= TARGET_CHARACTERS and not _may_have_headings(body):
        return [Passage(first_line, "", body)]
    lines = split_lines(body)
    sections = list(islice(_sections(lines), _MOST_HEADINGS + 1))
    if len(sections) > _MOST_HEADINGS:
        return cut_passages(body, first_line)
    return [
        piece
        for first, last, heading in sections
        for start, end in _cuts(lines, first, last)
        for piece in _pieces(first_line + start, heading, "".join(lines[start:end]))
    ]


class HeadingPath(NamedTuple):
    """A heading, and the titles above it.

    Attributes:
        line: The line of the text that it is on, from 1.
        last: The line by which it is seen to be one: its underline, if it has that.
        path: As in `Passage.heading`.
        has_title: Whether it has a title itself.
    """

    line: int
    last: int
    path: str
    has_title: bool


def heading_paths(text: str) -> list[HeadingPath]:
    """The headings of a text, in order."""
    if not _may_have_headings(text):
        return []
    found: list[HeadingPath] = []
    above: list[tuple[int, str]] = []
    for number, last, level, title in _headings(bare_lines(text)):
        above = [outer for outer in above if outer[0] < level] + [(level, title)]
        found.append(HeadingPath(number + 1, last + 1, _joined(above), bool(title)))
    return found


def heading_above(paths: Sequence[HeadingPath], lines: int) -> str:
    """The titles of the headings above the last of a text's first `lines` lines.

    Joined as in `Passage.heading`; empty if there are none.

    Args:
        paths: The headings of the text.
        lines: How many of its lines; a heading whose underline comes later is not one yet.
    """
    return next((one.path for one in reversed(paths) if one.last <= lines), "")


def outline(paths: Iterable[HeadingPath]) -> list[tuple[int, str]]:
    """The line of each heading that has a title, from 1, and its path."""
    return [(one.line, one.path) for one in paths if one.has_title]


def bare_lines(text: str) -> list[str]:
    """The lines of a text, with or without their ends; faster than `markdown.split_lines`."""
    if "\r" in text:
        return split_lines(text)
    lines = text.split("\n")
    return lines if lines[-1] else lines[:-1]


def _may_have_headings(text: str) -> bool:
    return "#" in text or "\n=" in text or "\n-" in text or "\r" in text


def cut_passages(text: str, first_line: int = 1) -> list[Passage]:
    """The passages of a text without headings, cut by length alone; none if it is empty.

    Args:
        text: Text such as YAML, in which `#` does not begin a heading.
        first_line: The line of the file that `text` begins on.
    """
    lines = split_lines(text)
    return [
        piece
        for start, end in _cuts(lines, 0, len(lines))
        for piece in _pieces(first_line + start, "", "".join(lines[start:end]))
    ]


def _pieces(line: int, heading: str, text: str) -> Iterator[Passage]:
    """A passage; several of them if a long line makes it much too long."""
    start = 0
    while len(text) - start > _LONGEST_PIECE:
        blank = text.rfind(" ", start + _LEAST_PIECE, start + _LONGEST_PIECE)
        end = blank + 1 or start + _LONGEST_PIECE
        yield Passage(line, heading, text[start:end])
        line += count_line_ends(text, start, end)
        start = end
    yield Passage(line, heading, text[start:])


def _sections(lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """The first line and the end of each section, as line indexes, and the headings above it."""
    start = 0
    above: list[tuple[int, str]] = []
    for number, _, level, title in _headings(lines):
        if number > start:
            yield start, number, _joined(above)
        above = [outer for outer in above if outer[0] < level] + [(level, title)]
        start = number
    yield start, len(lines), _joined(above)


def _joined(above: Sequence[tuple[int, str]]) -> str:
    return " > ".join(title for _, title in above if title)


def _headings(lines: Sequence[str]) -> Iterator[tuple[int, int, int, str]]:
    """First and last line, level and title of each heading outside fences."""
    fence = ""
    marked = [(number, line) for number, line in enumerate(lines) if line[:1] in _HEADING_SIGNS]
    for number, line in marked:
        sign = line[:1]
        if sign == " ":
            sign = line.lstrip(" ")[:1]
        if sign in ("`", "~") and (opened := _FENCE.match(line)):
            fence = _fence_after(fence, opened[1], line)
        elif fence:
            continue
        elif sign == "#" and (marks := _MARKS.match(line)):
            yield number, number, len(marks[1]), _title(line[marks.end() :])
        elif sign in ("=", "-") and number and _underlines(line, lines[number - 1]):
            title = lines[number - 1].strip()[:LONGEST_TITLE]
            yield number - 1, number, 1 if sign == "=" else 2, title


def _title(rest: str) -> str:
    """The title in what follows the marks of a heading, without those that close it."""
    title = rest.strip()
    bare = title.rstrip("#")
    return (title if bare and bare[-1] not in " \t" else bare.rstrip())[:LONGEST_TITLE]


def _underlines(line: str, before: str) -> bool:
    if line[-1:].isalnum():
        return False  # as most items of lists
    return _UNDERLINE.match(line) is not None and _NO_PARAGRAPH.match(before) is None


def _fence_after(fence: str, signs: str, line: str) -> str:
    """The fence that is open after a fence line; one at least as long, and bare, closes it."""
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
