"""Notes that PACK exported, as records: the same path, the same bytes.

What somebody changed in an export that a tool works on is that tool's text, not the person's.
"""

from __future__ import annotations

from pack.errors import InvalidPath, LimitExceeded
from pack.exports.values import RestoredNote
from pack.files import frontmatter, schema
from pack.imports.records import ImportedPart, ImportedRecord, RecordClass, SkippedRecord
from pack.paths import parse_stored_path
from pack.provenance import Origin
from pack_connectors.import_sources.folders.markdown_files import own_fields
from pack_connectors.import_sources.moments import first_moment, moment
from pack_connectors.import_sources.skips import BAD_PATH


def restored(note: RestoredNote, tool: Origin | None = None) -> ImportedRecord | SkippedRecord:
    """The record of a note that was exported; where it says it was is checked, as by anybody.

    Args:
        note: As it was found in the export.
        tool: Who may have changed it there; `None` for the person.
    """
    try:
        path = parse_stored_path(note.path)
    except (InvalidPath, LimitExceeded):
        return SkippedRecord(note.path[:80], BAD_PATH)
    if note.is_changed and tool is not None:
        return _changed(note, path, tool)
    folder, _, name = path.rpartition("/")
    return ImportedRecord(
        RecordClass.NOTE,
        f"pack:{path}",
        "",
        folder=folder,
        name=name,
        created=moment(note.created),
        updated=moment(note.updated),
        verbatim=note.content,
    )


def _changed(note: RestoredNote, path: str, tool: Origin) -> ImportedRecord:
    head = frontmatter.read(note.content.decode("utf-8", "replace"))
    meta = schema.read_meta(head.fields)
    folder, _, name = path.rpartition("/")
    return ImportedRecord(
        RecordClass.MEMORY,
        f"pack:{path}",
        meta.topic or schema.first_title(head.body) or name,
        [ImportedPart(head.body.lstrip("\r\n"), tool)],
        folder=folder,
        name=name,
        created=first_moment(meta.created, note.created),
        updated=first_moment(meta.updated, note.updated),
        tags=meta.tags,
        fields=own_fields(head),
    )
