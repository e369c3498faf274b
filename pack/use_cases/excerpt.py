"""A part of a note, for a reader who does not want all of it, or cannot take it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pack.core.requests import count_tokens, fitting
from pack.errors import InvalidRequest
from pack.files.markdown import split_lines
from pack.files.note import Note
from pack.files.sections import section_span
from pack.results import Excerpt

_LINES: Final = re.compile(
    r"(?P<first>\d{0,9})\s*(?P<between>[-:,\u2013]|\.\.|to)?\s*(?P<last>\d{0,9})"
)
_LARGE_LINES: Final = 100
_LARGE_TOKENS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of a note is wanted.

    Attributes:
        section: The name of a section; see `pack.files.sections`.
        lines: First and last line of the file, as in `10-40`, `10-` or `-40`.
        max_tokens: About how many tokens the text may take; it is cut after a line.
    """

    section: str | None = None
    lines: str | None = None
    max_tokens: int | None = None


WHOLE: Final = Part()


def excerpt(note: Note, part: Part) -> tuple[str, Excerpt]:
    """The wanted part of a note, and what part of the note that is.

    Raises:
        InvalidContent: The note is not UTF-8.
        NotFound, AmbiguousSection: No section is called so, or several are.
        InvalidRequest: The lines are not a range, or not in the file.
    """
    text = note.exact_text()
    lines = split_lines(text)
    first, last = _range(note, part, len(lines))
    found = "".join(lines[first - 1 : last])
    if part.max_tokens is None:
        return found, _described(found, first, last, len(lines))
    found = found[: fitting(found, part.max_tokens)]
    shown = first + max(len(split_lines(found)), 1) - 1
    is_cut = bool(lines) and len(found) < sum(map(len, lines[first - 1 : shown]))
    return found, _described(found, first, shown, len(lines), last if shown < last else 0, is_cut)


def _range(note: Note, part: Part, total: int) -> tuple[int, int]:
    if part.section is None:
        return (1, total) if part.lines is None else _parse(part.lines, total)
    if part.lines is not None:
        raise InvalidRequest("a section and lines cannot both be given")
    head = note.head
    return section_span(head.body, part.section, first_line=head.body_line)


def _parse(text: str, total: int) -> tuple[int, int]:
    """The first and last line that a range names, as far as the file has them."""
    match = _LINES.fullmatch(" ".join(text.lower().replace("l", "").split()))
    if match is None or not (match["first"] or match["last"]):
        raise InvalidRequest("lines must be a range such as 10-40")
    first = max(int(match["first"] or 1), 1)
    last = int(match["last"] or total) if match["between"] else first
    if first > last:
        raise InvalidRequest("lines must be a range such as 10-40, the smaller number first")
    if first > max(total, 1):
        raise InvalidRequest(f"there is no line {first}: the file has {total} lines")
    return first, min(last, total)


def _described(
    found: str, first: int, last: int, total: int, until: int = 0, is_cut: bool = False
) -> Excerpt:
    tokens = count_tokens(found)
    is_large = total > _LARGE_LINES or tokens > _LARGE_TOKENS
    return Excerpt(first, last, total, tokens if is_large else None, until or None, is_cut)
