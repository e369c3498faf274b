"""What a reader sees: the files as they are now, uncommitted edits included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count

from pack.catalog import Catalog, Row, decode, describe, is_catalogued
from pack.catalog_sync import bring_up
from pack.connector import Connector
from pack.errors import InvalidContent, LimitExceeded, NotFound
from pack.model import Contents, Entry, EntryType, MemoryPath
from pack.paths import INDEX
from pack.results import Mode


def continued(path: MemoryPath) -> Iterator[MemoryPath]:
    """A file, and those in which it goes on when it is full: `x.md`, `x-2.md` and so on."""
    yield path
    stem = path.removesuffix(".md")
    for number in count(2):
        yield MemoryPath(f"{stem}-{number}.md")


class Reader:
    """Reads one memory."""

    def __init__(self, connector: Connector, catalog: Catalog, v1_path: MemoryPath) -> None:
        self._connector = connector
        self._catalog = catalog
        self.v1_path = v1_path

    def mode(self) -> Mode:
        """What is at the root now."""
        if self._is_there(INDEX):
            return Mode.V2
        return Mode.V1 if self._is_there(self.v1_path) else Mode.EMPTY

    def _is_there(self, path: MemoryPath) -> bool:
        try:
            return self.find(path) is not None
        except LimitExceeded:
            return True  # too large to be read

    def find(self, path: MemoryPath) -> Contents | None:
        """A file; `None` where there is none."""
        try:
            return self._connector.get_contents(path)
        except NotFound:
            return None

    def is_committed(self, found: Contents, path: MemoryPath) -> bool:
        """Whether the current commit holds a file as it was found."""
        return self._connector.get_committed(path) == found.sha

    def v1_files(self) -> Iterator[Contents]:
        """The file of a v1 memory, and those it goes on in; without those that are too large."""
        for path in continued(self.v1_path):
            try:
                found = self.find(path)
            except LimitExceeded:
                continue
            if found is None:
                return
            yield found

    def list_dir(self, path: MemoryPath) -> list[Entry]:
        """What a folder holds, sorted by name."""
        return self._connector.list_dir(path)

    def tree(self) -> list[Entry]:
        """Everything that is there, sorted by path."""
        return self._connector.get_tree()

    def rows(self) -> list[Row]:
        """What is known of each memory file, sorted by path.

        Only files that differ from the current commit are read. One that is too large to be read is
        described by the current commit, or by its path; `validate` reports it.
        """
        bring_up(self._catalog, self._connector, self._connector.head())
        committed = {row.path: row for row in self._catalog.rows()}
        found = (self._row(entry, committed.get(entry.path)) for entry in self.memory_entries())
        return [row for row in found if row is not None]

    def memory_entries(self) -> Iterator[Entry]:
        """The tree's entries that are memory files by their path."""
        for entry in self.tree():
            if entry.type is EntryType.FILE and is_catalogued(entry.path):
                yield entry

    def _row(self, entry: Entry, committed: Row | None) -> Row | None:
        if committed is not None and committed.blob == entry.sha:
            return committed
        try:
            found = self.find(entry.path)
        except LimitExceeded:
            return committed or describe(entry.path, entry.sha, b"")
        return describe(entry.path, found.sha, found.content) if found else None

    def texts(self, rows: Sequence[Row]) -> Iterator[tuple[Row, str]]:
        """The text of each file, where it is UTF-8 and still there."""
        committed = {row.path: row.blob for row in self._catalog.rows()}
        stored = [row for row in rows if committed.get(row.path) == row.blob]
        contents = self._connector.read_blobs(row.blob for row in stored)
        known = {row.path for row in stored}
        for row in rows:
            try:
                if row.path in known:
                    _, content = next(contents)
                elif (found := self.find(row.path)) is not None:
                    content = found.content
                else:
                    continue
                yield row, decode(row.path, content)
            except (InvalidContent, LimitExceeded):
                continue  # `validate` reports it; the other files stay reachable
