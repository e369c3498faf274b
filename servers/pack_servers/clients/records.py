"""What `pack setup` remembers of each file that it changed, so that it can be put back exactly.

Kept in `~/.pack/setup`: a copy of the file as it was, and a record of what was changed. Without a
record only PACK's own entry is taken out again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pack_connectors.system.durable_files import replace_durably

from pack.deferred import dataclass
from pack.errors import Unavailable

_FOLDER: Final = "~/.pack/setup"
_PRIVATE: Final = 0o600


@dataclass(frozen=True, slots=True)
class Record:
    """What was done to a file.

    Attributes:
        before: The file as it was before PACK changed anything in it; `None` if there was none.
        after: The SHA-256 of the file as PACK left it.
        entries: The names that lead to each entry that PACK has in it.
        folders: The folders that were not there, the outermost last.
    """

    before: bytes | None
    after: str
    entries: Sequence[tuple[str, ...]]
    folders: Sequence[Path]


def digest(content: bytes | None) -> str:
    """What identifies the contents of a file."""
    return hashlib.sha256(content or b"").hexdigest()


class Records:
    """The records and copies of one user."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(_FOLDER).expanduser()

    def find(self, file: Path) -> Record | None:
        """What was done to a file; `None` if nothing is known."""
        try:
            fields = json.loads(self._place(file).read_bytes())
            copy = fields["copy"]
            before = None if copy is None else (self.folder / copy).read_bytes()
            folders = [Path(each) for each in fields["folders"]]
            entries = [tuple(map(str, path)) for path in fields["entries"]]
            return Record(before, str(fields["after"]), entries, folders)
        except (OSError, ValueError, KeyError, TypeError):  # somebody has been at it
            return None

    def keep(self, file: Path, content: bytes) -> Path:
        """A copy of a file; the same one if its bytes were copied before.

        Raises:
            Unavailable: It cannot be written.
        """
        copy = self.folder / f"{digest(content)[:12]}-{file.name}"
        if not copy.exists():
            self._write(copy, content)
        return copy

    def store(self, file: Path, record: Record) -> None:
        """Remember what was done to a file.

        Raises:
            Unavailable: It cannot be written.
        """
        copy = None if record.before is None else self.keep(file, record.before).name
        fields = {
            "file": str(file),
            "entries": [list(path) for path in record.entries],
            "copy": copy,
            "after": record.after,
            "folders": [str(each) for each in record.folders],
        }
        self._write(self._place(file), json.dumps(fields, indent=2).encode())

    def forget(self, file: Path) -> None:
        """Forget what was done to a file; its copies stay.

        Raises:
            Unavailable: The record cannot be deleted.
        """
        try:
            self._place(file).unlink(missing_ok=True)
        except OSError as error:
            raise Unavailable(f"{self.folder}: {error.strerror}") from error

    def _place(self, file: Path) -> Path:
        return self.folder / f"{digest(os.fsencode(file))[:16]}.json"

    def _write(self, file: Path, content: bytes) -> None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            replace_durably(file, content, _PRIVATE)
        except OSError as error:
            raise Unavailable(f"{file}: {error.strerror or type(error).__name__}") from error
