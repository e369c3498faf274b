"""What a reader sees: the files as they are now, uncommitted edits included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pack.catalog.catalog import Catalog
from pack.catalog.row import Row, decode, is_catalogued
from pack.connector import Connector
from pack.errors import InvalidContent, LimitExceeded, NotFound
from pack.model import Contents, Entry, MemoryPath, Mode
from pack.paths import INDEX, continued


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

    def v1_files(self) -> Iterator[tuple[MemoryPath, Contents]]:
        """The file of a v1 memory, and those it goes on in; without those that are too large."""
        for path in continued(self.v1_path):
            try:
                found = self.find(path)
            except LimitExceeded:
                continue
            if found is None:
                return
            yield path, found

    def list_dir(self, path: MemoryPath) -> list[Entry]:
        """What a folder holds, sorted by name."""
        return self._connector.list_dir(path)

    def tree(self) -> list[Entry]:
        """Everything that is there, sorted by path."""
        return self._connector.get_tree()

    def texts(self, rows: Sequence[Row]) -> Iterator[tuple[Row, str]]:
        """The text of each file, where it is UTF-8 and still there."""
        edited = self._catalog.edits()
        stored = [row for row in rows if row.path not in edited and is_catalogued(row.path)]
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
