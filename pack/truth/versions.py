"""The truth of the versions of files, each made from the truth of those before it.

The history of a file is walked back until a version is known, or to its beginning. From there each
commit passes on what it kept and answers for the rest. So one more commit costs one step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence, Set
from functools import partial
from typing import Final

from pack.connector import Capability
from pack.core.core import Core
from pack.core.memo import Memo
from pack.core.truths import LineState, LineTruth
from pack.errors import NotFound
from pack.history.assigned import AssignedLevels, assigned_in
from pack.history.differences.line_owners import LineKeys
from pack.history.follow import follow
from pack.history.joined import joined_commits
from pack.history.origins import UNATTRIBUTED
from pack.log import CommitFacts, FileChange
from pack.model import BlobId, CommitId, MemoryPath
from pack.provenance import is_ours
from pack.truth.acceptances import Acceptance, acceptances_in, accepted, version_accepted
from pack.truth.ancestry import LinkedVersion, Truth, ancestry, made_from, oldest_first
from pack.truth.credit import credit_of
from pack.truth.elsewhere import Taken, TakenFrom, splits_v1, taken_by, taken_from_v1
from pack.truth.passing_on import Version, bring_back, merged, pass_on
from pack.truth.returning import former_states

_FIRST_PART: Final = 20
_READ_AT_ONCE: Final = 250
_MOST_VERSIONS: Final = 20_000
_MOST_REMOTE_VERSIONS: Final = 200
"""Where each version of a file costs a request."""
_DEEPEST: Final = 8
_KEPT: Final = 2000
_UNKNOWN: Final = LineTruth(1, f"{UNATTRIBUTED}:older", LineState.UNATTRIBUTED, None)


Accepted = dict[tuple[CommitId, MemoryPath], list[Acceptance]]
"""By the commit that made a version and its path, what the person accepted of it later."""


class Versions:
    """Finds out the truth of versions, and keeps it. May be used from any thread.

    Args:
        core: The memory.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._known = Memo(_KEPT)

    def of(self, head: CommitId, path: MemoryPath, sha: BlobId) -> Truth:
        """The truth of each line of a file that a commit has.

        Raises:
            ConnectorError: The store cannot be read.
        """
        accepted, joined = self._accepted(head), self._joined(head)
        assigned = assigned_in(self._core)
        return _Walk(self._core, self._known, accepted, joined, assigned).of(head, path, sha)

    def _joined(self, head: CommitId) -> Set[CommitId]:
        log, connector = self._core.log, self._core.connector
        limit = None if Capability.LOG in connector.capabilities else _MOST_REMOTE_VERSIONS
        return self._known.once((joined_commits, head), lambda: joined_commits(log, head, limit))

    def _accepted(self, head: CommitId) -> Accepted:
        """What was accepted in the history of a commit, by the commit that made the version."""
        log, connector = self._core.log, self._core.connector
        limit = None if Capability.LOG in connector.capabilities else _MOST_REMOTE_VERSIONS
        found: Accepted = {}
        for one in self._known.once(
            (acceptances_in, head), lambda: acceptances_in(log, head, limit)
        )[::-1]:
            version = self._known.once(one, partial(version_accepted, log, one))
            if version is not None:
                found.setdefault((version, one.path), []).append(one)
        return found


