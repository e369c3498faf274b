"""Markdown files of a source, as records; and what else is in it, counted.

A date is the one that the file states, else the one in its name, else that of the commit that gave
it its bytes, else that of the file.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pack.errors import LimitExceeded, UnusableInput
from pack.files import frontmatter, schema
from pack.files.dates import as_iso, day_in_name
from pack.files.frontmatter import Frontmatter
from pack.files.keys import CREATED, TAGS, TOPIC, UPDATED, key_meant
from pack.files.schema import Meta
from pack.imports.records import ImportedRecord, RecordClass, SkippedRecord
from pack.limits import MAX_FILE_BYTES
from pack_connectors.import_sources.moments import first_moment, moment
from pack_connectors.import_sources.skips import (
    BROKEN,
    HIDDEN,
    NOT_PART,
    NOT_UTF8,
    OTHER_FILES,
    TOO_LARGE,
    TOO_LARGE_FILE,
)
from pack_connectors.import_sources.source import ImportSource, SourceFile

ENDING: Final = ".md"
_ZIP: Final = ".zip"
_NUMBER: Final = re.compile(r"[\W\d_]+\Z")
_STAMP: Final = re.compile(
    r"(?:[ _.-]+(?:\d{4}-?\d\d-?\d\d(?:[T _.-]?\d\d[-.:]?\d\d(?:[-.:]?\d\d)?)?|\d{10}|\d{13})"
    r"| ?\(\d{1,3}\))+\Z",
    re.ASCII,
)
"""A date, seconds or milliseconds since 1970, or the number of a download, as in `vault (2)`."""
_PEEKED: Final = 50
_TOLD: Final = frozenset(key.name for key in (TOPIC, TAGS, CREATED, UPDATED))
"""What a record has in attributes of its own."""
_DATES: Final = (CREATED.name, UPDATED.name)
_GENERIC: Final = frozenset(["", "memory", "memory-bank", "docs", "notes", "export"])
"""Names that a folder has in many places, so that they say nothing of it."""


@dataclass(frozen=True, slots=True)
class FoundNote:
    """A markdown file.

    Attributes:
        file: Where it is.
        content: Its bytes.
        head: Its text, cut and read.
        meta: What its frontmatter means.
        created: When it was made.
        updated: When it was last changed.
    """

    file: SourceFile
    content: bytes
    head: Frontmatter
    meta: Meta
    created: datetime | None
    updated: datetime | None

    @property
    def text(self) -> str:
        """All of it."""
        return self.head.parts.join()


def read_note(source: ImportSource, file: SourceFile) -> FoundNote | SkippedRecord:
    """A markdown file, with its dates; or why it cannot be taken."""
    try:
        content = source.read(file, MAX_FILE_BYTES)
        text = content.decode("utf-8")
    except LimitExceeded:
        return SkippedRecord(file.path, TOO_LARGE)
    except UnicodeDecodeError:
        return SkippedRecord(file.path, NOT_UTF8)
    except UnusableInput:
        return SkippedRecord(file.path, BROKEN)
    head = frontmatter.read(text)
    meta = schema.read_meta(head.fields)
    day = day_in_name(file.path)
    made = first_moment(meta.created, day)
    changed = first_moment(meta.updated, day) or source.changed(file, content)
    return FoundNote(file, content, head, meta, made, changed or made)


def as_it_is(found: FoundNote, source_id: str, path: str, former_id: str = "") -> ImportedRecord:
    """The record of a file that is taken byte for byte.

    Args:
        found: The file.
        source_id: What identifies it.
        path: Where it would be in the memory.
        former_id: See `ImportedRecord`.
    """
    folder, _, name = path.rpartition("/")
    return ImportedRecord(
        RecordClass.NOTE,
        source_id,
        found.meta.topic or name.removesuffix(ENDING),
        folder=folder,
        name=name,
        created=found.created,
        updated=found.updated,
        verbatim=found.content,
        former_id=former_id,
    )


def own_fields(head: Frontmatter) -> dict[str, object]:
    """What frontmatter says beyond its title, tags and dates; mappings give their own keys."""
    fields: dict[str, object] = {}
    for key, value in head.fields.items():
        inner = value.items() if isinstance(value, dict) else ((key, value),)
        for name, one in inner:
            if not _is_told(name, one) and not isinstance(one, dict):
                fields.setdefault(name, one)
    return fields


def _is_told(key: str, value: object) -> bool:
    """Whether a record has it in an attribute of its own; a date only if it is understood."""
    meant = key_meant(key)
    return meant in _TOLD and (meant not in _DATES or moment(as_iso(value)) is not None)


def notes_of(source: ImportSource) -> list[SourceFile]:
    """The markdown files that are in no hidden folder."""
    return [one for one in source.files if is_note(one) and not is_hidden(one)]


def is_note(file: SourceFile) -> bool:
    """Whether it is a markdown file."""
    return file.name.lower().endswith(ENDING)


def is_hidden(file: SourceFile) -> bool:
    """Whether it, or a folder that it is in, is hidden."""
    return file.is_in_hidden_folder or file.name.startswith(".")


def others_of(
    source: ImportSource, taken: Iterable[SourceFile], why: str = OTHER_FILES
) -> Iterator[SkippedRecord]:
    """What else is in a source: hidden folders, and the other files by what they are called."""
    known = {one.path for one in taken}
    hidden: Counter[str] = Counter()
    endings: Counter[str] = Counter()
    for one in source.files:
        if one.path in known:
            continue
        parts = one.path.split("/")
        depth = next((n for n, part in enumerate(parts, 1) if part.startswith(".")), 0)
        if depth:
            hidden["/".join(parts[:depth])] += 1
        else:
            stem, dot, ending = one.name.rpartition(".")
            endings[f".{ending.lower()}" if stem and dot else one.name] += 1
    yield from (SkippedRecord(path, HIDDEN, count) for path, count in sorted(hidden.items()))
    for ending, count in sorted(endings.items()):
        yield SkippedRecord(ending, why if ending != ENDING else NOT_PART, count)


def attachments_of(source: ImportSource, taken: Iterable[SourceFile]) -> list[SourceFile]:
    """The files of other types that are wanted beside the notes; none if they are not.

    Args:
        source: The folder.
        taken: Those that are taken, or left out, for a reason of their own.
    """
    if not source.with_attachments:
        return []
    known = {one.path for one in taken}
    others = (one for one in source.files if not is_note(one) and not is_hidden(one))
    return [one for one in others if one.path not in known]


def attachment(
    source: ImportSource, file: SourceFile, source_id: str, path: str, former_id: str = ""
) -> ImportedRecord | SkippedRecord:
    """The record of a file of another type, byte for byte; or why it cannot be taken.

    Args:
        source: Has the file.
        file: It.
        source_id: What identifies it.
        path: Where it would be in the memory.
        former_id: See `ImportedRecord`.
    """
    try:
        content = source.read(file, MAX_FILE_BYTES)
    except LimitExceeded:
        return SkippedRecord(file.path, TOO_LARGE_FILE, kind=RecordClass.ATTACHMENT)
    except UnusableInput:
        return SkippedRecord(file.path, BROKEN, kind=RecordClass.ATTACHMENT)
    folder, _, name = path.rpartition("/")
    return ImportedRecord(
        RecordClass.ATTACHMENT,
        source_id,
        name,
        folder=folder,
        name=name,
        updated=source.changed(file, content),
        verbatim=content,
        former_id=former_id,
    )


def identity(source: ImportSource) -> str:
    """What tells this folder from others of its kind; the same for the next export of it."""
    tops = {one.path.partition("/")[0] for one in source.files if "/" in one.path}
    has_own = any("/" not in one.path for one in source.files)
    if source.name.lower().endswith(_ZIP) and len(tops) == 1 and not has_own:
        return tops.pop()
    name = source.name.removesuffix(_ZIP)
    if name.lower() in _GENERIC and source.above:
        return f"{source.above}/{name}"
    return name


def lasting_identity(source: ImportSource) -> str:
    """The same without the moment at which a zip was made, as copies of one vault have it.

    Nothing else is left out of a name: `Notes 2023` and `Notes 2024` are two vaults.
    """
    name = identity(source)
    return (_STAMP.sub("", name) or name) if source.name.lower().endswith(_ZIP) else name


def former_identity(source: ImportSource) -> str:
    """What `lasting_identity` was in earlier versions of PACK: without any number at its end."""
    name = identity(source)
    return _NUMBER.sub("", name) or name


def without_top(source: ImportSource) -> ImportSource:
    """A zip whose files all are in one folder, without that folder: what a person packed."""
    tops = {one.path.partition("/")[0] for one in source.files}
    is_packed = source.name.lower().endswith(_ZIP) and len(tops) == 1
    if not is_packed or any("/" not in one.path for one in source.files):
        return source
    return source.inside(tops.pop())


def any_head(source: ImportSource, test: Callable[[str], bool]) -> bool:
    """Whether the beginning of one of the first markdown files passes a test."""
    some = notes_of(source)[:_PEEKED]
    return any(test(source.peek(one, 4096).decode("utf-8", "replace")) for one in some)
