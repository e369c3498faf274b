"""What the section of a match is called so that no other section of the file is meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pack.files.passages import outline
from pack.files.sections import SEPARATOR, address
from pack.search.candidate import Candidate


def section_name(section: str, line: int, passages: Sequence[Candidate]) -> str:
    """The name of a section, with a number if others of the file are called the same.

    Args:
        section: The titles of the headings above a line, joined.
        line: The line.
        passages: All passages of the file, in order.
    """
    starts = list(_starts(passages))
    here = [n for n, (at, path) in enumerate(starts) if at <= line and path == section]
    return address([path for _, path in starts], here[-1]) if here else section


def _starts(passages: Sequence[Candidate]) -> Iterator[tuple[int, str]]:
    """The line of each heading, and its path.

    A file of one passage may have several headings in it. Otherwise a passage has at most one, at
    its beginning; what looks like another is in a fence that was cut.
    """
    for passage in passages:
        found = outline(passage.text)
        if len(passages) == 1:
            yield from ((passage.line + at - 1, path) for at, path in found)
        elif found and found[0][0] == 1 and _ends(passage.heading, found[0][1]):
            yield passage.line, passage.heading


def _ends(path: str, title: str) -> bool:
    return path == title or path.endswith(f"{SEPARATOR}{title}")
