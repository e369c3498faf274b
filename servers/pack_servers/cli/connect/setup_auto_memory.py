"""`pack setup claude-code --auto-memory`: what Claude Code notes by itself, in the memory."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pack.errors import InvalidConfig, InvalidRequest
from pack.results import WriteStatus
from pack_servers.cli.connect.setup_change import AskedSetup, carry_out
from pack_servers.cli.shell.caller import calling_origin
from pack_servers.cli.shell.streams import say
from pack_servers.cli.shell.wording import worded
from pack_servers.clients.change import (
    SettingsChangeKind,
    Spot,
    entry_at,
    plan_removal,
    plan_setting,
)
from pack_servers.clients.editing.syntax import Syntax
from pack_servers.clients.machine import this_machine
from pack_servers.clients.places import check_inside
from pack_servers.clients.plugins import claude_settings
from pack_servers.clients.project_folders import ProjectFolders
from pack_servers.clients.records import Records
from pack_servers.clients.table import Client
from pack_servers.config.settings import load_settings
from pack_servers.wiring import memory as wiring
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.place import Place

_CLIENT: Final = "claude-code"
_KEY: Final = "autoMemoryDirectory"
_OF_PROJECT: Final = (".claude", "settings.local.json")
"""Claude Code does not read the setting from the file that a project shares."""


def set_up_auto_memory(client: Client, place: Place, asked: AskedSetup) -> dict[str, object]:
    """Move Claude Code's own notes into the memory, or back; what was done, for JSON.

    Args:
        client: The client.
        place: The memory.
        asked: What the command line asks for.

    Raises:
        InvalidRequest: Only Claude Code has such notes, only a folder can hold them, and a project
            is a folder.
        PackError: The memory or the settings cannot be read or written.
    """
    if client.name != _CLIENT or not isinstance(place, LocalPlace):
        error = InvalidRequest("--auto-memory is for Claude Code, and for a memory in a folder")
        error.remedy = "Run `pack setup claude-code --auto-memory --local DIR`."
        raise error
    project = None if asked.project is None else _folder_of(asked.project)
    spot, records = Spot(_settings(project), Syntax.JSON, (_KEY,)), Records()
    check_inside(spot.file, project)
    if asked.remove:
        steps = ["What Claude Code has noted so far stays in the memory."]
        return carry_out(client, plan_removal([spot], records), records, asked, next_steps=steps)
    inside, folders = _CLIENT, ProjectFolders(records, place.folder / _CLIENT)
    if project is not None:
        inside = f"{_CLIENT}/{_named(spot, place) or folders.name_for(project)}"
    change = plan_setting({spot: str(place.folder / inside)}, records)

    def keep() -> None:
        if project is not None:
            folders.remember(project, inside.rpartition("/")[2])
        _let_keep(place, inside)

    steps = [
        "Restart Claude Code: /memory shows the folder",
        "pack import --from claude-code   bring what it has noted before",
    ]
    done = carry_out(client, change, records, asked, keep, steps)
    if change.kind is SettingsChangeKind.UNCHANGED and not asked.dry_run:
        keep()
    return done


def _folder_of(project: Path) -> Path:
    """A project's folder, without links and `..`.

    Raises:
        InvalidConfig: It is no folder.
    """
    if not project.is_dir():
        raise InvalidConfig("--project", f"{project} is not a folder")
    return project.resolve()


def _settings(project: Path | None) -> Path:
    if project is not None:
        return project.joinpath(*_OF_PROJECT)
    return Path(str(claude_settings(this_machine())))


def _named(spot: Spot, place: LocalPlace) -> str | None:
    """The folder of this memory that a project's settings name already."""
    said = entry_at(spot)
    folder = Path(said) if isinstance(said, str) else None
    return folder.name if folder and folder.parent == place.folder / _CLIENT else None


def _let_keep(place: LocalPlace, folder: str) -> None:
    """Have the memory leave the form of the files alone, and record them as Claude Code's."""
    settings = load_settings()
    with wiring.open_or_begin(settings, place, say) as (memory, _):
        done = memory.written_by(calling_origin(settings)).kept_folders.add(folder)
    (place.folder / folder).mkdir(parents=True, exist_ok=True)
    if done is not None and done.status is not WriteStatus.WRITTEN:
        say(worded(done.tell))
        say("Until you decide, what Claude Code notes counts as yours.")
