"""What a run has created in Notion but not yet recorded, kept outside the tree in case it dies.

The record is saved once, when a run ends, because a commit per page would be noise. Until then the
checkpoint holds what the record will hold. Without it, the next run looks for pages by their
titles.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from pack.errors import InvalidConfig
from pack.pages.mapping import PageMap, bare, read_map, write_map


class PagesCheckpoint(Protocol):
    """Keeps one text between runs, and prevents two runs at once."""

    def read(self) -> bytes:
        """What was written last; empty if nothing was.

        Raises:
            Unavailable: It cannot be read.
        """
        ...

    def write(self, record: bytes) -> None:
        """Keep a text, whole or not at all, even if the power fails.

        Raises:
            Unavailable: It cannot be stored.
        """
        ...

    def clear(self) -> None:
        """Forget the text.

        Raises:
            Unavailable: It cannot be removed.
        """
        ...

    def exclusive(self) -> AbstractContextManager[None]:
        """Hold off other runs, in any process on this machine.

        Raises:
            RepositoryBusy: Another run is under way.
        """
        ...


class NoCheckpoint:
    """Keeps nothing, for a memory that has nowhere to keep it."""

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


def note(checkpoint: PagesCheckpoint, now: PageMap) -> None:
    """Keep which pages there are."""
    checkpoint.write(write_map(now))


def resumed(recorded: PageMap, checkpoint: PagesCheckpoint) -> PageMap:
    """The record, plus the pages that a run created but died before recording.

    The record takes precedence over the checkpoint, which may be older.
    """
    try:
        noted = read_map(text) if (text := checkpoint.read()) else PageMap()
    except InvalidConfig:
        return recorded  # damaged, and only derived: as good as none
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
