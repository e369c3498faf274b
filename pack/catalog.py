"""The catalog: what the index and listings need of every file, kept so that nobody reads it twice.

Derived from one commit, disposable, never committed (C6). An implementation may lose everything
at any time; the core fills it again from the connector.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from pack import frontmatter, schema
from pack.errors import InvalidContent
from pack.index import FolderSummary, IndexLine, IndexRow, is_generated, render_row
from pack.model import BlobId, CommitId, MemoryPath
from pack.paths import is_memory_file


@dataclass(frozen=True, slots=True)
class Row:
    """One memory file, as its frontmatter describes it.

    Attributes:
        path: Where it is.
        blob: The bytes that were read.
        topic: Its topic, or a name made from the path.
        tags: Its tags.
        created: As typed.
        updated: As typed, if it is an ISO date or time.
        sync: Whether targets get it.
        expires: ISO date after which it is expired, if it has a ttl.
        line: Its row in the index.
    """

    path: MemoryPath
    blob: BlobId
    topic: str
    tags: tuple[str, ...]
    created: str | None
    updated: str | None
    sync: bool
    expires: str | None
    line: str

    @property
    def folder(self) -> str:
        """The folder it lies in."""
        return self.path.rpartition("/")[0]


def is_catalogued(path: str) -> bool:
    """Whether a stored path is a memory file that can be named: some names are no Unicode."""
    return is_memory_file(path) and (path.isascii() or _is_unicode(path))


def _is_unicode(path: str) -> bool:
    try:
        path.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def title_from_path(path: str) -> str:
    """A topic for a file that names none: its name, as words."""
    stem = path.rpartition("/")[2].rpartition(".")[0]
    words = " ".join(stem.replace("-", " ").replace("_", " ").split())
    return words[:1].upper() + words[1:] if words else stem


def decode(path: str, content: bytes) -> str:
    """The text of a memory file.

    Raises:
        InvalidContent: It is not UTF-8.
    """
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise InvalidContent(f"{path} is not valid UTF-8 (byte {error.start + 1})") from error


def describe(path: MemoryPath, blob: BlobId, content: bytes) -> Row | None:
    """The row of a file; `None` for a folder's index of ours, which is no memory file.

    A file without a topic is named by its first heading, else by its path.
    """
    head = frontmatter.read(content.decode("utf-8", "replace"))
    if is_generated(path, head.fields):
        return None
    meta = schema.read_meta(head.fields)
    topic = meta.topic or schema.first_title(head.body) or title_from_path(path)
    updated = meta.updated if schema.parse_day(meta.updated) else None
    line = render_row(IndexRow(path, topic, meta.tags, updated))
    expires = meta.expires.isoformat() if meta.expires else None
    return Row(path, blob, topic, meta.tags, meta.created, updated, meta.sync, expires, line)


class Catalog(Protocol):
    """Rows of all memory files of one commit. Safe to call from any thread."""

    def commit(self) -> CommitId | None:
        """The commit the rows describe; `None` when there are none to rely on."""
        ...

    def replace(
        self, commit: CommitId, rows: Iterable[Row], unverified: Collection[str] = ()
    ) -> None:
        """Hold exactly these rows; the folders of all of them, and those named, are unverified."""
        ...

    def advance(
        self,
        old: CommitId,
        new: CommitId,
        rows: Sequence[Row],
        gone: Sequence[MemoryPath],
        unverified: Collection[str] = (),
    ) -> None:
        """Go from one commit to the next; nothing happens if the rows are not of `old`.

        Args:
            old: The commit the rows describe.
            new: The commit they describe afterwards.
            rows: Files that are new or different.
            gone: Files that are no more.
            unverified: Folders that somebody else changed, so that their index may be wrong.
        """
        ...

    def unverified(self) -> set[str]:
        """Folders whose own index has not been compared with their files since they changed."""
        ...

    def verified(self, commit: CommitId) -> None:
        """Note that the indexes of all folders are right in a commit, if that is still held."""
        ...

    def rows(self, folder: str | None = None) -> list[Row]:
        """The rows of a folder, without those of folders in it, or all; sorted by path."""
        ...

    def lines(self, folder: str) -> list[IndexLine]:
        """The index rows of the files in a folder, sorted by path."""
        ...

    def lines_between(
        self,
        folder: str,
        first: MemoryPath | None,
        before: MemoryPath | None,
        limit: int | None = None,
    ) -> list[IndexLine]:
        """The first `limit` index rows of a folder from `first` on, up to but without `before`."""
        ...

    def page_starts(self, folder: str) -> list[MemoryPath]:
        """The files of a folder at which `pack.index.starts_page`, sorted."""
        ...

    def newest(self, folder: str, besides: Collection[MemoryPath]) -> str | None:
        """The newest `updated` of a folder's files, some left out of account."""
        ...

    def folders(self) -> list[FolderSummary]:
        """All folders that hold memory files, sorted by path."""
        ...

    def find(self, path: MemoryPath) -> Row | None:
        """The row of a path."""
        ...

    def twins(self, folded: str) -> list[MemoryPath]:
        """Paths that some file systems take for the same, by `pack.paths.fold`."""
        ...
