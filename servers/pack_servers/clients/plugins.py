"""The plugins for clients that have them: the memory at the start of every conversation.

What is installed is a copy of the plugin that comes with PACK, with the absolute paths of this
machine in it. An entry in the client's settings, edited like any other settings, tells the client
about it. If the client has a command for plugins, that command then fetches it. Such a command
reformats the settings file, so the file is put back afterwards if it still says the same.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Final

from pack_templates import plugin_files

from pack._version import __version__
from pack.deferred import dataclass
from pack.errors import InvalidRequest, Unavailable
from pack_servers.clients.change import Spot
from pack_servers.clients.editing import texts
from pack_servers.clients.editing.syntax import Syntax
from pack_servers.clients.machine import Machine
from pack_servers.clients.own_command import own_words
from pack_servers.clients.records import Records
from pack_servers.clients.settings_file import SettingsFile, naming

NAME: Final = "pack"
EXTENSION: Final = "gemini-extension.json"
"""The file that makes a folder an extension of Gemini CLI."""
_PLUGIN: Final = "pack@pack"
_SECONDS: Final = 120
SERVERS: Final = ".mcp.json"
"""The file of the other plugins that names the server."""
_HOOK: Final = "pack "
"""How the commands of the hooks begin in the plugins that come with PACK."""

_Values = Callable[[str], Mapping[tuple[str, ...], object]]


@dataclass(frozen=True, slots=True)
class PluginHost:
    """A client that can have plugins.

    Attributes:
        client: Its name.
        source: The plugin that comes with PACK.
        program: Its command.
        settings: The file that names its plugins.
        syntax: How that is written.
        values: What it has to say, given the folder that holds the plugin.
        marketplace: The file that names the plugin in that folder, and what it says.
        install: What its command is told, given that folder, to install the plugin.
        uninstall: What it is told to remove it.
        has_slash: Whether a person can say the same to it in a conversation, after a slash.
    """

    client: str
    source: str
    program: str
    settings: Callable[[Machine], PurePath]
    syntax: Syntax
    values: _Values
    marketplace: tuple[str, Mapping[str, object]]
    install: Callable[[str], Sequence[Sequence[str]]]
    uninstall: Sequence[Sequence[str]]
    has_slash: bool = False

    def by_hand(self, words: Sequence[str]) -> str:
        """What a person types instead of one of its orders."""
        return f"/{shlex.join(words)}" if self.has_slash else shlex.join([self.program, *words])


def claude_settings(machine: Machine) -> PurePath:
    """The user's settings of Claude Code."""
    return machine.named("CLAUDE_CONFIG_DIR", machine.at_home(".claude")) / "settings.json"


def _claude_values(folder: str) -> Mapping[tuple[str, ...], object]:
    source = {"source": {"source": "directory", "path": folder}}
    return {("extraKnownMarketplaces", NAME): source, ("enabledPlugins", _PLUGIN): True}


def _codex_values(folder: str) -> Mapping[tuple[str, ...], object]:
    marketplace = {"source_type": "local", "source": folder}
    return {("marketplaces", NAME): marketplace, ("plugins", _PLUGIN): {"enabled": True}}


HOSTS: Final = (
    PluginHost(
        "claude-code",
        "claude-code",
        "claude",
        claude_settings,
        Syntax.JSON,
        _claude_values,
        (
            ".claude-plugin/marketplace.json",
            {
                "name": NAME,
                "owner": {"name": "The PACK authors"},
                "plugins": [{"name": NAME, "source": f"./{NAME}"}],
            },
        ),
        lambda folder: [
            ["plugin", "marketplace", "add", folder],
            ["plugin", "install", _PLUGIN],
        ],
        [["plugin", "uninstall", _PLUGIN], ["plugin", "marketplace", "remove", NAME]],
        has_slash=True,
    ),
    PluginHost(
        "codex",
        "codex",
        "codex",
        lambda m: m.named("CODEX_HOME", m.at_home(".codex")) / "config.toml",
        Syntax.TOML,
        _codex_values,
        (
            ".agents/plugins/marketplace.json",
            {
                "name": NAME,
                "plugins": [
                    {
                        "name": NAME,
                        "source": {"source": "local", "path": f"./{NAME}"},
                        "policy": {"installation": "AVAILABLE", "authentication": "ON_INSTALL"},
                        "category": "Productivity",
                    }
                ],
            },
        ),
        lambda folder: [
            ["plugin", "marketplace", "add", folder],
            ["plugin", "add", _PLUGIN],
        ],
        [["plugin", "remove", _PLUGIN]],
    ),
)
"""The clients whose plugins are named in their settings."""


