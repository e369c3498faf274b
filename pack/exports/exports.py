"""Exporting a memory: which notes, in which form, and what has to be said about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from pack.catalog.catalog import Catalog
from pack.catalog.questions import EVERYTHING, Filter
from pack.catalog.row import Row, is_catalogued
from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.core.reader import excluded
from pack.core.requests import make_filter
from pack.core.session import Session
from pack.errors import InvalidRequest, LimitExceeded, PackError
from pack.exports.claude_memory import write_claude_memory
from pack.exports.graph import write_graph
from pack.exports.mem0 import write_mem0
from pack.exports.one_text import write_agents, write_markdown
from pack.exports.plain import write_jsonl
from pack.exports.values import ExportedNote, ExportedPiece, ExportKind, WriteForm
from pack.files.note import Note
from pack.index.format import in_sync_order
from pack.model import Entry, EntryType
from pack.outgoing.secrets_scan import find_secrets
from pack.paths import ARCHIVE, INDEX, is_archived
from pack.use_cases.imports.archive import ask_archive
from pack.use_cases.read import sync_order

_AT_ONCE: Final = 100
_FORMS: Final[Mapping[ExportKind, WriteForm]] = {
    ExportKind.MARKDOWN: write_markdown,
    ExportKind.JSONL: write_jsonl,
    ExportKind.MEMORY_JSONL: write_graph,
    ExportKind.MEM0: write_mem0,
    ExportKind.AGENTS: write_agents,
    ExportKind.CLAUDE_MEMORY: write_claude_memory,
}
_ANY_BYTES: Final = (ExportKind.ZIP, ExportKind.JSONL)
_IN_ZIP: Final = "imported conversations are in a zip, or in an export of their folder"
_ONLY_IN_ZIP: Final = "pictures and the like are only in a zip"
_NOT_TEXT: Final = "it is not UTF-8 text"
_TOO_LARGE: Final = "it is too large to be read"
_NO_FILE: Final = "it is a link or a repository of its own"


@dataclass(frozen=True, slots=True)
class LeftNote:
    """What is not in an export: a path, why, and how many files it stands for."""

    path: str
    why: str
    count: int = 1


@dataclass(slots=True)
class ExportTally:
    """What an export holds; complete when all its pieces have been taken.

    Attributes:
        notes: How many notes are in it.
        attachments: How many other files.
        secrets: What looks like a key or a password in it: how much, by path.
        unshared: The notes in it that copies elsewhere do not get (`sync: false`).
        skipped: What is not in it.
    """

    notes: int = 0
    attachments: int = 0
    secrets: dict[str, int] = field(default_factory=dict)
    unshared: list[str] = field(default_factory=list)
    skipped: list[LeftNote] = field(default_factory=list)


class Exports:
    """A memory in the forms of other tools. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._core = session.core

    def pieces(
        self,
        kind: ExportKind,
        tally: ExportTally,
        *,
        folder: str | None = None,
        tag: str | None = None,
    ) -> Iterator[ExportedPiece]:
        """The memory in a form, a note at a time; the same memory gives the same bytes.

        Args:
            kind: The form.
            tally: Filled while pieces are taken.
            folder: Only the notes in this folder, at any depth.
            tag: Only the notes with this tag.

        Raises:
            NotInitialised: There is no memory.
            InvalidRequest: No note meets the choice.
            ConnectorError: The store cannot be read.
        """
        which = make_filter(tag, None, folder)
        with self._core.view():
            rows = _rows(self._core, which)
            if not rows and not which.is_empty:
                raise InvalidRequest("there are no such notes, so there is nothing to export")
            notes = _notes(self._core, rows, tally, any_bytes=kind in _ANY_BYTES)
            if kind is ExportKind.ZIP:
                yield from (_file_of(one) for one in notes)
                yield from _others(self._core, tally, rows) if which.is_empty else ()
                return
            yield from _FORMS[kind](notes)
            if which.is_empty and (left := _archived(self._core)):
                tally.skipped.append(LeftNote(f"{ARCHIVE}/", _IN_ZIP, left))
            if which.is_empty and (left := _shown(self._core, rows)):
                tally.skipped.append(LeftNote("other files", _ONLY_IN_ZIP, left))


