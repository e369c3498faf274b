"""Where a command was started from: a terminal or not, and by whom.

A person who sends a file through a pipe still has a terminal; a scheduled job and most coding
agents have none. All processes above are looked at, because an agent starts a shell that starts
the command. An agent that gets itself a terminal and hides its marks passes for the person.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from pack.callers import Shell, shell_origin
from pack.errors import InvalidConfig
from pack.provenance import Origin, parse_origin
from pack_servers.config.agents import AgentMarks, agent_marks
from pack_servers.config.settings import Settings

_TERMINAL: Final = "CONIN$" if os.name == "nt" else "/dev/tty"
_PROC: Final = Path("/proc")
_MOST_PARENTS: Final = 64
_PROGRAM_WORDS: Final = 2  # an interpreter, and what it runs
_PS_SECONDS: Final = 5


def calling_origin(settings: Settings, asked: str | None = None) -> Origin:
    """Who writes when this command writes.

    Args:
        settings: Those in force.
        asked: `--as`, as it was given.

    Raises:
        InvalidConfig: It names no origin, or a setting cannot be used.
    """
    wanted = parse_origin(asked) if asked is not None else None
    if asked is not None and wanted is None:
        raise InvalidConfig("--as", "must be like automation:RULE or ai-local:MODEL")
    return shell_origin(this_shell(settings), settings.pack_shell_source, wanted)


def this_shell(settings: Settings) -> Shell:
    """Where this process was started from."""
    marks = agent_marks(settings.pack_agent_marks)
    agent = marks.in_environment(os.environ) or _agent_above(marks)
    return Shell(_has_terminal(), agent)


def _has_terminal() -> bool:
    try:
        os.close(os.open(_TERMINAL, os.O_RDWR | getattr(os, "O_NOCTTY", 0)))
    except OSError:
        return False
    return True


def _agent_above(marks: AgentMarks) -> str | None:
    found = (marks.in_command(command) for command in _commands_above())
    return next((agent for agent in found if agent is not None), None)


def _commands_above() -> Iterator[Sequence[str]]:
    """Name and words of each process above this one, as far as they can be seen."""
    if (_PROC / "self" / "stat").exists():
        yield from _commands_in_proc(os.getppid())
    elif os.name == "posix":
        yield from _commands_of_ps(os.getppid())


def _commands_in_proc(process: int) -> Iterator[Sequence[str]]:
    for _ in range(_MOST_PARENTS):
        if process <= 1:
            return
        try:
            stat = (_PROC / str(process) / "stat").read_text("utf-8", "replace")
            words = (_PROC / str(process) / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it has ended, or is hidden
            return
        name = stat[stat.index("(") + 1 : stat.rindex(")")]
        yield name, *map(os.fsdecode, words[:_PROGRAM_WORDS])
        process = int(stat[stat.rindex(")") + 1 :].split()[1])


def _commands_of_ps(process: int) -> Iterator[Sequence[str]]:
    command = ["/bin/ps", "-A", "-o", "pid=,ppid=,command="]
    listing = b""
    with suppress(OSError, subprocess.SubprocessError):  # none can be seen then
        listing = subprocess.run(  # noqa: S603 - a fixed command
            command, capture_output=True, timeout=_PS_SECONDS, check=True
        ).stdout
    found = {}
    for line in os.fsdecode(listing).splitlines():
        own, above, *words = line.split(None, _PROGRAM_WORDS + 2)
        found[int(own)] = (int(above), words[:_PROGRAM_WORDS])
    for _ in range(_MOST_PARENTS):
        if process not in found:
            return
        process, words = found[process]
        yield words
