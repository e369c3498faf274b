"""The edits of a `memory_edit` call: small, exact, all or none.

The old text must occur exactly once, or is replaced everywhere on request. Nothing is guessed
except line ends: models send LF, so the text is first looked for with the file's most common line
end, and added text gets that too. Other bytes are never touched.

Failures name lines but never contents, because messages may be logged.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from heapq import nlargest
from typing import Final

from pack.errors import AmbiguousSection, EditFailed, LimitExceeded, NotFound
from pack.files import frontmatter, markdown
from pack.files.sections import section_span
from pack.limits import MAX_FILE_BYTES

MAX_EDITS: Final = 100
# Finding sections means parsing the text, which takes seconds for a file of 2 MiB.
_MAX_PARSED: Final = 2 * MAX_FILE_BYTES
_SHOWN: Final = 5
_TELLING: Final = 16
_SIMILAR: Final = 0.75
_COMPARED_LINES: Final = 5000
_COMPARED_LENGTH: Final = 200


@dataclass(frozen=True, slots=True)
class Replace:
    """Replace `old`, which must occur exactly once unless `all`."""

    old: str
    new: str
    all: bool = False


@dataclass(frozen=True, slots=True)
class Append:
    """Add lines at the end of the file or of a section."""

    text: str
    section: str | None = None


@dataclass(frozen=True, slots=True)
class ReplaceSection:
    """Replace what is under a heading, sub-sections included."""

    section: str
    text: str


Edit = Replace | Append | ReplaceSection


def apply_edits(text: str, edits: Sequence[Edit]) -> str:
    """The text after all edits, each applied to the result of the one before.

    Raises:
        EditFailed: An edit does not apply; the message says which, why, and where similar text is.
        LimitExceeded: There are more than 100 edits, or the result is too large for a file.
    """
    if len(edits) > MAX_EDITS:
        raise LimitExceeded("the number of edits", MAX_EDITS, "edits")
    parsed = 0
    for number, edit in enumerate(edits, 1):
        if not isinstance(edit, Replace) and edit.section is not None:
            parsed += len(text)
            if parsed > _MAX_PARSED:
                reason = "too many section edits for a file of this size; use several calls"
                raise EditFailed(number, reason)
        text = _apply(text, edit, number)
        if len(text) > MAX_FILE_BYTES:
            raise LimitExceeded("the edited file", MAX_FILE_BYTES)
    return text


def _apply(text: str, edit: Edit, number: int) -> str:
    if isinstance(edit, Replace):
        return _replace(text, edit, number)
    if isinstance(edit, ReplaceSection):
        return _replace_section(text, edit, number)
    if edit.section is None:
        suffix = frontmatter.suffix_of(text)
        whole = text[: len(text) - len(suffix)]
        eol = _line_end(text)
        return _join_lines(whole, _with_line_ends(edit.text, eol), eol) + suffix
    return _append_to_section(text, edit, edit.section, number)


def _line_end(text: str) -> str:
    """The most common line end; LF if the text has none."""
    crlf = text.count("\r\n")
    counts = {"\n": text.count("\n") - crlf, "\r\n": crlf, "\r": text.count("\r") - crlf}
    return max(counts, key=lambda end: counts[end])


def _with_line_ends(text: str, eol: str) -> str:
    """The text with LF and CR LF replaced by `eol`; a CR by itself is content."""
    return text.replace("\r\n", "\n").replace("\n", eol)


def _join_lines(before: str, lines: str, eol: str) -> str:
    """Text followed by whole lines; each of the two ends with a line end unless it is empty."""
    if before and before[-1] not in "\r\n\ufeff":
        before += eol
    if lines and lines[-1] not in "\r\n":
        lines += eol
    return before + lines


# --- replace ---------------------------------------------------------------------------------


def _replace(text: str, edit: Replace, number: int) -> str:
    if not edit.old:
        raise EditFailed(number, "there is nothing to replace")
    # With the file's line ends first, because a bare LF would also match inside a CR LF.
    eol = _line_end(text)
    old, new = _with_line_ends(edit.old, eol), _with_line_ends(edit.new, eol)
    first = text.find(old)
    if first < 0 and old != edit.old:
        old, new = edit.old, edit.new
        first = text.find(old)
    if first < 0:
        raise EditFailed(number, _why_not_found(text, _with_line_ends(edit.old, eol)))
    if edit.all:
        if len(text) + text.count(old) * (len(new) - len(old)) > MAX_FILE_BYTES:
            raise LimitExceeded("the edited file", MAX_FILE_BYTES)
        return text.replace(old, new)
    if text.find(old, first + 1) >= 0:
        raise EditFailed(number, _where_found(text, old))
    return text[:first] + new + text[first + len(old) :]


def _where_found(text: str, old: str) -> str:
    places: list[int] = []
    place = text.find(old)
    while place >= 0 and len(places) < _SHOWN:
        places.append(place)
        place = text.find(old, place + 1)
    lines = ", ".join(map(str, dict.fromkeys(_line(text, place) for place in places)))
    times = f"{len(places)} times" if place < 0 else f"more than {_SHOWN} times"
    return (
        f"the text to replace occurs {times} (lines {lines}{'' if place < 0 else ', …'}): "
        "include more of the text around it, or set `all`"
    )


def _line(text: str, place: int) -> int:
    """The line that a character is on, 1-based."""
    ends = text.count("\n", 0, place) + text.count("\r", 0, place)
    return ends - text.count("\r\n", 0, place) + 1


def _why_not_found(text: str, old: str) -> str:
    """The most helpful hint available. Finding each kind takes time linear in the text."""
    missing = "the text to replace was not found"
    line = _line_but_for_white_space(text, old)
    if line is not None:
        return f"{missing}; the text that begins on line {line} differs only in white space"
    place = _first_difference(text, old)
    if place is not None:
        return f"{missing}; the file begins to differ from it at line {place[0]}, column {place[1]}"
    line = _most_similar_line(text, old)
    if line is not None:
        return f"{missing}; line {line} is the most similar to its first line"
    return f"{missing}, and neither was anything similar"


def _line_but_for_white_space(text: str, old: str) -> int | None:
    words = " ".join(old.split())
    collapsed = " ".join(text.split())
    place = collapsed.find(words) if words else -1
    if place < 0:
        return None
    skipped = collapsed.count(" ", 0, place)
    for number, match in enumerate(re.finditer(r"\S+", text)):
        if number == skipped:
            return _line(text, match.start())
    return None


def _first_difference(text: str, old: str) -> tuple[int, int] | None:
    """Line and column after the longest beginning of `old` that occurs, if long enough to help."""
    length = bisect_right(range(1, len(old)), False, key=lambda size: old[:size] not in text)
    if length < _TELLING:
        return None
    place = text.find(old[:length]) + length
    start = max(text.rfind("\n", 0, place), text.rfind("\r", 0, place)) + 1
    return _line(text, place), place - start + 1


def _most_similar_line(text: str, old: str) -> int | None:
    wanted = next((line.strip() for line in markdown.split_lines(old) if line.strip()), "")
    matcher = SequenceMatcher(None, "", wanted[:_COMPARED_LENGTH], autojunk=False)
    candidates: list[tuple[float, int]] = []
    for number, line in enumerate(markdown.split_lines(text)[:_COMPARED_LINES], 1):
        matcher.set_seq1(line.strip()[:_COMPARED_LENGTH])
        if matcher.real_quick_ratio() >= _SIMILAR and matcher.quick_ratio() >= _SIMILAR:
            candidates.append((matcher.quick_ratio(), -number))
    for _, number in nlargest(_SHOWN, candidates):  # the exact ratio is quadratic in the length
        matcher.set_seq1(markdown.split_lines(text)[-number - 1].strip()[:_COMPARED_LENGTH])
        if matcher.ratio() >= _SIMILAR:
            return -number
    return None


# --- sections --------------------------------------------------------------------------------


def _append_to_section(text: str, edit: Append, section: str, number: int) -> str:
    """Append directly after the section's last line that is not blank."""
    lines, first, last = _find_section(text, section, number)
    while last > first and not lines[last - 1].strip():
        last -= 1
    return _put_lines(lines, last, last, edit.text, _line_end(text))


