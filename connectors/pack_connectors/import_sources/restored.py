"""Notes that PACK exported, as records: the same path, the same bytes."""

from __future__ import annotations

from pack.errors import InvalidPath, LimitExceeded
from pack.exports.values import RestoredNote
from pack.imports.records import ImportedRecord, RecordClass, SkippedRecord
from pack.paths import parse_stored_path
from pack_connectors.import_sources.moments import moment
from pack_connectors.import_sources.skips import BAD_PATH


def restored(note: RestoredNote) -> ImportedRecord | SkippedRecord:
    """The record of a note that was exported; where it says it was is checked, as by anybody.

    Args:
        note: As it was found in the export.
    """
    try:
        path = parse_stored_path(note.path)
    except (InvalidPath, LimitExceeded):
        return SkippedRecord(note.path[:80], BAD_PATH)
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
