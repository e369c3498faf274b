"""What an undo is asked, and what it answers. Values only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pack.model import CommitId, MemoryPath
from pack.results import PlannedChange, Written


@dataclass(frozen=True, slots=True)
class UndoChoice:
    """Which commits to undo: those that are named, or those that fit everything else.

    Attributes:
        commits: Ids, or their beginnings.
        last: How many of the newest changes; `None` for one, or for all that fit the rest.
        since: A moment or a commit; only changes after it.
        by: Only changes of this writer (`origins.is_named`).
        session: Only the session of this commit; `last` for the newest one of an AI.
    """

    commits: Sequence[str] = ()
    last: int | None = None
    since: str | None = None
    by: str | None = None
    session: str | None = None


@dataclass(frozen=True, slots=True)
class UndoneCommit:
    """A commit that is undone, or would be.

    Attributes:
        commit: The commit.
        by: The commit that undoes it; `None` in a plan.
        origin: Who wrote it.
        at: When, in UTC.
        message: What its writer said about it; of an undo, what is said about the change itself.
        is_redo: Whether undoing it brings something back.
        changes: The files that change, without the index.
        left: Files that it changed and that stay as they are, because they are no memory.
    """

    commit: CommitId
    by: CommitId | None
    origin: str
    at: datetime
    message: str
    is_redo: bool
    changes: tuple[PlannedChange, ...]
    left: tuple[MemoryPath, ...]


@dataclass(frozen=True, slots=True)
class Undone:
    """The outcome of an undo or a redo.

    Attributes:
        undone: What was undone, newest first.
        commit: The last commit that was made; `None` for a dry run.
        warnings: What the writer should know.
        held: The answer for what waits for the person instead; with it, the undo has ended.
    """

    undone: tuple[UndoneCommit, ...]
    commit: CommitId | None = None
    warnings: tuple[str, ...] = ()
    held: Written | None = None


AgreeToUndo = Callable[[Sequence[UndoneCommit]], None]
"""Returns if the writer agrees to a plan, and raises otherwise."""


def agreed_to_undo(plan: Sequence[UndoneCommit]) -> None:
    """For callers who have been asked already, or for whom nobody can be asked."""
