"""Edits and notes that are recorded for the person: by whom, where that may not be the person.

What is found in a folder is the person's own, unless a coding agent is known to be at work there or
does the recording: then nobody can tell which of it the agent has put there. Such a commit says so,
and its text is unattributed: no machine changes it, and nobody takes it for accepted.

A folder may be one that an AI writes by itself, with no tool of PACK: its own notes, kept here.
`.pack.yaml` names it (`pack.catalog.scope`). From then on PACK adds nothing to its files, and what
it finds in them is recorded as that AI's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from pack.catalog.scope import EVERYTHING, PROJECT_FILE, read_scope, write_scope
from pack.core.decision import Decision
from pack.core.guard import Guard, Pending
from pack.core.session import Session
from pack.errors import InvalidPath
from pack.model import ABSENT, Put
from pack.paths import parse_path
from pack.provenance import EDITOR, IMPORT, RECORDED_BY, Origin, Source
from pack.results import Written

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


class KeptFolders:
    """The folders of one memory that an AI keeps. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, folder: str) -> Written | None:
        """Let an AI keep a folder; `None` if it does so already.

        Args:
            folder: Where it is in the memory; the AI is called like the first part of it.

        Raises:
            InvalidPath: There can be no such folder.
            InvalidConfig: `.pack.yaml` cannot be used.
            NotInitialised: There is no memory.
            PackError: The store refused; nothing was written.
        """
        core, path = self._session.core, parse_path(folder.removesuffix("/"))
        core.require_mode()
        if path.startswith("."):
            raise InvalidPath(path, "a name that begins with a dot is not memory")
        if self._is_kept(f"{path}/MEMORY.md"):
            return None

        def decide() -> Decision:
            found = core.reader.find(PROJECT_FILE)
            content = write_scope((), found.content if found else None, kept_by_ai=[f"{path}/"])
            put = Put(PROJECT_FILE, content, found.sha if found else ABSENT)
            return Decision(PROJECT_FILE, [put], f"{PROJECT_FILE}: let an AI keep {path}/")

        return self._session.write(decide)

    def _is_kept(self, path: str) -> bool:
        found = self._session.core.reader.find(PROJECT_FILE)
        scope = EVERYTHING if found is None else read_scope(found.content).require()
        return scope.keeper(path) is not None
