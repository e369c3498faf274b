"""The commands there are, and the parser for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from keyword import iskeyword
from typing import Annotated, Final

import typer

from pack._version import __version__
from pack_servers.cli.shell.help_text import CommandHelp, GroupHelp

# Commands under the headings of the first help. A heading is also the room of its commands: each
# command is one module there, which has `run` and `EXAMPLES`.
GROUPS: Final[Mapping[str, Sequence[str]]] = {
    "Notes": ("list", "get", "search", "update", "edit", "move", "delete"),
    "History": (
        "log",
        "changes",
        "diff",
        "show",
        "blame",
        "undo",
        "redo",
        "restore",
        "context",
    ),
    "Truth": ("proposals", "review", "accept", "attribution", "truth"),
    "Connect": ("init", "setup", "serve", "mesh", "google-auth"),
    "Kits": ("kit",),
    "Distribution": ("distribute",),
    "Copies": ("import", "export", "remote", "sync", "migrate-notion"),
    "Care": ("status", "commit", "validate", "prune", "migrate", "reindex", "doctor", "help"),
}
_ROOMS: Final = {name: group.lower() for group, names in GROUPS.items() for name in names}
COMMANDS: Final = tuple(_ROOMS)

_HELP: Final = "One memory for all your AI tools: markdown files in a git repository you own."
_START: Final = """\
  pack init                  create a memory in ~/.pack/memory
  pack serve --http          serve it to MCP clients on 127.0.0.1:3005/mcp
  pack help                  read the guide: pack help search, pack help settings
  pack COMMAND --help        see how to use a command, with examples"""


class _FirstHelp(GroupHelp):
    groups = GROUPS


def build_app(arguments: Sequence[str]) -> typer.Typer:
    """The parser for a command line; only the module of the command it names is imported.

    A command line that only asks for the version needs none.
    """
    app = typer.Typer(
        name="pack",
        cls=_FirstHelp,
        help=_HELP,
        epilog=_START,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["--help", "-h"]},
    )
    app.callback()(_root)
    first = next((text for text in arguments if not text.startswith("-")), None)
    if first in COMMANDS:
        names: Sequence[str] = (first,)
    else:
        names = () if list(arguments) == ["--version"] else COMMANDS
    for name in names:
        module = import_module(f"pack_servers.cli.{_ROOMS[name]}.{_module_of(name)}")
        app.command(name, cls=CommandHelp, epilog=module.EXAMPLES)(module.run)
    return app


def _module_of(name: str) -> str:
    """The module of a command; `import` is a word of Python, so that one has `import_`."""
    module = name.replace("-", "_")
    return f"{module}_" if iskeyword(module) else module


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
    del version  # its callback has already shown it
