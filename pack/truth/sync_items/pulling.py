"""What changed in a memory, as sync items, oldest first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from pack.catalog.row import is_catalogued
from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.core.requests import InvalidCursor, check_limit, make_cursor, parse_cursor
from pack.errors import InvalidRequest, NotFound
from pack.files.note import Note
from pack.history.origins import derivations, written_by
from pack.history.when import parse_moment
from pack.index.format import is_generated, is_page_path, may_be_generated
from pack.log import ChangeKind, CommitFacts, FileChange, LogQuery
from pack.model import BlobId, CommitId, MemoryPath
from pack.paths import INDEX
from pack.times import format_time
from pack.truth.sync_items.heights import Heights
from pack.truth.sync_items.item import ChainLink, SyncItem

PAGE: Final = 50
"""How many items a pull returns if the caller gives no limit."""
MOST: Final = 200
_UNKNOWN: Final = BlobId("")
_MOST_BYTES: Final = 1024 * 1024
"""Of texts in one page; one item is in it at least."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A part of what changed.

    Attributes:
        items: Oldest first.
        version: The height that is reached with the last part; `since` of the next pull.
        tenant_id: The memory.
        next_cursor: With which the next part begins; `None` at the end.
    """

    items: tuple[SyncItem, ...]
    version: int
    tenant_id: str | None
    next_cursor: str | None = None


@dataclass(frozen=True, slots=True)
class FileStep:
    """What one commit did to one file.

    Attributes:
        version: The height of the commit.
        commit: The commit.
        path: The file.
        sha: Its blob after the commit; `None` if it is gone.
        base_sha: Its blob before; `None` if it is new.
        moved_from: Where it was before.
    """

    version: int
    commit: CommitFacts
    path: MemoryPath
    sha: BlobId | None
    base_sha: BlobId | None
    moved_from: MemoryPath | None = None

    @property
    def place(self) -> tuple[int, str]:
        """Its place among the others: what a commit removed comes after what it stored."""
        return self.version, f"{int(self.sha is None)}{self.path}\0{self.commit.id}"


def pull(
    core: Core,
    since: str | None,
    cursor: str | None,
    limit: int,
    *,
    each: bool,
    max_level: int,
) -> Pulled:
    """A part of what changed; it begins after the item at which the last part ended.

    Args:
        core: The memory.
        since: A version, or a time; `None` for everything.
        cursor: From the last part.
        limit: How many items at most.
        each: Whether each change is an item; otherwise a file is one, with its last change.
        max_level: Only what is trusted that far.

    Raises:
        InvalidRequest: `since` or the cursor is none, or the limit is not positive.
    """
    head = core.connector.head()
    if head is None:
        return Pulled((), 0, None)
    after, begin = (0, "")
    if cursor is None:
        heights = Heights.of(core, head)
        start = _start(core, heights, since)
    else:
        head, start, after, begin = _place(cursor)
        heights = _known(core, head)
    steps = [one for one in _steps(core, heights, head, start) if one.place > (after, begin)]
    chosen = steps if each else _last_of_each(steps)
    items, last = _page(
        _Reading(core, heights.first, each=each), chosen, check_limit(limit), max_level
    )
    more = make_cursor([head, start, *last.place]) if last is not None else None
    return Pulled(items, heights.highest, heights.first, more)


def current_item(core: Core, path: str) -> SyncItem | None:
    """What a memory has at a path, edits by hand included; `None` if there never was a file."""
    head, place = core.connector.head(), MemoryPath(path)
    note = core.reader.find(place) if is_catalogued(path) else None
    if head is None or not is_catalogued(path):
        return None
    heights = Heights.of(core, head)
    for commit in core.connector.log(LogQuery(head, path=place, limit=1, with_files=True)):
        shas = {file.path: file.sha for file in commit.files or ()}
        version = heights.height(commit.id) or heights.highest
        step = FileStep(version, commit, place, shas.get(place), None)
        item = _Reading(core, heights.first, each=False).item(step)
        if item is None or note is None:
            return item
        return replace(item, content=note.exact_text(), sha=note.sha, deleted=False)
    return None


def _id_of(step: FileStep) -> str:
    """The id of a change, the same wherever the commit is."""
    text = f"{step.commit.id}\0{step.path}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:32]


def _start(core: Core, heights: Heights, since: str | None) -> int:
    if since is None or since.isdecimal():
        height = int(since or 0)
        if height > heights.highest:
            raise InvalidRequest("there is no such version yet; pull without `since`")
        return height
    moment = parse_moment(since, core.clock(), at_end=False)
    if moment is None:
        raise InvalidRequest("`since` must be a version, or a time such as 2026-01-31T09:30:00Z")
    return heights.before(moment)


def _place(cursor: str) -> tuple[CommitId, int, int, str]:
    head, start, version, path = parse_cursor(cursor, ["", 0, 0, ""])
    if not (isinstance(start, int) and isinstance(version, int) and start >= 0):
        raise InvalidCursor
    return CommitId(str(head)), start, version, str(path)


def _known(core: Core, head: CommitId) -> Heights:
    try:
        return Heights.of(core, head)
    except NotFound as error:
        raise InvalidCursor from error


def _steps(core: Core, heights: Heights, head: CommitId, start: int) -> Iterator[FileStep]:
    """What each commit did to each memory file, oldest first."""
    if start >= heights.highest:
        return
    scope = scope_of(core.connector).require()
    commits = core.log.read(LogQuery(head, heights.at(start), with_files=True))
    known: dict[MemoryPath, BlobId | None] = {}
    for commit in sorted(commits, key=lambda one: (heights.height(one.id) or 0, one.id)):
        version = heights.height(commit.id) or heights.highest
        is_merge = len(commit.parents) > 1
        made = _merged(core, version, commit, known) if is_merge else _made(version, commit)
        shown = [step for step in made if _is_note(step.path) and scope.holds(step.path)]
        known.update((step.path, step.sha) for step in shown)
        yield from sorted(shown, key=lambda step: step.place)


def _made(version: int, commit: CommitFacts) -> Iterator[FileStep]:
    for file in commit.files or ():
        yield from _told(version, commit, file)


def _merged(
    core: Core, version: int, commit: CommitFacts, known: Mapping[MemoryPath, BlobId | None]
) -> Iterator[FileStep]:
    """What is in a merge that the steps of its sides, told one after the other, did not leave."""
    found: dict[MemoryPath, BlobId | None] = {}
    for parent in commit.parents:
        found.update(core.connector.changes_between(parent, commit.id) or ())
    for path, sha in sorted(found.items()):
        if known.get(path, _UNKNOWN) != sha:
            yield FileStep(version, commit, path, sha, known.get(path))


def _told(version: int, commit: CommitFacts, file: FileChange) -> Iterator[FileStep]:
    if file.kind is ChangeKind.MOVED and file.old_path is not None:
        yield FileStep(version, commit, file.old_path, None, file.old_sha)
    yield FileStep(version, commit, file.path, file.sha, file.old_sha, file.old_path)


def _is_note(path: MemoryPath) -> bool:
    return is_catalogued(path) and path != INDEX and not is_page_path(path)


def _last_of_each(steps: Iterable[FileStep]) -> list[FileStep]:
    last = {step.path: step for step in steps}
    return sorted(last.values(), key=lambda step: step.place)


def _page(
    reading: _Reading, steps: Sequence[FileStep], limit: int, max_level: int
) -> tuple[tuple[SyncItem, ...], FileStep | None]:
    """The items of a part, and the last step in it if there are more."""
    items: list[SyncItem] = []
    size = 0
    for place, step in enumerate(steps):
        item = reading.item(step)
        if item is None or (item.truth_level or 1) > max_level:
            continue
        size += len((item.content or "").encode("utf-8", "replace"))
        if items and (len(items) == min(limit, MOST) or size > _MOST_BYTES):
            return tuple(items), steps[place - 1]
        items.append(item)
    return tuple(items), None


class _Reading:
    """Turns steps into items."""

    def __init__(self, core: Core, tenant: str, *, each: bool) -> None:
        self._core = core
        self._tenant = tenant
        self._each = each

    def item(self, step: FileStep) -> SyncItem | None:
        """The item of a step; `None` for what is no note, such as a generated index."""
        note = self._note(step)
        if step.sha is not None and note is None:
            return None
        level, origin, is_accepted = self._writer(step)
        shown = level if self._each or note is None else self._level(note, level)
        return SyncItem(
            _id_of(step),
            step.path,
            self._tenant,
            shown,
            origin,
            self._chain(step.commit),
            is_accepted,
            level,
            step.version,
            step.commit.at,
            note.exact_text() if note is not None else None,
            note is None,
            step.sha,
            step.base_sha,
            step.moved_from,
        )

    def _note(self, step: FileStep) -> Note | None:
        if step.sha is None:
            return None
        ((_, content),) = self._core.connector.read_blobs([step.sha])
        note = Note(step.path, content)
        try:
            note.exact_text()
        except InvalidRequest:
            return None
        is_index = may_be_generated(note.path) and is_generated(note.path, note.head.fields)
        return None if is_index else note

    def _writer(self, step: FileStep) -> tuple[int, str, bool]:
        """Who made a change: its commit, or those that a merge joined."""
        writers = [written_by(step.commit)]
        if len(step.commit.parents) > 1:
            one, other = step.commit.parents[:2]
            queries = (LogQuery(one, other, step.path), LogQuery(other, one, step.path))
            both = chain.from_iterable(map(self._core.connector.log, queries))
            writers = [written_by(one) for one in both if len(one.parents) < 2] or writers
        weakest = max(writers, key=lambda one: one.level)
        return weakest.level, weakest.origin, weakest.is_accepted

    def _level(self, note: Note, last: int) -> int:
        """The level of a whole file as it is now; that of its last change if nobody knows."""
        truths, current = self._core.truths, self._core.reader.find(note.path)
        if truths is None or current is None or current.sha != note.sha:
            return last
        return truths.of(current).level

    def _chain(self, commit: CommitFacts) -> tuple[ChainLink, ...]:
        found = []
        for link in derivations(commit):
            try:
                (facts,) = self._core.connector.log(LogQuery(link.commit, limit=1))
                at = format_time(facts.at)
            except NotFound:
                at = None
            found.append(ChainLink(link.level, link.origin, at, (link.commit,)))
        return tuple(found)
