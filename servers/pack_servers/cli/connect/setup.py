"""`pack setup`: connect AI clients to the memory."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from pack.deferred import pattern
from pack.errors import InvalidConfig, InvalidRequest, NotFound, PackError
from pack_servers.cli.connect.setup_change import NAME, AskedSetup, carry_out
from pack_servers.cli.connect.setup_plugin import installed_plugins, plugin_spot, set_up_plugin
from pack_servers.cli.connect.setup_text import show_found, show_trial, trial_fields
from pack_servers.cli.shell.exit import FAILED
from pack_servers.cli.shell.options import (
    DryRunOption,
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    YesOption,
)
from pack_servers.cli.shell.output import show_json
from pack_servers.cli.shell.streams import say, working
from pack_servers.cli.shell.wording import worded
from pack_servers.clients.change import Spot, entry_at, plan_removal, plan_setting
from pack_servers.clients.entries import TOKEN, is_of_pack, joined
from pack_servers.clients.forms import AnyServer, RemoteServer
from pack_servers.clients.machine import this_machine
from pack_servers.clients.own_command import check_arguments, own_server
from pack_servers.clients.places import check_inside, find_clients, spot_of
from pack_servers.clients.records import Records
from pack_servers.clients.table import Client, client_named
from pack_servers.config.settings import load_settings
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.places import choose_place

EXAMPLES: Final = """\
  pack setup                       every client that is installed, one after the other
  pack setup claude-code           shows the change of its file, asks, keeps a copy
  pack setup cursor --check        start the server as Cursor does, and call a tool
  pack setup cursor --remove       the file is as it was, byte for byte"""


_HOST: Final = pattern(r"https?://(?:[^/?#@\s]*@)?[^/?#@:\s]")


def run(
    client: Annotated[
        str | None,
        typer.Argument(
            metavar="[CLIENT]",
            help="The client, such as claude-code; without it, all that are installed.",
            show_default=False,
        ),
    ] = None,
    *,
    listing: Annotated[
        bool, typer.Option("--list", help="List the clients, and which are installed.")
    ] = False,
    check: Annotated[
        bool, typer.Option("--check", help="Start the server as the client does; call a tool.")
    ] = False,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take back what setup did, byte for byte.")
    ] = False,
    project: Annotated[
        Path | None,
        typer.Option("--project", metavar="DIR", help="Only for a project, in its folder."),
    ] = None,
    http: Annotated[
        bool, typer.Option("--http", help="Connect to `pack serve --http` on this machine.")
    ] = False,
    url: Annotated[
        str | None,
        typer.Option("--url", metavar="URL", help="Connect to the server at an address."),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What the client calls the memory.")
    ] = NAME,
    plugin: Annotated[
        bool,
        typer.Option("--plugin", help="Install the plugin: the memory at each start, /remember."),
    ] = False,
    auto_memory: Annotated[
        bool,
        typer.Option("--auto-memory", help="Claude Code's own notes live in the memory."),
    ] = False,
    dry_run: DryRunOption = False,
    yes: YesOption = False,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """Connect AI clients to the memory: Claude Code, Cursor, Codex and nine others."""
    if not name.strip():
        raise InvalidConfig("--name", "must not be empty")
    asked = AskedSetup(name, project, remove, dry_run, yes, answer is Format.JSON, plugin)
    if listing:
        _list(asked)
        return
    if check:
        if client is None:
            raise typer.TyperException("--check: use it with CLIENT")
        _check(client_named(client), asked)
        return
    if plugin or auto_memory:
        option = "--plugin" if plugin else "--auto-memory"
        if plugin and project is not None:
            raise typer.TyperException(
                "--plugin: a plugin is for all projects; leave out --project"
            )
        if client is None or http or url is not None or (plugin and auto_memory):
            raise typer.TyperException(
                f"{option}: use it with CLIENT, and with no other way to connect"
            )
        place = choose_place(load_settings(), local, github, say)
        check_arguments(place.arguments)
        if plugin:
            done = set_up_plugin(client_named(client), place.arguments, asked)
        else:
            # Here, as it opens the memory.
            from pack_servers.cli.connect.setup_auto_memory import set_up_auto_memory  # noqa: PLC0415

            done = set_up_auto_memory(client_named(client), place, asked)
        _answer(done, asked)
        return
    server = None if remove else _server(local, github, url, http=http)
    if client is not None:
        _answer(_change(client_named(client), server, asked), asked)
        return
    _change_all(server, asked)


def _answer(done: Mapping[str, object], asked: AskedSetup) -> None:
    """Print what was done for a program; a person has been told."""
    if asked.as_json:
        show_json(done)


def _server(local: Path | None, github: str | None, url: str | None, *, http: bool) -> AnyServer:
    """What the clients are to use."""
    settings = load_settings()
    if url is None and not http:
        place = choose_place(settings, local, github, say)
        if isinstance(place, LocalPlace) and not place.begins_by_itself:
            say(f"there is no folder {place} yet; make a memory of it with `pack init`")
        check_arguments(place.arguments)
        return own_server(place.arguments)
    if local is not None or github is not None:
        option = "--local" if local is not None else "--github"
        raise typer.TyperException(
            f"{option}: not with --http or --url; that server has its memory"
        )
    address = url or f"http://127.0.0.1:{settings.mcp_sse_port}/mcp"
    if not address.startswith(("http://", "https://")):
        raise InvalidConfig("--url", "must begin with http:// or https://")
    if not _HOST.match(address):
        raise InvalidConfig("--url", "names no host")
    if settings.pack_http_token is None:
        return RemoteServer(address)
    if TOKEN not in os.environ:
        say(f"the client takes the token from {TOKEN} in its own environment: set it there too")
    return RemoteServer(address, TOKEN)


def _spot(client: Client, asked: AskedSetup) -> Spot:
    return spot_of(client, this_machine(), asked.name, asked.project)


def _list(asked: AskedSetup) -> None:
    found = find_clients(this_machine(), asked.name, asked.project)
    if asked.as_json:
        rows = [
            {
                "client": each.client.name,
                "found": each.is_found,
                "file": str(each.spot.file),
                "configured": each.is_configured,
            }
            for each in found
        ]
        show_json({"clients": rows})
    else:
        show_found(found, () if asked.project else installed_plugins())


def _check(client: Client, asked: AskedSetup) -> None:
    # Here, as it takes time to import.
    from pack_servers.clients.trial import try_entry  # noqa: PLC0415

    spot = plugin_spot(client) if asked.plugin else _spot(client, asked)
    entry = entry_at(spot)
    if entry is None:
        remedy = f"Run `{asked.command(client)}` first."
        raise NotFound(f"the server {asked.name} in {spot.file}", remedy)
    with working("starting the server as the client does"):
        trial = try_entry(entry, has_terminal=client.has_terminal, environment=os.environ)
    if asked.as_json:
        show_json(trial_fields(client, spot, trial))
    else:
        show_trial(client, spot, trial, asked.command(client))
    if not trial.is_fine:
        raise typer.Exit(FAILED)


def _change(client: Client, server: AnyServer | None, asked: AskedSetup) -> dict[str, object]:
    """Set up one client, or take that back; what was done, for JSON."""
    spot, records = _spot(client, asked), Records()
    check_inside(spot.file, asked.project)
    if server is None:
        change = plan_removal([spot], records, is_of_pack)
    else:
        change = plan_setting({spot: client.entry(server, asked.name)}, records, joined)
    return carry_out(client, change, records, asked)


def _change_all(server: AnyServer | None, asked: AskedSetup) -> None:
    """Set up each client that is installed, or take that back where it was done."""
    found = find_clients(this_machine(), asked.name, asked.project)
    if asked.remove:
        chosen = [each.client for each in found if each.is_configured]
    else:
        chosen = [each.client for each in found if each.is_found and _can_use(each.client, server)]
    # What cannot be read may still name the memory.
    broken = [each for each in found if asked.remove and each.problem]
    for each in broken:
        say(f"{each.client.title}: {each.problem}")
    _name_plugins(asked)
    has_failed = bool(broken)
    if not chosen:
        what = "a client that PACK is set up for" if asked.remove else "a client that is installed"
        raise NotFound(what, "See `pack setup --list`; name one to set it up all the same.")
    done: list[dict[str, object]] = []
    for client in chosen:
        try:
            done.append(_change(client, server, asked))
        except typer.Exit:
            continue  # the person does not want this one
        except PackError as error:
            say(f"{client.title}: {error}")
            say(f"  → {worded(error.remedy)}")
            has_failed = True
    if asked.as_json:
        show_json({"clients": done})
    if has_failed:
        raise typer.Exit(FAILED)


def _can_use(client: Client, server: AnyServer | None) -> bool:
    """Whether a client can use a server; if it cannot, a person is told why it is left out."""
    try:
        if server is not None:
            client.entry(server)
    except InvalidRequest as error:
        say(f"left out: {error}")
        return False
    return True


def _name_plugins(asked: AskedSetup) -> None:
    """Name the plugins that stay when the clients are no longer set up."""
    if asked.remove and asked.project is None:
        for name in installed_plugins():
            say(f"the plugin of {name} stays; `pack setup {name} --plugin --remove` removes it")
