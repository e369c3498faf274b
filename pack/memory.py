"""A memory, and everything an agent or a person can do with it (C4).

Each subject is a small object: `memory.notes`, `memory.search`, `memory.remotes` and so on; its
class says what can be asked. Subjects that a server rarely needs are imported when they are asked
for: its start is waited for by a person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pack.catalog.catalog import Catalog
from pack.connector import Connector
from pack.core.core import Core
from pack.core.guard import Guard
from pack.core.reader import Reader
from pack.core.session import Session
from pack.core.writer import Writer
from pack.model import Mode
from pack.paths import parse_path
from pack.provenance import Origin
from pack.use_cases.history import History
from pack.use_cases.notes import Notes
from pack.use_cases.pathless import WholeText

if TYPE_CHECKING:
    from pack.pages.delivery import PageDelivery
    from pack.remote.remote import FindRemotes
    from pack.sync.engine import Sync
    from pack.use_cases.care import Care
    from pack.use_cases.lifecycle import Lifecycle
    from pack.use_cases.remotes import Remotes
    from pack.use_cases.search import Search

# Imports inside of methods, with `PLC0415`: see the module's docstring.


class Memory:
    """A memory as one writer sees it. May be used from any thread.

    All that costs something is shared by the writers of a memory; `written_by` makes this object
    for another one at the price of the object.
    """

    __slots__ = ("_session",)

    def __init__(self, session: Session) -> None:
        self._session = session

    @classmethod
    def over(
        cls,
        connector: Connector,
        catalog: Catalog,
        *,
        clock: Callable[[], datetime],
        origin: Origin,
        new_request: Callable[[], str],
        v1_path: str = "MEMORY.md",
        remotes: FindRemotes = tuple,
        sync: Sync | None = None,
        guards: Sequence[Guard] = (),
    ) -> Memory:
        """A memory, put together.

        Args:
            connector: Where it is kept.
            catalog: What is known of its files; derived, may be empty.
            clock: Tells the time, with a time zone.
            origin: Who writes.
            new_request: Gives a fresh id for each write.
            v1_path: The single file of a v1 memory.
            remotes: Finds what the memory is exchanged with.
            sync: The targets that get copies; `None` where none is set up.
            guards: See each decision before it is committed, in this order.
        """
        reader = Reader(connector, catalog, parse_path(v1_path))
        on_commit = sync.tell if sync else None
        writer = Writer(connector, catalog, reader, new_request, guards, on_commit)
        core = Core(connector, catalog, clock, reader, writer, new_request, remotes, sync)
        return cls(Session(core, origin))

    def written_by(self, origin: Origin) -> Memory:
        """The same memory for another writer."""
        return Memory(Session(self._session.core, origin))

    @property
    def connector(self) -> Connector:
        """Where the memory is kept."""
        return self._session.core.connector

    @property
    def sync(self) -> Sync | None:
        """The targets that get copies; `None` where none is set up."""
        return self._session.core.sync

    def mode(self) -> Mode:
        """What is at the root now: v2, v1, or nothing."""
        core = self._session.core
        with core.view():
            return core.reader.mode()

    # --- subjects ------------------------------------------------------------------------------

    @property
    def notes(self) -> Notes:
        """The notes: read, list, update, edit, delete, move."""
        return Notes(self._session)

    @property
    def whole(self) -> WholeText:
        """The memory as one text, for agents with the v1 prompt."""
        return WholeText(self._session)

    @property
    def history(self) -> History:
        """What has happened to the memory."""
        return History(self._session)

    @property
    def search(self) -> Search:
        """Finding notes by what is in them."""
        from pack.use_cases.search import Search  # noqa: PLC0415

        return Search(self._session)

    @property
    def care(self) -> Care:
        """Its state, what is wrong with it, its catalog, and what has expired."""
        from pack.use_cases.care import Care  # noqa: PLC0415

        return Care(self._session)

    @property
    def remotes(self) -> Remotes:
        """The git remotes, and bringing them and the memory together."""
        from pack.use_cases.remotes import Remotes  # noqa: PLC0415

        return Remotes(self._session)

    @property
    def lifecycle(self) -> Lifecycle:
        """Its beginning, and its migration from v1."""
        from pack.use_cases.lifecycle import Lifecycle  # noqa: PLC0415

        return Lifecycle(self._session)

    @property
    def pages(self) -> PageDelivery:
        """Its pages in Notion, one for each note."""
        from pack.pages.delivery import PageDelivery  # noqa: PLC0415

        return PageDelivery(self._session)