class _Walk:
    """One answer: what was read for it is kept as long as it takes."""

    def __init__(
        self,
        core: Core,
        known: Memo,
        accepted: Accepted,
        joined: Set[CommitId],
        assigned: AssignedLevels,
    ) -> None:
        self._core = core
        self._assigned = assigned
        self._joined = joined
        self._known = known
        self._accepted = accepted
        self._v1_path = core.reader.v1_path
        self._line_keys = LineKeys()
        self._contents: dict[BlobId, bytes] = {}
        self._keys: dict[BlobId, Sequence[str]] = {}
        self._taken: dict[CommitId, Mapping[MemoryPath, Taken]] = {}

    def of(self, head: CommitId, path: MemoryPath, sha: BlobId, depth: int = 0) -> Truth:
        """See `Versions.of`; `depth` is how many files led to this one."""
        most = _MOST_VERSIONS if self._is_cheap() else _MOST_REMOTE_VERSIONS
        steps = follow(self._core.log, head, path, at_once=_FIRST_PART, with_others=True)
        newest = ancestry(sha, steps, self._known_truth, most)
        if newest is None:
            return (_UNKNOWN,) * len(self._keys_of(sha))
        if newest.truth is None:
            self._find_out([*oldest_first(newest)], depth)
        return self._with_acceptances(newest)

    def _find_out(self, versions: Sequence[LinkedVersion], depth: int) -> None:
        """Find out the truth of versions, each after those before it; what is used up goes."""
        uses = Counter(id(old) for version in versions for old in version.before if old)
        for number, version in enumerate(versions):
            if number % _READ_AT_ONCE == 0:
                self._read_ahead(versions[number : number + _READ_AT_ONCE])
            parents = [
                Version(self._keys_of(sha), self._truth_before(version, sha, old, depth))
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
        found, hunks = pass_on(new, parents, commit.id)
        if None not in found:
            return tuple(filter(None, found))
        own = self._credit(commit)
        for state in former_states(self._core, commit, change, self._credit):
            former = self.of(*state, depth + 1) if depth < _DEEPEST else ()
            bring_back(new, Version(self._keys_of(state.sha) if former else (), former), found)
        if depth < _DEEPEST:
            self._take(commit, change, found, depth)
        if len(parents) > 1 and is_ours(commit.message):
            for place in (place for place, truth in enumerate(found) if truth is None):
                found[place] = merged(place, parents, hunks, commit.id)
        return tuple(truth or own for truth in found)

    def _take(
        self, commit: CommitFacts, change: FileChange, found: list[LineTruth | None], depth: int
    ) -> None:
        """Give new lines their truth that the commit took from other files."""
        if commit.id not in self._taken:
            self._taken[commit.id] = self._taken_by(commit)
        sources: dict[TakenFrom, Truth] = {}
        for place, (source, was) in self._taken[commit.id].get(change.path, {}).items():
            if found[place] is None:
                if source not in sources:
                    sources[source] = self.of(*source, depth + 1)
                found[place] = sources[source][was]

    def _taken_by(self, commit: CommitFacts) -> Mapping[MemoryPath, Taken]:
        v1_path = self._v1_path
        if not commit.parents or not splits_v1(commit, v1_path):
            return taken_by(commit, self._keys_of)
        v1 = self._core.connector.get_committed(v1_path, commit.parents[0])
        return taken_from_v1(commit, v1_path, v1, self._keys_of)

    def _credit(self, commit: CommitFacts) -> LineTruth:
        is_joined, assigned = commit.id in self._joined, self._assigned.levels.get(commit.id)
        return self._known.once(
            (credit_of, commit.id, assigned, is_joined),
            lambda: credit_of(commit, self._bytes_of, assigned, is_joined=is_joined),
        )

    def _is_cheap(self) -> bool:
        return Capability.LOG in self._core.connector.capabilities

    def _known_truth(self, commit: CommitFacts, change: FileChange) -> Truth | None:
        key = self._key(commit, change)
        return self._known.each([key], lambda _: {}).get(key)

    def _key(self, commit: CommitFacts, change: FileChange) -> Hashable:
        """What the truth of a version follows from, before anything of it itself was accepted."""
        earlier = (
            one.commit
            for (version, path), found in self._accepted.items()
            for one in found
            if path == change.path and version != commit.id
        )
        return commit.id, change.path, frozenset(earlier), self._assigned.state

    def _with_acceptances(self, version: LinkedVersion) -> Truth:
        truth = version.truth or ()
        for one in self._accepted.get((version.commit.id, version.change.path), ()):
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
        self._contents |= self._read([sha for sha in wanted if sha not in self._contents])

    def _read(self, shas: Sequence[BlobId]) -> dict[BlobId, bytes]:
        """These blobs; one that a clone lacks has no lines."""
        try:
            return dict(self._core.connector.read_blobs(shas))
        except NotFound:
            if len(shas) == 1:
                return {shas[0]: b""}
            return {sha: content for one in shas for sha, content in self._read([one]).items()}
