"""A client's settings file: read as it is, replaced whole or not at all.

A link stays a link, permissions stay, and a file that somebody changed meanwhile is left alone.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from pack_connectors.system.durable_files import replace_durably

from pack.deferred import dataclass
from pack.errors import InvalidConfig, PreconditionFailed, Unavailable
from pack_servers.clients.editing.unusable import Unusable

_BOM: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
_PRIVATE: Final = 0o600
_WRITABLE: Final = 0o222


@dataclass(frozen=True, slots=True)
class SettingsFile:
    """A file at one moment.

    Attributes:
        path: Where the client looks for it.
        target: Where it is, behind all links.
        content: Its bytes; `None` if there is none.
    """

    path: Path
    target: Path
    content: bytes | None

    @classmethod
    def read(cls, path: Path) -> SettingsFile:
        """The file that is there now.

        Raises:
            Unavailable: It cannot be read.
        """
        try:
            target = path.resolve()
            # Nothing is opened before that is known: to open a pipe waits for somebody else.
            if not stat.S_ISREG(target.stat().st_mode):
                what = "a folder" if target.is_dir() else "no regular file"
                raise _misplaced(path, f"it is {what}")
            return cls(path, target, target.read_bytes())
        except FileNotFoundError:
            return cls(path, target, None)
        except NotADirectoryError as error:
            raise _misplaced(path, "a folder on the way is a file") from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise _misplaced(path, "it is a link to itself") from error
            raise _failed(path, error) from error
        except RuntimeError as error:  # raised by `resolve` before Python 3.13
            raise _misplaced(path, "it is a link to itself") from error

    def text(self, content: bytes | None = None) -> str:
        """What the file says, or would say with other bytes, without a byte order mark.

        Raises:
            InvalidConfig: It is not UTF-8.
        """
        data = self.content if content is None else content
        try:
            return (data or b"").decode("utf-8").removeprefix(_BOM)
        except UnicodeDecodeError as error:
            raise _unusable(str(self.path), "it is not UTF-8") from error

    def encoded(self, text: str) -> bytes:
        """A text as the bytes of this file: with a byte order mark if it has one.

        Raises:
            InvalidConfig: It cannot be written as UTF-8.
        """
        mark = _BOM if (self.content or b"").startswith(_BOM.encode()) else ""
        try:
            return f"{mark}{text}".encode()
        except UnicodeEncodeError as error:
            raise _unusable(str(self.path), "it would not be UTF-8 any more") from error

    def replace(self, content: bytes | None) -> None:
        """Put bytes in its place, durably; `None` deletes it.

        Raises:
            PreconditionFailed: It is no longer what was read.
            Unavailable: It is read-only, or it cannot be written. It is as it was.
        """
        try:
            mode = self._mode()
            if SettingsFile.read(self.path) != self:
                error = PreconditionFailed(
                    f"{self.path} was changed meanwhile; nothing was written"
                )
                error.remedy = "Run the command again."
                raise error
            if content is None:
                self.target.unlink()
            else:
                self.target.parent.mkdir(parents=True, exist_ok=True)
                replace_durably(self.target, content, mode)
        except FileExistsError as error:
            raise _misplaced(self.path, "a folder on the way is a file") from error
        except OSError as error:
            raise _failed(self.path, error) from error

    def _mode(self) -> int:
        if self.content is None:
            return _PRIVATE
        mode = stat.S_IMODE(self.target.stat().st_mode)
        if not mode & _WRITABLE or not os.access(self.target, os.W_OK):
            remedy = "Make it writable, or change it where it is made, then try again."
            raise Unavailable(f"{self.path} is read-only; nothing was written", remedy)
        return mode


def missing_folders(path: Path) -> Sequence[Path]:
    """The folders above a path that are not there, the outermost last."""
    return [folder for folder in path.resolve().parents if not folder.exists()]


def remove_folders(folders: Sequence[Path]) -> None:
    """Remove folders that are empty, from the inside; the first that is not ends it."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:  # somebody has put something there
            return


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Have what is wrong with a text said with the name of its file.

    Raises:
        InvalidConfig: The text cannot be edited.
    """
    try:
        yield
    except Unusable as error:
        where = f"{path}:{error.line}" if error.line else str(path)
        raise _unusable(where, str(error)) from error


def _misplaced(path: Path, reason: str) -> Unavailable:
    remedy = "Rename or remove what is there, then try again."
    return Unavailable(f"{path}: {reason}", remedy)


def _failed(path: Path, error: OSError) -> Unavailable:
    remedy = "Nothing was changed in it. Make it readable and writable, then try again."
    return Unavailable(f"{path}: {error.strerror or type(error).__name__}", remedy)


def _unusable(where: str, reason: str) -> InvalidConfig:
    error = InvalidConfig(where, reason)
    error.remedy = "Nothing was changed in it. Correct it, then try again."
    return error
