"""What a conversation should begin with: the notes, the news and the passages that matter most.

Pinned notes come first (`pin: true`, and `profiles/me.md`), then what has changed since this reader
was last there, then what answers the user's task, then what else there is. `context_text` chooses
from them what fits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from pack.catalog.catalog import Catalog
from pack.catalog.questions import Filter, Sort
from pack.catalog.row import Row
from pack.core.core import Core
from pack.core.session import Session
from pack.errors import InvalidRequest
from pack.files.markdown import split_lines
from pack.files.note import Note
from pack.files.passages import split_passages
from pack.history.context_text import Calls, Extract, Ingredients, StartingContext, compose
from pack.limits import MAX_QUERY_BYTES
from pack.model import MemoryPath, Mode
from pack.use_cases.search import SearchRequest, search

BUDGET: Final = 2_000
"""Codex cuts off a hook's output at 2,500 tokens."""
CHARACTERS: Final = 9_500
"""Claude Code replaces a hook's output of more than 10,000 characters by a preview."""
_PROFILE: Final = MemoryPath("profiles/me.md")
_MOST_PINNED: Final = 50
_MOST_FOUND: Final = 12
_MOST_LISTED: Final = 60
_MOST_FOLDERS: Final = 40
_NEWEST_EACH: Final = 3
_TOPIC_CHARACTERS: Final = 60


@dataclass(frozen=True, slots=True)
class ContextRequest:
    """What a conversation is to begin with.

    Attributes:
        task: What the user asked for; `None` if that is not known.
        client: Who reads the text, by name; `None` if that is not known.
        budget: How many tokens the text may take, by `most_tokens`.
        characters: How many characters it may have.
    """

    task: str | None = None
    client: str | None = None
    budget: int = BUDGET
    characters: int = CHARACTERS


class Beginning:
    """The beginning of a conversation. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._core = session.core

    def text(self, request: ContextRequest, calls: Calls) -> StartingContext:
        """The text to begin a conversation with; the same for the same commit and request.

        Args:
            request: What it is to be about, and how long it may be.
            calls: How its reader asks for more.

        Raises:
            NotInitialised: There is no memory.
            InvalidRequest: A limit is not positive.
        """
        if request.budget < 1 or request.characters < 1:
            raise InvalidRequest("a limit must be at least 1")
        with self._core.view():
            wanted = _gather(self._core, request)
            return compose(wanted, request.budget, request.characters, calls)


def _gather(core: Core, request: ContextRequest) -> Ingredients:
    if core.require_mode() is Mode.V1:
        return Ingredients(pinned=[_whole(note) for note in core.reader.v1_files()])
    task = (request.task or "").strip() or None
    return Ingredients(
        pinned=_pinned(core),
        task=task,
        found=_found(core, task) if task else (),
        index=_index_forms(core),
    )


def _pinned(core: Core) -> Iterator[Extract]:
    """The pinned notes, read one by one while they are asked for."""
    rows = core.ask(lambda view: view.list_rows(Filter(pinned=True), limit=_MOST_PINNED).rows)
    for path in dict.fromkeys((_PROFILE, *(row.path for row in rows))):
        note = core.reader.find(path)
        if note is not None:
            yield _whole(note)


def _whole(note: Note) -> Extract:
    head = note.head
    passages = tuple(split_passages(head.body.rstrip(), head.body_line))
    return Extract(note.path, passages, len(split_lines(note.text)))


def _found(core: Core, task: str) -> Iterator[Extract]:
    """The passages that answer the task best, each with the file it is from."""
    found = search(core, SearchRequest(_query(task), limit=_MOST_FOUND))
    for match in found.matches:
        note = core.reader.find(match.path)
        if note is None:
            continue
        passages = [one for one in _whole(note).passages if one.line <= match.line]
        if passages:
            yield Extract(match.path, passages[-1:], len(split_lines(note.text)), is_whole=False)


def _query(task: str) -> str:
    """The task as a query; a task may be longer than a query."""
    return task.encode("utf-8", "replace")[:MAX_QUERY_BYTES].decode("utf-8", "ignore")


# --- what else there is --------------------------------------------------------------------------


def _index_forms(core: Core) -> Sequence[str]:
    """The index of the memory, from a line for each note to one line for all."""
    folders, rows, total = core.ask(_listed)
    if not total:
        return ()
    short = [f"- {name}: {_notes(count)}" for name, count in folders]
    with_newest = [
        ", ".join((line, *_topics(rows, name)))
        for line, (name, _) in zip(short, folders, strict=True)
    ]
    forms = [with_newest, short] if len(folders) <= _MOST_FOLDERS else []
    if total == len(rows):
        by_path = sorted(rows, key=lambda row: row.path)
        forms.insert(0, [f"- {row.path}: {_short(row.topic)}" for row in by_path])
    all_in_one = f"- {_notes(total)} in {len(folders)} folder{'s' if len(folders) > 1 else ''}"
    return ["".join(f"{line}\n" for line in form) for form in (*forms, [all_in_one])]


def _listed(view: Catalog) -> tuple[list[tuple[str, int]], Sequence[Row], int]:
    """The top folders with their number of notes, the newest notes, and how many there are."""
    newest = view.list_rows(sort=Sort.UPDATED, limit=_MOST_LISTED)
    counts: dict[str, int] = {}
    for summary in view.folders():
        name = f"{summary.folder.partition('/')[0]}/"
        counts[name] = counts.get(name, 0) + summary.files
    return sorted(counts.items()), newest.rows, newest.total


def _topics(rows: Sequence[Row], folder: str) -> list[str]:
    """The topics of a folder's newest notes."""
    inside = (row for row in rows if row.path.startswith(folder))
    return [_short(row.topic) for row in islice(inside, _NEWEST_EACH)]


def _short(topic: str) -> str:
    """A topic in one line of bearable length."""
    line = " ".join(topic.split())
    return line if len(line) <= _TOPIC_CHARACTERS else f"{line[: _TOPIC_CHARACTERS - 1].rstrip()}…"


def _notes(count: int) -> str:
    return f"{count:,} note{'s' if count != 1 else ''}"
