"""A record that is larger than a memory file may be, as several: no conversation is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from pack.imports.records import ImportedPart, ImportedRecord
from pack.limits import MAX_FILE_BYTES, MAX_FRONTMATTER_BYTES

_MOST: Final = MAX_FILE_BYTES - MAX_FRONTMATTER_BYTES - 64 * 1024


def split(record: ImportedRecord, most: int = _MOST) -> Iterator[ImportedRecord]:
    """The record itself, or several with the ids `ID`, `ID#2` and so on.

    What is added at the end of a conversation leaves those before as they are.

    Args:
        record: What is to be a note.
        most: How many bytes of text one may have.
    """
    if record.verbatim is not None or sum(_size(part.text) for part in record.parts) <= most:
        yield record
        return
    for number, parts in enumerate(_groups(record.parts, most), 1):
        if number == 1:
            yield replace(record, parts=parts)
        else:
            more = f" ({number})"
            yield replace(
                record,
                source_id=f"{record.source_id}#{number}",
                title=f"{record.title}{more}" if record.title else "",
                name=_numbered(record.name, number),
                parts=parts,
                count=0,
                former_id=f"{record.former_id}#{number}" if record.former_id else "",
            )


def _groups(parts: Sequence[ImportedPart], most: int) -> Iterator[list[ImportedPart]]:
    group: list[ImportedPart] = []
    size = 0
    for part in chain.from_iterable(_pieces(one, most) for one in parts):
        length = _size(part.text)
        if group and size + length > most:
            yield group
            group, size = [], 0
        group.append(part)
        size += length
    if group:
        yield group


def _pieces(part: ImportedPart, most: int) -> Iterator[ImportedPart]:
    """A part, or several where it is too large by itself: cut at the ends of lines, or anywhere."""
    if _size(part.text) <= most:
        yield part
        return
    rest = part.text.encode("utf-8", "replace")
    while rest:
        end = len(rest)
        if end > most:
            end = rest.rfind(b"\n", 0, most) + 1 or most
            while rest[end : end + 1] and rest[end] & 0xC0 == 0x80:  # within a character
                end -= 1
        yield replace(part, text=rest[:end].decode("utf-8", "replace"))
        rest = rest[end:]


def _numbered(name: str, number: int) -> str:
    stem, dot, ending = name.rpartition(".")
    return f"{stem}-{number}.{ending}" if dot else name


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
