"""The processes of this machine that can be seen: those above this one, those in a folder.

On Linux all is read from `/proc`. Elsewhere `ps` names the processes above, and which folder others
work in is not known.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from pack_servers.config.agents import AgentMarks

_PROC: Final = Path("/proc")
_MOST_ABOVE: Final = 64
_PROGRAM_WORDS: Final = 2  # an interpreter, and what it runs
_PS: Final = ("/bin/ps", "-A", "-o", "pid=", "-o", "ppid=", "-o", "command=")
"""Each column has an option of its own: what follows a `=` is a heading, commas included.

Source: POSIX, ps, "-o format".
"""
_PS_SECONDS: Final = 5


def commands_above() -> Iterator[Sequence[str]]:
    """What names the program of each process above this one, the nearest first."""
    process = os.getppid()
    if (_PROC / "self" / "stat").exists():
        yield from _above_in_proc(process)
    elif os.name == "posix":
        yield from _above_in_ps(process)


def agent_in_folder(folder: Path, marks: AgentMarks) -> str | None:
    """A coding agent that works in a folder, or below it; `None` if none is seen.

    Args:
        folder: The folder.
        marks: What tells agents.
    """
    inside = os.path.realpath(folder)
    own = str(os.getpid())
    can_see = (_PROC / "self" / "cwd").exists()
    for number in [entry.name for entry in _PROC.iterdir()] if can_see else ():
        with suppress(OSError, ValueError):  # it has ended, or is somebody else's
            if number == own or not number.isdecimal():
                continue
            where = str((_PROC / number / "cwd").readlink())
            if where != inside and not where.startswith(f"{inside}{os.sep}"):
                continue
            command, _ = _command(int(number))
            agent = marks.in_command(command) or marks.in_environment(_environment(number))
            if agent is not None:
                return agent
    return None


def _above_in_proc(process: int) -> Iterator[Sequence[str]]:
    for _ in range(_MOST_ABOVE):
        if process <= 1:
            return
        try:
            command, process = _command(process)
        except (OSError, ValueError):
            return
        yield command


def _command(process: int) -> tuple[Sequence[str], int]:
    """Name and program of a process, and the process above it."""
    stat = (_PROC / str(process) / "stat").read_text("utf-8", "replace")
    words = (_PROC / str(process) / "cmdline").read_bytes().split(b"\0")
    name, rest = stat[stat.index("(") + 1 : stat.rindex(")")], stat[stat.rindex(")") + 1 :]
    return (name, *map(os.fsdecode, words[:_PROGRAM_WORDS])), int(rest.split()[1])


def _environment(process: str) -> Mapping[str, str]:
    content = os.fsdecode((_PROC / process / "environ").read_bytes())
    pairs = (each.partition("=") for each in content.split("\0"))
    return {name: value for name, _, value in pairs if name}


def _above_in_ps(process: int) -> Iterator[Sequence[str]]:
    import subprocess  # noqa: PLC0415 - every command waits for what is imported above

    listing = b""
    with suppress(OSError, subprocess.SubprocessError):  # none can be seen then
        done = subprocess.run(  # noqa: S603 - a fixed command
            _PS, capture_output=True, timeout=_PS_SECONDS, check=True
        )
        listing = done.stdout
    found = {}
    for line in os.fsdecode(listing).splitlines():
        own, above, *words = (*line.split(None, _PROGRAM_WORDS + 2), "", "")
        if own.isdecimal() and above.isdecimal():  # as every line should be
            found[int(own)] = (int(above), words[:_PROGRAM_WORDS])
    for _ in range(_MOST_ABOVE):
        if process not in found:
            return
        process, words = found[process]
        yield words
