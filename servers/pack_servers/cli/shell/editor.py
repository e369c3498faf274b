"""A person's editor on a copy of a file. What they wrote is kept until it is stored."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Final

from pack.errors import InvalidConfig, Unavailable
from pack_servers.cli.shell.streams import can_ask, decoded, say

_DEFAULT: Final = "notepad" if os.name == "nt" else "vi"


@contextmanager
def edited(path: str, content: str) -> Iterator[str]:
    """The text after a person edited it.

    The copy is removed when the block ends well. When it does not (a conflict, say), the copy stays
    and stderr says where.

    Raises:
        InvalidConfig: There is no editor, or it failed.
        InvalidContent: It left something that is not UTF-8.
    """
    command = _editor()
    file = _copy(path, content.encode("utf-8"))
    try:
        _open(command, file)
        yield decoded(file.read_bytes(), str(file))
    except BaseException:
        if file.exists() and file.read_bytes() != content.encode("utf-8"):
            say(f"your text is kept in {file}")
        else:
            _remove(file)
        raise
    _remove(file)


def _editor() -> list[str]:
    """The command of the editor, as git and others choose it.

    Raises:
        InvalidConfig: There is none that can be started.
    """
    wanted = os.environ.get("VISUAL") or os.environ.get("EDITOR")
    if not wanted and not can_ask():
        reason = "none is set and there is no terminal; use --replace, --append or --section"
        raise InvalidConfig("EDITOR", reason)
    words = shlex.split(wanted or _DEFAULT, posix=os.name != "nt")
    program = shutil.which(words[0]) if words else None
    if program is None:
        raise InvalidConfig("EDITOR", f"{wanted or _DEFAULT!r} was not found")
    if os.sep not in words[0] and Path(program).resolve().parent == Path.cwd():
        raise InvalidConfig("EDITOR", f"{wanted!r} is in the current directory; name its full path")
    return [program, *words[1:]]


def _copy(path: str, content: bytes) -> Path:
    """A copy only the person can read, in a folder that outlives a restart where there is one.

    Raises:
        Unavailable: It cannot be made.
    """
    folder = Path("~/.pack/edits").expanduser()
    with suppress(OSError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    try:
        own = tempfile.mkdtemp(dir=folder if os.access(folder, os.W_OK) else None)
        file = Path(own, PurePosixPath(path).name)
        file.write_bytes(content)
    except OSError as error:
        raise Unavailable(f"a copy to edit cannot be made: {error.strerror}") from error
    return file


def _open(command: list[str], file: Path) -> None:
    try:
        ended = subprocess.run([*command, str(file)], check=False)  # noqa: S603 - theirs, no shell
    except OSError as error:
        raise InvalidConfig("EDITOR", f"it did not start: {error.strerror}") from error
    if ended.returncode != 0:
        raise InvalidConfig(
            "EDITOR", f"it ended with status {ended.returncode}; nothing was stored"
        )


def _remove(file: Path) -> None:
    shutil.rmtree(file.parent, ignore_errors=True)
