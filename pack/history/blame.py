"""Who wrote each line of a file: the commit that brought it, through moves, merges and migration.

The versions of the file are walked from the present back. A line that the version before has too,
or that only changed its place or its form, is passed on to it; what is left was written by the
commit. A file that begins with text of another one goes on there: what `pack migrate` took from the
v1 file, and what was split off a note.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple, TypeVar

from pack.catalog.row import is_catalogued
from pack.catalog.scope import scope_of
from pack.connector import Capability
from pack.core.core import Core
from pack.core.lookup import asked_path, nothing_there
from pack.core.session import Session
from pack.core.truths import LineState, LineTruth
from pack.errors import NotFound
from pack.files.note import Note
from pack.history.differences.line_hunks import git_lines
from pack.history.differences.line_owners import NONE, LineKeys, Owned, hand_over, recognised
from pack.history.follow import follow
from pack.history.origins import OLDER, written_by
from pack.index.format import may_be_generated
from pack.log import ChangeKind, CommitFacts, FileChange, LogQuery
from pack.model import BlobId, CommitId, MemoryPath
from pack.paths import original_path
from pack.provenance import EDITOR, TRUTH_LEVELS
from pack.times import format_time

_T = TypeVar("_T")
_ASKED_AT_ONCE: Final = 2000
_READ_AT_ONCE: Final = 250
_MOST_VERSIONS: Final = 20_000
_MOST_REMOTE_VERSIONS: Final = 200
"""Where each version of a file costs a request."""
_MOST_SOURCES: Final = 20
_DEEPEST: Final = 8
_LONG_ENOUGH: Final = 10


class Writing(NamedTuple):
    """Who wrote a line.

    Attributes:
        commit: The commit that brought it; `None` if it is in no commit yet.
        time: When that was made, in ISO 8601.
        origin: Who wrote it: `source:client`.
        level: How far the writer is trusted, from 1 (the user) to 5.
        state: Whether the line was written so, accepted by the user, or cannot be attributed.
    """

    commit: CommitId | None
    time: str | None
    origin: str
    level: int
    state: LineState = LineState.WRITTEN


BY_HAND: Final = Writing(None, None, EDITOR.label, TRUTH_LEVELS[EDITOR.source])


@dataclass(frozen=True, slots=True)
class BlamedFile:
    """A file and who wrote each of its lines.

    Attributes:
        path: Where it is.
        lines: Its lines, without their line ends; as in git, only a line feed ends a line.
        writings: Who wrote each.
        is_limited: Whether some lines are older than the oldest version that was looked at, which
            they are said to be of.
    """

    path: MemoryPath
    lines: tuple[str, ...]
    writings: tuple[Writing, ...]
    is_limited: bool = False


class BlamedRun(NamedTuple):
    """Lines `first` to `last`, 1-based, which were written together."""

    first: int
    last: int
    writing: Writing


class Blame:
    """Who wrote what. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._core = session.core

    def of(self, path: str) -> BlamedFile:
        """A file as it is now, with the writer of each line.

        Args:
            path: The file.

        Raises:
            NotFound: There is no such file.
            InvalidPath, IgnoredPath, ManagedPath: It is not memory.
            InvalidContent: It is not UTF-8 text.
            LimitExceeded: It is too large.
        """
        core = self._core
        with core.view():
            note = _find(core, path)
            lines = git_lines(note.exact_text())
            head, committed = core.connector.head(), core.connector.get_committed(note.path)
            shown = tuple(line.removesuffix("\n").removesuffix("\r") for line in lines)
            if head is None or committed is None:
                return BlamedFile(note.path, shown, (BY_HAND,) * len(lines))
            if core.truths is not None:
                truths = core.truths.of(note).lines
                is_limited = any(one.origin == OLDER for one in truths)
                return BlamedFile(note.path, shown, _trusted(core, head, note, truths), is_limited)
            last = next(follow(core.log, head, note.path, at_once=_ASKED_AT_ONCE), None)
            key = (BlamedFile, note.path, note.sha, committed, last and last[0].id)
            writings, is_limited = core.memo.once(key, lambda: _walked(core, note, head, committed))
            return BlamedFile(note.path, shown, writings, is_limited)


