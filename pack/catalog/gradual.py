"""Answering while the catalog of a large memory is first filled.

To read a hundred thousand files takes a good while. So the first of them go into a small catalog
beside the real one, and listings and searches are answered from that until the real one is there,
then from a larger one. All other questions wait for the real one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from threading import Lock
from typing import Final, NamedTuple

from pack.catalog.catalog import Catalog
from pack.catalog.refresh import Progress, bring_up, bring_up_edits, read_rows, walk_files
from pack.connector import Connector
from pack.model import BlobId, CommitId, MemoryPath

_SIZES: Final = (2_000, 20_000)
"""How many files the catalogs hold that answers come from meanwhile."""


class SoFar(NamedTuple):
    """What an answer does not cover.

    Attributes:
        held: Of how many files it is.
        read: How many have been read by now.
        total: How many there are; 0 if nobody knows yet.
    """

    held: int
    read: int
    total: int

    def __str__(self) -> str:
        of_all = f" of {self.total:,}" if self.total else ""
        return (
            f"The memory is being catalogued for the first time: {self.read:,}{of_all} files have "
            f"been read so far. This answer is of the first {self.held:,} alone, as they were last "
            "committed; ask again later for the rest."
        )


class FirstFiles(NamedTuple):
    """A catalog of the first files of a commit."""

    catalog: Catalog
    commit: CommitId
    held: int


class Gradual:
    """The filling of one catalog: `begin`, `fill` and `end` once, and the rest from any thread.

    Args:
        sizes: How many files the catalogs hold that answer meanwhile, growing. None is made of half
            of a memory or more, as the whole catalog is there nearly as soon.
    """

    def __init__(self, sizes: Sequence[int] = _SIZES) -> None:
        self._sizes = sizes
        self._beginning = Lock()
        self._is_beginning = False
        self._part: FirstFiles | None = None
        self._read = (0, 0)

    def begin(self) -> None:
        """Let questions wait until `fill` has something to answer from; `end` must follow."""
        self._beginning.acquire()
        self._is_beginning = True

    @property
    def is_filling(self) -> bool:
        """Whether the whole catalog would have to be waited for."""
        return self._is_beginning or self._part is not None

    def part(self) -> tuple[FirstFiles, SoFar] | None:
        """What can be answered from by now; `None` if that is the whole catalog."""
        with self._beginning:
            part, read = self._part, self._read
        return None if part is None else (part, SoFar(part.held, *read))

    def fill(self, catalog: Catalog, connector: Connector, progress: Progress) -> None:
        """Fill a catalog if it is empty.

        Args:
            catalog: The whole one.
            connector: Has the files.
            progress: Called every now and then while files are read, with 0 for the number of all
                files as long as nobody knows it. If it raises an error, that is the end of it.

        Raises:
            ConnectorError: The store cannot be read.
        """

        def tell(number: int, total: int) -> None:
            self._read = max(self._read[0], number), total
            progress(number, total)

        head = connector.head()
        if head is None or catalog.commit() is not None:
            return
        for part in self._parts(catalog, connector, head, progress):
            self._part = part
            self._let_go()
        bring_up(catalog, connector, head, tell)
        bring_up_edits(catalog, connector, connector.edits(head))  # which may look at all files

    def end(self) -> None:
        """Let all questions be answered from the whole catalog, or wait for it."""
        self._part = None
        self._let_go()

    def _parts(
        self, catalog: Catalog, connector: Connector, head: CommitId, progress: Progress
    ) -> Iterator[FirstFiles]:
        rest, files = walk_files(connector, head), list[tuple[MemoryPath, BlobId]]()
        for size in self._sizes:
            files += islice(rest, 2 * size - len(files))
            if 2 * size > len(files):
                return
            beside = catalog.scratch()
            beside.replace(head, read_rows(connector, files[:size], lambda n, _: progress(n, 0)))
            self._read = size, 0
            yield FirstFiles(beside, head, size)

    def _let_go(self) -> None:
        if self._is_beginning:
            self._is_beginning = False
            self._beginning.release()
