"""An export of Notion as markdown and CSV: a zip, or several in one.

Names end with the 32 digits by which Notion knows a page: the page keeps them as the id of its
record, and its name and the links to it lose them. A database becomes a table.

Seen in exports of 2023 to 2026; the format is not documented.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, unquote

from pack.files.schema import first_title
from pack.imports.notes import acceptable_path
from pack.imports.records import (
    ATTACHMENTS_NOT_ASKED_FOR,
    ImportedPart,
    ImportedRecord,
    ImportKind,
    ReadProgress,
    RecordClass,
    SkippedRecord,
)
from pack_connectors.import_sources.folders.markdown_files import (
    FoundNote,
    attachment,
    attachments_of,
    is_hidden,
    is_note,
    others_of,
    read_note,
)
from pack_connectors.import_sources.folders.notion_tables import read_table
from pack_connectors.import_sources.formats import ExportFormat
from pack_connectors.import_sources.skips import EMPTY, HTML
from pack_connectors.import_sources.source import ImportSource, SourceFile

_ID: Final = re.compile(r"[ -]([0-9a-f]{32})(?=(?:_all)?(?:\.[A-Za-z]+)?\Z)")
_PART: Final = re.compile(r"(?:Export(?:Block)?-[0-9a-f-]{8,}.*|.*\.zip)\Z", re.IGNORECASE)
_LINK: Final = re.compile(r"(!?\[[^\[\]\n]*\]\()([^()\s]+(?:\([^()\s]*\)[^()\s]*)*)(\))")
_PROPERTY: Final = re.compile(r"([^\s:#>*-][^:\n]{0,60}): (.+)\Z")
_DATE: Final = re.compile(
    r"(January|February|March|April|May|June|July|August|September|October|November|December)"
    r" (\d{1,2}), (\d{4})(?: (\d{1,2}):(\d{2}) (AM|PM))?\Z"
)
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_CREATED: Final = frozenset(["created", "created time", "date created", "created at"])
_UPDATED: Final = frozenset(
    ["last edited", "last edited time", "updated", "last updated", "edited", "last edited at"]
)
_TAGS: Final = frozenset(["tags", "tag", "labels"])
_ALL: Final = "_all"
_CSV, _HTML = ".csv", ".html"
_ENOUGH: Final = 1
_TOP: Final = "notion"
"""The folder of pages that are in none."""
_VERSION, _AT_RANDOM = 12, "4"
_DIGITS: Final = 8
"""How many digits tell pages of one name apart: the last, as new ids begin alike."""


class NotionExport:
    """Reads one export."""

    kind = ImportKind.NOTION

    def __init__(self, source: ImportSource) -> None:
        self._source = source
        files = [one for one in source.files if not is_hidden(one)]
        self._pages = [one for one in files if is_note(one)]
        self._tables = _whole_tables(files)
        self._others = [one for one in files if one.name.lower().endswith((_CSV, _HTML))]
        self._attachments = attachments_of(source, self._others)
        known = {one.path for one in [*self._pages, *self._others]}
        files = [*self._pages, *self._tables, *(one for one in files if one.path not in known)]
        self._places = _places(files)  # of attachments, too: links are the same if they do not come
        source.expect([*self._pages, *self._tables, *self._attachments])

    @property
    def progress(self) -> ReadProgress:
        """See `ExportReader.progress`."""
        return self._source.progress

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord | SkippedRecord]:
        """See `ExportReader.records`; there are no transcripts."""
        del transcripts
        yield from self._source.left_out
        for file in self._pages:
            found = read_note(self._source, file)
            yield found if isinstance(found, SkippedRecord) else self._page(found)
        for file in self._tables:
            yield self._table(file)
        for file in self._attachments:
            path = self._places[_inside(file.path)]
            yield attachment(self._source, file, _inside(file.path), path)
        pages = [one for one in self._others if one.name.lower().endswith(_HTML)]
        yield from (SkippedRecord(one.path, HTML) for one in pages)
        taken = [*self._pages, *self._attachments, *self._others]
        yield from others_of(self._source, taken, ATTACHMENTS_NOT_ASKED_FOR)

    def _page(self, found: FoundNote) -> ImportedRecord | SkippedRecord:
        body = found.head.body
        if not body.strip():
            return SkippedRecord(found.file.path, EMPTY, kind=RecordClass.NOTE)
        folder, name = self._folder_and_name(found.file)
        said = _properties(body)
        created = _moment(said, _CREATED)
        updated = _moment(said, _UPDATED)
        tags = next((value for key, value in said.items() if key.lower() in _TAGS), "")
        return ImportedRecord(
            RecordClass.NOTE,
            _id_of(found.file) or found.file.path,
            first_title(body) or name.removesuffix(".md"),
            [ImportedPart(self._with_links(found.file, body))],
            folder=folder,
            name=name,
            created=created or found.created,
            updated=updated or created or found.updated,
            tags=[*found.meta.tags, *(tag.strip() for tag in tags.split(",") if tag.strip())],
        )

    def _table(self, file: SourceFile) -> ImportedRecord | SkippedRecord:
        table = read_table(self._source, file)
        if isinstance(table, SkippedRecord):
            return table
        folder, name = self._folder_and_name(file)
        return ImportedRecord(
            RecordClass.NOTE,
            f"{_id_of(file) or file.path}.csv",
            name.removesuffix(".md"),
            [ImportedPart(f"# {name.removesuffix('.md')}\n\n{table}")],
            folder=folder,
            name=name,
            created=file.modified,
            updated=file.modified,
            tags=("database",),
        )

    def _folder_and_name(self, file: SourceFile) -> tuple[str, str]:
        folder, _, name = self._places[_inside(file.path)].rpartition("/")
        return folder, name

    def _with_links(self, file: SourceFile, body: str) -> str:
        """A page whose links lead to the new names of other pages."""

        def renamed(found: re.Match[str]) -> str:
            target, sign, fragment = found[2].partition("#")
            if "://" in target:
                return found[0]
            here = posixpath.dirname(_inside(file.path))
            path = posixpath.normpath(posixpath.join(here, unquote(target)))
            place = self._places.get(path) or self._places.get(_all_of(path))
            if place is None:
                return found[0]
            own = posixpath.dirname(self._places[_inside(file.path)])
            relative = posixpath.relpath(place, own)
            return f"{found[1]}{quote(relative)}{sign}{fragment}{found[3]}"

        return _LINK.sub(renamed, body) if "](" in body else body


def _whole_tables(files: Sequence[SourceFile]) -> list[SourceFile]:
    """The tables; of two of the same database the one that has all of its rows."""
    tables = [one for one in files if one.name.lower().endswith(_CSV)]
    paths = {one.path for one in tables}
    return [
        one for one in tables if _all_of(one.path) == one.path or _all_of(one.path) not in paths
    ]


def _all_of(path: str) -> str:
    stem = path[: -len(_CSV)]
    is_table = path.lower().endswith(_CSV) and not stem.endswith(_ALL)
    return f"{stem}{_ALL}{_CSV}" if is_table else path


def _inside(path: str) -> str:
    """A path without the folders that stand for zips and for the export as a whole."""
    parts = path.split("/")
    while len(parts) > 1 and _PART.match(parts[0]):
        parts = parts[1:]
    return "/".join(parts)


def _places(files: Sequence[SourceFile]) -> dict[str, str]:
    """Where each page and table goes, as links have it.

    Of several of one name the oldest has it, and the others some digits of their ids, so that a
    page that is new does not change where links to the older ones lead.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for path in sorted((_inside(one.path) for one in files), key=_by_age):
        note = _as_note("/".join(map(_bare, path.split("/"))))
        note = note if "/" in note else f"{_TOP}/{note}"
        id_ = _nearest_id(path)
        if note.casefold() in taken and id_:
            stem, dot, ending = note.rpartition(".")
            note = f"{stem or note} {id_[-_DIGITS:]}{dot}{ending if stem else ''}"
        taken.add(note.casefold())
        found[path] = acceptable_path(note, at_root=False)
    return found


