"""What changed in a memory, as sync items, oldest first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pack.catalog.row import is_catalogued
from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.core.lookup import asked_path
from pack.core.requests import InvalidCursor, check_limit, make_cursor, parse_cursor
from pack.core.truths import STRONGEST, WEAKEST, NoteTruth
from pack.errors import InvalidRequest, NotFound
from pack.files.note import Note
from pack.history.assigned import assigned_in, writer_of
from pack.history.differences.line_hunks import git_lines
from pack.history.origins import derivations
from pack.history.when import parse_moment
from pack.index.format import is_generated, is_page_path, may_be_generated
from pack.log import ChangeKind, CommitFacts, FileChange, LogQuery
from pack.merge.diff import find_hunks
from pack.model import BlobId, CommitId, MemoryPath
from pack.paths import INDEX
from pack.times import format_time
from pack.truth.acceptances import Span, read_acceptance
from pack.truth.authority import truth_at
from pack.truth.sync_items.accepted import spans_there
from pack.truth.sync_items.heights import Heights
from pack.truth.sync_items.item import ChainLink, SyncItem

PAGE: Final = 50
"""How many items a pull returns if the caller gives no limit."""
MOST: Final = 200
_DIGITS: Final = 12
"""No version is longer."""
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
        return self.version, f"{int(self.sha is None)}{self.path}"


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
    head, place = core.connector.head(), asked_path(core, path)
    if head is None or not (_is_note(place) and scope_of(core.connector).require().holds(place)):
        return None
    note = core.reader.find(place)
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
    if since is None or (since.isascii() and since.isdecimal()):
        height = int((since or "0")[:_DIGITS])
        if height > heights.highest or len(since or "") > _DIGITS:
            raise InvalidRequest("there is no such version yet; pull without `since`")
        return heights.since(height)
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
    query = LogQuery(head, heights.at(start), first_parent=True, with_files=True)
    for commit in reversed(core.log.read(query)):
        version = heights.height(commit.id) or heights.highest
        told = (step for file in commit.files or () for step in _told(version, commit, file))
        shown = (step for step in told if _is_note(step.path) and scope.holds(step.path))
        yield from sorted(shown, key=lambda step: step.place)


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
        if item is None or not reading.is_trusted(item, step, max_level):
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
        level, origin, is_accepted = self._brought(step, note) or self._writer(step)
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
            accepted_lines=self._accepted_lines(step, note) if is_accepted else None,
        )

    def is_trusted(self, item: SyncItem, step: FileStep, level: int) -> bool:
        """Whether all that an item holds is trusted that far, whoever changed the file last."""
        if (item.truth_level or STRONGEST) > level:
            return False
        truth = self._truth_then(step, self._note(step)) if level < WEAKEST else None
        return truth is None or truth.level <= level

    def _truth_then(self, step: FileStep, note: Note | None) -> NoteTruth | None:
        """The truth of a text as it was after its commit; `None` if it is all the person's."""
        truths = self._core.truths if self._each and note is not None else None
        if truths is None or note is None or not truths.is_shared(note):
            return None
        return truth_at(self._core, step.commit.id, note)

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

    def _brought(self, step: FileStep, note: Note | None) -> tuple[int, str, bool] | None:
        """Who wrote what a change put in, if that is weaker than who made the change.

        So is text that the person moved from another file, or brought back.
        """
        level, _, _ = self._writer(step)
        truth = self._truth_then(step, note)
        if truth is None or note is None:
            return None
        before = b""
        if step.base_sha is not None:
            ((_, before),) = self._core.connector.read_blobs([step.base_sha])
        lines = git_lines(note.exact_text())
        first = len(lines) - len(git_lines(note.head.body))
        weakest = None
        for hunk in find_hunks(git_lines(before.decode("utf-8", "replace")), lines):
            for place in range(max(hunk.start, first), hunk.end):
                one = truth.lines[place]
                if lines[place].strip() and one.level > (weakest.level if weakest else level):
                    weakest = one
        return (weakest.level, weakest.origin, False) if weakest is not None else None

    def _writer(self, step: FileStep) -> tuple[int, str, bool]:
        """Who made a change: its commit, or those that a merge brought."""
        assigned = assigned_in(self._core).levels
        writers = [writer_of(step.commit, assigned)]
        if len(step.commit.parents) > 1:
            ours, theirs = step.commit.parents[:2]
            query = LogQuery(theirs, ours, step.path)
            brought = [one for one in self._core.connector.log(query) if len(one.parents) < 2]
            writers = [writer_of(one, assigned) for one in brought] or writers
        weakest = max(writers, key=lambda one: one.level)
        return weakest.level, weakest.origin, weakest.is_accepted

    def _accepted_lines(self, step: FileStep, note: Note | None) -> tuple[Span, ...]:
        """The lines of a text that its commit accepted as they were."""
        found = read_acceptance(step.commit)
        if found is None or note is None or found.path not in (step.path, step.moved_from):
            return ()
        ((_, content),) = self._core.connector.read_blobs([found.blob])
        return spans_there(found.spans, content.decode("utf-8", "replace"), note.exact_text())

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
