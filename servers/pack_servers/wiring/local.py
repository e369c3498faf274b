"""A memory in a folder on this machine: a git repository with a working tree."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Final

from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.process import find_git
from pack_connectors.local_git.repository import (
    create_repository,
    is_bare,
    open_repository,
)
from pack_connectors.local_git.rules.person import STAND_IN, PersonalSettings

from pack.connector import Connector
from pack.core.reader import marks_of_a_memory
from pack.deferred import dataclass
from pack.errors import InvalidConfig, NotInitialised, Unavailable, reason_of
from pack_servers.config.settings import Settings, default_dir
from pack_servers.wiring.checks import Check
from pack_servers.wiring.clock import clock
from pack_servers.wiring.place import Announce, Beginning, MissingMemory, Opening, Store

if TYPE_CHECKING:
    from pack_connectors.local_git.remote.remotes import GitRemotes

CATALOG: Final = "catalog.sqlite"
MESH_FOLDER: Final = "mesh"
MEMBERSHIP: Final = "membership.json"
_UNFINISHED: Final = ".pack-new-"
_UNSIGNED: Final = "this commit is not signed, and reaches other peers once the key can be read: {}"


@dataclass(frozen=True, slots=True)
class LocalPlace:
    """A folder; see `Place`.

    Attributes:
        folder: An absolute path.
        chosen_by: The option or setting that chose it.
    """

    folder: Path
    chosen_by: str = "the default"

    is_cache: ClassVar[bool] = False
    why_no_clone: ClassVar[str | None] = None

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.name or "memory"

    @property
    def arguments(self) -> list[str]:
        """See `Place.arguments`."""
        return ["--local", str(self.folder)]

    def __str__(self) -> str:
        return str(self.folder)

    def state_dir(self, settings: Settings) -> Path:
        """See `Place.state_dir`: a folder in git's own."""
        del settings
        return open_repository(self.folder).state_dir

    @contextmanager
    def open(self, opening: Opening) -> Iterator[Store]:
        """See `Place.open`."""
        if not has_repository(self.folder):
            raise NotInitialised(str(self.folder))
        # GitPython, once it is needed, would run whatever comes first on PATH, in this folder too.
        os.environ["GIT_PYTHON_GIT_EXECUTABLE"] = find_git()
        with ExitStack() as stack:
            connector = stack.enter_context(closing(self._connector(opening)))
            state_dir = connector.repository.state_dir
            catalog = stack.enter_context(closing(SqliteCatalog(state_dir / CATALOG)))

            @cache
            def remotes() -> GitRemotes:
                # Here, as few commands talk to a remote.
                from pack_connectors.local_git.remote.remotes import GitRemotes  # noqa: PLC0415

                made = GitRemotes(connector, is_cancelled=opening.is_leaving)
                return stack.enter_context(closing(made))

            busy = connector.refuse_unfinished
            at_work = partial(_agent_at_work, self.folder, opening.settings)
            told = partial(_peer_notices, connector)
            find = lambda: remotes().find()  # noqa: E731 - made when it is first asked
            yield Store(connector, catalog, state_dir, find, busy, at_work, told)

    def _connector(self, opening: Opening) -> LocalGit:
        """The memory's store; what it commits is signed where it belongs to a group of peers."""
        key = opening.settings.pack_mesh_key

        def sign(commit: bytes) -> bytes:
            if not is_peer(made):
                return commit
            # Here, as few memories have peers.
            from pack_servers.wiring.mesh import commit_signer  # noqa: PLC0415

            signer = commit_signer(key, made.repository.state_dir)
            signed = signer(commit)
            if signer.problem is not None:
                opening.announce(_UNSIGNED.format(reason_of(signer.problem)))
            return signed

        made = LocalGit(self.folder, clock, sign=sign)
        return made

    @contextmanager
    def prepare(self, beginning: Beginning) -> Iterator[LocalPlace]:
        """See `Place.prepare`: a repository, cloned or new, unless the folder is one."""
        url = beginning.clone_from
        if url is None and has_repository(self.folder):
            yield self
        elif beginning.dry_run:
            with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
                likeness = LocalPlace(Path(temporary, "memory"))
                if url is None and self.folder.is_dir():
                    # Here, as only a dry run of `pack init` copies anything.
                    from pack_servers.wiring.portable.notes_folder import copy_notes  # noqa: PLC0415

                    copy_notes(self.folder, likeness.folder)
                _make(likeness.folder, beginning)
                yield likeness
        else:
            _make(self.folder, beginning)
            yield self
            _tell_without_user(self.folder, beginning.announce)

    @property
    def begins_by_itself(self) -> bool:
        """Whether a server does without the person saying that the folder is to be made."""
        return self.folder == default_dir() or _is_there(self.folder)

    def begin_on_use(self, *, create: bool) -> bool:
        """See `Place.begin_on_use`: a folder that holds anything stays as it is."""
        if not create and not self.begins_by_itself:
            raise MissingMemory(self.chosen_by, f"the folder {self.folder} does not exist")
        if _is_free(self.folder):
            _make_repository(self.folder)
        return True

    def checks(self, settings: Settings, announce: Announce) -> Iterator[Check]:
        """See `Place.checks`."""
        del settings, announce
        # Here, as only `pack doctor` looks.
        from pack_servers.wiring.local_checks import of_folder  # noqa: PLC0415

        return of_folder(self.folder, self.chosen_by)


