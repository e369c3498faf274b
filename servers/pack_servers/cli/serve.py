"""`pack serve`: the MCP server, on standard input and output or on a socket."""

from __future__ import annotations

import logging
import sys
from typing import Annotated, Final

import typer

from pack.memory import Memory
from pack.provenance import Source
from pack_servers import wiring
from pack_servers.cli.options import LocalOption
from pack_servers.settings import load_settings

EXAMPLES: Final = """\
  pack serve                           for a client that starts it itself (stdio)
  pack serve --http                    on http://127.0.0.1:3005/mcp
  pack serve --local notes --http --port 3010"""


def run(
    origin: Annotated[
        Source | None,
        typer.Option("--origin", metavar="SOURCE", help="What the clients count as."),
    ] = None,
    local: LocalOption = None,
) -> None:
    """Serve the memory to MCP clients."""
    # Before the SDK sets up its own, which would draw boxes; stdout is the protocol's.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s: %(message)s")
    settings = load_settings()
    folder = wiring.memory_dir(settings, local)
    if not wiring.has_repository(folder):
        wiring.init_memory(settings, folder)
    with wiring.open_memory(settings, folder) as memory:
        _serve_stdio(memory, origin or settings.pack_client_source)


def _serve_stdio(memory: Memory, source: Source) -> None:
    # Here, as the other commands need nothing of it and it takes most of a second to import.
    from pack_servers.mcp import build_server  # noqa: PLC0415

    build_server(memory, source=source).run()
