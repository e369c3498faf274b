"""The one place that picks a connector, reads the clock, and puts a memory together."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.catalog.check import check_catalog
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.process import GitRunner, find_git, scrubbed_environment
from pack_connectors.local_git.remote.remotes import GitRemotes
from pack_connectors.local_git.repository import (
    clone_repository,
    create_repository,
    current_branch,
    open_repository,
    refuse_unfinished_operation,
)
from pack_connectors.system.malloc import share_arenas
from pack_connectors.system.process_lock import ProcessLock
from pack_templates import starter_files

from pack.connector import Connector
from pack.errors import InvalidConfig, NotInitialised, PackError, RepositoryBusy, Unavailable
from pack.memory import Memory
from pack.model import Mode
from pack.provenance import Origin, Source
from pack.remote.remote import FindRemotes
from pack_servers.config.place import LocalPlace, Place
from pack_servers.config.settings import Settings, has_targets
from pack_servers.wiring.clock import clock, new_request
from pack_servers.wiring.notes_folder import copy_notes

if TYPE_CHECKING:
    from pack.use_cases.lifecycle import Initialised

logger = logging.getLogger(__name__)
Announce = Callable[[str], None]
CLI_ORIGIN: Final = Origin(Source.USER, "cli")
_UNFINISHED: Final = ".pack-new-"
_CATALOG: Final = "catalog.sqlite"


def note(text: str) -> None:
    """Log what nobody waits to be told."""
    logger.warning("%s", text)


def has_repository(folder: Path) -> bool:
    """Whether a folder is the root of a git repository."""
    return (folder / ".git").exists()


def _never() -> bool:
    return False


@contextmanager
def open_memory(
    settings: Settings,
    place: Place,
    announce: Announce = note,
    is_leaving: Callable[[], bool] = _never,
    *,
    origin: Origin = CLI_ORIGIN,
) -> Iterator[Memory]:
    """The memory at a place, closed at the end.

    Args:
        settings: Those in force.
        place: Where it is.
        announce: Told of each wait that a server asks for, before it begins.
        is_leaving: Asked while a remote is waited for; it is given up when the answer is yes.
        origin: Who writes.

    Raises:
        NotInitialised: The folder is no git repository.
        InvalidConfig: It is one that PACK cannot write to, or there is no token for GitHub.
        Unavailable: Git is missing, or the folder cannot be used.
    """
    with ExitStack() as stack:
        connector: Connector
        remotes: FindRemotes = tuple
        if isinstance(place, LocalPlace):
            folder = stack.enter_context(_open_folder(place.folder, is_leaving))
            connector, catalog, remotes = folder
            state_dir = folder[0].repository.state_dir
        else:
            # Here, as it takes time to import and most memories are local.
            from pack_servers.wiring.github import catalog_file, open_store  # noqa: PLC0415

            connector, catalog = stack.enter_context(open_store(settings, place, clock, announce))
            state_dir = catalog_file(settings, place).with_suffix("")
        sync = None
        if has_targets(settings):
            from pack_servers.wiring.targets import open_sync  # noqa: PLC0415 - as above

            sync = stack.enter_context(
                open_sync(settings, place, connector, catalog, state_dir, clock)
            )
        yield Memory.over(
            connector,
            catalog,
            clock=clock,
            origin=origin,
            new_request=new_request,
            v1_path=settings.github_memory_path,
            remotes=remotes,
            sync=sync,
        )


@contextmanager
def _open_folder(
    folder: Path, is_leaving: Callable[[], bool]
) -> Iterator[tuple[LocalGit, SqliteCatalog, FindRemotes]]:
    if not has_repository(folder):
        raise NotInitialised(str(folder))
    # GitPython, once it is needed, would run whatever comes first on PATH, in this folder too.
    os.environ["GIT_PYTHON_GIT_EXECUTABLE"] = find_git()
    connector = LocalGit(folder, clock)
    catalog = SqliteCatalog(connector.repository.state_dir / _CATALOG)
    remotes = GitRemotes(connector, is_cancelled=is_leaving)
    try:
        yield connector, catalog, remotes.find
    finally:
        remotes.close()
        catalog.close()
        connector.close()


# --- beginning -----------------------------------------------------------------------------------


def init_memory(
    settings: Settings,
    folder: Path,
    *,
    notes: Mapping[str, bytes] | None = None,
    dry_run: bool = False,
) -> Initialised:
    """Make a folder a memory: a repository if it is none, then one commit.

    Args:
        settings: Those in force.
        folder: Where; made if it is missing.
        notes: Files to take over, by relative POSIX path.
        dry_run: Only say what would change; the folder stays as it is.

    Raises:
        PackError: See `Memory.init`; the folder cannot be used.
    """
    if dry_run and not has_repository(folder):
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
            copy = Path(temporary, "memory")
            if folder.is_dir():
                copy_notes(folder, copy)
            make_repository(copy)
            return init_memory(settings, copy, notes=notes, dry_run=True)
    if not has_repository(folder):
        make_repository(folder)
    return init_there(settings, LocalPlace(folder), notes=notes, dry_run=dry_run)


def init_there(
    settings: Settings,
    place: Place,
    *,
    notes: Mapping[str, bytes] | None = None,
    dry_run: bool = False,
) -> Initialised:
    """Make a repository that is there a memory, in one commit.

    Raises:
        PackError: See `Memory.init`.
    """
    with open_memory(settings, place) as memory:
        return memory.lifecycle.init(starter_files(), notes, dry_run=dry_run)


def make_repository(folder: Path) -> None:
    """Make a folder a git repository, completely or not at all; another process may do it too.

    Raises:
        Unavailable: The folder cannot be used, or git is missing.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=_UNFINISHED) as temporary:
            create_repository(Path(temporary))
            try:
                Path(temporary, ".git").rename(folder / ".git")
            except OSError:
                if not has_repository(folder):  # else the other process was first
                    raise
    except OSError as error:
        raise Unavailable(f"{folder}: {error.strerror}") from error


