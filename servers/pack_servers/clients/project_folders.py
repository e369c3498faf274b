"""Which folder of a memory has what is noted in a project: one folder for each project.

A folder is called as the project's own folder is, so that the same project has the same one on
every machine. If two projects on this machine have one name, the folder of the second has a short
hash of its path added to its name.
"""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pack_connectors.system.durable_files import replace_durably

from pack.deferred import pattern
from pack.errors import InvalidRequest, Unavailable
from pack.paths import fold, parse_path
from pack_servers.clients.records import Records

_FORBIDDEN: Final = frozenset(' <>:"/\\|?*')
_HYPHENS: Final = pattern(r"-{2,}")
_LONGEST: Final = 80
_HASH_DIGITS: Final = 6
_PRIVATE: Final = 0o600


class ProjectFolders:
    """The folders that projects of this machine have, remembered with what setup did.

    Args:
        records: Where that is.
        parent: The folder of the memory in which they are.
    """

    def __init__(self, records: Records, parent: Path) -> None:
        self._file = records.folder / "project-folders.json"
        self._parent = parent

    def name_for(self, project: Path) -> str:
        """The name of a project's folder, which may not be there yet.

        Args:
            project: The project's folder, as an absolute path without links.
        """
        known = self._known()
        of_project = [Path(each) for each, owner in known.items() if owner == str(project)]
        mine = [each.name for each in of_project if each.parent == self._parent]
        if mine:
            return mine[0]
        taken = {fold(Path(each).name) for each in known if Path(each).parent == self._parent}
        name = _plain_name(project)
        return _with_hash(name, project) if fold(name) in taken else name

    def remember(self, project: Path, name: str) -> None:
        """Remember which folder a project has.

        Raises:
            Unavailable: That cannot be written.
        """
        known = {**self._known(), str(self._parent / name): str(project)}
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_durably(self._file, json.dumps(known, indent=2).encode(), _PRIVATE)
        except OSError as error:
            raise Unavailable(f"{self._file}: {error.strerror or type(error).__name__}") from error

    def _known(self) -> Mapping[str, str]:
        """The project of each folder; nothing if somebody has been at the file."""
        try:
            known = dict(json.loads(self._file.read_bytes()))
        except (OSError, ValueError, TypeError):
            return {}
        return {str(each): str(owner) for each, owner in known.items()}


def _plain_name(project: Path) -> str:
    """The name of a project's folder, as a memory may have it on every system."""
    plain = (
        sign if sign.isprintable() and sign not in _FORBIDDEN else "-"
        for sign in unicodedata.normalize("NFC", project.name)
    )
    name = _HYPHENS.sub("-", "".join(plain))[:_LONGEST].strip("-.")
    try:
        return parse_path(name)
    except InvalidRequest:  # nothing is left of it, or some system has the name for itself
        return _with_hash("project", project)


def _with_hash(name: str, project: Path) -> str:
    return f"{name}-{hashlib.sha256(os.fsencode(project)).hexdigest()[:_HASH_DIGITS]}"
