"""Value types shared by the core, the connectors and the servers. Nothing here does I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import field
from datetime import datetime
from enum import Enum, StrEnum
from typing import Literal, NewType

from pack.deferred import dataclass

BlobId = NewType("BlobId", str)
"""Git blob id of a file's bytes: 40 lower-case hex digits."""

CommitId = NewType("CommitId", str)
"""Git commit id: 40 lower-case hex digits."""

MemoryPath = NewType("MemoryPath", str)
"""Repository path that passed `pack.paths.parse_path`: relative, POSIX, NFC, no `..`."""


class Absent(Enum):
    """The expectation that no file is stored at a path: nothing at all, or a symbolic link."""

    ABSENT = "absent"
    LINK = "link"


ABSENT: Literal[Absent.ABSENT] = Absent.ABSENT
LINK: Literal[Absent.LINK] = Absent.LINK
Expectation = BlobId | Absent
"""What a change expects at its path: the blob that was read, or no file. Never `None`.

A store that cannot put a file in the place of a link refuses a change that expects one.
"""


class EntryType(StrEnum):
    """What a tree entry is. Only `FILE` entries have contents."""

    FILE = "file"
    DIR = "dir"
    SYMLINK = "symlink"
    SUBMODULE = "submodule"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a listing.

    Attributes:
        name: Last component of the path.
        path: Path from the root of the memory.
        type: What it is.
        sha: Blob id of a file; empty for anything else.
    """

    name: str
    path: MemoryPath
    type: EntryType
    sha: BlobId


@dataclass(frozen=True, slots=True)
class Contents:
    """A file as a reader gets it.

    Attributes:
        content: The exact bytes.
        sha: Blob id of `content`.
        last_modified: When the file got these bytes, as far as the store knows, in UTC.
    """

    content: bytes
    sha: BlobId
    last_modified: datetime


@dataclass(frozen=True, slots=True)
class Put:
    """Store `content` at `path`, provided that the path still holds what `expect` says."""

    path: MemoryPath
    content: bytes
    expect: Expectation


class StoredPut(Put):
    """A `Put` of a blob that the store has already, whose bytes are read whenever they are needed.

    So a write of more than fits into memory can be one commit. Until then, a ref has to lead to the
    blob.

    Args:
        path: As in `Put`.
        blob: What is stored there.
        expect: As in `Put`.
        read: Reads a blob.
    """

    __slots__ = ("_read", "blob")

    def __init__(
        self,
        path: MemoryPath,
        blob: BlobId,
        expect: Expectation,
        read: Callable[[BlobId], bytes],
    ) -> None:
        for name, value in (("path", path), ("blob", blob), ("expect", expect), ("_read", read)):
            object.__setattr__(self, name, value)

    blob: BlobId
    _read: Callable[[BlobId], bytes]

    @property
    def content(self) -> bytes:
        """The bytes of the blob."""
        return self._read(self.blob)


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove the file at `path`, provided that it is still the blob `expect`.

    With `ABSENT`, the file is gone already, removed by hand: the commit shall not hold it either.
    """

    path: MemoryPath
    expect: BlobId | Literal[Absent.ABSENT]


Change = Put | Delete


@dataclass(frozen=True, slots=True)
class Identity:
    """The author that a commit names."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit that was made.

    Attributes:
        id: The new commit.
        url: Where a browser shows it, if the store has such a place.
        blobs: Blob id of each file it stored, by path. Deleted paths are missing.
    """

    id: CommitId
    url: str | None = None
    blobs: Mapping[MemoryPath, BlobId] = field(default_factory=dict)


def blob_id(content: bytes) -> BlobId:
    """The id git gives a file with these bytes: the SHA-1 of `blob <size>`, a NUL and the bytes."""
    digest = hashlib.sha1(b"blob %d\0" % len(content), usedforsecurity=False)
    digest.update(content)
    return BlobId(digest.hexdigest())


@dataclass(frozen=True, slots=True)
class LastChange:
    """The last commit that changed a file, and when that commit was made, in UTC."""

    path: MemoryPath
    commit: CommitId
    at: datetime


@dataclass(frozen=True, slots=True)
class ConflictingTexts:
    """A file that an undo cannot merge.

    Attributes:
        path: The file.
        ours: Its text now; `None` if it is gone.
        theirs: Its text before the commit that was to be undone; `None` if it was not there.
    """

    path: MemoryPath
    ours: bytes | None
    theirs: bytes | None


class Mode(StrEnum):
    """What is at the root of the memory; looked up for each request."""

    V2 = "v2"
    V1 = "v1"
    EMPTY = "empty"


def object_id(kind: str, data: bytes) -> str:
    """The id git gives an object with these contents."""
    digest = hashlib.sha1(f"{kind} {len(data)}\0".encode(), usedforsecurity=False)
    digest.update(data)
    return digest.hexdigest()
