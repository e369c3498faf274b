"""What one conversation wrote, told by the commits alone.

Clients without a session of their own, and those of other machines, leave no id of a conversation
behind. So a session is what one origin committed without a pause of more than half an hour; what
others committed meanwhile does not end it. Any of its commits names it. Two conversations that the
same client has at the same time are one session.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from pack.core.known_log import KnownLog
from pack.history.follow import read_in_parts
from pack.history.origins import written_by
from pack.log import CommitFacts, LogQuery
from pack.model import CommitId
from pack.provenance import Source, skips_sync

_PAUSE: Final = timedelta(minutes=30)
_FIRST_PART: Final = 100
_MOST_BETWEEN: Final = 500
"""How many commits of others are read to find one more of the session."""


def find_session(
    log: KnownLog, head: CommitId, named: CommitId | None = None
) -> tuple[CommitFacts, ...]:
    """The commits of a session, newest first; none if the commit is not in the history of `head`.

    Args:
        log: The log of the memory.
        head: The newest commit.
        named: One of the session's commits; `None` for the newest session of anyone but the user,
            or the user's own if there is no other.

    Raises:
        As `Connector.log`.
    """
    if named is None:
        others = (one.id for one in _commits(log, head) if not _is_users(one))
        named = next(others, head)
    runs: dict[str, list[CommitFacts]] = {}
    wanted, between = None, 0
    for commit in _commits(log, head):
        origin = written_by(commit).origin
        run = runs.setdefault(origin, [])
        has_paused = bool(run) and abs(run[-1].at - commit.at) > _PAUSE
        between = 0 if origin == wanted else between + 1
        if wanted is not None and ((origin == wanted and has_paused) or between > _MOST_BETWEEN):
            break
        if has_paused:
            run.clear()
        run.append(commit)
        if commit.id == named:
            wanted, between = origin, 0
    return tuple(runs[wanted]) if wanted is not None else ()


def _commits(log: KnownLog, head: CommitId) -> Iterator[CommitFacts]:
    """All commits but those that record what a sync target did."""
    for part in read_in_parts(log, LogQuery(head), _FIRST_PART):
        yield from (commit for commit in part if not skips_sync(commit.message))


def _is_users(commit: CommitFacts) -> bool:
    return written_by(commit).origin.startswith(f"{Source.USER}:")
