"""Stores how far each client has read: one file for each, next to the other derived files (C6).

If a file is deleted or damaged, its client counts as one that comes for the first time.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Final

from pack.deferred import pattern
from pack.errors import Unavailable
from pack.model import CommitId
from pack_connectors.system.durable_files import write_durably

_ID: Final = pattern("[0-9a-f]{40}")
_SHOWN_NAME: Final = 200


class VisitFiles:
    """The cursors of one memory's clients.

    Args:
        folder: Where the files are. Created when first needed, like its parent folder.
        makes_parents: Whether the folders above those are created too; see `SyncFiles`.
    """

    def __init__(self, folder: Path, *, makes_parents: bool = False) -> None:
        self._folder = folder
        self._makes_parents = makes_parents

    def load(self, client: str) -> CommitId | None:
        """See `VisitCursors.load`."""
        file = self._file(client)
        try:
            found = json.loads(file.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{file}: {error.strerror}") from error
        except (ValueError, RecursionError):
            return None
        commit = found.get("commit") if isinstance(found, dict) else None
        if not isinstance(commit, str) or not _ID.fullmatch(commit):
            return None
        return CommitId(commit)

    def save(self, client: str, commit: CommitId) -> None:
        """See `VisitCursors.save`."""
        file = self._file(client)
        data = json.dumps({"client": client[:_SHOWN_NAME], "commit": commit}).encode()
        try:
            for folder in (self._folder.parent, self._folder):
                folder.mkdir(mode=0o700, parents=self._makes_parents, exist_ok=True)
            write_durably(str(file), data, f"{file}-")
        except OSError as error:
            raise Unavailable(f"{file}: {error.strerror}") from error

    def _file(self, client: str) -> Path:
        """A name may hold anything, so the file is named by its digest."""
        name = client.casefold().encode("utf-8", "surrogatepass")
        return self._folder / f"{hashlib.sha256(name).hexdigest()[:32]}.json"
