"""The journal: what a write is about to change, kept until its outcome is known.

One file, `journal.json`, in PACK's folder inside the git directory. It exists only
while a write is between its first visible step and its last; whoever takes the lock and finds it
repairs what was cut off.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pack.deferred import dataclass
from pack.errors import ConnectorError, Unavailable
from pack.model import BlobId, CommitId, MemoryPath
from pack_connectors.system.durable_files import DurableFiles


@dataclass(frozen=True, slots=True)
class Step:
    """One file of a write.

    Attributes:
        path: The file.
        old: Blob in the working tree before; `None` for none.
        new: Blob in the working tree after; `None` for none.
        old_entry: `mode id` in git's index before; `None` for none.
        new_entry: `mode id` in git's index after; `None` for none.
        staged: Name of the staged file; after the exchange it holds what was there before.
    """

    path: MemoryPath
    old: BlobId | None
    new: BlobId | None
    old_entry: str | None
    new_entry: str | None
    staged: str


@dataclass(frozen=True, slots=True)
class Intent:
    """A write: the ref it moves, from where to where, and its files."""

    ref: str
    old: CommitId | None
    new: CommitId
    steps: Sequence[Step]


class Journal:
    """Stores at most one intent, durably."""

    def __init__(self, folder: Path, work_dir: Path) -> None:
        self._file = folder / "journal.json"
        self._work_dir = work_dir

    def exists(self) -> bool:
        """Whether a write is under way or was cut off."""
        return self._file.exists()

    def touch(self) -> None:
        """Note that the ref is about to move: a lock that git leaves is no older than this."""
        os.utime(self._file)

    def since(self) -> float:
        """When the intent was recorded or touched, in seconds since the epoch."""
        return self._file.stat().st_mtime

    def record(self, intent: Intent, files: DurableFiles) -> None:
        """Have the intent stored after the files that it names.

        Raises:
            OSError: It could not be written.
        """
        steps = [{name: getattr(step, name) for name in Step.__slots__} for step in intent.steps]
        fields = {"ref": intent.ref, "old": intent.old, "new": intent.new, "steps": steps}
        data = json.dumps(fields).encode()  # `asdict` copies each value, of perhaps 10,000 files
        files.add(str(self._file), data, str(self._work_dir / "journal-"), mode=0o666)

    def load(self) -> Intent | None:
        """The recorded intent, if there is one.

        Raises:
            ConnectorError: The file is damaged; it says which one to look at.
        """
        try:
            text = self._file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{self._file}: {error.strerror}") from error
        try:
            data = json.loads(text)
            steps = [Step(**step) for step in data.pop("steps")]
            return Intent(steps=steps, **data)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise ConnectorError(
                f"{self._file} is damaged; compare `git status` with your files, then delete it"
            ) from error

    def clear(self) -> None:
        """Forget the intent."""
        with suppress(FileNotFoundError):
            self._file.unlink()