def plugin_host(client: str, title: str) -> PluginHost:
    """What is known of the plugins of a client.

    Raises:
        InvalidRequest: PACK has none for it.
    """
    found = next((each for each in HOSTS if each.client == client), None)
    if found is None:
        error = InvalidRequest(f"there is no plugin for {title} that setup can install")
        error.remedy = "Leave out --plugin; the memory's tools work without it."
        raise error
    return found


def plugin_folder(host: PluginHost, records: Records) -> Path:
    """The folder that holds the plugin for a client."""
    return records.folder / "plugins" / host.client


def plugin_values(host: PluginHost, machine: Machine, folder: Path) -> Mapping[Spot, object]:
    """What the client's settings have to say, and where."""
    file = Path(str(host.settings(machine)))
    values = host.values(str(folder))
    return {Spot(file, host.syntax, path): value for path, value in values.items()}


def plugin_here(host: PluginHost, arguments: Sequence[str]) -> Mapping[str, bytes]:
    """The plugin for a client of this machine, with what names it: its files by path.

    Args:
        host: The client.
        arguments: The options that name the memory.
    """
    name, catalogue = host.marketplace
    files = {
        f"{NAME}/{path}": made_here(path, content, arguments)
        for path, content in plugin_files(host.source).items()
    }
    return {name: _json(catalogue), **files}


def is_written(folder: Path, files: Mapping[str, bytes]) -> bool:
    """Whether a folder holds just these files."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    there = {name: path.read_bytes() for name, path in found.items() if path.is_file()}
    return there == files


def write_plugin(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put a plugin into its folder, in place of what is there.

    Raises:
        Unavailable: It cannot be written.
    """
    remove_plugin(folder)
    try:
        for name, content in files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
    except OSError as error:
        raise Unavailable(f"{folder}: {error.strerror or type(error).__name__}") from error


def remove_plugin(folder: Path) -> None:
    """Remove the folder of a plugin, if there is one; of a link, what it leads to stays.

    Raises:
        Unavailable: Something in it cannot be deleted.
    """
    try:
        if folder.is_symlink():
            folder.unlink()
        elif folder.exists():
            shutil.rmtree(folder)
    except OSError as error:
        raise Unavailable(f"{folder}: {error.strerror or type(error).__name__}") from error


def made_here(path: str, content: bytes, arguments: Sequence[str]) -> bytes:
    """A file of a plugin with this machine's paths in it.

    Args:
        path: Where it is in the plugin.
        content: As it comes with PACK.
        arguments: The options that name the memory.
    """
    if not path.endswith(".json"):
        return content
    program, *words = own_words()
    fields = json.loads(content)
    for server in fields.get("mcpServers", {}).values() if path in (SERVERS, EXTENSION) else ():
        server |= {"command": program, "args": [*words, *server["args"], *arguments]}
    for groups in fields.get("hooks", {}).values() if path.startswith("hooks/") else ():
        for hook in (each for group in groups for each in group["hooks"]):
            said = shlex.split(hook["command"].removeprefix(_HOOK))
            hook["command"] = _command_line([program, *words, *said, *arguments])
    if "version" in fields:
        fields["version"] = __version__
    return _json(fields)


def _json(fields: object) -> bytes:
    return f"{json.dumps(fields, ensure_ascii=False, indent=2)}\n".encode()


def _command_line(words: Sequence[str]) -> str:
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def run_client(host: PluginHost, machine: Machine, orders: Sequence[Sequence[str]]) -> str | None:
    """Have the client's own command do something, if it is there; all of it, whatever fails.

    Its settings afterwards are the bytes they were, unless they say something else.

    Returns:
        Why it did not; empty if it did, and `None` if the command is not there.

    Raises:
        Unavailable: The settings cannot be read or written.
    """
    program = shutil.which(host.program, path=machine.environment.get("PATH"))
    if program is None:
        return None
    settings = Path(str(host.settings(machine)))
    before = SettingsFile.read(settings)
    try:
        problems = [_told(program, words) for words in orders]
    finally:
        _put_back(settings, before, host.syntax)
    return "; ".join(
        f"{shlex.join([host.program, *words])}: {problem}"
        for words, problem in zip(orders, problems, strict=True)
        if problem
    )


def _told(program: str, words: Sequence[str]) -> str:
    """Have a program do something; why it did not, empty if it did."""
    try:
        done = subprocess.run(  # noqa: S603 - the client's own command
            [program, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return type(error).__name__
    said = (done.stderr or done.stdout).decode("utf-8", "replace").strip()
    return (said[-300:] or f"it ended with {done.returncode}") if done.returncode else ""


def _put_back(settings: Path, before: SettingsFile, syntax: Syntax) -> None:
    """Take back how the client has formatted its settings, if they say the same."""
    now = SettingsFile.read(settings)
    if now.content == before.content:
        return
    with naming(settings):
        is_same = texts.says_the_same(now.text(), before.text(), syntax)
    if is_same:
        now.replace(before.content)
