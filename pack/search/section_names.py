"""What the section of a match is called so that no other section of the file is meant."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pack.files.passages import HeadingPath, heading_paths, outline
from pack.files.sections import SEPARATOR, address
from pack.search.candidate import Candidate, PassageStart


def section_name(
    section: str,
    line: int,
    found: Candidate,
    headings: Sequence[HeadingPath],
    alike: Sequence[PassageStart],
) -> str:
    """The name of a section, with a number if others of the file are called the same.

    It is empty if there is no such section: other names of a note count as the heading of its
    frontmatter.

    Args:
        section: The titles of the headings above a line, joined.
        line: The line.
        found: The passage that it is in.
        headings: Those in the text of the passage.
        alike: The passages of the file whose headings are, or end with, those above `found`.
    """
    if not section:
        return section
    starts = list(_starts(alike) if len(alike) > 1 else _inside(found, headings))
    named = [(at, path) for at, path in starts if _ends(path, section)]
    here = [n for n, (at, path) in enumerate(named) if at <= line and path == section]
    if here and len(named) == 1:
        return section
    if here:
        return address([path for _, path in named], here[-1])
    return section if any(at <= line and _ends(section, path) for at, path in starts) else ""


def _inside(found: Candidate, headings: Sequence[HeadingPath]) -> Iterator[tuple[int, str]]:
    """The line of each heading, and its path, in a file of one passage."""
    return ((found.line + at - 1, path) for at, path in outline(headings))


def _starts(alike: Sequence[PassageStart]) -> Iterator[tuple[int, str]]:
    """The same in a file of several, each of which has at most one heading, at its beginning.

    What looks like another is in a fence that was cut.
    """
    for one in alike:
        first = next(iter(outline(heading_paths(one.text))), None)
        if first is not None and first[0] == 1 and _ends(one.heading, first[1]):
            yield one.line, one.heading


def _ends(path: str, title: str) -> bool:
    return path == title or path.endswith(f"{SEPARATOR}{title}")
