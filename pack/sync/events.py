"""What a commit did to each file, for targets that receive every commit as events.

To targets, a file with `sync: false` does not exist: setting it deletes the file for them, and
removing it makes the file appear. Two paths are a move only if PACK made the commit and its message
names both. A move by hand is a delete and an update, so that no receiver keeps the old path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from enum import StrEnum

from pack.catalog.managed import IsShared
from pack.catalog.row import describe
from pack.connector import Connector
from pack.errors import NotFound
from pack.files.note import Note
from pack.log import CommitFacts
from pack.model import BlobId, CommitId, EntryType, MemoryPath
from pack.paths import INDEX, find_spelling
from pack.provenance import is_ours, without_trailers
from pack.sync.text import strip_frontmatter


class EventKind(StrEnum):
    """What happened to a file."""

    UPDATE = "update"
    EDIT = "edit"
    MOVE = "move"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class FileEvent:
    """A file that a commit changed.

    Attributes:
        kind: What happened.
        path: Where the file is, or was.
        content: Its markdown without frontmatter; empty after a delete.
        message: The part of the commit message that is meant for people.
        commit: The commit.
        old_path: Where the file was before a move; `None` for everything else.
    """

    kind: EventKind
    path: MemoryPath
    content: str
    message: str
    commit: CommitFacts
    old_path: MemoryPath | None = None


_Blobs = Mapping[MemoryPath, BlobId | None]
_Kind = tuple[MemoryPath, EventKind, MemoryPath | None]
"""A path, what happened there, and from where a file was moved to it."""


def read_events(
    connector: Connector, commit: CommitFacts, v1_path: MemoryPath, is_shared: IsShared
) -> list[FileEvent]:
    """What a commit did to the files that targets get, compared with its first parent.

    Deletes come first, then by path, so that a mirror of the files can apply the events one by one.
    There are none if the commit changed no such file.

    Raises:
        ConnectorError: The memory cannot be read.
        NotFound: Part of the history is missing.
    """
    parent = commit.parents[0] if commit.parents else None
    after = _changed(connector, parent, commit.id)
    before = _changed(connector, commit.id, parent) if parent else {}
    ours = [path for path in sorted({*after, *before}) if is_shared(path)]
    v1_file = find_spelling(v1_path, after)
    if v1_file in after and not _is_v2(connector, commit.id):
        ours.append(v1_file)
    old, new = _read(connector, before, ours), _read(connector, after, ours)
    message = without_trailers(commit.message)
    is_private = any(text is None for text in (*old.values(), *new.values()))
    events = []
    kinds = _kinds(message if is_ours(commit.message) else "", _given(old), _given(new))
    for path, kind, source in kinds:
        # The message may name files that targets do not get.
        said = f"{path}: {kind}" if is_private else message
        events.append(FileEvent(kind, path, new.get(path) or "", said, commit, source))
    return events


def _kinds(message: str, old: Set[MemoryPath], new: Set[MemoryPath]) -> Iterable[_Kind]:
    gone = sorted(old - new)
    moved = {
        path: source
        for path in new - old
        if message.startswith(f"{path}: move from ")
        for source in gone
        if message.startswith(f"{path}: move from {source}")
    }
    for path in gone:
        if path not in moved.values():
            yield path, EventKind.DELETE, None
    for path in sorted(new):
        if path in moved:
            yield path, EventKind.MOVE, moved[path]
        elif path in old and message.startswith(f"{path}: edit"):
            yield path, EventKind.EDIT, None
        else:
            yield path, EventKind.UPDATE, None


def _changed(connector: Connector, old: CommitId | None, new: CommitId) -> _Blobs:
    """The blobs in `new` of all files that differ from `old`; all files, for a first commit."""
    if old is None:
        entries = connector.get_tree(new)
        return {entry.path: entry.sha for entry in entries if entry.type is EntryType.FILE}
    found = connector.changes_between(old, new)
    if found is None:
        raise NotFound(f"commit {old}")
    return dict(found)


def _read(
    connector: Connector, blobs: _Blobs, paths: Iterable[MemoryPath]
) -> dict[MemoryPath, str | None]:
    """The markdown of these files; `None` for a file that targets do not get."""
    wanted = [(path, blob) for path in paths if (blob := blobs.get(path))]
    contents = connector.read_blobs(blob for _, blob in wanted)
    found: dict[MemoryPath, str | None] = {}
    for (path, _), (_, content) in zip(wanted, contents, strict=True):
        row = describe(Note.stored(path, BlobId(""), content))
        if row is not None:
            body = strip_frontmatter(content)
            text = f"{body}\n" if body else ""
            found[path] = text if row.sync else None
    return found


def _given(texts: Mapping[MemoryPath, str | None]) -> set[MemoryPath]:
    return {path for path, text in texts.items() if text is not None}


def _is_v2(connector: Connector, commit: CommitId) -> bool:
    return any(entry.path == INDEX for entry in connector.get_tree(commit))
