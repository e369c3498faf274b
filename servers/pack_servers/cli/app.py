"""The commands there are, and the parser for them."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Final

import typer

from pack._version import __version__

# The room of each command, in the order in which a person meets them. A command is one module of
# its room, which has `run` and `EXAMPLES`.
_ROOMS: Final = {
    "init": "connect",
    "list": "notes",
    "get": "notes",
    "search": "notes",
    "update": "notes",
    "edit": "notes",
    "move": "notes",
    "delete": "notes",
    "validate": "care",
    "prune": "care",
    "migrate": "care",
    "migrate-notion": "copies",
    "reindex": "care",
    "status": "care",
    "remote": "copies",
    "sync": "copies",
    "google-auth": "connect",
    "serve": "connect",
    "doctor": "care",
}
COMMANDS: Final = tuple(_ROOMS)

_HELP: Final = """One memory for all your AI tools: markdown files in a git repository you own."""
_EXAMPLES: Final = """\b
Start:
  pack init                       make a memory in ~/.pack/memory
  pack serve --http               serve it to MCP clients on 127.0.0.1:3005/mcp
  pack COMMAND --help             how a command is used, with examples"""


def build_app(arguments: Sequence[str]) -> typer.Typer:
    """The parser for a command line; only the module of the command it names is imported."""
    app = typer.Typer(
        name="pack",
        help=_HELP,
        epilog=_EXAMPLES,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100},
    )
    app.callback()(_root)
    first = next((text for text in arguments if not text.startswith("-")), None)
    for name in (first,) if first in COMMANDS else COMMANDS:
        module = import_module(f"pack_servers.cli.{_ROOMS[name]}.{name.replace('-', '_')}")
        app.command(name, epilog=f"\b\nExamples:\n{module.EXAMPLES}")(module.run)
    return app


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"pack {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    del version  # its callback has done it
