"""What servers have in common is worked out once: half of what it takes to make one."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from mcp.server.mcpserver.tools import Tool


def tools() -> Callable[..., Tool]:
    """`Tool.from_function`, with the schemas of each method made once, whatever object it is of."""
    make = Tool.from_function
    made: dict[Hashable, Tool] = {}

    def from_function(fn: Callable[..., Any], **options: Any) -> Tool:
        key = (getattr(fn, "__func__", fn), options.get("name"), options.get("title"))
        if key not in made:
            made[key] = make(fn, **options)
        return made[key].model_copy(update={"fn": fn})

    return from_function
