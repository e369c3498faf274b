"""Files that a write took out of the working tree, kept until nobody can write into them any more.

An editor that saves in place may have opened a file just before PACK exchanged it; what it writes
then goes into the file that came out. Linux can tell when nobody has such a file open any more
(only then does it grant a write lease); other systems keep it for a day. If its bytes did change,
they are put beside the original as a copy.

Source: fcntl(2), F_SETLEASE: "a write lease may be placed on a file only if there are no other
open file descriptors for the file".
"""

from __future__ import annotations

import json
import os
import stat
import sys
import time
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from pack.errors import PackError
from pack.model import BlobId, MemoryPath, blob_id
from pack_connectors.system.durable_files import write_durably
from pack_connectors.system.open_flags import READ_NO_LINK, read_all

KEEP_SECONDS: Final = 24 * 3600.0
_LOOK_EVERY_SECONDS: Final = 1.0


class Kept(NamedTuple):
    """A displaced file: where it came from, the blob it was, and where it is now."""

    path: MemoryPath
    blob: str
    file: Path
    note: Path


def nobody_else_has_open(descriptor: int) -> bool | None:
    """Whether no other process has a file open; `None` where the system cannot tell."""
    if sys.platform != "linux":
        return None
    else:  # noqa: RET505 - type checkers follow the platform so
        import fcntl  # noqa: PLC0415 - not on Windows

        try:
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
            fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except BlockingIOError:
            return False
        except OSError:  # not our file, or a file system without leases
            return None
        return True


def look_into(file: Path) -> tuple[bool | None, bytes]:
    """Whether nobody else has a file open, and then its bytes.

    Raises:
        OSError: It cannot be read.
    """
    descriptor = os.open(file, READ_NO_LINK)
    try:
        return nobody_else_has_open(descriptor), read_all(descriptor)
    finally:
        os.close(descriptor)


class ReplacedFiles:
    """The displaced files of one repository, in `displaced/` of PACK's folder."""

    def __init__(self, folder: Path, work_dir: Path) -> None:
        self._folder = folder
        self._work_dir = work_dir
        self._pending = folder.is_dir()  # an earlier process may have left some
        self._looked_at = float("-inf")

    @property
    def pending(self) -> bool:
        """Whether files are kept and it is time to look at them again."""
        return self._pending and time.monotonic() - self._looked_at >= _LOOK_EVERY_SECONDS

    def settle(self, file: Path, path: MemoryPath, known: Collection[BlobId | None]) -> None:
        """Drop a displaced file if its bytes are known and cannot change any more; else keep it.

        Args:
            file: The file, on the same file system.
            path: Where it came from.
            known: Blobs that the repository holds, so that nothing is lost with the file.
        """
        quiet: bool | None = False
        blob = ""
        if stat.S_ISREG(file.lstat().st_mode):
            quiet, content = look_into(file)
            blob = blob_id(content)
        if quiet and blob in known:
            file.unlink()
            return
        self._folder.mkdir(exist_ok=True)
        self._write_note(self._folder / f"{file.name}.json", path, blob if blob in known else "")
        file.rename(self._folder / f"{file.name}.kept")
        self._pending, self._looked_at = True, float("-inf")

    def check(self, surface: Callable[[MemoryPath, bytes], None]) -> None:
        """Look at every kept file again: pass changed bytes to `surface`, and drop what is done."""
        left = [kept for kept in list(self._all()) if not self._is_done(kept, surface)]
        self._pending, self._looked_at = bool(left), time.monotonic()

    def _is_done(self, kept: Kept, surface: Callable[[MemoryPath, bytes], None]) -> bool:
        if not stat.S_ISREG(kept.file.lstat().st_mode):
            return False  # a folder or a link of the user: it stays where it can be found
        quiet, content = look_into(kept.file)
        if quiet is False:
            return False  # somebody may be in the middle of writing
        blob = blob_id(content)
        if blob != kept.blob:
            try:
                surface(kept.path, content)
            except (PackError, OSError):
                return False  # its folder may be a link now: keep it, and try again later
        if quiet or time.time() - kept.file.stat().st_ctime > KEEP_SECONDS:
            kept.file.unlink()
            kept.note.unlink(missing_ok=True)
            return True
        if blob != kept.blob:
            self._write_note(kept.note, kept.path, blob)
        return False

    def _all(self) -> Iterator[Kept]:
        for note in sorted(self._folder.glob("*.json")):
            file = note.with_suffix(".kept")
            if not os.path.lexists(file):
                note.unlink(missing_ok=True)
                continue
            try:
                row = json.loads(note.read_text(encoding="utf-8"))
                path, blob = str(row["path"]), str(row["blob"])
            except (ValueError, TypeError, KeyError):  # damaged: the bytes still count
                path, blob = f"recovered/{file.stem}.md", ""
            yield Kept(MemoryPath(path), blob, file, note)

    def _write_note(self, note: Path, path: MemoryPath, blob: str) -> None:
        data = json.dumps({"path": path, "blob": blob}).encode()
        write_durably(str(note), data, str(self._work_dir / "note-"))