def _trusted(
    core: Core, head: CommitId, note: Note, truths: Sequence[LineTruth]
) -> tuple[Writing, ...]:
    """Who wrote each line, as the truth levels of the memory have it."""
    commits = dict.fromkeys(one.commit for one in truths if one.commit is not None)
    times = core.memo.each(
        [(Writing, commit) for commit in commits],
        lambda unknown: {(Writing, one): at for one, at in _times(core, head, note, unknown)},
    )
    return tuple(
        Writing(
            one.commit,
            times[Writing, one.commit] if one.commit else None,
            *(one.origin, one.level, one.state),
        )
        for one in truths
    )


def _times(
    core: Core, head: CommitId, note: Note, wanted: Iterable[tuple[type, CommitId]]
) -> Iterator[tuple[CommitId, str]]:
    """When each of these commits was made, asked for together where each question is a request."""
    left = {commit for _, commit in wanted}
    if Capability.LOG not in core.connector.capabilities:
        for commit, _ in follow(core.log, head, note.path, at_once=_MOST_REMOTE_VERSIONS):
            if commit.id in left:
                left.discard(commit.id)
                yield commit.id, format_time(commit.at)
            if not left:
                return
    for one in left:
        (facts,) = core.connector.log(LogQuery(one, limit=1))
        yield one, format_time(facts.at)


def runs_of(found: BlamedFile) -> Iterator[BlamedRun]:
    """The lines of a file in runs, in order."""
    first = 1
    for number, writing in enumerate(found.writings, 1):
        if number == len(found.writings) or found.writings[number] != writing:
            yield BlamedRun(first, number, writing)
            first = number + 1


def _find(core: Core, path: str) -> Note:
    wanted = asked_path(core, path)
    is_readable = is_catalogued(wanted) or wanted == core.reader.v1_path
    note = core.reader.find(wanted) if is_readable else None
    if note is None:
        core.require_mode()
        core.reader.refuse_excluded(wanted)
        raise nothing_there(core, path)
    if is_catalogued(wanted):
        scope_of(core.connector).refuse_left_out(wanted)
    return note


def _walked(
    core: Core, note: Note, head: CommitId, committed: BlobId
) -> tuple[tuple[Writing, ...], bool]:
    known = LineKeys()
    keys = known.of(note.content)
    walk, owned = _Walk(core, known, len(keys)), list(range(len(keys)))
    if note.sha != committed:
        owned, _ = hand_over(keys, owned, walk.keys_of([committed])[committed])
    walk.go_back(head, note.path, committed, owned)
    return tuple(walk.writings), walk.is_limited


