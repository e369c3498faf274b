"""What a place for memories is: the only thing the servers know of where a memory is kept.

One module for each kind (`local`, `github`); `places` has the table of them and picks one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from pack.actions import Action
from pack.catalog.catalog import Catalog
from pack.connector import Connector
from pack.deferred import dataclass
from pack.errors import InvalidConfig
from pack_servers.config.settings import Settings
from pack_servers.wiring.checks import Check

if TYPE_CHECKING:
    from pack.remote.remote import FindRemotes

Announce = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Opening:
    """How a memory is opened.

    Attributes:
        settings: Those in force.
        announce: Told of each wait that a service asks for, before it begins, and of a commit that
            could not be signed.
        is_leaving: Asked while a remote is waited for; yes ends the wait.
    """

    settings: Settings
    announce: Announce
    is_leaving: Callable[[], bool]


@dataclass(frozen=True, slots=True)
class Store:
    """What a memory is put together from; whoever opened it closes it.

    Attributes:
        connector: Where it is kept.
        catalog: What is known about its files.
        state_dir: As `Place.state_dir`.
        remotes: Finds what it is exchanged with; nothing where it cannot have a remote.
        refuse_unfinished: As `Core.refuse_unfinished`; nothing where no person works in the store.
        agent_at_work: The coding agent known to be at work in the store, if there is one.
        peer_notices: As `Core.peer_notices`.
    """

    connector: Connector
    catalog: Catalog
    state_dir: Path
    remotes: FindRemotes = tuple
    refuse_unfinished: Callable[[], None] = lambda: None
    agent_at_work: Callable[[], str | None] = lambda: None
    peer_notices: Callable[[], Sequence[str]] = tuple


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a person wants a place prepared for a memory.

    Attributes:
        settings: Those in force.
        announce: Tells the person something.
        confirm: Asks the person a question, given what would be done; raises unless they agree.
        clone_from: The repository to clone into the place; `None` for none.
        branch: The branch to clone; `None` for the memory's.
        dry_run: Leave the place as it is.
    """

    settings: Settings
    announce: Announce
    confirm: Callable[[str, str], None]
    clone_from: str | None = None
    branch: str | None = None
    dry_run: bool = False


class MissingMemory(InvalidConfig):
    """The place that was named is not there, so the name may be wrong. Nothing was made."""

    code = "missing_memory"
    remedy = (
        f"Correct the name, or mount the disk that it is on. To begin a memory there, {Action.INIT}"
        " for that folder, or start the server with --create."
    )


class Place(Protocol):
    """Where a memory is. Its text (`str`) is what a person calls it; it holds no secret."""

    @property
    def name(self) -> str:
        """What payloads call the memory, such as `OWNER/REPO`."""
        ...

    @property
    def chosen_by(self) -> str:
        """The option or setting that chose the place."""
        ...

    @property
    def arguments(self) -> Sequence[str]:
        """The options that name the place on a command line, whatever the current directory."""
        ...

    @property
    def is_cache(self) -> bool:
        """Whether the folder of `state_dir` may be deleted at any time, and is made again."""
        ...

    @property
    def why_no_clone(self) -> str | None:
        """Why no repository can be cloned into it, in words for a person; `None` if one can."""
        ...

    def state_dir(self, settings: Settings) -> Path:
        """The folder for what is derived from the memory.

        Raises:
            PackError: There is no store yet, or it cannot be asked.
        """
        ...

    def open(self, opening: Opening) -> AbstractContextManager[Store]:
        """The store at the place, closed at the end.

        Raises:
            NotInitialised: There is none.
            InvalidConfig: It is one that PACK cannot write to, or a setting is missing.
            ConnectorError: It cannot be opened.
        """
        ...

    def prepare(self, beginning: Beginning) -> AbstractContextManager[Place]:
        """The place, or for a dry run its likeness, with a store that can become a memory.

        The call itself asks the person what has to be asked. What takes time may wait until the
        context is entered; a likeness is deleted when it is left.

        Raises:
            PackError: The place cannot be used, or the person does not agree.
        """
        ...

    def begin_on_use(self, *, create: bool) -> bool:
        """Make a store where nothing is yet, for a server that is started here first.

        Args:
            create: Whether the person said that it may not be there yet.

        Returns:
            Whether a server may begin a memory here. If not, only `pack init` makes one, and
            nothing was done.

        Raises:
            MissingMemory: It was named, and it is not there.
            Unavailable: The place cannot be used.
        """
        ...

    def checks(self, settings: Settings, announce: Announce) -> Iterator[Check]:
        """What `pack doctor` looks at before it opens the memory; nothing is changed.

        One is named `memory`. If that one is a problem, it is the last.

        Raises:
            PackError: The place cannot be examined any further.
        """
        ...
