"""`pack serve`: the MCP server, on standard input and output or on a socket."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pack.memory import Memory
from pack.provenance import Source
from pack_servers import wiring
from pack_servers.cli.options import LocalOption
from pack_servers.cli.startup import importing
from pack_servers.cli.streams import say
from pack_servers.remote_worker import exchanging
from pack_servers.settings import Settings, load_settings, split_list

if TYPE_CHECKING:
    from pack.lifecycle import Initialised

EXAMPLES: Final = """\
  pack serve                         for a client that starts it itself (stdio)
  pack serve --http                  on http://127.0.0.1:3005/mcp, with the lines to paste
  pack serve --local notes --http --port 3010"""


def run(
    http: Annotated[bool, typer.Option("--http", help="Listen on a socket, not on stdin.")] = False,
    host: Annotated[
        str | None,
        typer.Option("--host", metavar="H", help="With --http: address to listen on (127.0.0.1)."),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option("--port", metavar="N", help="With --http: port, 0 for any (3005)."),
    ] = None,
    sse_only: Annotated[
        bool, typer.Option("--sse-only", help="HTTP with the legacy SSE transport.")
    ] = False,
    origin: Annotated[
        Source | None,
        typer.Option(
            "--origin",
            metavar="SOURCE",
            help="Clients are: ai-cloud (default), ai-network, ai-local, automation, user.",
        ),
    ] = None,
    local: LocalOption = None,
) -> None:
    """Serve the memory to MCP clients; made first if there is none."""
    # Before the SDK sets up its own, which would draw boxes; stdout is the protocol's.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    if not (http or sse_only):
        for name, value in (("--host", host), ("--port", port)):
            if value is not None:
                raise typer.TyperException(f"{name}: it goes with --http")
    settings = load_settings()
    folder = wiring.memory_dir(settings, local)
    source = origin or settings.pack_client_source
    leaving = Event()
    with (
        wiring.open_or_begin(settings, folder, is_leaving=leaving.is_set) as (memory, made),
        exchanging(memory, settings.pack_remote_interval, leaving),
    ):
        if http or sse_only:
            where = (host or "127.0.0.1", settings.mcp_sse_port if port is None else port)
            _serve_http(memory, made, settings, where, source=source, sse_only=sse_only)
        else:
            _serve_stdio(memory, source)


def _serve_stdio(memory: Memory, source: Source) -> None:
    with importing():
        # Here, as the other commands need nothing of it and it takes half a second to import.
        from pack_servers.mcp import build_server  # noqa: PLC0415

    if sys.stdin.isatty():
        say("waiting for an MCP client on standard input; to serve on a socket: pack serve --http")
    build_server(memory, source=source).run()


def _serve_http(
    memory: Memory,
    made: Initialised | None,
    settings: Settings,
    where: tuple[str, int],
    *,
    source: Source,
    sse_only: bool,
) -> None:
    with importing():
        from pack_servers.http import HttpSettings, serve  # noqa: PLC0415 - as above
        from pack_servers.mcp import build_server  # noqa: PLC0415

    host, port = where
    http = HttpSettings(
        host=host,
        port=port,
        token=settings.pack_http_token,
        sse_only=sse_only,
        allowed_hosts=split_list(settings.pack_http_hosts),
        allowed_origins=split_list(settings.pack_http_origins),
    )

    def announce(url: str) -> None:
        print(_announcement(memory, made, url, has_token=http.token is not None), flush=True)

    def health() -> Mapping[str, object]:
        return {"mode": memory.mode()}

    serve(build_server(memory, source=source), http, health, announce)


def _announcement(memory: Memory, made: Initialised | None, url: str, *, has_token: bool) -> str:
    """What a person needs to connect a client. Holds no token."""
    location = memory.connector.location
    begun = made.written.commit if made and made.written else None
    commit = f"first commit {begun}" if begun else f"commit {memory.connector.head()}"
    remote: dict[str, object] = {"type": "sse" if url.endswith("/sse") else "http", "url": url}
    if has_token:
        remote["headers"] = {"Authorization": "Bearer <the value of PACK_HTTP_TOKEN>"}
    return "\n".join(
        (
            f"memory   {location}, {commit}",
            f"serving  {url}{' (clients must send the bearer token)' if has_token else ''}",
            "",
            "For clients that connect to a URL (Claude Code, Cursor):",
            _as_config(remote),
            "",
            "For clients that start the server themselves (Claude Desktop):",
            _as_config(_stdio_config(location)),
            "",
            "Ctrl-C ends it.",
        )
    )


def _stdio_config(location: str) -> dict[str, object]:
    """How another program starts this one, whatever its own environment is."""
    script = Path(sys.executable).with_name("pack.exe" if os.name == "nt" else "pack")
    arguments = ["serve", "--local", location]
    if script.exists():
        return {"command": str(script), "args": arguments}
    return {"command": sys.executable, "args": ["-m", "pack_servers.cli", *arguments]}


def _as_config(server: Mapping[str, object]) -> str:
    return json.dumps({"mcpServers": {"pack": server}}, ensure_ascii=False, indent=2)
