"""Bringing the catalog to a commit, at the cost of what changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pack.catalog import Catalog, Row, describe, is_catalogued
from pack.connector import Connector
from pack.index import is_page_path
from pack.model import BlobId, CommitId, EntryType, MemoryPath

NO_COMMIT = CommitId("")
"""Stands for the state before the first commit."""


def bring_up(catalog: Catalog, connector: Connector, head: CommitId | None) -> None:
    """Make the catalog describe `head`.

    Raises:
        ConnectorError: The store cannot be read.
    """
    old = catalog.commit()
    new = head or NO_COMMIT
    if old == new:
        return
    changed = connector.changes_between(old, head) if old and head else None
    if old is None or changed is None:
        found = _files(connector, head)
        catalog.replace(new, _rows(connector, found), _folders(path for path, _ in found))
        return
    files = [(path, blob) for path, blob in changed if blob and is_catalogued(path)]
    rows = list(_rows(connector, files))
    described = {row.path for row in rows}
    gone = [path for path, _ in changed if is_catalogued(path) and path not in described]
    folders = _folders(path for path, _ in changed if is_catalogued(path))
    catalog.advance(old, new, rows, gone, folders)


def _folders(paths: Iterable[MemoryPath]) -> set[str]:
    """The folders whose index may be wrong when these files were changed; a page is part of one."""
    found = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        found.add(folder)
        if is_page_path(path):
            found.add(folder.rpartition("/")[0])
    return found


def _files(connector: Connector, head: CommitId | None) -> list[tuple[MemoryPath, BlobId]]:
    if head is None:
        return []
    return [
        (entry.path, entry.sha)
        for entry in connector.get_tree(head)
        if entry.type is EntryType.FILE and is_catalogued(entry.path)
    ]


def _rows(connector: Connector, files: Iterable[tuple[MemoryPath, BlobId]]) -> Iterator[Row]:
    wanted = list(files)
    contents = connector.read_blobs(blob for _, blob in wanted)
    for (path, blob), (_, content) in zip(wanted, contents, strict=True):
        row = describe(path, blob, content)
        if row is not None:
            yield row