class _Walk:
    """Finds the writer of each line.

    Attributes:
        writings: What was found so far; a line without a commit is in none.
        is_limited: Whether the oldest versions were not looked at.
    """

    def __init__(self, core: Core, keys: LineKeys, count: int) -> None:
        self._core = core
        self._keys = keys
        self.writings = [BY_HAND] * count
        self.is_limited = False

    def go_back(
        self, head: CommitId, path: MemoryPath, sha: BlobId, owned: Owned, depth: int = 0
    ) -> None:
        """Find the writers of lines that a file had at a commit."""
        is_cheap = Capability.LOG in self._core.connector.capabilities
        most = _MOST_VERSIONS if is_cheap else _MOST_REMOTE_VERSIONS
        steps = islice(follow(self._core.log, head, path, at_once=min(most, _ASKED_AT_ONCE)), most)
        pending: dict[BlobId, list[Owned]] = {sha: [owned]}
        oldest: CommitFacts | None = None
        for part in _parts(steps, _READ_AT_ONCE):
            needed = [one for _, change in part for one in (change.sha, *change.old_shas) if one]
            keys = self.keys_of([*needed, *pending])
            for commit, change in part:
                oldest = commit
                for lines in pending.pop(change.sha, ()) if change.sha else ():
                    left = self._hand_over(change, lines, keys, pending)
                    if change.kind is ChangeKind.ADDED and depth < _DEEPEST:
                        left = self._look_elsewhere(commit, change, left, keys, depth)
                    self._settle(commit, left)
            if not pending:
                return
        if oldest is not None:
            self.is_limited = True
            for lines in (one for found in pending.values() for one in found):
                self._settle(oldest, lines)

    def keys_of(self, shas: Iterable[BlobId]) -> dict[BlobId, list[str]]:
        """The lines of these versions, as they are compared; a missing one has none."""
        connector, wanted = self._core.connector, list(dict.fromkeys(shas))
        try:
            found = dict(connector.read_blobs(wanted))
        except NotFound:  # a clone that lacks some
            found = {sha: content for sha in wanted for content in self._one(sha)}
        return {sha: self._keys.of(found.get(sha, b"")) for sha in wanted}

    def _one(self, sha: BlobId) -> Iterator[bytes]:
        try:
            yield from (content for _, content in self._core.connector.read_blobs([sha]))
        except NotFound:
            return

    def _hand_over(
        self,
        change: FileChange,
        lines: Owned,
        keys: dict[BlobId, list[str]],
        pending: dict[BlobId, list[Owned]],
    ) -> Owned:
        """Pass lines on to the versions that the commit was made on; those that are left."""
        new = keys[change.sha] if change.sha else []
        same = [one for one in change.old_shas if one == change.sha]
        for old in same or change.old_shas:
            if old is not None:
                before, lines = hand_over(new, lines, keys[old])
                if any(place != NONE for place in before):
                    pending.setdefault(old, []).append(before)
        return lines

    def _look_elsewhere(
        self,
        commit: CommitFacts,
        change: FileChange,
        lines: Owned,
        keys: dict[BlobId, list[str]],
        depth: int,
    ) -> Owned:
        """Pass lines of a new file on to the files that its text was taken from."""
        if not commit.parents or not change.sha or all(line == NONE for line in lines):
            return lines
        new, left = [_bare(key) for key in keys[change.sha]], list(lines)
        for source in islice(self._sources(commit, change.path), _MOST_SOURCES):
            wanted = [place for place, line in enumerate(left) if line != NONE]
            before = [NONE] * len(source.keys)
            for place, old in recognised(new, wanted, source.keys, source.free, source.least):
                before[old], left[place] = left[place], NONE
            if any(place != NONE for place in before):
                self.go_back(commit.parents[0], source.path, source.sha, before, depth + 1)
        return left

    def _sources(self, commit: CommitFacts, path: MemoryPath) -> Iterator[_Source]:
        """What a commit took text from: the v1 file that it split, what it removed or shortened."""
        query = LogQuery(commit.id, first_parent=True, with_files=True, limit=1)
        (facts,) = self._core.connector.log(query)
        v1_path = self._core.reader.v1_path
        original = original_path(v1_path)
        if any(change.path == original and not change.old_sha for change in facts.files or ()):
            tree = self._core.connector.get_tree(commit.parents[0])
            for sha in (entry.sha for entry in tree if entry.path == v1_path and entry.sha):
                keys = [_bare(key) for key in self.keys_of([sha])[sha]]
                yield _Source(v1_path, sha, keys, range(len(keys)), 1)
        for change in facts.files or ():
            is_note = is_catalogued(change.path) and not may_be_generated(change.path)
            old = change.old_sha
            if is_note and old and change.path != path and change.kind is not ChangeKind.MOVED:
                found = self.keys_of([old, change.sha] if change.sha else [old])
                keys = [_bare(key) for key in found[old]]
                kept = Counter(map(_bare, found[change.sha])) if change.sha else Counter[str]()
                yield _Source(change.path, old, keys, _gone(keys, kept), _LONG_ENOUGH)

    def _settle(self, commit: CommitFacts, lines: Owned) -> None:
        """Note that a commit wrote these lines."""
        places = [place for place in lines if place != NONE]
        if places:
            writer = written_by(commit)
            state = LineState.ACCEPTED if writer.is_accepted else LineState.WRITTEN
            state = state if writer.is_attributed else LineState.UNATTRIBUTED
            time = format_time(commit.at)
            writing = Writing(commit.id, time, writer.origin, writer.level, state)
            for place in places:
                self.writings[place] = writing


class _Source(NamedTuple):
    """A file that text was taken from: its lines, which of them, and how long they must be."""

    path: MemoryPath
    sha: BlobId
    keys: Sequence[str]
    free: Sequence[int]
    least: int


def _bare(key: str) -> str:
    """A line without the sign of a heading, whose level changes when a file is split."""
    return key.removeprefix("# ")


def _gone(keys: Sequence[str], kept: Counter[str]) -> list[int]:
    """The lines that are no longer there."""
    found = []
    for place, key in enumerate(keys):
        if kept[key]:
            kept[key] -= 1
        else:
            found.append(place)
    return found


def _parts(items: Iterable[_T], size: int) -> Iterator[list[_T]]:
    """The items in lists of a size, each made when it is needed."""
    iterator = iter(items)
    while part := list(islice(iterator, size)):
        yield part