def _rows(core: Core, which: Filter) -> list[Row]:
    """The rows of the notes, in the order of the memory."""

    def question(view: Catalog) -> Sequence[Row]:
        return view.list_rows(EVERYTHING if which.is_empty else which).rows

    archived = ask_archive(core, which, question)
    found = core.ask(question, by_date=True) if archived is None else archived
    rows = {str(row.path): row for row in found}
    return [rows[path] for path in in_sync_order(sync_order(core), rows)]


def _file_of(one: ExportedNote) -> ExportedPiece:
    return ExportedPiece(one.path, one.note.content, one.updated)


def _notes(
    core: Core, rows: Sequence[Row], tally: ExportTally, *, any_bytes: bool
) -> Iterator[ExportedNote]:
    left = iter(rows)
    while some := list(islice(left, _AT_ONCE)):
        texts = {row.path: note for row, note in core.reader.texts(some)}
        for row in some:
            note = texts.get(row.path) or _not_text(core, row, tally, is_wanted=any_bytes)
            if note is not None:
                yield _told(row, note, tally)


def _not_text(core: Core, row: Row, tally: ExportTally, *, is_wanted: bool) -> Note | None:
    """A note that is no text, if bytes of any kind are wanted."""
    try:
        found = core.reader.find(row.path)
    except LimitExceeded:
        tally.skipped.append(LeftNote(row.path, _TOO_LARGE))
        return None
    if found is not None and not is_wanted:
        tally.skipped.append(LeftNote(row.path, _NOT_TEXT))
        return None
    return found


def _told(row: Row, note: Note, tally: ExportTally) -> ExportedNote:
    tally.notes += 1
    if (found := len(find_secrets(note.text))) > 0:
        tally.secrets[row.path] = found
    if not row.sync:
        tally.unshared.append(row.path)
    return ExportedNote(note, row.topic, row.tags, row.created, row.updated or row.changed)


def _archived(core: Core) -> int:
    """How many imported conversations there are."""
    return sum(1 for entry in core.reader.tree() if is_archived(entry.path))


def _shown(core: Core, rows: Sequence[Row]) -> int:
    """How many files there are that notes may show; what PACK and git keep there is not meant."""
    paths = (entry.path for entry in _no_notes(core, rows))
    others = (path for path in paths if path != INDEX and not is_archived(path))
    return sum(1 for path in others if not any(part.startswith(".") for part in path.split("/")))


def _no_notes(core: Core, rows: Sequence[Row]) -> Iterator[Entry]:
    """The files of the memory's repository that are no notes and still are there."""
    head = core.connector.head()
    scope = scope_of(core.connector)
    there = {entry.path for entry in core.reader.tree()}.difference(row.path for row in rows)
    for entry in core.connector.get_tree(head) if head is not None else ():
        is_note = scope.holds(entry.path) and is_catalogued(entry.path)
        if not is_note and entry.path in there:
            yield entry


def _others(core: Core, tally: ExportTally, rows: Sequence[Row]) -> Iterator[ExportedPiece]:
    """Those files, as committed."""
    for entry in _no_notes(core, rows):
        if (why := _why_left_out(core, entry)) is not None:
            tally.skipped.append(LeftNote(entry.path, why))
            continue
        ((_, content),) = core.connector.read_blobs([entry.sha])
        tally.attachments += 1
        yield ExportedPiece(entry.path, content)


def _why_left_out(core: Core, entry: Entry) -> str | None:
    if entry.type is not EntryType.FILE:
        return _NO_FILE
    try:
        why = core.reader.exclusion(entry.path)
    except PackError as error:
        return str(error)
    return str(excluded(entry.path, why)) if why is not None else None
