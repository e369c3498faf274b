"""What is new for each client since its last visit.

A client's visit is over when its answer has reached it: whoever asks says so (`Visits.seen`), and
one that is gone before gets the same answer again. What a client wrote itself is told too, because
its next conversation does not remember it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

from pack.connector import Connector
from pack.core.session import Session
from pack.deferred import dataclass
from pack.errors import NotFound
from pack.history.assigned import AssignedLevel, assigned_in, writer_of
from pack.history.told import Told
from pack.history.when import find_since
from pack.log import ChangeKind, CommitFacts, LogQuery, compare_trees
from pack.model import BlobId, CommitId, MemoryPath

LAST: Final = "last"
_FIRST_VISIT: Final = timedelta(days=7)
_REWRITTEN: Final = (
    "the history was rewritten since the last visit; shown is everything that is there now"
)


@dataclass(frozen=True, slots=True)
class NewFile:
    """A file that is not what it was.

    Attributes:
        path: Where it is; for a deleted file, where it was.
        change: What happened to it altogether.
        by: The origin of the last commit that changed it.
        old_path: Where it was, if it has only been moved or was changed on the way.
    """

    path: MemoryPath
    change: ChangeKind
    by: str
    old_path: MemoryPath | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What is new for a reader.

    Attributes:
        since: The commit that it is compared with; `None` for the beginning of the memory.
        head: The newest commit; `None` for a memory without one.
        files: The files that differ, those changed last first.
        notice: What the reader should know about the comparison.
    """

    since: CommitId | None
    head: CommitId | None
    files: tuple[NewFile, ...] = ()
    notice: str | None = None


class Visits:
    """The visits of all clients. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._core = session.core

    def news(self, client: str, since: str = LAST) -> News:
        """What is new for a client; nothing is remembered.

        Args:
            client: Who asks, by any name that it always uses.
            since: `last` for its last visit; else a commit, a date, a time or a span, as in
                `pack.history.when`. A memory that is younger is new from its beginning.

        Raises:
            InvalidRequest: `since` names none of these.
            NotFound: There is no such commit in the memory's history.
        """
        with self._core.view():
            head = self._core.connector.head()
            if head is None:
                return News(None, None)
            if since.strip().lower() != LAST:
                return self._since(self._find(since), head)
            known = self._core.visits.load(client)
            if known is None:
                said = f"this is the first visit of {client}; shown are the last 7 days of changes"
                return self._since(self._first(head), head, said)
            if not _leads_to(self._core.connector, known, head):
                return self._since(None, head, _REWRITTEN)
            return self._since(known, head)

    def seen(self, client: str, head: CommitId | None) -> None:
        """Remember that a client knows all changes up to a commit (`News.head`).

        Raises:
            Unavailable: It cannot be stored.
        """
        if head is not None:
            self._core.visits.save(client, head)

    def _first(self, head: CommitId) -> CommitId | None:
        """Where a first visit begins: some time before the newest commit, whenever that was."""
        (newest,) = self._core.log.read(LogQuery(head, limit=1))
        return self._find((newest.at - _FIRST_VISIT).isoformat())

    def _find(self, since: str) -> CommitId | None:
        return find_since(self._core.connector, since, self._core.clock())

    def _since(self, since: CommitId | None, head: CommitId, notice: str | None = None) -> News:
        if since == head:
            return News(since, head, (), notice)
        connector = self._core.connector
        found = connector.changes_between(since, head) if since else _blobs(connector, head).items()
        if found is None:
            raise NotFound(f"commit {since}")
        steps = self._core.log.read(LogQuery(head, since, with_files=True))
        changed = Told(self._core).notes(found)
        former = _former_paths(connector, since, head, steps)
        return News(
            since,
            head,
            tuple(_files(changed, former, steps, assigned_in(self._core).levels)),
            notice,
        )


def _files(
    changed: Mapping[MemoryPath, BlobId | None],
    former: _Former,
    steps: Sequence[CommitFacts],
    assigned: Mapping[CommitId, AssignedLevel],
) -> Iterator[NewFile]:
    """Each file that differs, the one that was changed last first; a moved one only once."""
    moved = {old for path, old in former.items() if changed.get(path) and old != path}
    by: dict[MemoryPath, str] = {}
    for step in steps:
        for change in step.files or ():
            by.setdefault(change.path, writer_of(step, assigned).origin)
    order = {path: number for number, path in enumerate(by)}
    head = writer_of(steps[0], assigned).origin if steps else ""
    for path in sorted(changed, key=lambda path: (order.get(path, len(order)), path)):
        old = former.get(path, path)
        if changed[path] is None:
            if path not in moved:
                yield NewFile(path, ChangeKind.DELETED, by.get(path, head))
        elif old is None or (old != path and changed.get(old, old) is not None):
            yield NewFile(path, ChangeKind.ADDED, by.get(path, head))
        elif old == path:
            yield NewFile(path, ChangeKind.EDITED, by.get(path, head))
        else:
            yield NewFile(path, ChangeKind.MOVED, by.get(path, head), old)


_Former = Mapping[MemoryPath, MemoryPath | None]
"""For a path, where its file was before; `None` if it was not there. Other paths stayed."""


def _former_paths(
    connector: Connector, since: CommitId | None, head: CommitId, steps: Sequence[CommitFacts]
) -> _Former:
    """Where the files were at a commit, told by the steps from there; else by both trees."""
    ends = [step.parents for step in steps]
    is_line = all(parents == (older.id,) for parents, older in zip(ends, steps[1:], strict=False))
    if not is_line or ends[-1:] != [(since,) if since else ()]:
        before = _blobs(connector, since) if since else {}
        changes = compare_trees(before, _blobs(connector, head))
    else:
        changes = tuple(change for step in reversed(steps) for change in step.files or ())
    former: dict[MemoryPath, MemoryPath | None] = {}
    for change in changes:
        if change.kind is ChangeKind.ADDED:
            former[change.path] = None
        elif change.old_path is not None:
            former[change.path] = former.get(change.old_path, change.old_path)
    return former


def _blobs(connector: Connector, at: CommitId) -> dict[MemoryPath, BlobId]:
    return {entry.path: entry.sha for entry in connector.get_tree(at) if entry.sha}


def _leads_to(connector: Connector, older: CommitId, newer: CommitId) -> bool:
    line = connector.lineage(older, newer)
    return line is not None and not line.is_rewritten
