"""Memories of mem0 and OpenMemory, one a line: a note is one memory, its body the content.

What a memory of theirs has no room for (the frontmatter, the path) is in its metadata, which both
keep as it is. So a memory that was changed there comes back as the note with the new text.

Source: mem0ai/mem0, `openmemory/api/app/routers/backup.py`, `memories.jsonl`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from uuid import NAMESPACE_URL, uuid5

from pack.exports.values import (
    ExportedNote,
    ExportedPiece,
    RestoredNote,
    json_line,
    known_date,
    seal,
)
from pack.times import NEVER, format_time, parse_time

_APP: Final = "pack"
_OURS: Final = "pack"
"""The key of the metadata under which we keep what is ours."""


def write_mem0(notes: Iterable[ExportedNote]) -> Iterator[ExportedPiece]:
    """A line for each note."""
    for one in notes:
        parts = one.note.head.parts
        above = "".join((parts.prefix, parts.opening, parts.block or "", parts.closing))
        ours = {
            "path": one.path,
            "above": above,
            "below": parts.suffix,
            "seal": seal(parts.body),
            "created": one.created,
            "updated": one.updated,
        }
        yield ExportedPiece(
            "",
            json_line(
                {
                    "id": str(uuid5(NAMESPACE_URL, f"pack:{one.path}")),
                    "content": parts.body,
                    "metadata": {"topic": one.topic, "tags": list(one.tags), _OURS: ours},
                    "created_at": _moment(one.created or one.updated),
                    "updated_at": _moment(one.updated),
                    "state": "active",
                    "app": _APP,
                    "categories": list(one.tags),
                }
            ),
        )


def _moment(iso: str | None) -> str | None:
    at = parse_time(iso) if iso is not None else NEVER
    return format_time(at) if at != NEVER else None


def read_mem0(content: str, metadata: object) -> RestoredNote | None:
    """The note that a memory was exported from; `None` if it was from none.

    When it was last changed is not known of one that was changed there.
    """
    ours = metadata.get(_OURS) if isinstance(metadata, Mapping) else None
    if not isinstance(ours, Mapping):
        return None
    path, above, below = (ours.get(key) for key in ("path", "above", "below"))
    if not (isinstance(path, str) and isinstance(above, str) and isinstance(below, str)):
        return None
    text = f"{above}{content}{below}"
    is_changed = ours.get("seal") != seal(content)
    created = known_date(ours.get("created"))
    updated = None if is_changed else known_date(ours.get("updated"))
    return RestoredNote(path, text.encode("utf-8", "replace"), created, updated, is_changed)
