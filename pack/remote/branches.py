"""Deciding which branch of a remote is the memory's, from what it holds. Nothing here does I/O.

What a remote's HEAD names says little: `git init --bare` names a branch that nobody may ever push.
So the branches that are there decide. A second one is never begun beside them without being asked.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from pack.errors import NotFound, SeveralBranches
from pack.model import CommitId
from pack.remote.remote import RemoteBranch, Stop, StopKind

_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class HeldBranches:
    """What a remote holds that is to be cloned.

    Attributes:
        heads: Its branches.
        default: The one that its HEAD names, which need not exist; `None` if it names none.
        memories: Those that hold a memory.
        apart: Those that have no commit in common with the default one.
    """

    heads: Collection[str]
    default: str | None
    memories: Collection[str]
    apart: Collection[str] = ()


def choose_to_clone(held: HeldBranches, wanted: str | None) -> str | None:
    """The branch to clone; `None` where the remote holds none.

    It is the only one; or the only one with a memory; or the default one, unless another memory
    has nothing in common with it.

    Args:
        held: What there is.
        wanted: The branch that a person named.

    Raises:
        NotFound: It is not there.
        SeveralBranches: A person must choose.
    """
    heads = sorted(held.heads)
    if wanted is not None and (heads or held.default is None):
        if wanted not in heads:
            raise NotFound(f"the branch {wanted} of the remote", f"It has {named(heads)}.")
        return wanted
    if len(heads) <= 1:
        return heads[0] if heads else wanted
    memories = sorted(held.memories) or heads
    if len(memories) == 1:
        return memories[0]
    if held.default in memories and not set(memories).intersection(held.apart):
        return held.default
    raise SeveralBranches(named(memories))


def choose_to_follow(
    branch: RemoteBranch,
    heads: Mapping[str, CommitId],
    seen: CommitId | None,
    taken: Collection[str],
    *,
    is_empty: bool = False,
) -> str | Stop:
    """The branch to exchange with, or why a person must choose.

    Args:
        branch: What the memory was exchanged with so far, or is set up to be.
        heads: The branches of the remote, and where each is.
        seen: Where `branch` was when both sides agreed last.
        taken: Branches of the remote that belong to another branch here.
        is_empty: Whether there is no commit here yet.
    """
    if branch.branch in heads or not heads:
        return branch.branch
    renamed = [name for name, head in heads.items() if head == seen]
    free = renamed if len(renamed) == 1 else list(heads)
    if len(free) == 1 and free[0] not in taken:
        return free[0]
    if seen is not None:
        return branch.branch  # it has vanished, and nothing says where it went
    return _ask(branch, sorted(heads), is_empty=is_empty)


def begin_there(branch: RemoteBranch) -> str:
    """What a person can do to have a branch of its own there."""
    return f"To begin a branch of its own there, run `git push -u {branch.name} {branch.local}`."


def named(heads: Sequence[str]) -> str:
    """The names of branches, for a message."""
    more = f" and {len(heads) - _MOST_NAMED:,} more" if len(heads) > _MOST_NAMED else ""
    return ", ".join(heads[:_MOST_NAMED]) + more


def _ask(branch: RemoteBranch, heads: Sequence[str], *, is_empty: bool) -> Stop:
    reason = f"{branch.name} has no branch {branch.branch}; it has {named(heads)}"
    follow = "git switch NAME" if is_empty else f"git branch -u {branch.name}/NAME"
    remedy = (
        f"Nothing was changed. To exchange with one of them, run `git fetch {branch.name}` and "
        f"`{follow}` in the memory's folder."
    )
    return Stop(StopKind.BRANCH, reason, remedy if is_empty else f"{remedy} {begin_there(branch)}")
