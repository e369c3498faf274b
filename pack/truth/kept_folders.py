"""Folders that an AI writes by itself, with no tool of PACK: its own notes, in this memory.

`.pack.yaml` names them (`pack.catalog.scope`). From then on PACK adds nothing to their files, and
what it finds in them is recorded as that AI's.
"""

from __future__ import annotations

from pack.catalog.scope import EVERYTHING, PROJECT_FILE, read_scope, write_scope
from pack.core.decision import Decision
from pack.core.session import Session
from pack.errors import InvalidPath
from pack.model import ABSENT, Put
from pack.paths import parse_path
from pack.results import Written


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
