"""The history of one file, which continues under the paths that it had before.

At each move, the history goes on under the old path, from the commit before. Where a merge joined
the move with edits that another side made under the old path, those are part of it as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, field, replace
from typing import Final

from pack.core.known_log import KnownLog
from pack.log import ChangeKind, CommitFacts, FileChange, LogQuery
from pack.model import CommitId, MemoryPath

_FIRST_PART: Final = 200
_GROWTH: Final = 4


def follow(
    log: KnownLog,
    head: CommitId,
    path: MemoryPath,
    *,
    at_once: int = _FIRST_PART,
    with_others: bool = False,
) -> Iterator[tuple[CommitFacts, FileChange]]:
    """The commits that changed a file, newest first, each with what it did to the file.

    Args:
        log: The log of the memory.
        head: The newest commit.
        path: Where the file is, or where it was before it was moved or deleted.
        at_once: How many commits are read first; each further part is larger.
        with_others: Whether the commits name the other files that they changed as well.

    Raises:
        As `Connector.log`.
    """
    first = _Strand(log, head, path, at_once, with_others=with_others)
    strands, seen = [first], set[CommitId]()
    while strands:
        strand = max(strands, key=lambda one: one.next_at())
        found = strand.take()
        if found is None:
            strands.remove(strand)
        elif found.id not in seen:
            seen.add(found.id)
            own = LogQuery(found.id, path=strand.path, only_path=True)
            for change in own.shown_files(found.files or ()):
                yield found, change
                if change.kind is ChangeKind.MOVED and change.path == strand.path:
                    strands += strand.under(change.old_path or path, found)


@dataclass(eq=False)
class _Strand:
    """The history of one path, from a commit on.

    Attributes:
        log: The log of the memory.
        start: Its newest commit.
        path: The path.
        at_once: How many commits are read first.
        with_others: As for `follow`.
        since: Leaves out this commit and its history.
        not_after: A move: commits that were made on it are about another file.
        merges: The merges that were taken.
    """

    log: KnownLog
    start: CommitId
    path: MemoryPath
    at_once: int
    _: KW_ONLY
    with_others: bool
    since: CommitId | None = None
    not_after: CommitId | None = None
    merges: list[CommitFacts] = field(default_factory=list)
    _commits: Iterator[CommitFacts] | None = None
    _next: CommitFacts | None = None

    def next_at(self) -> float:
        """When the next commit was made; nothing is later than the end."""
        self._look()
        return self._next.at.timestamp() if self._next else float("inf")

    def take(self) -> CommitFacts | None:
        """The next commit; `None` at the end."""
        self._look()
        found, self._next = self._next, None
        if found is not None and len(found.parents) > 1:
            self.merges.append(found)
        return found

    def under(self, old: MemoryPath, move: CommitFacts) -> Iterator[_Strand]:
        """What continues this strand under an old path, given the commit of the move."""
        self._leave_out_what_led_to(move.id)
        for parent in move.parents[:1]:
            yield _Strand(self.log, parent, old, self.at_once, with_others=self.with_others)
        for merge in self.merges:
            for parent in merge.parents:
                strand = _Strand(self.log, parent, old, self.at_once, with_others=self.with_others)
                strand.since = strand.not_after = move.id
                yield strand

    def _look(self) -> None:
        if self._commits is None:
            self._commits = self._read()
        while self._next is None:
            found = next(self._commits, None)
            if found is None:
                return
            if not self._is_other(found.id):
                self._next = found

    def _leave_out_what_led_to(self, move: CommitId) -> None:
        """Go on only with what other sides of merges did; an older file at the path is another."""
        self._look()
        if self._next is not None:
            self._next, is_apart = None, self.since is not None
            self.since = move
            self._commits = iter(()) if is_apart else self._read()

    def _is_other(self, commit: CommitId) -> bool:
        """Whether a commit is about another file, which got the path after this one had left it."""
        if self.not_after is None:
            return False
        return not self.log.read(LogQuery(self.not_after, since=commit, limit=1))

    def _read(self) -> Iterator[CommitFacts]:
        is_alone = not self.with_others
        asked = LogQuery(self.start, self.since, self.path, with_files=True, only_path=is_alone)
        for part in read_in_parts(self.log, asked, self.at_once):
            yield from part


def read_in_parts(log: KnownLog, query: LogQuery, first: int) -> Iterator[tuple[CommitFacts, ...]]:
    """The answer to a query without a limit, in parts that grow; each is read when it is needed."""
    skip, size = query.skip, first
    while True:
        part = log.read(replace(query, skip=skip, limit=size))
        yield part
        if len(part) < size:
            return
        skip, size = skip + size, size * _GROWTH
