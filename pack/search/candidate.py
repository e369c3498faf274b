"""A passage that may answer a query, as a catalog proposes it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that may answer a query.

    Attributes:
        id: Identifies the passage among all of the memory; those of a file are in its order,
            frontmatter last.
        path: File it is in.
        topic: Of the file.
        tags: Of the file.
        created: ISO date of the file's frontmatter, if it has one.
        updated: The same, of its last change.
        line: Line of the file that the passage begins on.
        heading: Titles above it (`pack.files.passages.Passage`).
        text: As it is written.
        score: What stage 1 gave it, more is better; 0 for one added as a neighbour.
        previous: Id of the passage before it: in the same file, else the last one of the file
            before it in the same folder, by path. `None` if there is none or nobody looked.
        next: Id of the passage after it, in the same way.
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


def head_of(found: Candidate) -> str:
    """What is known of a passage besides its text."""
    return f"{found.topic}\n{' '.join(found.tags)}\n{found.heading}\n{found.path}"
