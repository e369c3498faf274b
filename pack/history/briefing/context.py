"""What a conversation should begin with: the notes, the news and the passages that matter most.

Pinned notes come first (`pin: true`, and `profiles/me.md`), then what has changed since this reader
was last there, then what answers the user's task, then what else there is. `context_text` chooses
from them what fits. What another writer pins is not what the person pinned: it comes after that,
in a small share of its own, and what a kit pins does not come at all.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple, TypedDict

from pack.catalog.catalog import Catalog
from pack.catalog.questions import Filter, Sort
from pack.catalog.row import Row
from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.core.labels import labels_of
from pack.core.session import Session
from pack.core.truths import STRONGEST
from pack.deferred import dataclass
from pack.errors import InvalidContent, InvalidRequest, LimitExceeded, NotFound, Unavailable
from pack.files.keys import ORIGIN_SOURCE, PIN, TRUTH_LEVEL
from pack.files.markdown import split_lines
from pack.files.note import Note
from pack.files.passages import split_passages
from pack.history.briefing.context_text import Calls, Extract, Ingredients, StartingContext, compose
from pack.history.visits import NewFile, Visits
from pack.limits import MAX_QUERY_BYTES
from pack.model import CommitId, MemoryPath, Mode
from pack.provenance import TRUTH_LEVELS, Source, parse_origin

logger = logging.getLogger(__name__)
_WEAKER: Final = frozenset(TRUTH_LEVELS.values()) - {TRUTH_LEVELS[Source.USER]}
BUDGET: Final = 2_000
"""Codex cuts off a hook's output at 2,500 tokens."""
CHARACTERS: Final = 9_500
"""Claude Code replaces a hook's output of more than 10,000 characters by a preview."""
_PROFILE: Final = MemoryPath("profiles/me.md")
_MOST_PINNED: Final = 50
_MOST_BY_OTHERS: Final = 5
_MOST_EXAMINED: Final = 200
"""Of how many pinned notes that are not wholly the person's it is found out who pins them."""
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


class Briefing:
    """Texts to begin a conversation with. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._core = session.core
        self._visits = Visits(session)

    def text(self, request: ContextRequest, calls: Calls) -> StartingContext:
        """The text to begin a conversation with; the same for the same memory and request.

        While the catalog is first filled, it is of what is in it so far, and says so.

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
            wanted = replace(_gather(self._core, request), **self._news(request.client))
            wanted = replace(wanted, proposals=self._core.proposals.count())
            found = compose(wanted, request.budget, request.characters, calls)
            return replace(found, commit=self._core.connector.head())

    def seen(self, client: str | None, commit: CommitId | None) -> None:
        """Remember that a text has reached its reader, so that the next one goes on from there.

        Asked again at the same commit, the reader gets the same text as before. Where that cannot
        be stored, such as in a folder that is only for reading, the news is told again; the log
        says so.

        Args:
            client: As in the request.
            commit: `StartingContext.commit`.
        """
        visits = self._core.visits
        if client is None or commit is None or (last := visits.load(_last(client))) == commit:
            return
        try:
            if last is not None:
                visits.save(_before(client), last)
            visits.save(_last(client), commit)
        except Unavailable as error:
            logger.warning("the visit of %s cannot be remembered: %s", client, error)

    def _news(self, client: str | None) -> _News:
        since = self._since(client)
        if client is None or since is None:
            return {"since": None, "changed": ()}
        try:
            files = self._visits.news(client, since).files
        except NotFound:  # the history was rewritten
            return {"since": None, "changed": ()}
        return {"since": since, "changed": [_told(file) for file in files]}

    def _since(self, client: str | None) -> CommitId | None:
        """The commit at which a reader was last there; `None` at its first visit."""
        if client is None:
            return None
        last = self._core.visits.load(_last(client))
        is_same = last is not None and last == self._core.connector.head()
        return self._core.visits.load(_before(client)) if is_same else last


class _News(TypedDict):
    since: CommitId | None
    changed: Sequence[str]


def _last(client: str) -> str:
    return f"{client}: context"


def _before(client: str) -> str:
    return f"{client}: context before"


def _told(file: NewFile) -> str:
    was = f" from {file.old_path}" if file.old_path else ""
    return f"{file.path}: {file.change}{was} by {file.by}"


