"""Deciding what an exchange with a remote does, from where both sides are. Nothing here does I/O.

`seen` is the remote's head when both sides agreed last. It is kept until they agree again, so a
stop is no state of its own: it follows from the three commits, and goes away when the cause does.

Source: git-merge-base(1) for the words; git-push(1), "Note about fast-forwards".
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pack.actions import Action
from pack.model import CommitId
from pack.remote.remote import Stop, StopKind


class Move(StrEnum):
    """What brings both sides together."""

    NOTHING = "nothing"
    PUSH = "push"
    FAST_FORWARD = "fast_forward"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Position:
    """Where both sides are.

    Attributes:
        ours: Our commit; `None` before the first one.
        theirs: The remote's head now; `None` where the branch does not exist there.
        seen: The remote's head when both sides agreed last; `None` before the first time.
        base: The merge base of `ours` and `theirs`.
        has_seen: Whether `seen` leads to `theirs`.
        in_seen: Whether `theirs` leads to `seen`.
        is_emptied: Whether `theirs` holds no memory, though what was seen before did.
    """

    ours: CommitId | None
    theirs: CommitId | None
    seen: CommitId | None = None
    base: CommitId | None = None
    has_seen: bool = True
    in_seen: bool = False
    is_emptied: bool = False

    @property
    def is_rewritten(self) -> bool:
        """Whether commits that the remote had are gone from it, and nobody has settled that.

        Where `theirs` is in our history, somebody has merged the new history here by hand; but
        not if it is an old commit of the same history, to which the remote was set back.
        """
        if self.theirs is None or self.seen is None or self.has_seen:
            return False
        is_merged_here = self.base == self.theirs and not self.in_seen
        return not is_merged_here


@dataclass(frozen=True, slots=True)
class Permission:
    """What a person has allowed for one exchange.

    Attributes:
        accept: Go on with the remote as it is now: rewritten, emptied or without the branch.
        unrelated: Merge histories that have no commit in common.
    """

    accept: bool = False
    unrelated: bool = False


NOTHING_ALLOWED: Final = Permission()


def plan_move(position: Position, label: str, allowed: Permission = NOTHING_ALLOWED) -> Move | Stop:
    """What brings both sides together, or why nothing may be done.

    Args:
        position: Where both sides are.
        label: What people call the remote's branch.
        allowed: What a person has decided.
    """
    kind = _objection(position, allowed)
    if kind is not None:
        return _stop(kind, label)
    ours, theirs = position.ours, position.theirs
    if ours == theirs:
        return Move.NOTHING
    if ours is None or position.base == ours:
        return Move.FAST_FORWARD
    return Move.PUSH if position.base == theirs else Move.MERGE


def _objection(position: Position, allowed: Permission) -> StopKind | None:
    """Why a person must decide first; `None` where nothing could be lost."""
    ours, theirs, base = position.ours, position.theirs, position.base
    if ours == theirs:
        return None
    if not allowed.accept:
        if theirs is None and position.seen is not None:
            return StopKind.VANISHED
        if position.is_rewritten:
            return StopKind.REWRITTEN
        if position.is_emptied and base != theirs:
            return StopKind.EMPTIED
    is_unrelated = base is None and ours is not None and theirs is not None
    return StopKind.UNRELATED if is_unrelated and not allowed.unrelated else None


def _stop(kind: StopKind, label: str) -> Stop:
    reason, remedy = _WORDS[kind]
    return Stop(kind, reason.format(label=label), remedy)


_WORDS: Final = {
    StopKind.REWRITTEN: (
        "the history of {label} was rewritten: commits that were there are gone (a force-push)",
        "Nothing was changed here. If that was a mistake, restore the branch on the remote. To "
        "merge what is there now with what is here, which brings the dropped commits back, "
        f"{Action.ACCEPT_REMOTE_HISTORY}.",
    ),
    StopKind.VANISHED: (
        "the branch {label} no longer exists",
        "Nothing was changed here. Restore the branch on the remote; or, to create it again from "
        f"this memory, {Action.ACCEPT_REMOTE_HISTORY}.",
    ),
    StopKind.EMPTIED: (
        "all memory files were removed from {label}",
        "Nothing was removed here. Revert that commit on the remote; or, if it was intended and "
        f"the files are to go here too, {Action.ACCEPT_REMOTE_HISTORY}.",
    ),
    StopKind.UNRELATED: (
        "{label} has an unrelated history: no commit in common with this memory",
        "Nothing was changed. Set the right remote with `git remote set-url`; or, to merge the two "
        f"memories, {Action.ALLOW_UNRELATED}.",
    ),
}
