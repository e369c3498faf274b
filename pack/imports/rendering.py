"""The file that a record becomes: frontmatter with its source and dates, and its text.

Where several writers take turns, each turn has a heading: `## You` for the person, the tool's name
for the tool. Those headings say in the file, for people and for `pack.truth`, who wrote what; a
line of a text that would pass for one is escaped. So what a tool wrote is never the person's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pack.files import frontmatter
from pack.files.keys import CREATED, ORIGIN_SOURCE, TAGS, TOPIC, TRUTH_KEYS, TRUTH_LEVEL, UPDATED
from pack.files.yaml_block import Value
from pack.imports.records import ImportedPart, ImportedRecord, ImportKind
from pack.provenance import Origin, Source
from pack.times import format_time

SOURCE: Final = "source"
SOURCE_ID: Final = "source_id"
_PERSON: Final = "You"
_TOOLS: Final[Mapping[str, str]] = {
    "chatgpt": "ChatGPT",
    "claude": "Claude",
    "gemini": "Gemini",
}
_OTHER: Final = "AI"
_HEADS: Final = (_PERSON, *_TOOLS.values(), _OTHER)
_TURN: Final = re.compile(rf"[ ]{{0,3}}##[ \t]+({'|'.join(_HEADS)})[ \t]*#*[ \t]*\Z")
_AHEAD: Final = timedelta(days=1)
"""How far a date may be in the future, as clocks and zones differ."""
_FOLDED: Final = {name.casefold() for name in (TOPIC.name, CREATED.name, UPDATED.name, TAGS.name)}
_DATES: Final = (f"{CREATED.name}:".encode(), f"{UPDATED.name}:".encode())
_LONGEST_TITLE: Final = 200
_LARGEST: Final = 10**17 - 1
"""The largest number that frontmatter holds as one."""
_MOST_BITS: Final = 10_000


def render(record: ImportedRecord, kind: ImportKind, now: datetime) -> bytes:
    """The bytes of the note.

    Args:
        record: What it says; its `verbatim` bytes are the note, if it has any.
        kind: Where it comes from.
        now: Dates after it are mistakes, and left out.

    Raises:
        InvalidContent, LimitExceeded: Its frontmatter cannot be written.
    """
    if record.verbatim is not None:
        return record.verbatim
    body = _body(record.parts)
    text = frontmatter.set_fields(f"---\n---\n\n{body}", _fields(record, kind, now))
    return text.encode("utf-8", "replace")


def without_dates(content: bytes) -> bytes:
    """A rendered note without its dates: what it says, apart from when it was said."""
    head, fence, body = content.partition(b"\n---\n")
    lines = [line for line in head.split(b"\n") if not line.startswith(_DATES)]
    return b"\n".join(lines) + fence + body


def dates_of(record: ImportedRecord, now: datetime) -> tuple[datetime | None, datetime | None]:
    """When it was made and last changed, without what cannot be: no date is in the future."""
    created, updated = (
        at if at is not None and at <= now + _AHEAD else None
        for at in (record.created, record.updated)
    )
    if updated is None or (created is not None and updated < created):
        updated = created
    return created or updated, updated


def _fields(record: ImportedRecord, kind: ImportKind, now: datetime) -> dict[str, Value]:
    created, updated = dates_of(record, now)
    title = " ".join(_plain(record.title).split())[:_LONGEST_TITLE]
    found: dict[str, Value] = {TOPIC.name: title} if title else {}
    found |= {SOURCE: str(kind), SOURCE_ID: _plain(record.source_id)}
    if created is not None:
        found[CREATED.name] = format_time(created)
    if updated is not None:
        found[UPDATED.name] = format_time(updated)
    if record.tags:
        found[TAGS.name] = list(dict.fromkeys(map(_plain, record.tags)))
    weakest = max(
        (part.writer for part in record.parts if part.writer is not None),
        key=lambda one: one.level,
        default=None,
    )
    if weakest is not None:
        found |= {TRUTH_LEVEL.name: weakest.level, ORIGIN_SOURCE.name: weakest.label}
    of_pack = _said_by_pack(record.fields)
    for key, value in record.fields.items():
        if key not in of_pack:
            found[_free(_plain(key), found, kind)] = _value(value)
    return found


def _said_by_pack(fields: Mapping[str, object]) -> frozenset[str]:
    """The keys with which an earlier import said where a note is from and whose it is."""
    is_imported = fields.get(SOURCE) in list(ImportKind) and SOURCE_ID in fields
    return TRUTH_KEYS | ({SOURCE, SOURCE_ID} if is_imported else frozenset())


def _free(key: str, found: Mapping[str, Value], kind: ImportKind) -> str:
    """A key as the source has it; one that we need ourselves says of which tool it is."""
    if key in found or key.casefold() in _FOLDED:
        key = f"{str(kind).replace('-', '_')}_{key}"
    while key in found:
        key += "_"
    return key


def _value(value: object) -> Value:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= _LARGEST else _digits(value)
    if isinstance(value, datetime):
        return format_time(value)
    if isinstance(value, list | tuple):
        return [_plain(str(one)) for one in value]
    return _plain(str(value))


def _digits(number: int) -> str:
    """A number that YAML has no place for, as text; one of thousands of digits by sixteens."""
    return str(number) if number.bit_length() < _MOST_BITS else hex(number)


def _plain(text: str) -> str:
    """Text that YAML can hold: no half of a pair, and no control character."""
    known = text.encode("utf-8", "ignore").decode("utf-8")
    return "".join(c if c.isprintable() or c in "\n\t" else " " for c in known)


# --- turns -------------------------------------------------------------------------------------


def _body(parts: Sequence[ImportedPart]) -> str:
    writers = {part.writer.label if part.writer else "" for part in parts}
    if writers <= {""}:
        return "".join(_ended(part.text) for part in parts)
    if len(writers) == 1:
        return "".join(_ended(_escaped(part.text)) for part in parts)
    return "\n".join(_turn(part) for part in parts)


def _turn(part: ImportedPart) -> str:
    return f"## {_head_of(part.writer)}\n\n{_ended(_escaped(part.text))}"


def _head_of(writer: Origin | None) -> str:
    return _PERSON if writer is None else _TOOLS.get(writer.client, _OTHER)


def _ended(text: str) -> str:
    return text if text.endswith("\n") or not text else f"{text}\n"


def _escaped(text: str) -> str:
    """A text in which no line is the heading of a turn, whatever ends its lines.

    Blanks of any kind after a heading count for nothing, so that no reader who is more lenient
    than `writers_in`, be it a person, is deceived.
    """
    if "##" not in text:
        return text
    return "".join(
        line.replace("#", "\\#", 1) if _TURN.match(line.rstrip()) else line
        for line in text.splitlines(keepends=True)
    )


def writers_in(lines: Iterable[str], said: object) -> list[Origin | None]:
    """Who wrote each line of a note that an import brought; `None` for the person.

    Args:
        lines: Its lines, frontmatter included, without the line feeds at their ends.
        said: What its frontmatter says in `origin_source`: the tool.
    """
    tool = _tool(said)
    writer: Origin | None = tool
    found: list[Origin | None] = []
    end = None
    for line in lines:
        if end is None:  # the headings that we wrote end as the first line does
            end = "\r" if line.endswith("\r") else ""
        head = _TURN.match(line.removesuffix(end))
        if head is not None and tool is not None:
            writer = None if head[1] == _PERSON else tool
        found.append(writer)
    return found


def _tool(said: object) -> Origin | None:
    source, _, client = str(said or "").partition(":")
    known = next((one for one in Source if one == source), None)
    if known is None or known is Source.USER or not client:
        return None
    return Origin(known, client)
