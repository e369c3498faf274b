"""One file of the memory, as its frontmatter and text describe it."""

from __future__ import annotations

from dataclasses import field

from pack.deferred import dataclass
from pack.errors import InvalidPath, LimitExceeded
from pack.files.note import Note
from pack.files.passages import Passage
from pack.index.format import (
    IndexRow,
    is_generated,
    render_row,
)
from pack.model import BlobId, MemoryPath
from pack.paths import is_memory_file, parse_stored_path


@dataclass(frozen=True, slots=True)
class Row:
    """One memory file, as its frontmatter describes it.

    Attributes:
        path: Where it is.
        blob: The bytes that were read.
        topic: Its topic, or a name made from the path.
        tags: Its tags.
        created: In ISO form if it is understood, else as typed.
        updated: The date that the file itself gives, in ISO form (`Note.stated_date`).
        sync: Whether targets get it.
        expires: ISO date after which it is expired, if it has a ttl.
        line: Its row in the index.
        size: Its length in bytes.
        passages: What search finds in it; set only in rows just read (`describe`), for a catalog to
            store (`replace`, `advance`, `edit`). Empty in rows that come from a catalog.
        changed: If it has no `updated`: ISO date (UTC) of its last change, if known, from its last
            commit (`Catalog.date`) or, while it is not committed, from its file.
        pin: Whether every conversation begins with it.
        says_shared: Whether it says of itself that it is not wholly the person's.
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
    size: int = field(default=0, compare=False)
    passages: tuple[Passage, ...] = field(default=(), compare=False, repr=False)
    changed: str | None = field(default=None, compare=False)
    pin: bool = False
    says_shared: bool = False

    @property
    def folder(self) -> str:
        """The folder it lies in."""
        return self.path.rpartition("/")[0]


def is_catalogued(path: str) -> bool:
    """Whether a stored path is a memory file that can be asked for: Unicode, on one line."""
    if not is_memory_file(path):
        return False
    is_plain = path.isascii() and path.isprintable() and "\\" not in path and path[1:2] != ":"
    return is_plain or _can_be_asked_for(path)


def _can_be_asked_for(path: str) -> bool:
    try:
        parse_stored_path(path)
    except (InvalidPath, LimitExceeded):
        return False
    return True


def describe(note: Note) -> Row | None:
    """The row of a note; `None` for a folder index that PACK generated, which is no memory file."""
    if is_generated(note.path, note.head.fields):
        return None
    meta = note.meta()
    topic = meta.topic or note.untopiced_title()
    updated, tags = note.stated_date(), note.tags()
    return Row(
        note.path,
        note.sha,
        topic,
        tags,
        meta.created,
        updated,
        meta.sync,
        meta.expires.isoformat() if meta.expires else None,
        render_row(IndexRow(note.path, topic, tags, updated)),
        len(note.content),
        note.passages(),
        pin=meta.pin,
        says_shared=note.says_shared(),
    )
