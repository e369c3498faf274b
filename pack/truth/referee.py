"""What a remote brings, judged by the write rule: it counts as what it says, and no more.

A machine elsewhere may have changed the person's text without asking: with git alone, or with a
PACK that has no truth levels. Such a change is not taken in. The file stays as the rule would have
left it, with everything that was allowed, and what the machine did waits for the person
(`pack.merge.tree.Withheld`). A change that the person made there since, over the machine's, is
taken like any other.

The commits that came are replayed, oldest first. For each version of a file, what the rule would
have made of it is known by its blob; what a commit did to a version is done to that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from pack.catalog.row import is_catalogued
from pack.catalog.scope import PROJECT_FILE
from pack.core.core import Core
from pack.core.referee import HeldBack
from pack.core.truths import (
    STRONGEST,
    WEAKEST,
    LineState,
    LineTruth,
    NoteTruth,
    TruthMode,
)
from pack.errors import InvalidContent
from pack.files.note import Note
from pack.history.differences.line_hunks import git_lines
from pack.history.origins import written_by
from pack.index.format import is_generated, may_be_generated
from pack.log import CommitFacts, FileChange, LogQuery
from pack.merge.file import merge_file
from pack.merge.two_sides import PERSON
from pack.model import BlobId, CommitId, EntryType, MemoryPath
from pack.paths import INDEX
from pack.truth.authority import truth_at
from pack.truth.foreign_merges import ForeignMerges, is_foreign_merge
from pack.truth.rule import judge

_PERSON: Final = LineTruth(STRONGEST, "user:unknown", LineState.UNATTRIBUTED, None)


@dataclass(frozen=True, slots=True)
class _Step:
    """What one commit did to a file; a merge that PACK made has the person's level."""

    commit: CommitFacts
    file: FileChange
    level: int
    is_foreign_merge: bool = False
    fork: BlobId | None = None

    @property
    def source(self) -> MemoryPath:
        return self.file.old_path or self.file.path

    @property
    def target(self) -> MemoryPath | None:
        return self.file.path if self.file.sha is not None else None


