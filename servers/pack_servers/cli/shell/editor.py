"""Editing a copy of a file in the user's editor. Their text is kept until it is stored."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from pack.errors import InvalidConfig, Unavailable
from pack_servers.cli.shell.streams import can_ask, decoded, say

_LONG_AGO: Final = 2
"""How many seconds before it is opened a copy seems to be made, so that any save shows."""
_DEFAULT: Final = "notepad" if os.name == "nt" else "vi"


class EditedCopy(NamedTuple):
    """A copy as the user left it.

    Attributes:
        text: Its text.
        is_saved: Whether they saved it, changed or not, before they closed the editor.
    """

    text: str
    is_saved: bool


@contextmanager
def edited(path: str, content: str) -> Iterator[EditedCopy]:
    """The text as the user left it.

    The copy is removed when the block succeeds. When it fails (because of a conflict, say), the
    copy stays, and stderr says where.

    Raises:
        InvalidConfig: There is no editor, or it failed.
        InvalidContent: The text is not UTF-8.
    """
    command = _editor()
    file = _copy(path, content.encode("utf-8"))
    try:
        made = _age(file)
        _open(command, file)
        left = file.read_bytes()
        is_saved = left != content.encode("utf-8") or file.stat().st_mtime_ns != made
        yield EditedCopy(decoded(left, str(file)), is_saved)
    except BaseException:
        if file.exists() and file.read_bytes() != content.encode("utf-8"):
            say(f"your text is kept in {file}")
        else:
            _remove(file)
        raise
    _remove(file)


def _editor() -> list[str]:
    """The command of the editor, chosen as git and others do.

    Raises:
        InvalidConfig: There is no editor that can be started.
    """
    wanted = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not wanted and not can_ask():
        reason = "it is not set and there is no terminal; use --replace, --append or --section"
        raise InvalidConfig("EDITOR", reason)
    words = shlex.split(wanted or _DEFAULT, posix=os.name != "nt")
    program = shutil.which(words[0]) if words else None
    if program is None:
        raise InvalidConfig("EDITOR", f"{wanted or _DEFAULT!r} was not found")
    if os.sep not in words[0] and Path(program).resolve().parent == Path.cwd():
        raise InvalidConfig("EDITOR", f"{wanted!r} is in the current directory; name its full path")
    return [program, *words[1:]]


def _copy(path: str, content: bytes) -> Path:
    """A copy that only the user can read, if possible in a folder that survives a restart.

    Raises:
        Unavailable: It cannot be created.
    """
    folder = Path("~/.pack/edits").expanduser()
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        own = tempfile.mkdtemp(dir=folder if os.access(folder, os.W_OK) else None)
        file = Path(own, PurePosixPath(path).name)
        file.write_bytes(content)
    except OSError as error:
        raise Unavailable(f"cannot create a copy to edit: {error.strerror}") from error
    return file


def _age(file: Path) -> int:
    """The time of a copy that no save can have, in nanoseconds."""
    made = file.stat()
    os.utime(file, ns=(made.st_atime_ns, made.st_mtime_ns - _LONG_AGO * 1_000_000_000))
    return file.stat().st_mtime_ns


def _open(command: list[str], file: Path) -> None:
    try:
        ended = subprocess.run([*command, str(file)], check=False)  # noqa: S603 - theirs, no shell
    except OSError as error:
        raise InvalidConfig("EDITOR", f"it did not start: {error.strerror}") from error
    if ended.returncode != 0:
        raise InvalidConfig(
            "EDITOR", f"it exited with status {ended.returncode}; nothing was stored"
        )


def _remove(file: Path) -> None:
    shutil.rmtree(file.parent, ignore_errors=True)
