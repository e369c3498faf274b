"""Imported conversations, for whoever asks for their folder: they are not in the catalog.

A catalog of that folder alone is made for the question and thrown away. For a search, only files
that hold one of its words are read into it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Final, TypeVar

from pack.catalog.catalog import Catalog
from pack.catalog.imported import dated, dates_in
from pack.catalog.questions import Filter
from pack.catalog.refresh import NO_COMMIT
from pack.catalog.row import Row, describe
from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.files.note import Note
from pack.model import Entry, EntryType, MemoryPath, Mode
from pack.paths import ARCHIVE, is_archived
from pack.search.query import Query
from pack.search.words import fold_text

_T = TypeVar("_T")
_MOST: Final = 2_000
"""Files that one answer looks into: those that hold most of the words."""
_BEGINNING: Final = 4
"""Letters of a word that a file has to hold; the rest may be another form of it."""


def ask_archive(
    core: Core, which: Filter, question: Callable[[Catalog], _T], query: Query | None = None
) -> _T | None:
    """The answer of a catalog with imported conversations, if the filter names their folder.

    Args:
        core: The memory.
        which: Which files are meant.
        question: Asks a catalog.
        query: What is looked for in them; `None` for nothing.

    Returns:
        `None` if it names no such folder, so that the usual catalog has the answer.
    """
    if which.folder is None or which.folder.partition("/")[0] != ARCHIVE:
        return None
    entries = _entries(core, which.folder) if core.require_mode() is Mode.V2 else []
    if not any(is_archived(entry.path) for entry in entries):
        return None
    words = _words(query) if query is not None else ()
    paths = _holding(core, entries, words) if words else [entry.path for entry in entries]
    with closing(core.catalog.scratch()) as view:
        view.replace(NO_COMMIT, _rows(core, paths))
        return question(view)


def _entries(core: Core, folder: str) -> list[Entry]:
    """The files in a folder of the archive, conversations or not."""
    scope = scope_of(core.connector)
    return [
        entry
        for entry in core.reader.tree()
        if entry.path.startswith(f"{folder}/")
        if entry.type is EntryType.FILE and entry.sha and scope.keeps(entry.path)
    ]


def _words(query: Query) -> Sequence[str]:
    texts = [text for clause in query.clauses for text in clause.text.split()]
    return [fold_text(text)[:_BEGINNING] for text in texts]


def _holding(core: Core, entries: Sequence[Entry], words: Sequence[str]) -> list[MemoryPath]:
    """The files that hold one of the words, those with most of them first."""
    ranks = {path: _rank(note, words) for path, note in _notes(core, [e.path for e in entries])}
    return sorted(filter(ranks.get, ranks), key=lambda path: (-ranks[path], path))[:_MOST]


def _rank(note: Note, words: Sequence[str]) -> int:
    text = fold_text(note.text)
    return sum(word in text for word in words)


def _rows(core: Core, paths: Sequence[MemoryPath]) -> list[Row]:
    known = dates_in(core.connector)
    rows = (describe(note) for _, note in _notes(core, paths))
    return [dated(row, known) for row in rows if row is not None]


def _notes(core: Core, paths: Sequence[MemoryPath]) -> Iterator[tuple[MemoryPath, Note]]:
    for path in paths:
        note = core.reader.find(path)
        if note is not None:
            yield path, note