class HistoryReferee:
    """Judges from the history of a memory; see `Referee` for the methods."""

    def __init__(self, core: Core) -> None:
        self._core = core

    def held_back(
        self, base: CommitId, theirs: CommitId, others: Sequence[CommitId] = ()
    ) -> Sequence[HeldBack]:
        """See `Referee.held_back`; `others` are more commits that both sides have."""
        steps = self._steps(base, theirs, others)
        if not steps:
            return ()
        before, after = self._tree(base), self._tree(theirs)
        return [
            held
            for path, done in steps.items()
            if any(step.level > PERSON for step in done) and self._is_protected(path)
            for held in self._judge(base, path, before.get(path), done, after)
        ]

    def _is_protected(self, path: MemoryPath) -> bool:
        truths = self._core.truths
        is_note = path == PROJECT_FILE or (is_catalogued(path) and path != INDEX)
        return is_note and truths is not None and truths.mode(path) is TruthMode.ENFORCE

    def _tree(self, commit: CommitId) -> Mapping[MemoryPath, BlobId]:
        entries = self._core.connector.get_tree(commit)
        return {entry.path: entry.sha for entry in entries if entry.type is EntryType.FILE}

    def _steps(
        self, base: CommitId, theirs: CommitId, others: Sequence[CommitId]
    ) -> dict[MemoryPath, list[_Step]]:
        """What was done to each file, oldest first, by the path that it has in the base."""
        log = self._core.connector.log
        commits = list(log(LogQuery(theirs, base, with_files=True)))
        for other in others:
            new = {one.id for one in log(LogQuery(theirs, other))}
            commits = [one for one in commits if one.id in new]
        merges = ForeignMerges(self._core.connector, base, commits)
        levels = {one.id: _level(one) for one in commits}
        if all(level == PERSON for level in levels.values()):
            return {}
        first: dict[MemoryPath, MemoryPath] = {}
        found: dict[MemoryPath, list[_Step]] = {}
        for commit in reversed(commits):
            is_foreign = is_foreign_merge(commit)
            files = [*merges.changes(commit, first)] if is_foreign else commit.files or ()
            for file in files:
                fork = merges.fork(commit, file.path) if is_foreign else None
                step = _Step(commit, file, levels[commit.id], is_foreign, fork)
                origin = first.get(step.source, step.source)
                first[file.path] = origin
                found.setdefault(origin, []).append(step)
        return found

    def _judge(
        self,
        base: CommitId,
        path: MemoryPath,
        blob: BlobId | None,
        steps: Sequence[_Step],
        tree: Mapping[MemoryPath, BlobId],
    ) -> Iterator[HeldBack]:
        """What of the steps is not taken; nothing if all of it is."""
        last = steps[-1]
        there = tree.get(last.file.path)  # a merge may have taken another side than the last one
        target, whole = last.file.path if there is not None else None, self._read(there)
        if blob is None:  # text that was never here is as whoever sent it left it
            if path == PROJECT_FILE and last.level > PERSON:
                yield HeldBack(path, None, target, whole)
            return
        content = self._read(blob) or b""
        weakest = max(step.level for step in steps)
        is_joined = any(step.is_foreign_merge for step in steps)
        is_free = path != PROJECT_FILE and not is_joined
        if is_free and self._may(base, Note(path, content), whole, weakest, target):
            return
        first = frozenset(_lines(content))
        replay = _Replay(self, path, {blob: content}, content, first=first)
        for step in steps:
            replay.take(step)
        if there is not None and there != last.file.sha:
            replay.content = replay.lawful.get(there, whole)
        if (replay.path, replay.content) != (target, whole):
            yield HeldBack(replay.path, replay.content, target, whole)
        for text in replay.lost:
            yield HeldBack(replay.path, replay.content, target, text, is_dropped=True)

    def _may(
        self, base: CommitId, note: Note, whole: bytes | None, level: int, target: MemoryPath | None
    ) -> bool:
        """Whether the weakest of the writers could have done all of it alone."""
        if is_index(note):
            return True
        is_away = target is not None and target != note.path
        return not is_away and self.allowed(base, note, whole, level) == whole

    def allowed(
        self, commit: CommitId, note: Note, after: bytes | None, level: int
    ) -> bytes | None:
        """What somebody of a level may make of a note as a commit holds it; `None` for nothing."""
        truth = truth_at(self._core, commit, note)
        try:
            text = after.decode("utf-8") if after is not None else None
            if truth is None or note.path == PROJECT_FILE:
                return note.content
            found = judge(note.exact_text(), truth, text, level)
        except (UnicodeDecodeError, InvalidContent):
            return note.content
        if after is None and not found.protected:
            return None
        if not found.protected:
            return after
        return found.rest.encode("utf-8") if found.rest is not None else note.content

    def read(self, blob: BlobId | None) -> bytes | None:
        """The bytes of a blob; `None` for none."""
        return self._read(blob)

    def _read(self, blob: BlobId | None) -> bytes | None:
        if blob is None:
            return None
        ((_, content),) = self._core.connector.read_blobs([blob])
        return content


