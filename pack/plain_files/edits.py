"""Edits of a plain text: an exact quotation replaced, lines inserted.

Only a line feed ends a line, and no other character is touched: what a caller quotes is compared
as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from pack.plain_files.refusals import NoSuchLine, TextNotFound, TextNotUnique

_MOST_NAMED: Final = 10_000
"""The occurrences that are named; a text without a limit could have millions."""


def replace_once(text: str, old: str, new: str) -> tuple[str, int]:
    """The text with a quotation replaced, and the number of line feeds before it.

    Raises:
        TextNotFound: It does not occur.
        TextNotUnique: It occurs more than once.
    """
    times = text.count(old)
    if times == 0:
        raise TextNotFound
    if times > 1:
        raise TextNotUnique(list(islice(_lines_with(text, old), _MOST_NAMED)))
    return text.replace(old, new), text.count("\n", 0, text.find(old))


def _lines_with(text: str, old: str) -> Iterator[int]:
    line, seen, place = 1, 0, text.find(old)
    while place >= 0:
        line += text.count("\n", seen, place)
        seen = place
        yield line
        place = text.find(old, place + 1)


def insert_after(text: str, line: int, more: str) -> str:
    """The text with more lines after one of its lines; it ends with a line feed then.

    Args:
        text: A final line feed makes no further line.
        line: 0 is before the first.
        more: The line feeds at its end do not count.

    Raises:
        NoSuchLine: It has fewer lines.
    """
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    if not 0 <= line <= len(lines):
        raise NoSuchLine(line, len(lines))
    lines.insert(line, more.rstrip("\n"))
    whole = "\n".join(lines)
    return whole if whole.endswith("\n") else f"{whole}\n"