def _gather(core: Core, request: ContextRequest) -> Ingredients:
    if core.require_mode() is Mode.V1:
        return Ingredients(pinned=[_whole(core, note) for note in core.reader.v1_files()])
    task = (request.task or "").strip() or None
    listed, so_far = core.ask_so_far(_listed)
    forms, is_whole = _index_forms(core, listed)
    pinned = _sorted_out(core, listed.pinned)
    return Ingredients(
        pinned=_pinned(core, pinned.own),
        pinned_by_others=[_whole(core, note) for _, note in _texts(core, pinned.by_others)],
        task=task,
        found=_found(core, task) if task else (),
        index=forms,
        is_index_whole=is_whole and so_far is None,
        so_far=str(so_far or ""),
    )


def _pinned(core: Core, rows: Sequence[Row]) -> Iterator[Extract]:
    """The pinned notes that can be read, one by one while they are asked for."""
    profile = _profile(core)
    if profile is not None:
        yield _whole(core, profile)
    others = [row for row in rows if profile is None or row.path != profile.path]
    for _, note in _texts(core, others):
        yield _whole(core, note)


def _texts(core: Core, rows: Sequence[Row]) -> Iterator[tuple[Row, Note]]:
    return core.reader.texts(rows, one_by_one=core.gradual.is_filling)


class _Pinned(NamedTuple):
    """The pinned notes that a text may hold, by who pins them.

    Attributes:
        own: The person; ordered by path.
        by_others: Another writer, but no kit.
    """

    own: Sequence[Row]
    by_others: Sequence[Row] = ()


def _sorted_out(core: Core, rows: Sequence[Row]) -> _Pinned:
    """The pinned notes by who pins them; where nobody asks for levels, nobody knows.

    What is wholly the person's is known without a look at its history, so no number of notes by
    others pushes it out. Of the rest the oldest are looked at first.
    """
    if core.truths is None:
        return _Pinned(rows[:_MOST_PINNED])
    shared = _shared_among(core, rows)
    own = [row for row in rows if row.path not in shared]
    by_others: list[Row] = []
    rest = sorted((row for row in rows if row.path in shared), key=_age)
    for row, note in _texts(core, rest[:_MOST_EXAMINED]):
        source = _pinned_by(core, note)
        if source is None:
            own.append(row)
        elif source != Source.KIT:
            by_others.append(row)
    own.sort(key=lambda row: row.path)
    return _Pinned(own[:_MOST_PINNED], by_others[:_MOST_BY_OTHERS])


def _age(row: Row) -> tuple[str, str]:
    return row.created or row.updated or row.changed or "~", row.path


def _pinned_by(core: Core, note: Note) -> str | None:
    """The kind of writer that wants every conversation to begin with a note, if not the person."""
    if core.truths is None:
        return None
    try:
        found = core.truths.of(note)
    except InvalidContent:  # it is not UTF-8, so it pins nothing
        return None
    pins = [one for key, one in found.keys.items() if key.casefold() == PIN.name]
    weakest = max(pins, key=lambda one: one.level, default=found)
    return weakest.origin.partition(":")[0] if weakest.level > STRONGEST else None


def _profile(core: Core) -> Note | None:
    if not scope_of(core.connector).holds(_PROFILE):
        return None
    try:
        return core.reader.find(_PROFILE)
    except LimitExceeded:  # `validate` reports it
        return None


def _whole(core: Core, note: Note) -> Extract:
    head = note.head
    passages = tuple(split_passages(head.body.rstrip(), head.body_line))
    lines = len(split_lines(note.text))
    return Extract(note.path, passages, lines, **_trust(core, note, lines))


class _Trust(TypedDict):
    level: int | None
    origin: str | None


def _trust(core: Core, note: Note, lines: int) -> _Trust:
    """Whose a note is, where it is not wholly the user's.

    What the note says itself is taken for that if it is not in its favour: PACK puts these keys
    right in every write of its own, and they spare a hook, for which a person waits, the way
    through the history.
    """
    level, name = (note.head.fields.get(key.name) for key in (TRUTH_LEVEL, ORIGIN_SOURCE))
    origin = parse_origin(name) if isinstance(name, str) else None
    if isinstance(level, int) and level in _WEAKER:
        return {"level": level, "origin": origin.label if origin else None}
    labels = labels_of(core, note, 1, lines)
    if labels is None or labels.whole.level not in _WEAKER:
        return {"level": None, "origin": None}
    return {"level": labels.whole.level, "origin": labels.whole.origin}