@dataclass(slots=True)
class _Replay:
    """One file, as it would be if each commit had done only what its writer may."""

    referee: HistoryReferee
    path: MemoryPath
    lawful: dict[BlobId, bytes]
    content: bytes | None
    machines: set[str] = field(default_factory=set)
    """Lines that machines put in."""
    first: frozenset[str] = frozenset()
    """Lines of the version that both sides had."""
    lost: list[bytes] = field(default_factory=list)
    """Versions of one side, where a machine settled a conflict."""

    def take(self, step: _Step) -> None:
        """Do what a commit did."""
        if step.is_foreign_merge:
            self._join(step)
            return
        before, after = self.referee.read(step.file.old_sha), self.referee.read(step.file.sha)
        wanted, is_machine = self._wanted(step, before, after), step.level > PERSON
        may_go = not is_machine or step.target == step.source
        if is_machine:
            self.machines |= set(_lines(after)) - set(_lines(before)) - self.first
        if not may_go and before is not None:
            may_go = self._may_go(step, before)
        for was, known in self._corrected(step):
            if is_machine and wanted is None:
                wanted = known  # it deletes what was not to be made of the text
            elif wanted is not None:
                sides = (known, wanted) if is_machine else (wanted, known)
                merged = merge_file(was, *sides).content
                wanted = self._within(known, merged, step.level) if is_machine else merged
            may_go = may_go and (not is_machine or step.target == step.source)
        if step.file.sha is not None and wanted is not None:
            self.lawful[step.file.sha] = wanted
        self.content = wanted
        if may_go and step.target is not None:
            self.path = step.target

    def _join(self, step: _Step) -> None:
        """Do what a machine's merge did, as far as it keeps what both sides have."""
        after, sides = self.referee.read(step.file.sha), []
        for sha in step.file.old_shas:
            before = self.lawful.get(sha, self.referee.read(sha)) if sha is not None else None
            sides += [] if before is None else [before]
        if not sides:
            self.content = after
            return
        self.machines |= set(_lines(after)).difference(self.first, *map(_lines, sides))
        fork = self.lawful.get(step.fork, self.referee.read(step.fork)) if step.fork else None
        joined = sides[0]
        for side in sides[1:]:
            merged = merge_file(fork, joined, side)
            joined, self.lost = merged.content, [*self.lost, *filter(None, [merged.kept])]
        wanted = self._within(joined, after, step.level) if after is not None else joined
        if step.file.sha is not None:
            self.lawful[step.file.sha] = wanted
        self.content = wanted

    def _within(self, known: bytes, merged: bytes, level: int) -> bytes:
        """What a machine may make of a text that was corrected: only what machines put in goes."""
        lines = tuple(
            replace(_PERSON, level=WEAKEST) if line in self.machines else _PERSON
            for line in _lines(known)
        )
        try:
            note = Note(self.path, known)
            found = judge(note.exact_text(), NoteTruth(lines), merged.decode("utf-8"), level)
        except (InvalidContent, UnicodeDecodeError):
            return known
        return known if found.rest is None else found.rest.encode("utf-8")

    def _corrected(self, step: _Step) -> Iterator[tuple[bytes, bytes]]:
        """The versions that a commit was made on which should have been others, and those."""
        for sha in step.file.old_shas:
            known, was = self.lawful.get(sha) if sha is not None else None, self.referee.read(sha)
            if known is not None and was is not None and known != was:
                yield was, known

    def _wanted(self, step: _Step, before: bytes | None, after: bytes | None) -> bytes | None:
        if step.level == PERSON:
            return after
        if before is None:  # it had been deleted, which had not been allowed
            return self.content if self.content is not None else after
        parent = next(iter(step.commit.parents), step.commit.id)
        return self.referee.allowed(parent, Note(step.source, before), after, step.level)

    def _may_go(self, step: _Step, before: bytes) -> bool:
        parent = next(iter(step.commit.parents), step.commit.id)
        note = Note(step.source, before)
        return self.referee.allowed(parent, note, None, step.level) is None


def is_index(note: Note) -> bool:
    """Whether a note is an index that PACK generates."""
    return may_be_generated(note.path) and is_generated(note.path, note.head.fields)


def _lines(content: bytes | None) -> list[str]:
    return git_lines((content or b"").decode("utf-8", "replace"))


def _level(commit: CommitFacts) -> int:
    is_join = len(commit.parents) > 1 and not is_foreign_merge(commit)
    return PERSON if is_join else written_by(commit).level
