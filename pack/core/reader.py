"""What readers see: the files as they are now, uncommitted edits included."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from pack.catalog.catalog import Catalog
from pack.catalog.row import Row, is_catalogued
from pack.connector import Connector
from pack.errors import IgnoredPath, InvalidContent, LimitExceeded, ManagedPath, NotFound
from pack.files.note import Note
from pack.index.format import read_head
from pack.log import LogQuery
from pack.model import BlobId, CommitId, Entry, EntryType, MemoryPath, Mode
from pack.paths import INDEX, continued, find_spelling, original_path
from pack.rules.exclusion import Exclusion, ExclusionKind

_Seen = dict[MemoryPath, Note | None]
_SEEN: ContextVar[tuple[object, _Seen] | None] = ContextVar("seen", default=None)
"""While this thread is inside `reading_once`: the reader, and the files it has read so far."""


def excluded(path: MemoryPath, why: Exclusion) -> IgnoredPath | ManagedPath:
    """The error for a path that is not memory."""
    kind = IgnoredPath if why.kind is ExclusionKind.IGNORED else ManagedPath
    return kind(path, why.place, why.rule)


def marks_of_a_memory(v1_path: str) -> tuple[str, str]:
    """The files at the root by which a memory is known from outside: its index, or the v1 file."""
    return INDEX, v1_path


class Reader:
    """Reads one memory."""

    def __init__(self, connector: Connector, catalog: Catalog, v1_path: MemoryPath) -> None:
        self._connector = connector
        self._catalog = catalog
        self._former: tuple[CommitId | None, str | None] | None = None
        self._v1_path = v1_path

    def over(self, connector: Connector, catalog: Catalog) -> Reader:
        """A reader of another state of the same memory."""
        return Reader(connector, catalog, self._v1_path)

    @contextmanager
    def reading_once(self) -> Iterator[None]:
        """Let `find` read each file at most once in this thread; it starts with nothing cached.

        For a decision that several steps look at. If a file changes meanwhile, the compare-and-swap
        of the commit notices.
        """
        around = self._seen()
        token = _SEEN.set((self, {}))
        try:
            yield
        finally:
            _SEEN.reset(token)
            if around is not None:
                around.clear()  # it may be out of date by now

    @property
    def v1_path(self) -> MemoryPath:
        """The single file of a v1 memory, as it is spelt there: `memory.md` counts too."""
        if self._is_there(self._v1_path):
            return self._v1_path
        beside = self.list_dir(MemoryPath(self._v1_path.rpartition("/")[0]) or None)
        names = (entry.path for entry in beside if entry.type is EntryType.FILE)
        return find_spelling(self._v1_path, names)

    def _seen(self) -> _Seen | None:
        found = _SEEN.get()
        return found[1] if found is not None and found[0] is self else None

    def mode(self) -> Mode:
        """What is at the root now.

        A memory whose index somebody removed or replaced is still one: the next write makes a new
        index (C10).
        """
        if self.has_index():
            return Mode.V2
        has_v1 = self._is_there(self.v1_path)
        if has_v1 and not self._is_there(original_path(self.v1_path)):
            return Mode.V1
        if self.former_index() is not None:
            return Mode.V2
        return Mode.V1 if has_v1 else Mode.EMPTY

    def has_index(self) -> bool:
        """Whether there is an index at this moment, true or not."""
        return self._is_there(INDEX)

    def former_index(self) -> str | None:
        """The last `index.md` that PACK wrote, as a commit holds it; `None` if it never did.

        Looks into the history, once for each commit; only where the present index is of no use.
        """
        head = self._connector.head()
        if self._former is None or self._former[0] != head:
            self._former = head, self._find_former(head)
        return self._former[1]

    def _find_former(self, head: CommitId | None) -> str | None:
        if head is None:
            return None
        if (text := self._own_index(self._connector.get_committed(INDEX))) is not None:
            return text
        for commit in self._connector.log(LogQuery(head, path=INDEX)):
            for parent in commit.parents[:1]:
                tree = self._connector.get_tree(parent)
                blob = next((entry.sha for entry in tree if entry.path == INDEX), None)
                if (text := self._own_index(blob)) is not None:
                    return text
        return None

    def _own_index(self, blob: BlobId | None) -> str | None:
        if not blob:
            return None
        ((_, content),) = self._connector.read_blobs([blob])
        text = content.decode("utf-8", "replace")
        return text if text.strip() and read_head(text).is_ours else None

    def _is_there(self, path: MemoryPath) -> bool:
        try:
            return self.find(path) is not None
        except LimitExceeded:
            return True  # too large to read

    def find(self, path: MemoryPath) -> Note | None:
        """A file; `None` if it does not exist.

        Raises:
            LimitExceeded: It is larger than a memory file may be.
        """
        seen = self._seen()
        if seen is not None and path in seen:
            return seen[path]
        try:
            found: Note | None = Note.found(path, self._connector.get_contents(path))
        except NotFound:
            found = None
        if seen is not None:
            seen[path] = found
        return found

    def exclusion(self, path: MemoryPath) -> Exclusion | None:
        """Why a path is not memory; `None` if it is."""
        return self._connector.exclusion(path)

    def refuse_excluded(self, path: MemoryPath) -> None:
        """Do nothing, unless a path is not memory.

        Raises:
            IgnoredPath, ManagedPath: It is not; the message names the rule.
        """
        if (found := self.exclusion(path)) is not None:
            raise excluded(path, found)

    def is_committed(self, found: Note) -> bool:
        """Whether the current commit holds the file as it was found."""
        return self._connector.get_committed(found.path) == found.sha

    def v1_files(self) -> Iterator[Note]:
        """The file of a v1 memory and those that continue it, except any too large to read."""
        for path in continued(self.v1_path):
            try:
                found = self.find(path)
            except LimitExceeded:
                continue
            if found is None:
                return
            yield found

    def list_dir(self, path: MemoryPath | None) -> list[Entry]:
        """What a folder holds, or the root, sorted by name."""
        return self._connector.list_dir(path)

    def tree(self) -> list[Entry]:
        """Everything that is there, sorted by path."""
        return self._connector.get_tree()

    def texts(self, rows: Sequence[Row], *, one_by_one: bool = False) -> Iterator[tuple[Row, Note]]:
        """The note of each file that still exists and is UTF-8.

        Args:
            rows: The files.
            one_by_one: Whether each is looked up, as while the catalog cannot tell which of them
                were edited.
        """
        edited = {row.path for row in rows} if one_by_one else self._catalog.edits()
        stored = [row for row in rows if row.path not in edited and is_catalogued(row.path)]
        contents = self._connector.read_blobs(row.blob for row in stored)
        known = {row.path for row in stored}
        for row in rows:
            try:
                if row.path in known:
                    blob, content = next(contents)
                    note: Note | None = Note.stored(row.path, blob, content)
                else:
                    note = self.find(row.path)
                if note is not None:
                    note.exact_text()
                    yield row, note
            except (InvalidContent, LimitExceeded):
                continue  # `validate` reports it; the other files stay reachable