def _replace_section(text: str, edit: ReplaceSection, number: int) -> str:
    """Replace a section's text, keeping the blank lines around it but not those of the new text."""
    lines, first, last = _find_section(text, edit.section, number)
    heading = lines[first - 1].strip()
    new = _without_blank_ends(markdown.split_lines(edit.text))
    if new and new[0].strip() == heading and heading.startswith("#"):
        new = _without_blank_ends(new[1:])  # the heading was sent too, and stays
    while first < last and not lines[first].strip():
        first += 1
    while new and last > first and not lines[last - 1].strip():
        last -= 1
    return _put_lines(lines, first, last, "".join(new), _line_end(text))


def _find_section(text: str, title: str, number: int) -> tuple[list[str], int, int]:
    """All lines of the text, and the range of them (from, up to) that is under a heading."""
    parts = frontmatter.split(text)
    try:
        start, end = section_span(parts.body, title, first_line=parts.body_line)
    except (NotFound, AmbiguousSection) as error:
        failure = EditFailed(number, str(error))
        failure.remedy = error.remedy
        raise failure from error
    before = markdown.split_lines(text[: len(text) - len(parts.body) - len(parts.suffix)])
    lines = before + markdown.split_lines(parts.body) + markdown.split_lines(parts.suffix)
    content = start - parts.body_line + len(before) + 1
    if not lines[content - 1].lstrip().startswith("#"):  # underlined
        found = markdown.headings(parts.body, parts.body_line)
        content += next(h.end_line - h.line for h in found if h.line == start)
    return lines, content, end - parts.body_line + len(before) + 1


def _without_blank_ends(lines: list[str]) -> list[str]:
    filled = [number for number, line in enumerate(lines) if line.strip()]
    return lines[filled[0] : filled[-1] + 1] if filled else []


def _put_lines(lines: list[str], first: int, last: int, new: str, eol: str) -> str:
    """The text with the lines from `first` up to `last` replaced.

    A blank line follows the new text; without it, markdown could take the next heading for part of
    it.
    """
    text = _join_lines("".join(lines[:first]), _with_line_ends(new, eol), eol)
    if new and last < len(lines) and lines[last].strip():
        text += eol
    return text + "".join(lines[last:])
