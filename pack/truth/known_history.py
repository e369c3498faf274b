"""What the history of a commit says about the truth of all its files.

That is what the person accepted, which commits are of a history that began elsewhere, and which
files are the person's alone. To find it, every commit is looked through; so it is kept, and after
new commits only those are read.
"""

from __future__ import annotations

import hashlib
import json
from array import array
from base64 import b85decode, b85encode
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import astuple, replace
from functools import partial
from itertools import chain
from typing import Final

from pack.catalog.catalog import Catalog
from pack.core.known_log import KnownLog
from pack.core.memo import Memo
from pack.core.truths import STRONGEST
from pack.deferred import dataclass
from pack.history.joined import joined_commits
from pack.history.origins import written_by
from pack.index.format import may_be_generated
from pack.log import CommitFacts, LogQuery
from pack.model import BlobId, CommitId, MemoryPath
from pack.truth.acceptances import Acceptance, acceptances_among, version_accepted
from pack.truth.credit import holds_others_lines
from pack.truth.elsewhere import compared_by, splits_v1
from pack.truth.kept import RULES, readable

_WHOLE: Final = ""
"""What the catalog remembers under no path is about the memory as a whole."""
_KEEP_AFTER: Final = 50
"""So many new commits are looked through in no time. `KnownLog.after` takes more."""
_SHORT: Final = 10
"""Commits that are not many to look at one by one."""
_KNOWN: Final = 16
_Accepted = tuple[Acceptance, CommitId | None]


@dataclass(frozen=True, slots=True)
class KnownHistory:
    """What history says about the truth of all files.

    Attributes:
        accepted: What the person accepted in the memory's own history, newest first, and the commit
            that made that version; `None` where it cannot be told.
        joined: The commits of histories that began elsewhere.
        shared: The files that may hold text by somebody else than the person, or by nobody knows
            whom, each as `_short` has it.
        is_cut: Whether the clone is shallow, so that there may be more of it one day.
        later: How many commits were looked through since this was last kept; many if it
            never was.
    """

    accepted: tuple[_Accepted, ...] = ()
    joined: frozenset[CommitId] = frozenset()
    shared: frozenset[int] = frozenset()
    is_cut: bool = False
    later: int = 0

    def is_shared(self, path: MemoryPath) -> bool:
        """Whether a file may hold text that is not the person's."""
        return _short(path) in self.shared