def _found(core: Core, task: str) -> Iterator[Extract]:
    """The passages that answer the task best, each with the file it is from."""
    # Here, as a hook, which a person waits for, has no task.
    from pack.use_cases.search import SearchRequest, search  # noqa: PLC0415

    found = search(core, SearchRequest(_query(task), limit=_MOST_FOUND))
    for match in found.matches:
        note = core.reader.find(match.path)
        if note is None:
            continue
        whole = _whole(core, note)
        passages = [one for one in whole.passages if one.line <= match.line]
        if passages:
            yield replace(whole, passages=passages[-1:], is_whole=False)


def _query(task: str) -> str:
    """The task as a query; a task may be longer than a query."""
    return task.encode("utf-8", "replace")[:MAX_QUERY_BYTES].decode("utf-8", "ignore")


# --- what else there is --------------------------------------------------------------------------


class _Listed(NamedTuple):
    """What the catalog knows, asked once: each question may look at every file.

    Attributes:
        pinned: The pinned notes.
        folders: The top folders with their number of notes.
        newest: The newest notes.
        total: How many notes there are.
    """

    pinned: Sequence[Row]
    folders: Sequence[tuple[str, int]]
    newest: Sequence[Row]
    total: int


def _index_forms(core: Core, listed: _Listed) -> tuple[Sequence[str], bool]:
    """The index of the memory in ever shorter forms, and whether the first names all notes.

    What is not wholly the user's is shown with its level and its writer, or not at all.
    """
    _, folders, rows, total = listed
    if not total:
        return (), True
    short = [f"- {name}: {_notes(count)}" for name, count in folders]
    shared = _shared_among(core, rows)
    owns = [row for row in rows if row.path not in shared]
    with_newest = [
        ", ".join((line, *_topics(owns, name)))
        for line, (name, _) in zip(short, folders, strict=True)
    ]
    forms = [with_newest, short] if len(folders) <= _MOST_FOLDERS else []
    if total == len(rows):
        labels = _labels(core, [row for row in rows if row.path in shared])
        by_path = sorted(rows, key=lambda row: row.path)
        forms.insert(0, [_line(row, labels.get(row.path, "")) for row in by_path])
    all_in_one = f"- {_notes(total)} in {len(folders)} folder{'s' if len(folders) > 1 else ''}"
    texts = ["".join(f"{line}\n" for line in form) for form in (*forms, [all_in_one])]
    return texts, total == len(rows)


def _line(row: Row, label: str) -> str:
    """A note in the index; the label stands before the topic, which may be another's."""
    return f"- {row.path}{label}: {_short(row.topic)}"


def _shared_among(core: Core, rows: Sequence[Row]) -> frozenset[MemoryPath]:
    """The notes that may hold text which is not the user's; none where nobody asks for levels."""
    if core.truths is None:
        return frozenset()
    among = core.truths.shared_among([row.path for row in rows])
    return frozenset(among).union(row.path for row in rows if row.says_shared)


def _labels(core: Core, rows: Sequence[Row]) -> Mapping[MemoryPath, str]:
    """What is said of each of some notes that is not wholly the user's."""
    found: dict[MemoryPath, str] = {}
    for row, note in _texts(core, rows):
        trust = _trust(core, note, len(split_lines(note.text)))
        if trust["level"] is not None:
            by = f", {trust['origin']}" if trust["origin"] else ""
            found[row.path] = f" (level {trust['level']}{by})"
    return found


def _listed(view: Catalog) -> _Listed:
    pinned = view.list_rows(Filter(pinned=True)).rows
    newest = view.list_rows(sort=Sort.UPDATED, limit=_MOST_LISTED)
    counts: dict[str, int] = {}
    for summary in view.folders():
        name = f"{summary.folder.partition('/')[0]}/"
        counts[name] = counts.get(name, 0) + summary.files
    return _Listed(pinned, sorted(counts.items()), newest.rows, newest.total)


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
