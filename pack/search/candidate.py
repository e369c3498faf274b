"""A passage that may answer a query, as a catalog proposes it."""

from __future__ import annotations

from typing import NamedTuple


class Candidate(NamedTuple):
    """A passage that may answer a query.

    Attributes:
        id: Identifies the passage within the memory. The passages of a file are numbered in
            their order, frontmatter last.
        path: The file it is in.
        topic: Topic of the file.
        tags: Tags of the file.
        created: ISO date from the file's frontmatter, if it has one.
        updated: ISO date of the file's last change, if known.
        line: Line of the file that the passage begins on.
        heading: Titles above it (`pack.files.passages.Passage`).
        text: As written.
        score: What stage 1 gave it; more is better. 0 for a passage added as a neighbour.
        previous: Id of the passage before it in the same file, or else of the last passage of the
            previous file in the folder, by path. `None` if there is none or nobody looked.
        next: Id of the passage after it, in the same way.
        passages: How many passages the file has.
        says_shared: Whether the file says of itself that it is not wholly the person's.
    """

    id: int
    path: str
    topic: str
    tags: tuple[str, ...]
    created: str | None
    updated: str | None
    line: int
    heading: str
    text: str
    score: float = 0.0
    previous: int | None = None
    next: int | None = None
    passages: int = 1
    says_shared: bool = False


class PassageStart(NamedTuple):
    """How a passage begins: enough to see its heading.

    Attributes:
        line: Line of the file that it begins on.
        heading: Titles above it (`pack.files.passages.Passage`).
        text: Its first 300 characters.
    """

    line: int
    heading: str
    text: str


def head_of(found: Candidate) -> str:
    """What is known about a passage besides its text."""
    return f"{found.topic}\n{' '.join(found.tags)}\n{found.heading}\n{found.path}"