def in_folder(connector: Connector) -> bool:
    """Whether a memory is in a folder on this machine."""
    return isinstance(connector, LocalGit)


def is_peer(connector: Connector) -> bool:
    """Whether a memory belongs to a group of peers."""
    if not isinstance(connector, LocalGit):
        return False
    return (connector.repository.state_dir / MESH_FOLDER / MEMBERSHIP).is_file()


def group_of(connector: Connector) -> tuple[str, str | None] | None:
    """The group that a memory belongs to, and the peer that it is; `None` where it is none.

    Raises:
        Unavailable: It cannot be read.
    """
    if not isinstance(connector, LocalGit) or not is_peer(connector):
        return None
    # Here, as few memories have peers.
    from pack_connectors.peers.state_files import MeshFiles  # noqa: PLC0415

    membership = MeshFiles(connector.repository.state_dir / MESH_FOLDER).membership()
    return (membership.group, membership.peer) if membership is not None else None


def _peer_notices(connector: LocalGit) -> Sequence[str]:
    """What the mesh last found wrong, as whoever exchanged with others last has stored it."""
    if not is_peer(connector):
        return ()
    # Here, as few memories have peers.
    from pack_connectors.peers.state_files import MeshFiles  # noqa: PLC0415

    try:
        return MeshFiles(connector.repository.state_dir / MESH_FOLDER).notices()
    except Unavailable as error:
        return (f"What is wrong with other machines is not known: {error}.",)


def _agent_at_work(folder: Path, settings: Settings) -> str | None:
    # Here, as only edits made by hand are asked about.
    from pack_servers.config.agents import agent_marks  # noqa: PLC0415
    from pack_servers.config.processes import agent_in_folder  # noqa: PLC0415

    return agent_in_folder(folder, agent_marks(settings.pack_agent_marks))


def _is_there(folder: Path) -> bool:
    try:
        return folder.exists()
    except OSError as error:
        raise Unavailable(f"{folder}: {error.strerror}") from error


def _tell_without_user(folder: Path, announce: Announce) -> None:
    """Say once, when the repository is made, that git does not know whose commits are made."""
    repository = open_repository(folder)
    remedy = PersonalSettings(repository).user_remedy()
    if remedy:
        announce(f"git does not know who you are, so your commits say {STAND_IN.name}")
        announce(f"  → {remedy}")


def has_repository(folder: Path) -> bool:
    """Whether a folder is the root of a git repository."""
    return (folder / ".git").exists()


def _make(folder: Path, beginning: Beginning) -> None:
    if beginning.clone_from is None:
        _make_repository(folder)
    else:
        _clone(beginning.clone_from, folder, beginning)


def _make_repository(folder: Path) -> None:
    """Make a folder a git repository, completely or not at all; another process may do it too.

    Raises:
        InvalidConfig: It is in a bare repository, or in git's own folder.
        Unavailable: The folder cannot be used, or git is missing.
    """
    if inside := next((each for each in (folder, *folder.parents) if is_bare(each)), None):
        reason = f"{inside} is a git repository without a working tree; clone it with --clone"
        raise InvalidConfig("the memory folder", reason)
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


_USED_ONCE: Final = (
    "the user name and password in the address were used for this clone only, and are stored "
    "nowhere; for later exchanges, give them to a git credential helper (`git help credentials`), "
    "or use an ssh address"
)


def _clone(url: str, folder: Path, beginning: Beginning) -> None:
    """Clone a repository into a folder that is not there yet, or empty.

    Raises:
        InvalidConfig: The folder holds something.
        PackError: See `clone_repository`.
    """
    # Here, as only `pack init` with an address clones.
    from pack_connectors.local_git.remote.clone import clone_repository  # noqa: PLC0415

    if not _is_free(folder):
        reason = f"{folder} is not empty; name another folder with --local DIR"
        raise InvalidConfig("the folder for the clone", reason)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder.parent}: {error.strerror}") from error
    marks = marks_of_a_memory(beginning.settings.github_memory_path)
    cloned = clone_repository(url, folder, branch=beginning.branch, marks=marks)
    if cloned.username is not None or cloned.password is not None:
        beginning.announce(_USED_ONCE)


def _is_free(folder: Path) -> bool:
    """Whether nothing is there that a new memory could disturb."""
    try:
        # What another process is making a repository of, at this moment, does not count.
        names = (found.name for found in folder.iterdir()) if folder.exists() else ()
        return all(name.startswith(_UNFINISHED) for name in names)
    except OSError as error:
        raise Unavailable(f"{folder}: {error.strerror}") from error
