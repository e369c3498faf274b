"""`pack setup CLIENT --plugin`: the plugin that has the memory at the start of a conversation."""

from __future__ import annotations

from collections.abc import Sequence

from pack_servers.cli.connect.setup_change import AskedSetup, carry_out
from pack_servers.cli.shell.streams import say, working
from pack_servers.clients import plugins
from pack_servers.clients.change import SettingsChangeKind, plan_removal, plan_setting
from pack_servers.clients.machine import this_machine
from pack_servers.clients.records import Records
from pack_servers.clients.table import Client


def set_up_plugin(client: Client, arguments: Sequence[str], asked: AskedSetup) -> dict[str, object]:
    """Install the plugin for a client, or remove it; what was done, for JSON.

    Args:
        client: The client.
        arguments: The options that name the memory.
        asked: What the command line asks for.

    Raises:
        PackError: The client has no plugins, or something cannot be read or written.
    """
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
