"""What was seen of the memory files of a working tree, and the file that keeps it.

A process loads the file once and goes on in memory. It stores the whole of it now and then, so
that the next process need not read every note again. What it finds was true when it was stored,
and stat data tells what has changed since: processes that store in turn do no harm.

Everything in it is derived (C6). A file that is missing, damaged or of another version is replaced.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from pack.model import BlobId, CommitId, MemoryPath
from pack_connectors.system.durable_files import write_durably

_VERSION: Final = 2
_ONE_IN: Final = 32
"""So much quicker is storing what is known of a file than reading the file again."""


def mark(status: str, blob: BlobId) -> str:
    """A file as it was seen: its stat data, empty where it may not be relied on, and its blob."""
    return f"{status} {blob}"


def status_of(seen: str) -> str:
    """The stat data in a mark."""
    return seen.rpartition(" ")[0]


def _blob_of(seen: str | None) -> BlobId | None:
    return None if seen is None else BlobId(seen.rpartition(" ")[2])


def _path(folder: str, name: str) -> MemoryPath:
    return MemoryPath(f"{folder}/{name}" if folder else name)


@dataclass
class SeenTree:
    """The memory files that were seen, and how they differ from one commit.

    Attributes:
        commit: The commit; `None` for no commit at all.
        committed: What it holds at each path where something else was seen.
        digests: For each folder, what stands for the stat data of all its files; empty where they
            must be looked at one by one.
        files: For each folder, the mark of each of its files.
        version: Of this layout.
    """

    commit: CommitId | None = None
    committed: dict[MemoryPath, BlobId | None] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    files: dict[str, dict[str, str]] = field(default_factory=dict)
    version: int = _VERSION

    def edits(self) -> dict[MemoryPath, BlobId | None]:
        """What was seen at each path where the commit holds something else."""
        return {path: self._blob(path) for path in self.committed}

    def _blob(self, path: MemoryPath) -> BlobId | None:
        folder, _, name = path.rpartition("/")
        return _blob_of(self.files.get(folder, {}).get(name))

    def see(self, folder: str, name: str, seen: str | None) -> None:
        """Take note of a file, or that there is none."""
        files = self.files.setdefault(folder, {})
        path, now = _path(folder, name), _blob_of(seen)
        held = self.committed.pop(path, _blob_of(files.pop(name, None)))
        if seen is not None:
            files[name] = seen
        if held != now:
            self.committed[path] = held
        self.digests[folder] = ""

    def forget(self, folder: str) -> None:
        """Take note that a folder is gone."""
        for name in list(self.files.get(folder, ())):
            self.see(folder, name, None)
        del self.digests[folder]
        self.files.pop(folder, None)

    def move(self, commit: CommitId | None, changes: Mapping[MemoryPath, BlobId | None]) -> None:
        """Compare with another commit, which holds something else at these paths."""
        self.commit = commit
        for path, held in changes.items():
            self.committed.pop(path, None)
            if held != self._blob(path):
                self.committed[path] = held

    def compare(self, commit: CommitId | None, held: Mapping[MemoryPath, BlobId]) -> None:
        """Compare with a commit that holds exactly these files."""
        self.commit = commit
        here = {_path(folder, name) for folder, files in self.files.items() for name in files}
        paths = held.keys() | here
        self.committed = {p: held.get(p) for p in paths if held.get(p) != self._blob(p)}


class SeenFile:
    """Keeps a snapshot for the next process.

    Args:
        file: Where to keep it; `None` for nowhere.
    """

    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._changes = 0

    def load(self) -> SeenTree:
        """What was stored last; an empty snapshot where nothing is that can be used."""
        if self._file is not None:
            with suppress(OSError, ValueError, TypeError, AttributeError, RecursionError):
                found = SeenTree(**json.loads(self._file.read_bytes()))
                if _is_valid(found):
                    return found
        return SeenTree()

    def keep(self, snapshot: SeenTree, changes: int) -> None:
        """Store a snapshot, once that spares the next process more than it costs this one.

        Args:
            snapshot: All that is known now.
            changes: How much of it is news since the last call.
        """
        self._changes += changes
        files = sum(map(len, snapshot.files.values()))
        if self._file is None or not self._changes or self._changes * _ONE_IN < files:
            return
        self._changes = 0
        with suppress(OSError):  # without it, the next process reads all files
            # Without its parents: where git's folder is gone, a new one would hide that.
            self._file.parent.mkdir(exist_ok=True)
            data = json.dumps(vars(snapshot)).encode()
            write_durably(str(self._file), data, f"{self._file}-")


def _is_valid(snapshot: SeenTree) -> bool:
    """Whether all of it has the right form; anybody may have edited the file."""

    def are_texts(found: Any, *others: type) -> bool:
        return set(map(type, found.values())) <= {str, *others}

    return (
        snapshot.version == _VERSION
        and isinstance(snapshot.commit, str | None)
        and are_texts(snapshot.committed, type(None))
        and are_texts(snapshot.digests)
        and all(map(are_texts, snapshot.files.values()))
        and snapshot.files.keys() <= snapshot.digests.keys()
    )
