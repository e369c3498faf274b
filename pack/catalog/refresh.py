"""Brings the catalog to a commit and to what a reader sees; costs as much as has changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC
from typing import Final, TypeVar

from pack.catalog.catalog import Catalog
from pack.catalog.imported import as_recorded, dated, dates_in
from pack.catalog.row import Row, describe
from pack.catalog.scope import EVERYTHING, PROJECT_FILE, Scope, scope_of
from pack.connector import Capability, Connector
from pack.errors import LimitExceeded, NotFound, Unavailable
from pack.files.note import Note
from pack.index.format import is_page_path
from pack.model import BlobId, CommitId, EntryType, MemoryPath
from pack.rules.exclusion import ATTRIBUTES_FILE, CommittedRules

NO_COMMIT: Final = CommitId("")
"""Stands for the state before the first commit."""

Progress = Callable[[int, int], None]
"""Called with the number of files read so far, and of all files."""
Edits = Callable[[CommitId | None], Mapping[MemoryPath, BlobId | None]]
"""Returns the files whose current version differs from a commit's: blobs, `None` if gone."""

_ATTEMPTS: Final = 4
_MANY: Final = 100
_TIMES_DEARER: Final = 3
"""Replacing a file in a catalog takes about so many times as long as adding it to an empty one."""
_REPORT_EVERY: Final = 500
_T = TypeVar("_T")


def bring_up(
    catalog: Catalog,
    connector: Connector,
    head: CommitId | None,
    progress: Progress | None = None,
) -> None:
    """Make the catalog describe `head`.

    Args:
        catalog: May lose everything at any moment, and is then filled again.
        connector: Has the files.
        head: Its current commit.
        progress: Called every now and then, and at the end, while all files are read.

    Raises:
        ConnectorError: The store cannot be read.
    """
    new = head or NO_COMMIT
    for _ in range(_ATTEMPTS):
        old = catalog.commit()
        if old == new:
            return
        changed = connector.changes_between(old, head) if old and head else None
        if old is None or changed is None or _takes_all(catalog, changed):
            _fill(catalog, connector, head, progress)
        else:
            _advance(catalog, connector, old, new, changed)


def _takes_all(catalog: Catalog, changed: Sequence[tuple[MemoryPath, BlobId | None]]) -> bool:
    """Whether to read everything again: it has to be, or that is faster than so many changes."""
    if any(_decides_others(path) for path, _ in changed):
        return True
    if len(changed) <= _MANY:
        return False
    return _TIMES_DEARER * len(changed) > sum(folder.files for folder in catalog.folders())


def _fill(
    catalog: Catalog, connector: Connector, head: CommitId | None, progress: Progress | None
) -> None:
    found = committed_files(connector, head)
    rows, folders = read_rows(connector, found, progress), _folders(path for path, _ in found)
    del found  # so that it is freed with the last row, before a catalog gives back memory
    catalog.replace(head or NO_COMMIT, rows, folders)


def _advance(
    catalog: Catalog,
    connector: Connector,
    old: CommitId,
    new: CommitId,
    changed: Iterable[tuple[MemoryPath, BlobId | None]],
) -> None:
    rules = CommittedRules(connector.get_committed, lambda blob: _read(connector, blob))
    scope = scope_of(connector)
    ours = [
        (path, None if rules.is_managed(path) else blob)
        for path, blob in changed
        if scope.holds(path)
    ]
    rows = list(read_rows(connector, [(path, blob) for path, blob in ours if blob]))
    described = {row.path for row in rows}
    gone = [path for path, _ in ours if path not in described]
    catalog.advance(old, new, rows, gone, _folders(path for path, _ in ours))


def bring_up_dates(catalog: Catalog, connector: Connector, head: CommitId) -> None:
    """Note the last change of each file in the catalog, if the log is at hand.

    Args:
        catalog: Describes `head`.
        connector: Has the log.
        head: Its current commit.

    Raises:
        ConnectorError: The log cannot be read.
    """
    if Capability.LOG in connector.capabilities and (known := catalog.dated()) != head:
        changes = connector.last_changes(known, head)
        catalog.date(known, head, as_recorded(catalog, changes, dates_in(connector)))


def bring_up_edits(
    catalog: Catalog, connector: Connector, edits: Mapping[MemoryPath, BlobId | None]
) -> None:
    """Make the catalog hold these files as a reader sees them.

    Args:
        catalog: Describes the commit that the edits differ from.
        connector: Has the files.
        edits: The blob at each path; `None` if a file of the commit is gone.

    Raises:
        ConnectorError: The store cannot be read.
    """
    scope = scope_of(connector) if edits else EVERYTHING
    wanted = {path: blob for path, blob in edits.items() if scope.holds(path)}
    held = catalog.edits()
    if held == wanted:
        return
    new = {path: blob for path, blob in wanted.items() if path not in held or held[path] != blob}
    seen = {path: _edited_row(connector, path, blob) for path, blob in new.items()}
    rows = [row for row in seen.values() if row is not None]
    gone = {path: new[path] for path, row in seen.items() if row is None}
    complete(catalog, connector)
    catalog.edit(rows, gone, [path for path in held if path not in wanted])


