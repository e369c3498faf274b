"""JSON lines: one object for each note, with its exact text."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Iterator

from pack.exports.values import ExportedNote, ExportedPiece, RestoredNote, json_line


def write_jsonl(notes: Iterable[ExportedNote]) -> Iterator[ExportedPiece]:
    """A line for each note; one that is not UTF-8 has `content_base64` in place of `content`."""
    for one in notes:
        fields = {
            "path": one.path,
            "topic": one.topic,
            "tags": list(one.tags),
            "created": one.created,
            "updated": one.updated,
            "sha": one.note.sha,
        }
        try:
            text = {"content": one.note.content.decode("utf-8")}
        except UnicodeDecodeError:
            text = {"content_base64": base64.b64encode(one.note.content).decode("ascii")}
        yield ExportedPiece("", json_line(fields | text))


def read_jsonl_line(line: str) -> RestoredNote | None:
    """The note of a line; `None` if it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(found, dict) or not isinstance(found.get("path"), str):
        return None
    content = _content(found)
    if content is None:
        return None
    created, updated = (_text(found.get(key)) for key in ("created", "updated"))
    return RestoredNote(found["path"], content, created, updated)


def _content(found: dict[str, object]) -> bytes | None:
    text, encoded = found.get("content"), found.get("content_base64")
    try:
        if isinstance(text, str):
            return text.encode("utf-8")
        return base64.b64decode(encoded, validate=True) if isinstance(encoded, str) else None
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
