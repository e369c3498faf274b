"""Where a command was started from: a terminal or not, and by whom.

A person who sends a file through a pipe still has a terminal; a scheduled job and most coding
agents have none. All processes above are looked at, because an agent starts a shell that starts
the command. An agent that gets itself a terminal and hides its marks passes for the person.
"""

from __future__ import annotations

import os
from typing import Final

from pack.callers import Shell, shell_origin
from pack.errors import InvalidConfig
from pack.provenance import Origin, Source, parse_origin
from pack_servers.config.agents import AgentMarks, agent_marks
from pack_servers.config.processes import commands_above
from pack_servers.config.settings import Settings

_TERMINAL: Final = "CONIN$" if os.name == "nt" else "/dev/tty"


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
    shell = this_shell(settings)
    is_told = shell.has_terminal or shell.agent is not None
    without = Source.AUTOMATION if is_told else settings.pack_shell_source
    return shell_origin(shell, without, wanted)


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
    found = (marks.in_command(command) for command in commands_above())
    return next((agent for agent in found if agent is not None), None)
