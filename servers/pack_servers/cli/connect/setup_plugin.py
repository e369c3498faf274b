"""`pack setup CLIENT --plugin`: the plugin that has the memory at the start of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pack.errors import InvalidRequest
from pack_servers.cli.connect.setup_change import AskedSetup, carry_out
from pack_servers.cli.shell.output import show
from pack_servers.cli.shell.streams import confirm, say, working
from pack_servers.clients import plugins
from pack_servers.clients.change import SettingsChangeKind, Spot, plan_removal, plan_setting
from pack_servers.clients.machine import this_machine
from pack_servers.clients.records import Records
from pack_servers.clients.table import Client, Syntax

_GEMINI: Final = "gemini-cli"
_WRITTEN: Final = (SettingsChangeKind.ADDED, SettingsChangeKind.UPDATED)


def set_up_plugin(client: Client, arguments: Sequence[str], asked: AskedSetup) -> dict[str, object]:
    """Install the plugin for a client, or remove it; what was done, for JSON.

    Args:
        client: The client.
        arguments: The options that name the memory.
        asked: What the command line asks for.

    Raises:
        PackError: The client has no plugins, or something cannot be read or written.
    """
    if client.name == _GEMINI:
        return _set_up_extension(client, arguments, asked)
    host, machine, records = (
        plugins.plugin_host(client.name, client.title),
        this_machine(),
        Records(),
    )
    folder = plugins.plugin_folder(host, records)
    values = plugins.plugin_values(host, machine, folder)
    if asked.remove:
        change = plan_removal(list(values), records)
        done = carry_out(client, change, records, asked)
        if change.kind is not SettingsChangeKind.UNCHANGED and not asked.dry_run:
            _have(host, host.uninstall)
            plugins.remove_plugin(folder)
        return done
    files = plugins.plugin_here(host, arguments)
    change = plan_setting(values, records)
    is_news = not plugins.is_written(folder, files)
    if is_news and not asked.dry_run and change.kind is SettingsChangeKind.UNCHANGED:
        plugins.write_plugin(folder, files)  # a newer PACK, or another memory
    done = carry_out(
        client,
        change,
        records,
        asked,
        lambda: plugins.write_plugin(folder, files),
        [f"Restart {client.title}: the memory is there from the first word"],
    )
    if not asked.dry_run and (is_news or change.kind is not SettingsChangeKind.UNCHANGED):
        _have(host, host.install(str(folder)))
    return done


def plugin_spot(client: Client) -> Spot:
    """Where the plugin of a client names the server.

    Raises:
        InvalidRequest: The client has no plugins.
    """
    if client.name == _GEMINI:
        file = plugins.extension_folder(this_machine()) / plugins.EXTENSION
    else:
        host = plugins.plugin_host(client.name, client.title)
        file = plugins.plugin_folder(host, Records()) / plugins.NAME / plugins.SERVERS
    return Spot(file, Syntax.JSON, ("mcpServers", plugins.NAME))


def _have(host: plugins.PluginHost, orders: Sequence[Sequence[str]]) -> None:
    """Have the client's own command do its part, and say what a person has to do otherwise."""
    with working(f"{host.program} is at work"):
        problem = plugins.run_client(host, this_machine(), orders)
    if problem is None:
        said = " and ".join(f"`{' '.join(['/', *words]).replace('/ ', '/')}`" for words in orders)
        say(
            f"{host.program} is not on PATH; it will do the rest at its next start, or after {said}"
        )
    elif problem:
        say(f"warning: {problem}")


def _set_up_extension(
    client: Client, arguments: Sequence[str], asked: AskedSetup
) -> dict[str, object]:
    """Put the extension for Gemini CLI where it looks for it, or remove it."""
    folder = plugins.extension_folder(this_machine())
    files = {} if asked.remove else plugins.extension_here(arguments)
    if not plugins.is_ours(folder):
        error = InvalidRequest(f"{folder} is an extension of somebody else")
        error.remedy = "Rename it, then try again."
        raise error
    is_there = folder.exists()
    if asked.remove:
        kind = SettingsChangeKind.REMOVED if is_there else SettingsChangeKind.UNCHANGED
    elif plugins.is_written(folder, files):
        kind = SettingsChangeKind.UNCHANGED
    else:
        kind = SettingsChangeKind.UPDATED if is_there else SettingsChangeKind.ADDED
    if kind is not SettingsChangeKind.UNCHANGED and not asked.dry_run:
        confirm(f"Change {folder}?", f"changing {folder}", yes=asked.yes)
        if asked.remove:
            plugins.remove_plugin(folder)
        else:
            plugins.write_plugin(folder, files)
    if not asked.as_json:
        show(f"{client.title}: the extension in {folder} is {kind}")
    diff = "".join(f"+ {folder / name}\n" for name in files) if kind in _WRITTEN else ""
    return {
        "client": client.name,
        "file": str(folder / plugins.EXTENSION),
        "change": kind,
        "diff": diff,
        "backup": None,
    }
