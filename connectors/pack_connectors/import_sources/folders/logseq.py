"""A graph of Logseq: pages, whose names hold their namespaces, and journals, named by their day.

Properties of a page (`key:: value` above its first block) become frontmatter, if that has a place
for them; the others stay where they are, as do those of blocks, which links to a block need.

Source: logseq/logseq, `src/main/frontend/util/fs.cljs` (names of files) and `deps/graph-parser`.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Final
from urllib.parse import unquote

from pack.files.dates import as_iso, day_in_name
from pack.files.keys import CREATED, TOPIC, UPDATED, key_meant
from pack.files.tags import tags_in_field
from pack.imports.records import (
    ATTACHMENTS_NOT_ASKED_FOR,
    ImportedPart,
    ImportedRecord,
    ImportKind,
    ReadProgress,
    RecordClass,
    SkippedRecord,
)
from pack.imports.rendering import SOURCE, SOURCE_ID
from pack_connectors.import_sources.folders.markdown_files import (
    FoundNote,
    attachment,
    attachments_of,
    former_identity,
    lasting_identity,
    notes_of,
    others_of,
    own_fields,
    read_note,
    without_top,
)
from pack_connectors.import_sources.formats import ExportFormat
from pack_connectors.import_sources.moments import first_moment
from pack_connectors.import_sources.skips import KEPT_COPY, ORG
from pack_connectors.import_sources.source import ImportSource, SourceFile

_CONFIG: Final = "logseq/config.edn"
_PAGES, _JOURNALS, _OWN = "pages", "journals", "logseq"
_COPIES: Final = ("logseq/bak/", "logseq/.recycle/", ".recycle/", "logseq/version-files/")
_LOWBAR: Final = "___"
_PROPERTY: Final = re.compile(r"([^\s:#\[\]`-][^\s:]*)::(?:[ \t](.*))?\Z")
_UNREAD: Final = ""
"""Stands for the key of a date that is not understood."""
_OURS: Final = frozenset([_UNREAD, TOPIC.name, SOURCE, SOURCE_ID, "aliases"])
"""Keys of the frontmatter that say something else there."""
_ASSETS: Final = re.compile(r"(?<![\w./])(?:\.\./)+assets/")
_LINK: Final = re.compile(r"#?\[\[([^\[\]]+)\]\]|#(\S+)")


class LogseqGraph:
    """Reads one graph."""

    kind = ImportKind.LOGSEQ

    def __init__(self, source: ImportSource) -> None:
        self._identity = lasting_identity(source)
        self._former = former_identity(source)
        self._source = without_top(source)
        self._notes = [one for one in notes_of(self._source) if not _is_own(one)]
        self._copies = [one for one in self._source.files if _is_copy(one)]
        self._orgs = [one for one in self._source.files if _is_org(one) and not _is_copy(one)]
        own = [one for one in self._source.files if _is_own(one)]
        rest = [*self._copies, *self._orgs, *own]
        self._attachments = attachments_of(self._source, rest)
        self._source.expect([*self._notes, *self._attachments])

    @property
    def progress(self) -> ReadProgress:
        """See `ExportReader.progress`."""
        return self._source.progress

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord | SkippedRecord]:
        """See `ExportReader.records`; there are no transcripts."""
        del transcripts
        yield from self._source.left_out
        for file in self._notes:
            found = read_note(self._source, file)
            yield found if isinstance(found, SkippedRecord) else self._record(found)
        for file in self._attachments:
            source_id, former_id = self._ids(file)
            yield attachment(self._source, file, source_id, file.path, former_id)
        yield from (SkippedRecord(one.path, ORG) for one in self._orgs)
        if self._copies:
            yield SkippedRecord("copies", KEPT_COPY, len(self._copies))
        taken = [*self._notes, *self._attachments, *self._orgs, *self._copies]
        own = [one for one in self._source.files if _is_own(one) and not _is_copy(one)]
        yield from others_of(self._source.replaced(own), self._notes)
        yield from others_of(self._source, [*taken, *own], ATTACHMENTS_NOT_ASKED_FOR)

    def _ids(self, file: SourceFile) -> tuple[str, str]:
        return f"{self._identity}/{file.path}", f"{self._former}/{file.path}"

    def _record(self, found: FoundNote) -> ImportedRecord:
        folder, name = _place(found.file)
        of_head = own_fields(found.head)
        said, body = _page_properties(found.head.body, of_head.keys())
        day = day_in_name(name)
        title = said.pop("title", "") or found.meta.topic or day or _title(found.file)
        tags = [*found.meta.tags, *_listed(said.pop("tags", ""))]
        names = _listed(said.pop("alias", ""))
        made, changed = (_moment(said.pop(key, "")) for key in (CREATED.name, UPDATED.name))
        source_id, former_id = self._ids(found.file)
        body = _with_assets(body, folder.count("/") - found.file.path.count("/") + 1)
        return ImportedRecord(
            RecordClass.NOTE,
            source_id,
            title,
            [ImportedPart(body if body.endswith("\n") else f"{body}\n")],
            folder=folder,
            name=name,
            created=first_moment(day) or made or found.created,
            updated=first_moment(day) or changed or found.updated,
            tags=tags,
            fields=of_head | said | ({"aliases": names} if names else {}),
            former_id=former_id,
        )


def _recognises(source: ImportSource) -> bool:
    graph = without_top(source)
    if graph.find(_CONFIG) is not None:
        return True
    tops = {one.path.partition("/")[0] for one in graph.files if "/" in one.path}
    return {_PAGES, _JOURNALS} <= tops


def _is_own(file: SourceFile) -> bool:
    return file.path.startswith(f"{_OWN}/")


def _is_copy(file: SourceFile) -> bool:
    return file.path.startswith(_COPIES)


def _is_org(file: SourceFile) -> bool:
    return file.name.lower().endswith(".org")


def _title(file: SourceFile) -> str:
    """The name of a page, as links call it: `a/b` for `a___b.md` and for `a%2Fb.md`."""
    return unquote(file.name[: -len(".md")].replace(_LOWBAR, "/"))


def _place(file: SourceFile) -> tuple[str, str]:
    """Folder and name: a namespace is a folder, and the day of a journal is written in ISO form."""
    folder = file.path.rpartition("/")[0]
    day = day_in_name(file.path) if folder.endswith(_JOURNALS) else None
    if day is not None:
        return folder, f"{day}.md"
    parts = [part.strip() for part in _title(file).split("/")]
    *spaces, name = [part for part in parts if part not in ("", ".", "..")] or ["page"]
    return "/".join([one for one in (folder, *spaces) if one]), f"{name}.md"


def _with_assets(body: str, deeper: int) -> str:
    """A page whose links to files lead there from a folder that is some levels further down."""
    return _ASSETS.sub(lambda found: "../" * deeper + found[0], body) if deeper > 0 else body


def _page_properties(body: str, taken: Collection[str]) -> tuple[dict[str, str], str]:
    """The properties above the first block that frontmatter has a place for, and the rest.

    Args:
        body: The page.
        taken: The keys that its frontmatter has already.

    Returns:
        Dates have the key of PACK that they mean. What is said twice stays once in the text.
    """
    said: dict[str, str] = {}
    stays: list[str] = []
    lines = body.splitlines(keepends=True)
    number = 0
    while number < len(lines) and not lines[number].strip():
        number += 1
    first = number
    while number < len(lines) and (found := _PROPERTY.match(lines[number].rstrip())) is not None:
        key, value = _meant(found[1].lower(), (found[2] or "").strip())
        if key in said or key in taken or key in _OURS:
            stays.append(lines[number])
        else:
            said[key] = value
        number += 1
    if number == first:
        return said, body
    while number < len(lines) and lines[number].strip() in ("", "-"):
        number += 1
    kept = "".join((*stays, "\n")) if stays and number < len(lines) else "".join(stays)
    return said, kept + "".join(lines[number:])


def _meant(key: str, value: str) -> tuple[str, str]:
    """A property with the key that it means, if it is a date."""
    meant = key_meant(key)
    if meant in (CREATED.name, UPDATED.name):
        return (meant if _moment(value) is not None else _UNREAD), value
    return key, value


def _listed(value: str) -> list[str]:
    """The names in a property: links, tags, or texts with commas between them."""
    names = (_plain(part) for part in value.split(","))
    return [tag for name in names if name for tag in tags_in_field([name])]


def _plain(value: str) -> str:
    return _LINK.sub(lambda found: found[1] or found[2], value).strip()


def _moment(value: str) -> datetime | None:
    """A date as a property states it, perhaps as a link to its journal."""
    return first_moment(as_iso(_plain(value)))


FORMAT: Final = ExportFormat(
    ImportKind.LOGSEQ,
    _recognises,
    LogseqGraph,
    accepts=lambda one: bool(notes_of(one)),
    mark=_CONFIG,
    has_attachments=True,
)
