"""One file of the memory, as its frontmatter and text describe it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from pack.errors import InvalidContent
from pack.files import frontmatter, schema
from pack.files.markdown import split_lines
from pack.files.passages import Passage, cut_passages, split_passages
from pack.files.plain_frontmatter import read_plain, split_plain
from pack.index.format import (
    IndexRow,
    is_generated,
    render_row,
)
from pack.model import BlobId, MemoryPath
from pack.paths import is_memory_file

_SHORT_CHARACTERS: Final = 2000


_OUR_FIELDS: Final = frozenset(["topic", "tags", "created", "updated", "sync", "ttl"])


_BLOCK_LINE: Final = 2
"""Line of a file that its frontmatter begins on."""


_CONTINUES: Final = frozenset([" ", "\t", "-", "]", "}", "\r", "\n", ""])
"""What a line begins with that belongs to the field before it."""


_TITLE: Final = re.compile(r"\s*# +([^\r\n]*[^\s#])")


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
        size: Its length in bytes.
        passages: What search finds in it; only where it was just read (`describe`), as a catalog
            wants it (`replace`, `advance`, `edit`). Empty in the rows that a catalog answers with.
        changed: ISO date of the day (UTC) it was changed last, where it has no `updated` and that
            is known: by its last commit (`Catalog.date`), or by its file while it is not committed.
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
    block, head = _read(content.decode("utf-8", "replace"))
    if is_generated(path, head.fields):
        return None
    meta = schema.read_meta(head.fields)
    topic = meta.topic or schema.first_title(head.body) or title_from_path(path)
    updated = meta.updated if schema.parse_day(meta.updated) else None
    line = render_row(IndexRow(path, topic, meta.tags, updated))
    expires = meta.expires.isoformat() if meta.expires else None
    return Row(
        path,
        blob,
        topic,
        meta.tags,
        meta.created,
        updated,
        meta.sync,
        expires,
        line,
        len(content),
        _passages(head) + _other_fields(block, head),
    )


def _read(text: str) -> tuple[str | None, frontmatter.Frontmatter]:
    """The block of frontmatter, and what `frontmatter.read` gives; sooner for plain ones."""
    plain = split_plain(text)
    fields = read_plain(plain[0]) if plain else None
    if plain and fields is not None:
        block, body = plain
        return block, frontmatter.Frontmatter(fields, None, body, block.count("\n") + 3)
    return frontmatter.split(text).block, frontmatter.read(text)


def _passages(head: frontmatter.Frontmatter) -> tuple[Passage, ...]:
    """What search finds in a file: a short file as a whole, so that its words stand together.

    At least one, since a file is found by its path and topic too.
    """
    if len(head.body) > _SHORT_CHARACTERS:
        return tuple(split_passages(head.body, head.body_line))
    title = _TITLE.match(head.body)
    return (Passage(head.body_line, title[1] if title else "", head.body),)


def _other_fields(block: str | None, head: frontmatter.Frontmatter) -> tuple[Passage, ...]:
    """The frontmatter that is the user's own, for it is found as any text; mostly there is none.

    All of it, where it cannot be read.
    """
    if block is None or not (head.problem or head.fields.keys() - _OUR_FIELDS):
        return ()
    lines = split_lines(block)
    kept = lines if head.problem else _without_ours(lines)
    first = next((number for number, line in enumerate(kept) if line.strip()), 0)
    return tuple(cut_passages("".join(kept[first:]), first + _BLOCK_LINE))


def _without_ours(lines: Sequence[str]) -> list[str]:
    """The lines, those of our own fields empty, so that the others keep their numbers."""
    kept, is_ours = [], False
    for line in lines:
        if line[:1] not in _CONTINUES:
            is_ours = line.partition(":")[0].strip("\"' \t") in _OUR_FIELDS
        kept.append("\n" if is_ours else line)
    return kept
