"""Trying a server out as a client would: started with what the client passes, asked for a tool.

A program with windows has another PATH than a shell, and passes few variables on. A server that
only runs in the person's own shell would look fine to them, and fail in the client.

Sources: the default environment of the MCP SDKs; launchd's default PATH.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import IO, TYPE_CHECKING, Final

from pack.deferred import dataclass
from pack_servers.clients.entries import is_switched_off
from pack_servers.clients.forms import StartedServer, headers_in, server_in

if TYPE_CHECKING:
    from mcp import Client as McpClient
    from mcp_types import CallToolResult

TOOL: Final = "memory_list"
_ARGUMENTS: Final = {"limit": 1}
_SECONDS: Final = 30.0
_BARE_PATH: Final = "/usr/bin:/bin:/usr/sbin:/sbin"
_LAST: Final = 500


@dataclass(frozen=True, slots=True)
class Trial:
    """How a server did.

    Attributes:
        is_fine: Whether it answered.
        reason: Why it did not; empty if it did.
        server: What it calls itself, and its version.
        tools: How many tools it offers.
        is_switched_off: Whether the client has been told not to use it, so that it was not tried.
    """

    is_fine: bool
    reason: str = ""
    server: str = ""
    tools: int = 0
    is_switched_off: bool = False


def try_entry(entry: object, *, has_terminal: bool, environment: Mapping[str, str]) -> Trial:
    """Use a server as a client would that holds this about it.

    Args:
        entry: What the client's settings say.
        has_terminal: Whether the client is started from a shell.
        environment: The variables of that shell.
    """
    if is_switched_off(entry):
        reason = "it is switched off in its settings"
        return Trial(is_fine=False, reason=reason, is_switched_off=True)
    server = server_in(entry)
    if server is None:
        return Trial(is_fine=False, reason="it names neither a command nor an address")
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as said:
        try:
            if isinstance(server, StartedServer):
                return asyncio.run(_try_started(server, has_terminal=has_terminal, said=said))
            return asyncio.run(_try_remote(server, headers_in(entry, environment)))
        except Exception as error:  # noqa: BLE001 - whatever it is, the client would not get further
            said.seek(0)
            return Trial(is_fine=False, reason=_reason(error, said.read()))


async def _try_started(server: StartedServer, *, has_terminal: bool, said: IO[str]) -> Trial:
    from mcp.client.stdio import StdioServerParameters, stdio_client  # noqa: PLC0415 - slow

    bare = {} if has_terminal or os.name == "nt" else {"PATH": _BARE_PATH}
    with tempfile.TemporaryDirectory() as elsewhere:
        parameters = StdioServerParameters(
            command=server.command,
            args=list(server.arguments),
            env={**bare, **server.environment},
            cwd=elsewhere,
        )
        return await _asked(stdio_client(parameters, errlog=said))  # type: ignore[arg-type]


async def _try_remote(url: str, headers: Mapping[str, str]) -> Trial:
    from mcp.client.streamable_http import streamable_http_client  # noqa: PLC0415 - as above
    from mcp.shared._httpx_utils import create_mcp_http_client  # noqa: PLC0415

    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(create_mcp_http_client(headers=dict(headers)))
        return await _asked(streamable_http_client(url, http_client=http))


async def _asked(transport: object) -> Trial:
    async with asyncio.timeout(_SECONDS), _connected(transport) as client:
        tools = await client.list_tools()
        answer = await client.call_tool(TOOL, _ARGUMENTS)
        info = client.server_info
        name = f"{info.name} {info.version or ''}".strip() if info else ""
        if answer.is_error:
            return Trial(is_fine=False, reason=_said(answer), server=name, tools=len(tools.tools))
        return Trial(is_fine=True, server=name, tools=len(tools.tools))


@asynccontextmanager
async def _connected(transport: object) -> AsyncIterator[McpClient]:
    from mcp import Client as McpClient  # noqa: PLC0415 - as above

    async with McpClient(transport) as client:  # type: ignore[arg-type]
        yield client


def _said(answer: CallToolResult) -> str:
    texts = [getattr(part, "text", "") for part in answer.content]
    return " ".join(texts).strip() or f"{TOOL} failed"


def _reason(error: BaseException, said: str) -> str:
    """What a person can make use of: the innermost error, and what the server said last."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, TimeoutError):
        what = f"no answer within {_SECONDS:g} seconds"
    elif isinstance(error, FileNotFoundError):
        what = f"there is no program {error.filename}" if error.filename else str(error)
    else:
        what = str(error) or type(error).__name__
    last = said.strip()[-_LAST:]
    return f"{what}; the server said: {last}" if last else what
