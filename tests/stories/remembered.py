"""What servers and command lines have in common is worked out once in a process.

It is half of what it takes to make a server, and a third of what it takes to run most commands.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import TYPE_CHECKING, Any

import typer.main

if TYPE_CHECKING:
    from mcp.server.mcpserver.tools import Tool
    from typer.models import CommandInfo


def tools() -> Callable[..., Tool]:
    """`Tool.from_function`, with the schemas of each method made once, whatever object it is of."""
    from mcp.server.mcpserver.tools import Tool  # noqa: PLC0415 - it takes a second

    make = Tool.from_function
    made: dict[Hashable, Tool] = {}

    def from_function(fn: Callable[..., Any], **options: Any) -> Tool:
        key = (getattr(fn, "__func__", fn), options.get("name"), options.get("title"))
        if key not in made:
            made[key] = make(fn, **options)
        return made[key].model_copy(update={"fn": fn})

    return from_function


def commands() -> Callable[..., Any]:
    """`typer.main.get_command_from_info`, with the parser of each command made once."""
    make = typer.main.get_command_from_info
    made: dict[Hashable, Any] = {}

    def get_command_from_info(command_info: CommandInfo, **options: Any) -> Any:
        key = (command_info.callback, command_info.name, *options.items())
        if key not in made:
            made[key] = make(command_info, **options)
        return made[key]

    return get_command_from_info
