"""`pack setup CLIENT --plugin`: the plugin that has the memory at the start of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pack_servers.cli.connect.setup_change import AskedSetup, carry_out
from pack_servers.cli.shell.output import show
from pack_servers.cli.shell.streams import confirm, say, working
from pack_servers.clients import plugins
from pack_servers.clients.change import (
    SettingsChangeKind,
    Spot,
    plan_removal,
    plan_setting,
)
from pack_servers.clients.editing.syntax import Syntax
from pack_servers.clients.extension import (
    ExtensionChange,
    extension_folder,
    extension_here,
    has_extension,
    plan_extension,
)
from pack_servers.clients.machine import this_machine
from pack_servers.clients.places import is_named
from pack_servers.clients.records import Records
from pack_servers.clients.table import Client

_GEMINI: Final = "gemini-cli"


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
    host, records = plugins.plugin_host(client.name, client.title), Records()
    if asked.remove:
        return _remove_plugin(client, host, asked)
    folder = plugins.plugin_folder(host, records)
    values = plugins.plugin_values(host, this_machine(), folder)
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
        [
            f"{asked.command(client, '--check')}   try its server as {client.title} would",
            f"Restart {client.title}: the memory is there from the first word",
        ],
    )
    if not asked.dry_run and (is_news or change.kind is not SettingsChangeKind.UNCHANGED):
        _have(host, host.install(str(folder)))
    return done


def _remove_plugin(
    client: Client, host: plugins.PluginHost, asked: AskedSetup
) -> dict[str, object]:
    """Take a plugin out of the settings and off the disk, also if only one of them has it."""
    records = Records()
    folder = plugins.plugin_folder(host, records)
    values = plugins.plugin_values(host, this_machine(), folder)
    change = plan_removal(list(values), records)
    is_named, is_there = change.kind is not SettingsChangeKind.UNCHANGED, folder.exists()
    if is_there and not is_named and not asked.dry_run:
        confirm(f"Remove {folder}?", f"removing {folder}", yes=asked.yes)
    done = carry_out(client, change, records, asked)
    if (is_named or is_there) and not asked.dry_run:
        _have(host, host.uninstall)
        plugins.remove_plugin(folder)
    if is_named or not is_there:
        return done
    if not asked.as_json:
        show(f"  the plugin in {folder} {'would be' if asked.dry_run else 'is'} removed")
    return {**done, "change": SettingsChangeKind.REMOVED, "diff": f"- {folder}\n"}


def installed_plugins() -> Sequence[str]:
    """The clients that have a plugin of PACK, by name; settings that cannot be read name none."""
    machine, records = this_machine(), Records()
    found = [
        host.client
        for host in plugins.HOSTS
        if any(map(is_named, plugins.plugin_values(host, machine, Path())))
        or plugins.plugin_folder(host, records).exists()
    ]
    return [*found, _GEMINI] if has_extension(extension_folder(machine)) else found


def plugin_spot(client: Client) -> Spot:
    """Where the plugin of a client names the server.

    Raises:
        InvalidRequest: The client has no plugins.
    """
    if client.name == _GEMINI:
        file = extension_folder(this_machine()) / plugins.EXTENSION
    else:
        host = plugins.plugin_host(client.name, client.title)
        file = plugins.plugin_folder(host, Records()) / plugins.NAME / plugins.SERVERS
    return Spot(file, Syntax.JSON, ("mcpServers", plugins.NAME))


def _have(host: plugins.PluginHost, orders: Sequence[Sequence[str]]) -> None:
    """Have the client's own command do its part, and say what a person has to do otherwise."""
    with working(f"{host.program} is at work"):
        problem = plugins.run_client(host, this_machine(), orders)
    if problem is None:
        said = " and ".join(f"`{host.by_hand(words)}`" for words in orders)
        say(
            f"{host.program} is not on PATH; it will do the rest at its next start, or after {said}"
        )
    elif problem:
        say(f"warning: {problem}")


def _set_up_extension(
    client: Client, arguments: Sequence[str], asked: AskedSetup
) -> dict[str, object]:
    """Put the extension for Gemini CLI where it looks for it, or remove it."""
    records = Records()
    files = {} if asked.remove else extension_here(arguments)
    change = plan_extension(extension_folder(this_machine()), files, records)
    folder, lines = change.folder, change.lines()
    if not lines:
        kind = SettingsChangeKind.UNCHANGED
    elif asked.remove:
        kind = SettingsChangeKind.REMOVED
    else:
        kind = SettingsChangeKind.UPDATED if change.is_there else SettingsChangeKind.ADDED
    is_meant = bool(lines) and not asked.dry_run
    if is_meant:
        if not asked.yes:
            for line in lines:
                say(line)
        confirm(f"Change {folder}?", f"changing {folder}", yes=asked.yes)
        change.make(records)
    if not asked.as_json:
        _show_extension(client, change, kind, asked)
    return {
        "client": client.name,
        "file": str(folder / plugins.EXTENSION),
        "change": kind,
        "diff": "".join(f"{line}\n" for line in lines),
        "backup": None,
    }


def _show_extension(
    client: Client, change: ExtensionChange, kind: SettingsChangeKind, asked: AskedSetup
) -> None:
    """Show what was done with the extension, or what would be."""
    if asked.dry_run and kind is not SettingsChangeKind.UNCHANGED:
        for line in change.lines():
            show(line)
        say("dry run: nothing was changed")
        return
    show(f"{client.title}: the extension in {change.folder} is {kind}")
    if kind is SettingsChangeKind.REMOVED and change.folder.exists():
        say(f"{change.folder} stays, as there is more in it than PACK put there")