class KnownHistories:
    """Finds out what history says, and keeps it. May be used from any thread.

    Args:
        log: The log of the memory.
        catalog: Keeps it for the next process.
        v1_path: The single file of a v1 memory.
        limit: How many commits are looked through; `None` for all, and only then it is kept, and
            known which files are shared.
    """

    def __init__(
        self, log: KnownLog, catalog: Catalog, v1_path: MemoryPath, limit: int | None
    ) -> None:
        self._log = log
        self._v1_path = v1_path
        self._catalog = catalog
        self._limit = limit
        self._known = Memo(_KNOWN)
        self._last: tuple[CommitId, KnownHistory] | None = None

    def of(self, head: CommitId, *, keep: bool) -> KnownHistory:
        """What the history of a commit says.

        Args:
            head: The commit.
            keep: Whether the next process is told.

        Raises:
            ConnectorError: The log cannot be read.
        """
        return self._known.once(head, lambda: self._find(head, keep=keep))

    def _find(self, head: CommitId, *, keep: bool) -> KnownHistory:
        last = self._last
        starts = chain([last] if last else [], self._kept())
        found = next(filter(None, (self._after(head, *start) for start in starts)), None)
        found = found or self._found_out(head)
        is_whole = self._limit is None and not found.is_cut
        if keep and is_whole and found.later >= _KEEP_AFTER:
            found = replace(found, later=0)
            self._catalog.remember(_WHOLE, f"{RULES} {head}", _written(found))
        self._last = head, found
        return found

    def _kept(self) -> Iterator[tuple[CommitId, KnownHistory]]:
        if self._limit is None:
            for key, value in self._catalog.remembered(_WHOLE).items():
                rules, _, commit = key.rpartition(" ")
                found = readable(partial(_read, value)) if rules == RULES else None
                if found is not None:
                    yield CommitId(commit), found

    def _after(self, head: CommitId, start: CommitId, found: KnownHistory) -> KnownHistory | None:
        """What the history says, given what it said at an earlier commit; `None` if that is none.

        Whatever follows a commit of the memory's own history is of that, too.
        """
        if start == head:
            return found
        new = self._log.after(head, start)
        if new is None:
            return None
        accepted = (*self._with_versions(acceptances_among(new)), *found.accepted)
        shared = _shared(new, found.joined, self._v1_path, found.shared)
        return replace(found, accepted=accepted, shared=shared, later=found.later + len(new))

    def _found_out(self, head: CommitId) -> KnownHistory:
        is_all = self._limit is None
        commits = self._of_the_person_alone(head) if is_all else None
        is_shared = is_all and commits is None
        if commits is None:
            commits = self._log.read(LogQuery(head, with_files=is_all, limit=self._limit))
        joined = joined_commits(commits)
        own = (commit for commit in commits if commit.id not in joined)
        accepted = self._with_versions(acceptances_among(own))
        shared = _shared(commits, joined, self._v1_path) if is_shared else frozenset[int]()
        is_cut = any(commit.is_cut for commit in commits)
        return KnownHistory(tuple(accepted), joined, shared, is_cut, later=_KEEP_AFTER)

    def _of_the_person_alone(self, head: CommitId) -> Sequence[CommitFacts] | None:
        """A short history in which nobody else has touched a note; `None` if it is another one.

        Notes that were just taken over have one. It need not be asked for all files, of which there
        may be a hundred thousand in one commit, while somebody waits for a note.
        """
        commits = self._log.read(LogQuery(head, limit=_SHORT))
        if len(commits) == _SHORT or joined_commits(commits):
            return None
        doubtful = (commit for commit in commits if not _is_surely_the_persons(commit))
        return None if any(map(self._may_share, doubtful)) else commits

    def _may_share(self, commit: CommitFacts) -> bool:
        """Whether somebody else may have touched a note in a commit, whose files are read."""
        if commit.parents:
            found = self._log.after(commit.id, commit.parents[0])
        else:
            found = self._log.read(LogQuery(commit.id, with_files=True, limit=1))
        if found is None:  # as of a merge
            return True
        return any(not _is_the_persons(one) and any(_touched(one, self._v1_path)) for one in found)

    def _with_versions(self, found: Iterable[Acceptance]) -> Iterator[_Accepted]:
        return ((one, version_accepted(self._log, one)) for one in found)


def _shared(
    commits: Sequence[CommitFacts],
    joined: Collection[CommitId],
    v1_path: MemoryPath,
    known: frozenset[int] = frozenset(),
) -> frozenset[int]:
    """The files in which somebody else has had a hand, or which may have taken text from such.

    Text moves with a file, or from one file to another in one commit of the person's; and a v1
    file is divided without being changed. One file too many costs a look at its history, and
    nothing else.

    Args:
        commits: In any order.
        joined: Those of histories that began elsewhere.
        v1_path: The single file of a v1 memory.
        known: What was shared before these commits.
    """
    waiting, together = set[int](), dict[int, list[set[int]]]()
    for commit in commits:
        paths = {_short(path) for path in _touched(commit, v1_path)}
        if commit.id in joined or not _is_the_persons(commit) or not known.isdisjoint(paths):
            waiting |= paths
        elif len(paths) > 1:
            for path in paths:
                together.setdefault(path, []).append(paths)
    found = set[int]()
    while waiting:
        path = waiting.pop()
        found.add(path)
        for paths in together.pop(path, ()):
            waiting |= paths - found
    return known | found if found else known


