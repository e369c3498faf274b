"""What a run made in Notion before it is in the record: kept outside the tree, for one that dies.

The record is saved once, when a run ends, as a commit for each page would be noise. Until then the
journal has what the record will have. Losing it costs nothing but certainty: the next run looks
for pages by their titles then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from pack.errors import InvalidConfig
from pack.pages.mapping import PageMap, bare, read_map, write_map


class PagesCheckpoint(Protocol):
    """Keeps one text between runs, and runs apart."""

    def read(self) -> bytes:
        """What was written last; empty for nothing.

        Raises:
            Unavailable: It cannot be read.
        """
        ...

    def write(self, record: bytes) -> None:
        """Keep a text, whole or not at all, also over a power cut.

        Raises:
            Unavailable: It cannot be stored.
        """
        ...

    def clear(self) -> None:
        """Keep nothing any more.

        Raises:
            Unavailable: What is there cannot be removed.
        """
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold off other runs, in all processes of this machine.

        Raises:
            RepositoryBusy: One of them is at it.
        """
        ...


class NoCheckpoint:
    """Keeps nothing, for a memory that has no place for it."""

    def read(self) -> bytes:
        """See `PagesCheckpoint.read`."""
        return b""

    def write(self, record: bytes) -> None:
        """See `PagesCheckpoint.write`."""

    def clear(self) -> None:
        """See `PagesCheckpoint.clear`."""

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `PagesCheckpoint.exclusive`."""
        yield


def note(journal: PagesCheckpoint, now: PageMap) -> None:
    """Keep the pages there are."""
    journal.write(write_map(now))


def resumed(recorded: PageMap, journal: PagesCheckpoint) -> PageMap:
    """The record, with the pages that a run made which died before it could say so.

    Nothing that is recorded gives way to the journal, which may be older.
    """
    try:
        noted = read_map(text) if (text := journal.read()) else PageMap()
    except InvalidConfig:
        return recorded  # derived, and damaged: as good as none
    if noted.parent is None or noted.parent != recorded.parent:
        return recorded
    taken = {bare(page) for page in (*recorded.pages.values(), recorded.export) if page}
    found = recorded
    for path, page in noted.pages.items():
        if path not in recorded.pages and bare(page) not in taken:
            found = found.with_page(path, page)
    if found.export is None and noted.export is not None and bare(noted.export) not in taken:
        found = found.with_export(noted.export)
    return found
