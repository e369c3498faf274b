"""MCP turns every action into a tool, or into a request for the user."""

from __future__ import annotations

import asyncio
import re

from pack_servers.mcp.server import build_server
from pack_servers.mcp.wording import TOOLS_FOR, worded

from pack.actions import Action
from pack.memory import Memory
from tests.unit.servers.cli.shell.test_exit import all_errors


def test_every_action_is_a_tool_that_exists_or_a_request() -> None:
    assert set(TOOLS_FOR) == set(Action)
    tools = {tool.name for tool in asyncio.run(build_server(Memory.__new__(Memory)).list_tools())}
    for words in TOOLS_FOR.values():
        named = set(re.findall(r"memory_[a-z]+", words))
        assert named <= tools
        assert named or words.startswith("ask the user ")


def test_every_remedy_speaks_of_tools() -> None:
    for error in all_errors():
        remedy = worded(error.remedy)
        assert remedy[0].isupper(), error
        assert "<<" not in remedy, error
        assert not re.search(r"\bpack [a-z]", remedy), error
