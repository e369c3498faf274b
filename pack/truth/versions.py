"""The truth of the versions of files, each made from the truth of those before it.

The history of a file is walked back until a version is known, or to its beginning. From there each
commit passes on what it kept and answers for the rest. So one more commit costs one step, in the
next process too, which finds the newest version that this one knew (`pack.truth.kept`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from functools import partial
from hashlib import sha256
from typing import Final

from pack.connector import Capability
from pack.core.core import Core
from pack.core.memo import Memo
from pack.core.truths import STRONGEST, LineState, LineTruth
from pack.errors import NotFound
from pack.history.assigned import AssignedLevels, assigned_in
from pack.history.differences.line_owners import LineKeys, lines_of
from pack.history.follow import follow
from pack.history.origins import OLDER, written_by
from pack.log import CommitFacts, FileChange, LogQuery
from pack.model import BlobId, CommitId, MemoryPath
from pack.provenance import IMPORT
from pack.truth.acceptances import Acceptance, accepted
from pack.truth.ancestry import LinkedVersion, Truth, ancestry, made_from, oldest_first
from pack.truth.credit import credit_of, holds_others_lines, truths_of_import
from pack.truth.elsewhere import (
    Taken,
    TakenFrom,
    compared_by,
    may_have_taken,
    splits_v1,
    taken_by,
    taken_from_v1,
)
from pack.truth.equal_lines import last_are_weakest
from pack.truth.kept import KeptTruths, kept_key, read_back
from pack.truth.known_history import KnownHistories, KnownHistory, weak_files
from pack.truth.passing_on import Version, bring_back, merged, pass_on
from pack.truth.returning import former_states, may_bring_back, of_nobody
from pack.truth.seals import is_sealed, sealed_files

_FIRST_PART: Final = 20
_READ_AT_ONCE: Final = 250
_MOST_VERSIONS: Final = 20_000
_MOST_REMOTE_VERSIONS: Final = 200
"""Where each version of a file costs a request."""
_DEEPEST: Final = 32
"""From how many files to others a line is followed; what came further is nobody's."""
_KEPT: Final = 2000
_V1: Final = "the file of a v1 memory, as it is spelt at a commit"
_UNKNOWN: Final = LineTruth(1, OLDER, LineState.UNATTRIBUTED, None)


class Versions:
    """Finds out the truth of versions, and keeps it. May be used from any thread.

    Args:
        core: The memory.
    """

    def __init__(self, core: Core) -> None:
        is_cheap = Capability.LOG in core.connector.capabilities
        self._core = core
        self._known = Memo(_KEPT)
        self._kept = KeptTruths(core.catalog, core.log)
        limit = None if is_cheap else _MOST_REMOTE_VERSIONS
        self._histories = KnownHistories(core.log, core.catalog, core.reader.v1_path, limit)

    def of(self, head: CommitId, path: MemoryPath, sha: BlobId, *, keep: bool = False) -> Truth:
        """The truth of each line of a file that a commit has.

        Args:
            head: The commit.
            path: Where the file is.
            sha: Its blob.
            keep: Whether the next process is told what is found out.

        Raises:
            ConnectorError: The store cannot be read.
        """
        assigned = assigned_in(self._core)
        found = self._kept.newest(head, path, sha, assigned.state)
        if found is None:
            history = self._histories.of(head, keep=keep)
            found = self._walk(head, history, assigned, keep=keep).of(head, path, sha)
            if keep and not history.is_cut:
                self._kept.keep_newest(head, path, sha, found, assigned.state)
        return found

    def _walk(
        self, head: CommitId, history: KnownHistory, assigned: AssignedLevels, *, keep: bool
    ) -> _Walk:
        v1_path = self._known.once((_V1, head), lambda: self._core.reader.v1_path)
        return _Walk(self._core, self._known, self._kept, history, assigned, v1_path, keep=keep)

    def weak_among(
        self, head: CommitId, paths: Collection[MemoryPath], level: int, *, keep: bool = False
    ) -> Collection[MemoryPath]:
        """Those of some files into which nobody with more authority than a level brought text.

        It says less than `of` and reads each commit once, however many files it changed. The
        history must be without merges, and known (`read_history`).

        Args:
            head: The commit.
            paths: The files.
            level: The level.
            keep: As for `of`.

        Raises:
            ConnectorError: The store cannot be read.
        """
        history = self._histories.of(head, keep=keep)
        walk = self._walk(head, history, assigned_in(self._core), keep=keep)
        accepted = {one.path for one, _ in history.accepted}
        known = dict[CommitId, bool]()

        def is_weak(commit: CommitFacts) -> bool:
            if commit.id not in known:
                known[commit.id] = walk.is_weak(commit, level)
            return known[commit.id]

        def commits_of(path: MemoryPath) -> Sequence[CommitFacts]:
            return self._core.log.read(LogQuery(head, path=path, with_files=True))

        return weak_files(paths, commits_of, is_weak, accepted)

    def read_history(self) -> bool:
        """Know what happened to all files, so that the store is not asked about each.

        Returns:
            Whether that is known now; not where there are merges, or where the log of the store is
            not cheap to read.

        Raises:
            ConnectorError: The store cannot be read.
        """
        head = self._core.connector.head()
        if head is None or Capability.LOG not in self._core.connector.capabilities:
            return False
        return self._core.log.read_whole(head)

    def shared_among(self, paths: Collection[MemoryPath]) -> Collection[MemoryPath]:
        """Those of some files that may hold text that is not the person's, as far as is known.

        It is of the present state: a file that was shared once may be still.

        Raises:
            ConnectorError: The store cannot be read.
        """
        head = self._core.connector.head()
        if head is None or Capability.LOG not in self._core.connector.capabilities:
            return ()
        if assigned_in(self._core).state is not None:
            return paths
        history = self._histories.of(head, keep=True)
        return [path for path in paths if history.is_shared(path)]


