"""Edits and notes that are recorded for the person: by whom, where that may not be the person.

What is found in a folder is the person's own, unless a coding agent is known to be at work there or
does the recording: then nobody can tell which of it the agent has put there. Such a commit says so,
and its text is unattributed: no machine changes it, and nobody takes it for accepted.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from pack.core.decision import Decision
from pack.core.guard import Guard, Pending
from pack.provenance import EDITOR, IMPORT, RECORDED_BY, Origin, Source

_FOUND: Final = (EDITOR, IMPORT)


def recorded_by(origin: Origin, agent_at_work: Callable[[], str | None]) -> Guard:
    """The guard that has such commits say which agent was about.

    Args:
        origin: Who the process works for.
        agent_at_work: The coding agent known to be at work in the folder, if there is one.
    """

    def guard(pending: Pending) -> Decision:
        decision = pending.decision
        if pending.origin not in _FOUND or not decision.changes:
            return decision
        agent = origin if origin.level > _MACHINES else _of(agent_at_work())
        if agent is None:
            return decision
        trailer = (RECORDED_BY, agent.label)
        return replace(decision, trailers=(*decision.trailers, trailer))

    return guard


_MACHINES: Final = Origin(Source.AUTOMATION, "").level
"""What a rule of the person's records is the person's; what an AI records may be its own."""


def _of(agent: str | None) -> Origin | None:
    return Origin(Source.AI_CLOUD, agent) if agent is not None else None
