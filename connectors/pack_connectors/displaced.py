"""Files that a write took out of the working tree, kept until nobody can still write into them.

An editor that saves in place may have opened a file just before PACK exchanged it; what it writes
then goes into the file that came out. Linux can tell when nobody has such a file open any more
(a write lease is granted only then); elsewhere it is kept for a day. Bytes that did change are
put beside the original as a copy of their own.

Source: fcntl(2), F_SETLEASE: "a write lease may be placed on a file only if there are no other
open file descriptors for the file".
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pack.model import BlobId, MemoryPath
from pack_connectors.objects import blob_id

KEEP_SECONDS: Final = 24 * 3600.0


class Kept(NamedTuple):
    """A displaced file: where it came from, the blob it was, and where it is now."""

    path: MemoryPath
    blob: BlobId
    file: Path


def nobody_has_open(file: Path) -> bool | None:
    """Whether no process has the file open; `None` where the system cannot tell."""
    if sys.platform != "linux":
        return None
    import fcntl  # noqa: PLC0415 - not on Windows

    descriptor = os.open(file, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except BlockingIOError:
        return False
    except OSError:  # not our file, or a file system without leases
        return None
    finally:
        os.close(descriptor)
    return True


class DisplacedFiles:
    """The displaced files of one repository, in `displaced/` of PACK's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._folder.mkdir(exist_ok=True)
        self._pending = True  # an earlier process may have left some

    @property
    def pending(self) -> bool:
        """Whether files are kept that were not looked at since."""
        return self._pending

    def settle(self, file: Path, path: MemoryPath, known: Collection[BlobId | None]) -> None:
        """Drop a displaced file if its bytes are known and can change no more; else keep it.

        Args:
            file: The file, on the same file system.
            path: Where it came from.
            known: Blobs that are in the repository, so that the file adds nothing to them.
        """
        quiet = nobody_has_open(file)
        blob = blob_id(file.read_bytes())
        if quiet and blob in known:
            file.unlink()
            return
        expected = blob if blob in known else ""
        note = self._folder / f"{file.name}.json"
        note.write_text(json.dumps({"path": path, "blob": expected}), encoding="utf-8")
        file.rename(self._folder / f"{file.name}.kept")
        self._pending = True

    def check(self, surface: Callable[[MemoryPath, bytes], None]) -> None:
        """Look at every kept file again; give changed bytes to `surface` and drop what is done."""
        if not self._pending:
            return
        left = 0
        for kept in list(self._all()):
            quiet = nobody_has_open(kept.file)
            content = kept.file.read_bytes()
            if quiet is False:
                left += 1  # somebody may be in the middle of writing
                continue
            changed = blob_id(content) != kept.blob
            if changed:
                surface(kept.path, content)
            if quiet or self._is_old(kept.file):
                self._drop(kept)
            else:
                self._note(kept.file, kept.path, blob_id(content))
                left += 1
        self._pending = left > 0

    def _all(self) -> Iterator[Kept]:
        for note in sorted(self._folder.glob("*.json")):
            file = note.with_name(note.name.removesuffix(".json") + ".kept")
            if not file.exists():
                note.unlink(missing_ok=True)
                continue
            row = json.loads(note.read_text(encoding="utf-8"))
            yield Kept(MemoryPath(row["path"]), BlobId(row["blob"]), file)

    @staticmethod
    def _is_old(file: Path) -> bool:
        return time.time() - file.stat().st_ctime > KEEP_SECONDS

    def _drop(self, kept: Kept) -> None:
        kept.file.unlink()
        kept.file.with_name(kept.file.name.removesuffix(".kept") + ".json").unlink(missing_ok=True)

    def _note(self, file: Path, path: MemoryPath, blob: BlobId) -> None:
        note = file.with_name(file.name.removesuffix(".kept") + ".json")
        note.write_text(json.dumps({"path": path, "blob": blob}), encoding="utf-8")