def _by_path(history: KnownHistory) -> dict[MemoryPath, list[tuple[CommitId, Acceptance]]]:
    """What was accepted of each file, oldest first, with the commit that made the version."""
    found: dict[MemoryPath, list[tuple[CommitId, Acceptance]]] = {}
    for one, version in reversed(history.accepted):
        if version is not None:
            found.setdefault(one.path, []).append((version, one))
    return found


def _is_merge_of_pack(commit: CommitFacts) -> bool:
    """Whether PACK made a merge as it is, so that there are no words in it but those of a side."""
    writer = written_by(commit)
    return writer.is_ours and writer.is_attributed


class _Walk:
    """One answer: what was read for it is kept as long as it takes."""

    def __init__(
        self,
        core: Core,
        known: Memo,
        kept: KeptTruths,
        history: KnownHistory,
        assigned: AssignedLevels,
        v1_path: MemoryPath,
        *,
        keep: bool,
    ) -> None:
        self._core = core
        self._v1_path = v1_path
        self._assigned = assigned
        self._known = known
        self._kept = kept
        self._keep = keep and not history.is_cut
        self._joined = history.joined
        self._joined_digest = sha256(" ".join(sorted(self._joined)).encode()).hexdigest()
        self._accepted = _by_path(history)
        self._line_keys = LineKeys()
        self._contents: dict[BlobId, bytes] = {}
        self._keys: dict[BlobId, Sequence[str]] = {}
        self._taken: dict[CommitId, Mapping[MemoryPath, Taken]] = {}
        self._found_before: dict[MemoryPath, dict[str, str]] = {}

    def of(self, head: CommitId, path: MemoryPath, sha: BlobId, depth: int = 0) -> Truth:
        """See `Versions.of`; `depth` is how many files led to this one."""
        most = _MOST_VERSIONS if self._is_cheap() else _MOST_REMOTE_VERSIONS
        first_part = 1 if self._kept_of(path) else _FIRST_PART
        steps = follow(self._core.log, head, path, at_once=first_part, with_others=True)
        newest = ancestry(sha, steps, self._known_truth, most)
        if newest is None:
            return (_UNKNOWN,) * len(self._keys_of(sha))
        if newest.truth is None:
            self._find_out([*oldest_first(newest)], depth)
            self._keep_truth(newest, depth)
        return self._with_acceptances(newest)

    def is_weak(self, commit: CommitFacts, level: int) -> bool:
        """Whether all that a commit brought is of this level or weaker.

        What it took from other files of its own is left out (`compared_by`); where it may have
        brought text back, the answer is no.
        """
        if may_bring_back(commit) or splits_v1(commit, self._v1_path):
            return False
        self._contents = {}  # what another commit needed
        return self._credit(commit).level >= level

    def _find_out(self, versions: Sequence[LinkedVersion], depth: int) -> None:
        """Find out the truth of versions, each after those before it; what is used up goes."""
        uses = Counter(id(old) for version in versions for old in version.before if old)
        for number, version in enumerate(versions):
            if number % _READ_AT_ONCE == 0:
                self._read_ahead(versions[number : number + _READ_AT_ONCE])
                if number:
                    self._keep_truth(
                        versions[number - 1], depth
                    )  # lest it was in vain if this ends
            parents = [
                Version(
                    self._keys_of(sha),
                    self._truth_before(version, sha, old, depth),
                    lines_of(self._bytes_of(sha)),
                )
                for sha, old in zip(made_from(version.change), version.before, strict=True)
            ]
            find_out = partial(self._step, version.commit, version.change, parents, depth)
            version.truth = self._known.once(self._key(version.commit, version.change), find_out)
            for old in filter(None, version.before):
                uses[id(old)] -= 1
                if not uses[id(old)]:
                    old.truth = None

    def _truth_before(
        self, version: LinkedVersion, sha: BlobId, old: LinkedVersion | None, depth: int
    ) -> Truth:
        """The truth of what a version was made from; nobody's where that was not found.

        A merge may have it from a side where the file had another path.
        """
        if old is not None:
            return self._with_acceptances(old)
        parents = version.commit.parents
        for parent, blob in zip(parents, version.change.old_shas, strict=False):
            if blob == sha and len(parents) > 1 and depth < _DEEPEST:
                entries = self._core.connector.get_tree(parent)
                path = next((entry.path for entry in entries if entry.sha == sha), None)
                if path is not None:
                    return self.of(parent, path, sha, depth + 1)
        return (_UNKNOWN,) * len(self._keys_of(sha))

    def _step(
        self, commit: CommitFacts, change: FileChange, parents: Sequence[Version], depth: int
    ) -> Truth:
        """The truth of a version: what it kept, what it brought back or took, what is new."""
        new = self._keys_of(change.sha)
        found, hunks = pass_on(new, parents, commit.id, lines_of(self._bytes_of(change.sha)))
        if all(found):
            return tuple(filter(None, found))
        own = self._credit(commit)
        if self._may_be_from_anywhere(commit, own):
            own = of_nobody(own)
        for state in former_states(self._core, commit, change, self._credit):
            if state is None:
                own = of_nobody(own)
            elif depth < _DEEPEST:
                truth = self.of(state.head, state.path, state.sha, depth + 1)
                former = Version(self._keys_of(state.sha), truth)
                bring_back(new, former, found, self._keys_of(state.after))
        self._take(commit, change, found, depth)
        if len(parents) > 1 and _is_merge_of_pack(commit):
            for place in (place for place, truth in enumerate(found) if truth is None):
                found[place] = merged(place, parents, hunks, commit.id)
        brought: Sequence[LineTruth] = (own,) * len(found)
        if holds_others_lines(commit) and commit.id not in self._assigned.levels:
            brought = truths_of_import(self._bytes_of(change.sha), own)
        return tuple(truth or new for truth, new in zip(found, brought, strict=True))

    def _may_be_from_anywhere(self, commit: CommitFacts, own: LineTruth) -> bool:
        """Whether text that a commit brought may be from any of the files that it changed."""
        if own.level > STRONGEST or own.origin == IMPORT.label or not may_have_taken(commit):
            return False
        return not splits_v1(commit, self._v1_path)

    def _take(
        self, commit: CommitFacts, change: FileChange, found: list[LineTruth | None], depth: int
    ) -> None:
        """Give new lines their truth that the commit took from other files."""
        if commit.id not in self._taken:
            self._taken[commit.id] = self._taken_by(commit)
        sources: dict[TakenFrom, Truth] = {}
        for place, (source, was) in self._taken[commit.id].get(change.path, {}).items():
            if found[place] is None and depth == _DEEPEST:
                found[place] = _UNKNOWN
            elif found[place] is None:
                if source not in sources:
                    keys = self._keys_of(source.sha)
                    sources[source] = last_are_weakest(keys, self.of(*source, depth + 1))
                found[place] = sources[source][was]

    def _taken_by(self, commit: CommitFacts) -> Mapping[MemoryPath, Taken]:
        v1_path = self._v1_path
        if not commit.parents or not splits_v1(commit, v1_path):
            return self._known.once((taken_by, commit.id), partial(self._compared, commit))
        v1 = self._core.connector.get_committed(v1_path, commit.parents[0])
        return taken_from_v1(commit, v1_path, v1, self._keys_of)

    def _compared(self, commit: CommitFacts) -> Mapping[MemoryPath, Taken]:
        changes = compared_by(commit)
        blobs = (one for change in changes for one in (change.sha, *change.old_shas))
        self._add(dict.fromkeys(blob for blob in blobs if blob is not None))
        return taken_by(commit, self._keys_of)

    def _credit(self, commit: CommitFacts) -> LineTruth:
        is_joined, assigned = commit.id in self._joined, self._assigned.levels.get(commit.id)

        def find_out() -> LineTruth:
            if is_sealed(commit):
                both = (blob for one in sealed_files(commit) for blob in (one.sha, one.old_sha))
                self._add(dict.fromkeys(filter(None, both)))
            return credit_of(commit, self._bytes_of, assigned, is_joined=is_joined)

        return self._known.once((credit_of, commit.id, assigned, is_joined), find_out)

    def _is_cheap(self) -> bool:
        return Capability.LOG in self._core.connector.capabilities

    def _known_truth(self, commit: CommitFacts, change: FileChange) -> Truth | None:
        key = self._key(commit, change)
        known = self._known.each([key], lambda _: {}).get(key)
        kept = self._kept_of(change.path) if known is None else {}
        if kept:
            text = kept.get(self._kept_key(commit, change))
            known = read_back(text) if text is not None else None
            if known is not None:
                self._known.once(key, lambda: known)
        return known

    def _kept_of(self, path: MemoryPath) -> dict[str, str]:
        """What earlier processes found out about a file; asked for once."""
        if path not in self._found_before:
            self._found_before[path] = self._kept.of(path)
        return self._found_before[path]

    def _keep_truth(self, version: LinkedVersion, depth: int) -> None:
        """Keep the truth of a version of the file that was asked for, if that is wanted."""
        if self._keep and not depth and version.truth is not None:
            key = self._kept_key(version.commit, version.change)
            self._kept.keep(version.change.path, key, version.truth)

    def _kept_key(self, commit: CommitFacts, change: FileChange) -> str:
        earlier = self._earlier(commit, change)
        joined = self._joined_digest
        return kept_key(commit, change, earlier, joined, self._assigned.state)

    def _key(self, commit: CommitFacts, change: FileChange) -> Hashable:
        state = self._assigned.state
        return commit.id, change.path, self._earlier(commit, change), self._joined, state

    def _earlier(self, commit: CommitFacts, change: FileChange) -> frozenset[CommitId]:
        """The acceptances that the truth of a version follows from, before its own."""
        accepted = self._accepted.get(change.path, ())
        return frozenset(one.commit for version, one in accepted if version != commit.id)

    def _with_acceptances(self, version: LinkedVersion) -> Truth:
        truth = version.truth or ()
        for made_by, one in self._accepted.get(version.change.path, ()):
            if made_by == version.commit.id:
                truth = accepted(truth, one)
        return truth

    # --- what is stored ------------------------------------------------------------------------

    def _keys_of(self, sha: BlobId | None) -> Sequence[str]:
        """What makes each line of a blob the same; a missing one has none."""
        if sha is None:
            return ()
        if sha not in self._keys:
            self._keys[sha] = self._line_keys.of(self._bytes_of(sha))
        return self._keys[sha]

    def _bytes_of(self, sha: BlobId | None) -> bytes:
        if sha is None:
            return b""
        if sha not in self._contents:
            self._contents |= self._read([sha])
        return self._contents[sha]

    def _read_ahead(self, versions: Sequence[LinkedVersion]) -> None:
        """Read together what the next steps need, and let go what others needed."""
        changes = [version.change for version in versions]
        blobs = (one for change in changes for one in (change.sha, *change.old_shas))
        wanted = dict.fromkeys(blob for blob in blobs if blob is not None)
        self._contents = {sha: self._contents[sha] for sha in wanted if sha in self._contents}
        self._keys = {sha: self._keys[sha] for sha in wanted if sha in self._keys}
        self._add(wanted)

    def _add(self, wanted: Iterable[BlobId]) -> None:
        """Read together those of these blobs that were not read yet."""
        missing = [sha for sha in wanted if sha not in self._contents]
        if missing:
            self._contents |= self._read(missing)

    def _read(self, shas: Sequence[BlobId]) -> dict[BlobId, bytes]:
        """These blobs; one that a clone lacks has no lines."""
        try:
            return dict(self._core.connector.read_blobs(shas))
        except NotFound:
            if len(shas) == 1:
                self._kept.stop()  # it may be fetched yet
                return {shas[0]: b""}
            return {sha: content for one in shas for sha, content in self._read([one]).items()}