def complete(catalog: Catalog, connector: Connector) -> None:
    """Describe files again whose bytes the store did not have when they were read.

    A partial clone has no bytes of files that it leaves out of the folder, and gets them later.

    Args:
        catalog: Describes a commit.
        connector: Has the files.

    Raises:
        ConnectorError: The store cannot be read.
    """
    commit = catalog.commit()
    left_out = [path for path, blob in catalog.edits().items() if blob is None]
    found = [row for path in left_out if (row := catalog.find(path)) and not row.size]
    if commit and found:
        rows = read_rows(connector, [(row.path, row.blob) for row in found])
        catalog.advance(commit, commit, list(rows), [])


def _edited_row(connector: Connector, path: MemoryPath, blob: BlobId | None) -> Row | None:
    """What a reader sees at a path; a file that is too large to read only has its path."""
    if blob is None:
        return None
    try:
        found = connector.get_contents(path)
    except NotFound:
        return None
    except LimitExceeded:
        return describe(Note.stored(path, blob, b""))
    row = describe(Note.found(path, found))
    if row is None or row.updated:
        return row
    return replace(row, changed=found.last_modified.astimezone(UTC).date().isoformat())


def ask(
    catalog: Catalog,
    connector: Connector,
    question: Callable[[], _T],
    edits: Edits | None = None,
    *,
    by_date: bool = False,
) -> _T:
    """The answer from a catalog that described what a reader sees the whole time.

    A catalog that turns out to be damaged loses everything, and then knows no passages. So the
    question is asked again, once the catalog has been rebuilt.

    Args:
        catalog: What is asked.
        connector: Has the files.
        question: Asks it; may be called several times.
        edits: Gives what differs from a commit; `None` if nothing can.
        by_date: Whether the answer depends on when files were changed. If some files do not say
            so themselves, new commits are read first.

    Raises:
        ConnectorError: The store cannot be read.
        Unavailable: The catalog keeps losing everything.
    """
    for _ in range(_ATTEMPTS):
        head = connector.head()
        bring_up(catalog, connector, head)
        if by_date and head is not None and catalog.lacks_dates():
            bring_up_dates(catalog, connector, head)
        if edits is not None:
            bring_up_edits(catalog, connector, edits(head))
        answer = question()
        if catalog.commit() == (head or NO_COMMIT):
            return answer
    if catalog.commit() is None:
        raise Unavailable("the memory cannot be listed, because no catalog of it can be kept")
    return answer  # commits came faster than answers; this one is of a recent commit


def rows_now_held(catalog: Catalog, connector: Connector, scope: Scope) -> list[Row]:
    """The rows of the current commit's files that become memory by another scope.

    Args:
        catalog: Describes that commit.
        connector: Has the files.
        scope: Which files are memory from now on.

    Raises:
        ConnectorError: The store cannot be read.
    """
    known = {row.path for row in catalog.rows()}
    found = committed_files(connector, connector.head(), scope)
    return list(read_rows(connector, [(path, blob) for path, blob in found if path not in known]))


def _folders(paths: Iterable[MemoryPath]) -> set[str]:
    """The folders whose index may be wrong after a change of these files or pages."""
    found = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        found.add(folder)
        if is_page_path(path):
            found.add(folder.rpartition("/")[0])
    return found


def committed_files(
    connector: Connector, head: CommitId | None, scope: Scope | None = None
) -> list[tuple[MemoryPath, BlobId]]:
    """The memory files of a commit, and others that look like one, with their blobs."""
    return list(walk_files(connector, head, scope)) if head is not None else []


def walk_files(
    connector: Connector, head: CommitId, scope: Scope | None = None
) -> Iterator[tuple[MemoryPath, BlobId]]:
    """The files of `committed_files`, one after the other."""
    found = {
        entry.path: entry.sha for entry in connector.get_tree(head) if entry.type is EntryType.FILE
    }
    rules = CommittedRules(found.get, lambda blob: _read(connector, blob))
    scope = scope_of(connector) if scope is None else scope
    for path, blob in found.items():
        if scope.holds(path) and not rules.is_managed(path):
            yield path, blob


def _decides_others(path: MemoryPath) -> bool:
    """Whether a file says which others are memory."""
    return path == PROJECT_FILE or path.rpartition("/")[2] == ATTRIBUTES_FILE


def _read(connector: Connector, blob: BlobId) -> bytes:
    ((_, content),) = connector.read_blobs([blob])
    return content


def read_rows(
    connector: Connector,
    files: Iterable[tuple[MemoryPath, BlobId]],
    progress: Progress | None = None,
) -> Iterator[Row]:
    """The rows of those files that are memory, in order, each read when it is asked for."""
    wanted = list(files)
    dates = dates_in(connector) if wanted else {}
    for number, ((path, blob), content) in enumerate(
        zip(wanted, _contents(connector, [blob for _, blob in wanted]), strict=True), start=1
    ):
        row = describe(Note.stored(path, blob, content))
        if row is not None:
            yield dated(row, dates)
        if progress is not None and (number % _REPORT_EVERY == 0 or number == len(wanted)):
            progress(number, len(wanted))


def _contents(connector: Connector, blobs: Sequence[BlobId]) -> Iterator[bytes]:
    """The bytes of each blob; none for one that a working tree's store does not have.

    A partial clone has those of the files in its folder only, and nobody sees the others.
    """
    done = 0
    while done < len(blobs):
        try:
            for _, content in connector.read_blobs(blobs[done:]):
                done += 1
                yield content
        except NotFound:
            if Capability.WORKING_TREE not in connector.capabilities:
                raise
            done += 1
            yield b""