def clone_memory(url: str, folder: Path) -> None:
    """Clone a repository into a folder that is not there yet, or empty.

    Raises:
        InvalidConfig: The folder holds something.
        Unavailable: Git could not clone it.
    """
    if not is_free(folder):
        reason = f"{folder} is not empty; name another folder with --local DIR"
        raise InvalidConfig("the folder for the clone", reason)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder.parent}: {error.strerror}") from error
    clone_repository(url, folder)


def is_free(folder: Path) -> bool:
    """Whether nothing is there that a new memory could disturb."""
    try:
        # What another process is making a repository of, at this moment, does not count.
        names = (found.name for found in folder.iterdir()) if folder.exists() else ()
        return all(name.startswith(_UNFINISHED) for name in names)
    except OSError as error:
        raise Unavailable(f"{folder}: {error.strerror}") from error


@contextmanager
def open_or_begin(
    settings: Settings,
    place: Place,
    announce: Announce = note,
    is_leaving: Callable[[], bool] = _never,
) -> Iterator[tuple[Memory, Initialised | None]]:
    """The memory at a place, begun on first use, and how; closed at the end.

    Only where nothing is yet, and in a folder: one that holds something, and a repository on
    GitHub, become a memory by `pack init` alone.

    Raises:
        As `open_memory` and `init_memory`; `NotInitialised` for a repository without a memory.
    """
    share_arenas()  # a server runs for long, and no thread has begun yet
    if isinstance(place, LocalPlace) and is_free(place.folder):
        make_repository(place.folder)
    with open_memory(settings, place, announce, is_leaving) as memory:
        made = None
        if isinstance(place, LocalPlace):
            is_new = memory.connector.head() is None and not memory.connector.get_tree()
            if is_new and memory.mode() is Mode.EMPTY:
                made = memory.lifecycle.init(starter_files())
        elif memory.mode() is Mode.EMPTY:
            raise NotInitialised(memory.connector.location)
        yield memory, made


# --- looking at what is there ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """What `pack doctor` sees of a repository, without changing it.

    Attributes:
        obstacle: Why no write can be made now; `None` for nothing.
        journal: The record of a write that is under way or was cut off, if there is one.
        git_lock: The lock of another git process, if there is one.
        is_writing: Whether another PACK process is writing at this moment.
        catalog: How the search index is: `missing`, `sound`, `old`, `damaged` or `busy`.
        catalog_files: How many files it knows.
        catalog_bytes: How large it is.
    """

    obstacle: PackError | None
    journal: Path | None
    git_lock: Path | None
    is_writing: bool
    catalog: str
    catalog_files: int
    catalog_bytes: int


def inspect_repository(folder: Path) -> RepositoryState:
    """The state of the repository in a folder.

    Raises:
        InvalidConfig: It is none that PACK can write to.
        Unavailable: Git is missing.
    """
    repository = open_repository(folder)
    state = repository.state_dir
    obstacle: PackError | None = None
    try:
        refuse_unfinished_operation(repository)
        current_branch(repository, GitRunner(repository.git_dir, repository.work_tree))
    except PackError as error:
        obstacle = error
    journal, git_lock = state / "journal.json", repository.git_dir / "index.lock"
    return RepositoryState(
        obstacle,
        journal if journal.exists() else None,
        git_lock if git_lock.exists() else None,
        _is_held(state / "lock"),
        *inspect_catalog(state / _CATALOG),
    )


def inspect_catalog(file: Path) -> tuple[str, int, int]:
    """How a search index is, how many files it knows, and its bytes; it is not changed."""
    found = check_catalog(file)
    return found.state, found.files, found.size


def git_version() -> str | None:
    """The version of git on PATH, as digits and dots; `None` where there is none that runs."""
    try:
        asked = subprocess.run(  # noqa: S603 - a fixed command, no shell
            [find_git(), "--version"],
            env=scrubbed_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except (OSError, Unavailable):
        return None
    found = re.search(rb"\d+\.\d+(?:\.\d+)*", asked.stdout)
    return found.group().decode("ascii") if found and asked.returncode == 0 else None


def _is_held(lock_file: Path) -> bool:
    if not lock_file.exists():
        return False
    lock = ProcessLock(lock_file, timeout=0)
    try:
        with lock:
            return False
    except RepositoryBusy:
        return True
    finally:
        lock.close()