def _by_age(path: str) -> tuple[bool, str, str]:
    """The oldest first, as far as ids tell: those of version 7 grow with time (RFC 9562).

    Random ones (version 4) say nothing of their age, and count as older than the others.
    """
    id_ = _nearest_id(path)
    return id_[_VERSION : _VERSION + 1] != _AT_RANDOM, id_, path


def _nearest_id(path: str) -> str:
    """The id of a page or a table; of a file in the folder of a page, the id of that page."""
    *folders, name = path.split("/")
    parts = [name] if name.lower().endswith((".md", _CSV)) else [name, *reversed(folders)]
    found = (_ID.search(part) for part in parts)
    return next((one[1] for one in found if one is not None), "")


def _as_note(place: str) -> str:
    return f"{place[: -len(_CSV)].removesuffix(_ALL)}.md" if place.lower().endswith(_CSV) else place


def _bare(name: str) -> str:
    return _ID.sub("", name).strip() or name


def _id_of(file: SourceFile) -> str:
    found = _ID.search(file.name)
    return found[1] if found is not None else ""


def _properties(body: str) -> dict[str, str]:
    """The properties of a page of a database: the lines right below its title."""
    lines = body.lstrip().splitlines()
    if not lines or not lines[0].startswith("# "):
        return {}
    found: dict[str, str] = {}
    for line in lines[2:] if lines[1:2] == [""] else lines[1:]:
        said = _PROPERTY.match(line)
        if said is None:
            break
        found[said[1]] = said[2].strip()
    return found


def _moment(said: Mapping[str, str], names: frozenset[str]) -> datetime | None:
    for key, value in said.items():
        found = _DATE.match(value) if key.lower() in names else None
        if found is not None:
            month, day, year, hour, minute, half = found.groups()
            hours = int(hour or 0) % 12 + (12 if half == "PM" else 0)
            try:
                at = (int(year), _MONTHS.index(month) + 1, int(day), hours, int(minute or 0))
                return datetime(*at, tzinfo=UTC)
            except ValueError:
                return None
    return None


def _recognises(source: ImportSource) -> bool:
    wanted = (".md", _CSV, _HTML)
    names = [one.name for one in source.files if one.name.lower().endswith(wanted)]
    return sum(1 for name in names if _ID.search(name)) >= _ENOUGH


FORMAT: Final = ExportFormat(
    ImportKind.NOTION,
    _recognises,
    NotionExport,
    opens_archives=True,
    has_attachments=True,
    accepts=lambda source: any(map(is_note, source.files)),
)
