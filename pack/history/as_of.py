"""A memory as it was: everything that reads it then answers as it did at that commit.

The catalog of a past state begins as a copy of the present one, up to date, and is brought to its
commit like any other. So the first search costs as much as has changed in between, or a rebuild if
that is most of the memory. The last few states are kept for the next question.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from pack.catalog.catalog import Catalog
from pack.catalog.refresh import bring_up
from pack.core.core import Core
from pack.core.memo import Memo
from pack.core.past import Past
from pack.core.reader import Reader
from pack.core.writer import Writer
from pack.deferred import dataclass
from pack.errors import ConnectorError
from pack.history.snapshot import PastStore
from pack.history.when import find_commit, parse_moment
from pack.log import LogQuery
from pack.model import CommitId

_ANY_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)
_KEPT: Final = 4
"""States whose catalogs are kept; each takes a few megabytes of memory, and disk for the rest."""


@dataclass(frozen=True, slots=True)
class _State:
    """A state of the past, and what is known about it."""

    past: Past
    store: PastStore
    catalog: Catalog
    reader: Reader
    writer: Writer


class PastStates:
    """The past states of one memory. May be used from any thread.

    Args:
        core: The memory as it is now.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        # Whoever is still asking one that goes waits until its catalog is filled again.
        self._states = Memo(_KEPT, dropped=lambda state: state.catalog.close())

    def find(self, when: str) -> Core:
        """The memory as it was.

        It is read as on that day, so what expired later had not expired. It has no remotes and no
        targets, and cannot be written to.

        Args:
            when: A commit or a moment; see `pack.history.when`.

        Raises:
            InvalidRequest, NotFound: As `find_commit`.
        """
        core = self._core
        now = core.clock()
        moment = parse_moment(when, now, at_end=True)
        with core.view():
            commit = self._commit(when, now, moment)
            state = self._states.once(commit, lambda: self._make(commit))
        then = replace(
            core,
            connector=state.store,
            catalog=state.catalog,
            clock=_standing(min(moment, now) if moment else state.past.at),
            reader=state.reader,
            writer=state.writer,
            remotes=tuple,
            sync=None,
            past=state.past,
        )
        return replace(then, truths=core.truths.over(then)) if core.truths else then

    def _commit(self, when: str, now: datetime, moment: datetime | None) -> CommitId:
        """The commit that a text names; what is no time span is looked up once for each head."""
        core = self._core
        if moment != parse_moment(when, _ANY_TIME, at_end=True):
            return find_commit(core.connector, when, now)
        key = ("as of", core.connector.head(), when)
        return core.memo.once(key, lambda: find_commit(core.connector, when, now))

    def _make(self, commit: CommitId) -> _State:
        core = self._core
        (facts,) = core.connector.log(LogQuery(commit, limit=1))
        store = PastStore(core.connector, commit, facts.at)
        catalog = core.catalog.copy(self._bring_up_present)
        reader = core.reader.over(store, catalog)
        writer = Writer(store, catalog, reader, core.new_request, core.proposals)
        return _State(Past(commit, facts.at, core.connector), store, catalog, reader, writer)

    def _bring_up_present(self) -> None:
        """Bring the catalog that is copied up to date, lest each copy has to be."""
        with suppress(ConnectorError):  # it only spares time, and the past may still be readable
            bring_up(self._core.catalog, self._core.connector, self._core.connector.head())


def _standing(moment: datetime) -> Callable[[], datetime]:
    """A clock that always tells the same."""
    return lambda: moment
