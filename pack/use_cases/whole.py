"""The whole memory as one text, or as much of it as a reader can take.

A part ends between two files, unless the first file alone is too large for it; then it ends after a
line. Its cursor names the file that comes next, so files that come and go meanwhile hide no others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from pack.actions import Action
from pack.catalog.row import Row
from pack.core.core import Core
from pack.core.requests import count_tokens, fitting, make_cursor, parse_cursor
from pack.errors import NotFound
from pack.files.note import Note
from pack.index.format import in_sync_order
from pack.model import Mode
from pack.results import WholeMemory
from pack.times import format_time
from pack.use_cases.read import sync_order, sync_rows
from pack.v1 import whole_memory

_NOTICE_TOKENS: Final = 150
"""What the notice at the end takes at most."""
_READ_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True)
class _Piece:
    """A file as it stands in the text."""

    path: str
    version: str
    text: str


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a part begins: a file, and how much of its version was given before."""

    path: str
    offset: int
    version: str

    def cursor(self) -> str:
        return make_cursor([self.path, self.offset, self.version])


def read(core: Core, max_tokens: int | None, cursor: str | None) -> WholeMemory:
    """See `WholeText.get`."""
    if core.require_mode() is Mode.V1:
        return _read_v1(core, max_tokens, cursor)
    rows = sync_rows(core)
    paths: list[str] = [row.path for row in rows]
    place = _place(cursor)
    start = _start(core, paths, place) if place else 0
    pieces = (
        _Piece(row.path, note.sha, whole_memory.one(row.path, row.topic, note.text))
        for some in _portions(rows[start:], max_tokens)
        for row, note in core.reader.texts(some)
    )
    found = _take(pieces, place, whole_memory.BETWEEN, max_tokens)
    newest = max((row.updated for row in rows if row.updated), default=None)
    return found.answer(paths, newest)


def _portions(rows: Sequence[Row], max_tokens: int | None) -> Iterator[Sequence[Row]]:
    """The rows in portions to read at once: all of them, unless few of them may be wanted."""
    size = len(rows) if max_tokens is None else _READ_AT_ONCE
    for start in range(0, len(rows), max(size, 1)):
        yield rows[start : start + size]


def known_text(core: Core, mode: Mode) -> str:
    """All text that readers see; never fails because of what is in the files."""
    if mode is Mode.V1:
        return "\n".join(note.text for note in core.reader.v1_files())
    return read(core, None, None).content


def _read_v1(core: Core, max_tokens: int | None, cursor: str | None) -> WholeMemory:
    notes = list(core.reader.v1_files())
    main = core.reader.find(core.reader.v1_path)
    if main is None:
        raise NotFound(core.reader.v1_path)
    paths: list[str] = [note.path for note in notes]
    place = _place(cursor)
    start = paths.index(place.path) if place and place.path in paths else 0
    pieces = (_Piece(note.path, note.sha, note.text) for note in notes[start:])
    found = _take(pieces, place, "\n", max_tokens)
    return found.answer(paths, _updated_v1(core, main), main.sha)


def _updated_v1(core: Core, main: Note) -> str:
    changed = core.past.changed_at(main.path) if core.past else main.last_modified
    return main.stated_date() or format_time(changed or core.clock())


# --- where a part begins ---------------------------------------------------------------------


def _place(cursor: str | None) -> _Place | None:
    if cursor is None:
        return None
    path, offset, version = parse_cursor(cursor, ["", 0, ""])
    return _Place(str(path), max(int(offset), 0), str(version))


def _start(core: Core, paths: Sequence[str], place: _Place) -> int:
    """The number of the file that a part begins with; of the one after it if it is gone."""
    if place.path in paths:
        return paths.index(place.path)
    return in_sync_order(sync_order(core), [*paths, place.path]).index(place.path)


# --- how far it goes -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Taken:
    """The text of a part, its first and last file, and where the next one begins."""

    text: str
    first: str
    last: str
    following: _Place | None

    def answer(
        self, paths: Sequence[str], updated_at: str | None, sha: str | None = None
    ) -> WholeMemory:
        if self.following is None:
            return WholeMemory(self.text, len(paths), updated_at, sha)
        cursor = self.following.cursor()
        said = self._notice(paths, cursor)
        return WholeMemory(self.text, len(paths), updated_at, sha, cursor, said)

    def _notice(self, paths: Sequence[str], cursor: str) -> str:
        numbers = {path: number for number, path in enumerate(paths, 1)}
        first, last = numbers[self.first], numbers[self.last]
        shown = f"files {first} to {last}" if last > first else f"file {first}"
        is_cut = self.following is not None and self.following.path == self.last
        part = ", which is not complete," if is_cut else ""
        return whole_memory.notice(
            f"Above: {shown}{part} of {len(paths)}. For what follows, {Action.READ} with cursor "
            f"{cursor}. To find something, {Action.LIST} or {Action.SEARCH}."
        )


def _take(
    pieces: Iterator[_Piece], place: _Place | None, between: str, max_tokens: int | None
) -> _Taken:
    """As many pieces as the budget allows, and at least something of the first."""
    left = None if max_tokens is None else max(max_tokens - _NOTICE_TOKENS, max_tokens // 2, 1)
    taken: list[str] = []
    shown: list[str] = []
    for piece in pieces:
        given = _given_before(piece, place) if not taken else 0
        text = piece.text[given:]
        cost = count_tokens(between) + count_tokens(text) + 1
        if left is not None and cost > left:
            if taken:
                end = _Place(piece.path, 0, "")
                return _Taken(between.join(taken), shown[0], shown[-1], end)
            length = fitting(text, left)
            if length < len(text):
                end = _Place(piece.path, given + length, piece.version)
                return _Taken(text[:length], piece.path, piece.path, end)
        taken.append(text)
        shown.append(piece.path)
        left = None if left is None else left - cost
    first, last = (shown[0], shown[-1]) if shown else ("", "")
    return _Taken(between.join(taken), first, last, None)


def _given_before(piece: _Piece, place: _Place | None) -> int:
    """How much of the first piece an earlier part held; none of it if it has changed since."""
    is_same = place and (place.path, place.version) == (piece.path, piece.version)
    return place.offset if place and is_same else 0
