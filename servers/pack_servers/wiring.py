"""The one place that picks a connector, reads the clock, and puts a memory together."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pack_connectors.git_repository import clone_repository, create_repository
from pack_connectors.local_git import LocalGit
from pack_connectors.sqlite_catalog import SqliteCatalog
from pack_templates import starter_files

from pack.errors import InvalidConfig, NotInitialised
from pack.lifecycle import Initialised
from pack.memory import Memory
from pack.provenance import Origin, Source
from pack_servers.settings import Settings

CLI_ORIGIN = Origin(Source.USER, "cli")


def clock() -> datetime:
    """The time now, in UTC."""
    return datetime.now(UTC)


def new_request() -> str:
    """A fresh request id."""
    return uuid.uuid4().hex


def memory_dir(settings: Settings, local: Path | None) -> Path:
    """The folder of the memory: what was asked for, else the configured one."""
    return (local or settings.pack_dir).expanduser().absolute()


def has_repository(folder: Path) -> bool:
    """Whether a folder is the root of a git repository."""
    return (folder / ".git").exists()


@contextmanager
def open_memory(settings: Settings, folder: Path, origin: Origin = CLI_ORIGIN) -> Iterator[Memory]:
    """The memory in a folder, closed at the end.

    Raises:
        NotInitialised: The folder is no git repository.
        InvalidConfig: It is one that PACK cannot write to.
        Unavailable: Git is missing, or the folder cannot be used.
    """
    if not has_repository(folder):
        raise NotInitialised(str(folder))
    connector = LocalGit(folder, clock)
    catalog = SqliteCatalog(connector.repository.state_dir / "catalog.sqlite")
    try:
        yield Memory(
            connector,
            catalog,
            clock=clock,
            origin=origin,
            new_request=new_request,
            v1_path=settings.github_memory_path,
        )
    finally:
        catalog.close()
        connector.close()


def init_memory(
    settings: Settings,
    folder: Path,
    *,
    notes: dict[str, bytes] | None = None,
    dry_run: bool = False,
) -> Initialised:
    """Make a folder a memory: a repository if it is none, then one commit.

    Raises:
        InvalidConfig: A dry run cannot say what would be done, as there is no repository yet.
        PackError: See `Memory.init`.
    """
    if not has_repository(folder):
        if dry_run:
            raise InvalidConfig("--dry-run", f"{folder} is no git repository yet; init makes one")
        create_repository(folder)
    with open_memory(settings, folder) as memory:
        return memory.init(starter_files(), notes, dry_run=dry_run)


def clone_memory(url: str, folder: Path) -> None:
    """Clone a repository into a folder that is not there yet, or empty.

    Raises:
        InvalidConfig: The folder holds something.
        Unavailable: Git could not clone it.
    """
    if folder.exists() and any(folder.iterdir()):
        raise InvalidConfig("--local", f"{folder} is not empty")
    clone_repository(url, folder)


def read_notes(folder: Path) -> dict[str, bytes]:
    """Every file below a folder of notes, by relative POSIX path; links are not followed.

    Raises:
        InvalidConfig: It is no folder, or cannot be read.
    """
    if not folder.is_dir():
        raise InvalidConfig("--from", f"{folder} is not a folder")
    notes: dict[str, bytes] = {}
    try:
        for parent, folders, files in os.walk(folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(files):
                file = Path(parent, name)
                if not file.is_symlink() and name.lower().endswith(".md"):
                    notes[file.relative_to(folder).as_posix()] = file.read_bytes()
    except OSError as error:
        raise InvalidConfig("--from", f"{folder}: {error.strerror}") from error
    return notes