def weak_files(
    paths: Collection[MemoryPath],
    commits_of: Callable[[MemoryPath], Iterable[CommitFacts]],
    is_weak: Callable[[CommitFacts], bool],
    accepted: Collection[MemoryPath] = (),
) -> set[MemoryPath]:
    """Those of some files into which only weak writers ever brought text, by whatever way.

    A file that once had other text is left out, even if nothing of that is in it any more.

    Args:
        paths: The files.
        commits_of: All commits that changed a file, each with all that it changed.
        is_weak: Whether all that a commit brought, to any file, is of a weak writer; what it took
            from other files aside.
        accepted: Files of which the person accepted something.
    """
    leads_to: dict[str, set[str]] = defaultdict(set)
    weak, waiting, compared = set[str](paths), list(paths), set[CommitId]()
    strong: list[str] = list(accepted)
    while waiting:
        path = waiting.pop()
        for commit in commits_of(path):
            if not is_weak(commit):
                strong.append(path)
                break
            leads_to[commit.id].add(path)
            if commit.id not in compared:
                compared.add(commit.id)
                sources = _sources(commit)
                for source in sources:
                    leads_to[source].add(commit.id)
                waiting += sources - weak
                weak |= sources
    while strong:
        found = strong.pop()
        strong += leads_to.pop(found, ())
        weak.discard(found)
    return {path for path in paths if path in weak}


def _sources(commit: CommitFacts) -> set[MemoryPath]:
    """The files from which a commit may have taken text into others."""
    moved = {change.old_path for change in commit.files or () if change.old_path is not None}
    return moved | {change.old_path or change.path for change in compared_by(commit)}


def _is_the_persons(commit: CommitFacts) -> bool:
    """Whether all that a commit brought is the person's, as far as can be told without its texts.

    PACK's index comes in a plain commit only if somebody squashed what PACK had written.
    """
    if not _is_by_the_person(commit):
        return False
    return not _is_plain(commit) or all(
        not may_be_generated(one.path) for one in commit.files or ()
    )


def _is_surely_the_persons(commit: CommitFacts) -> bool:
    """The same of a commit whose files are not known."""
    return _is_by_the_person(commit) and not _is_plain(commit)


def _is_by_the_person(commit: CommitFacts) -> bool:
    writer = written_by(commit)
    return writer.is_attributed and writer.level <= STRONGEST and not holds_others_lines(commit)


def _is_plain(commit: CommitFacts) -> bool:
    return not written_by(commit).is_ours and len(commit.parents) == 1


def _touched(commit: CommitFacts, v1_path: MemoryPath) -> Iterator[MemoryPath]:
    """The files that a commit changed, moved, took text from or removed; any may become a note."""
    for change in commit.files or ():
        for path in filter(None, (change.path, change.old_path)):
            if not may_be_generated(path):
                yield path
    if splits_v1(commit, v1_path):
        yield v1_path


def _short(path: MemoryPath) -> int:
    """Few enough digits that a large memory's files can be kept; two files are rarely alike."""
    return int.from_bytes(hashlib.sha256(path.encode(errors="surrogateescape")).digest()[:4])


def _written(found: KnownHistory) -> str:
    accepted = [[*astuple(one), version] for one, version in found.accepted]
    shared = b85encode(array("I", sorted(found.shared)).tobytes()).decode()
    return json.dumps([accepted, sorted(found.joined), shared], separators=(",", ":"))


def _read(text: str) -> KnownHistory:
    accepted, joined, shared = json.loads(text)
    return KnownHistory(
        tuple(_accepted(*one) for one in accepted),
        frozenset(map(CommitId, joined)),
        frozenset(array("I", b85decode(shared))),
    )


def _accepted(
    commit: str,
    origin: str,
    path: str,
    blob: str,
    spans: list[list[int]],
    version: str | None,
) -> _Accepted:
    lines = tuple((int(first), int(last)) for first, last in spans)
    one = Acceptance(CommitId(commit), origin, MemoryPath(path), BlobId(blob), lines)
    return one, CommitId(version) if version else None
