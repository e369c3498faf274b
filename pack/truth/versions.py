"""The truth of the versions of files, each made from the truth of those before it.

The history of a file is walked back until a version is known, or to its beginning. From there each
commit passes on what it kept and answers for the rest. So one more commit costs one step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Mapping, Sequence, Set
from functools import partial
from typing import Final, NamedTuple

from pack.connector import Capability
from pack.core.core import Core
from pack.core.memo import Memo
from pack.core.truths import LineState, LineTruth
from pack.errors import NotFound
from pack.history.differences.line_owners import LineKeys
from pack.history.follow import follow
from pack.history.origins import UNATTRIBUTED
from pack.log import CommitFacts, FileChange
from pack.model import BlobId, CommitId, MemoryPath
from pack.provenance import is_ours
from pack.truth.acceptances import Acceptance, acceptances_in, accepted, version_accepted
from pack.truth.credit import credit_of
from pack.truth.elsewhere import Taken, TakenFrom, splits_v1, taken_by, taken_from_v1
from pack.truth.passing_on import Version, bring_back, merged, pass_on
from pack.truth.returning import former_states

Truth = tuple[LineTruth, ...]
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


class _Step(NamedTuple):
    """What a commit did to a file."""

    commit: CommitFacts
    change: FileChange


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
        return _Walk(self._core, self._known, self._accepted(head)).of(head, path, sha)

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

    def __init__(self, core: Core, known: Memo, accepted: Accepted) -> None:
        self._core = core
        self._known = known
        self._accepted = accepted
        self._line_keys = LineKeys()
        self._contents: dict[BlobId, bytes] = {}
        self._keys: dict[BlobId, Sequence[str]] = {}
        self._taken: dict[CommitId, Mapping[MemoryPath, Taken]] = {}

    def of(self, head: CommitId, path: MemoryPath, sha: BlobId, depth: int = 0) -> Truth:
        """See `Versions.of`; `depth` is how many files led to this one."""
        known: dict[BlobId, Truth] = {}
        steps: list[_Step] = []
        needed = {sha}
        most = _MOST_VERSIONS if self._is_cheap() else _MOST_REMOTE_VERSIONS
        for made, step in self._listed(head, path, needed):
            needed.remove(made)
            truth = self._known_truth(*step)
            if truth is not None:
                known[made] = self._with_acceptances(*step, truth)
            else:
                steps.append(step)
                needed.update(_made_from(step.change))
            if not needed or len(steps) >= most:
                break
        for older in needed:
            known[older] = (_UNKNOWN,) * len(self._keys_of(older))
        return self._forward(sha, steps[::-1], known, depth)

    def _listed(
        self, head: CommitId, path: MemoryPath, needed: Set[BlobId]
    ) -> Iterator[tuple[BlobId, _Step]]:
        """What is needed when one is asked for, each with the step that made it.

        The log is by date, and where clocks differ a commit may come before those made on it. So
        what was not needed when it came is looked at again at the end.
        """
        passed: dict[BlobId, _Step] = {}
        log = self._core.log
        for commit, change in follow(log, head, path, at_once=_FIRST_PART, with_others=True):
            if change.sha is not None and change.sha in needed:
                yield change.sha, _Step(commit, change)
            elif change.sha is not None:
                passed[change.sha] = _Step(commit, change)
        while found := needed & passed.keys():
            sha = found.pop()
            yield sha, passed.pop(sha)

    def _forward(
        self, sha: BlobId, steps: Sequence[_Step], truths: dict[BlobId, Truth], depth: int
    ) -> Truth:
        """Go through the steps from the oldest on; what no later one needs is let go."""
        uses = Counter(old for step in steps for old in _made_from(step.change))
        for number, (commit, change) in enumerate(steps):
            if number % _READ_AT_ONCE == 0:
                self._read_ahead(steps[number : number + _READ_AT_ONCE])
            olds = _made_from(change)
            parents = [Version(self._keys_of(old), truths[old]) for old in olds]
            found = self._step(commit, change, parents, depth)
            for old in olds:
                uses[old] -= 1
                if not uses[old] and old != sha:
                    truths.pop(old, None)
            if change.sha is not None:
                truths[change.sha] = self._with_acceptances(commit, change, found)
                self._known.once(self._key(commit, change), partial(tuple[LineTruth, ...], found))
        return truths[sha]

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
        v1_path = self._core.reader.v1_path
        if not commit.parents or not splits_v1(commit, v1_path):
            return taken_by(commit, self._keys_of)
        v1 = self._core.connector.get_committed(v1_path, commit.parents[0])
        return taken_from_v1(commit, v1_path, v1, self._keys_of)

    def _credit(self, commit: CommitFacts) -> LineTruth:
        return self._known.once((credit_of, commit.id), lambda: credit_of(commit, self._bytes_of))

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
        return commit.id, change.path, frozenset(earlier)

    def _with_acceptances(self, commit: CommitFacts, change: FileChange, truth: Truth) -> Truth:
        for one in self._accepted.get((commit.id, change.path), ()):
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

    def _read_ahead(self, steps: Sequence[_Step]) -> None:
        """Read together what the next steps need, and let go what others needed."""
        blobs = (one for step in steps for one in (step.change.sha, *step.change.old_shas))
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


def _made_from(change: FileChange) -> Sequence[BlobId]:
    """The versions that one was made from; only the same one if it is among them."""
    olds = dict.fromkeys(old for old in change.old_shas if old is not None)
    return [change.sha] if change.sha in olds and change.sha else list(olds)
