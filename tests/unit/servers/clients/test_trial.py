"""Trying a server out: what counts as working, and what is said if it does not."""

from __future__ import annotations

import asyncio

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from pack_servers.clients.trial import Trial, _asked, _reason, try_entry


def asked(server: MCPServer) -> Trial:
    return asyncio.run(_asked(server))


def test_a_server_that_answers_is_fine() -> None:
    server = MCPServer("memory", version="7")

    @server.tool()
    def memory_list(limit: int) -> str:
        return f"{limit} notes"

    assert asked(server) == Trial(is_fine=True, server="memory 7", tools=1)


def test_a_tool_that_fails_and_one_that_is_missing_are_failures() -> None:
    server = MCPServer("memory")

    @server.tool()
    def memory_list(limit: int) -> str:
        raise ToolError(f"no {limit}")

    found = asked(server)
    assert (found.is_fine, "no 1" in found.reason) == (False, True)
    assert not asked(MCPServer("empty")).is_fine


def test_the_innermost_error_is_said_and_what_the_server_said_last() -> None:
    error = ExceptionGroup("a", [ExceptionGroup("b", [ValueError("broken")])])
    assert (
        _reason(error, "x" * 900 + " the end\n") == f"broken; the server said: {'x' * 492} the end"
    )
    assert "30 seconds" in _reason(TimeoutError(), "")
    assert _reason(RuntimeError(), "") == "RuntimeError"


def test_what_names_no_server_is_not_tried() -> None:
    assert not try_entry({}, has_terminal=True, environment={}).is_fine


def test_what_is_switched_off_is_not_tried() -> None:
    for switch in ({"enabled": False}, {"disabled": True}):
        entry = {"command": "/nowhere/pack", "args": ["serve"], **switch}
        found = try_entry(entry, has_terminal=True, environment={})
        assert (found.is_fine, found.is_switched_off) == (False, True)
        assert found.reason == "it is switched off in its settings"
