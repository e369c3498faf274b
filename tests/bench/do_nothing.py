"""A server of the same SDK with one tool that does nothing: what PACK is measured beside.

The tool is asynchronous, so that it does not even pay for a worker thread.
"""

from __future__ import annotations

from mcp.server import MCPServer

server = MCPServer("do-nothing")


@server.tool()
async def nothing(path: str) -> str:
    """Answer with nothing."""
    return ""


if __name__ == "__main__":
    server.run()
