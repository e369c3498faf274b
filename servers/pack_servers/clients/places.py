"""Where the clients of this machine keep their servers, and which are installed."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from pack.deferred import dataclass
from pack.errors import InvalidConfig, InvalidRequest, PackError
from pack_servers.clients.change import Spot, entry_at
from pack_servers.clients.machine import Machine
from pack_servers.clients.records import Records
from pack_servers.clients.table import CLIENTS, Client


@dataclass(frozen=True, slots=True)
class FoundClient:
    """A client, and what is here of it.

    Attributes:
        client: The client.
        is_found: Whether it is installed.
        spot: Where its settings name the memory's server.
        is_configured: Whether they do.
        problem: Why they cannot be read; empty if they can.
    """

    client: Client
    is_found: bool
    spot: Spot
    is_configured: bool
    problem: str = ""


def spot_of(client: Client, machine: Machine, name: str, project: Path | None = None) -> Spot:
    """Where a client's settings name a server; of several files, the one that does, or did.

    Args:
        client: The client.
        machine: Where it is installed.
        name: What it calls the server.
        project: The folder of a project; `None` for the user's settings.

    Raises:
        InvalidConfig: The project is no folder.
        InvalidRequest: The client has no settings for projects.
    """
    if project is None:
        files: Sequence[Path] = [Path(str(each)) for each in client.files(machine)]
    elif not project.is_dir():
        raise InvalidConfig("--project", f"{project} is not a folder")
    elif not client.project_files:
        error = InvalidRequest(f"{client.title} has no settings for projects")
        error.remedy = "Leave out --project, to set it up for all of them."
        raise error
    else:
        files = [project.absolute() / each for each in client.project_files]
    spots = [Spot(each, client.syntax, (client.key, name)) for each in files]
    here = [each for each in spots if os.path.exists(each.file)]  # noqa: PTH110 - never an error
    if len(here) < 2:
        return here[0] if here else spots[0]
    return next(chain(filter(is_named, here), filter(_was_named, here), here))


def _was_named(spot: Spot) -> bool:
    """Whether PACK has written something at a spot."""
    known = Records().find(spot.file.resolve())
    return known is not None and spot.path in known.entries


def check_inside(file: Path, project: Path | None) -> None:
    """See that a file of a project is in it: a project may come from anybody, and so may a link.

    Raises:
        InvalidRequest: It is a link to somewhere else.
    """
    if project is None:
        return
    target = Path(os.path.realpath(file))
    if not target.is_relative_to(os.path.realpath(project)):
        error = InvalidRequest(f"{file} leads out of the project, to {target}")
        error.remedy = "Remove that link, or leave out --project to set it up for all projects."
        raise error


def is_named(spot: Spot) -> bool:
    """Whether a file says something at a spot; one that cannot be read says nothing."""
    try:
        return entry_at(spot) is not None
    except PackError:
        return False


def is_found(client: Client, machine: Machine) -> bool:
    """Whether a client is installed: it has left something, or its command can be run."""
    if any(Path(str(each)).exists() for each in client.traces(machine)):
        return True
    path = machine.environment.get("PATH")
    return client.program is not None and shutil.which(client.program, path=path) is not None


def find_clients(machine: Machine, name: str, project: Path | None = None) -> Sequence[FoundClient]:
    """All clients, in the order of the table; for a project, those that can have settings there."""
    chosen = [each for each in CLIENTS if project is None or each.project_files]
    return [_found(each, machine, spot_of(each, machine, name, project)) for each in chosen]


def _found(client: Client, machine: Machine, spot: Spot) -> FoundClient:
    try:
        is_configured, problem = entry_at(spot) is not None, ""
    except PackError as error:
        is_configured, problem = False, str(error)
    return FoundClient(client, is_found(client, machine), spot, is_configured, problem)
