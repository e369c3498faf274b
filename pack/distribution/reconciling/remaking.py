"""Makes again what a release made, from upstream's history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pack.distribution.content.making import Made, make, places
from pack.distribution.content.rule import RULES_DIR, is_rule_path, load_rules
from pack.distribution.ports import UpstreamHistory
from pack.distribution.reconciling.sync_state import SyncState, excluded_hash, made_by
from pack.distribution.values import Release, Rule
from pack.errors import InvalidConfig, InvalidContent, InvalidRequest, NotFound
from pack.model import BlobId, CommitId, MemoryPath
from pack.versions import KitVersion

_REMEMBERED_BYTES: Final = 64 * 1024 * 1024


class Remaker:
    """Makes files of releases; what one downstream needed, the next one gets without a reading.

    Args:
        upstream: The memory's history.
    """

    def __init__(self, upstream: UpstreamHistory) -> None:
        self._upstream = upstream
        self._files: dict[CommitId, Mapping[MemoryPath, BlobId]] = {}
        self._blobs: dict[BlobId, bytes] = {}
        self._size = 0
        self._made: dict[str, Made] = {}
        self._excludes: dict[str, Sequence[str]] = {}
        self._is_searched = False
        self._made_size = 0

    def make(self, rule: Rule, release: Release, variables: Mapping[str, str]) -> Made:
        """What a release makes; see `pack.distribution.content.making.make`.

        Raises:
            NotFound: UpstreamHistory has no such commit.
            As `make`.
        """
        # Many downstreams get the same: the repository that a rule names changes nothing.
        key = repr((release, made_by(rule), sorted(variables.items())))
        if key not in self._made:
            made = self._make(rule, release, variables)
            self._made_size += sum(len(one.content) for one in made.files)
            if self._made_size > _REMEMBERED_BYTES:
                return made
            self._made[key] = made
        return self._made[key]

    def _make(self, rule: Rule, release: Release, variables: Mapping[str, str]) -> Made:
        if release.commit not in self._files:
            self._files[release.commit] = self._upstream.files(release.commit)
        files = self._files[release.commit]
        return make(rule, release, files, self.read, variables, self._upstream.permalink)

    def places(self, rule: Rule, release: Release) -> list[str]:
        """The paths of what a release makes; see `pack.distribution.content.making.places`."""
        return places(rule, self._upstream.files(release.commit), self.read)

    def again(self, state: SyncState, version: str, commit: CommitId) -> Mapping[str, bytes]:
        """What a release made under the rule and the variables of a state.

        Empty if that cannot be done, as where the commit is not one of upstream's, or somebody
        changed the state.
        """
        try:
            rule = self.rule_of(state)
            at = self._upstream.at(commit).at
            release = Release(version, commit, at, is_tag=_is_version(version))
            return self.make(rule, release, state.variables).contents()
        except (NotFound, InvalidRequest, InvalidContent, InvalidConfig):
            return {}

    def learn(self, rule: Rule) -> None:
        """Know what a rule excludes, should a state name it."""
        self._excludes[excluded_hash(rule.exclude)] = rule.exclude

    def rule_of(self, state: SyncState) -> Rule:
        """The rule of a state, with what it excluded.

        Raises:
            NotFound: No rule of this memory, now or before, excludes that.
        """
        if state.excluded is None:
            return state.rule
        if state.excluded not in self._excludes and not self._is_searched:
            self._is_searched = True
            self._learn_all()
        if state.excluded not in self._excludes:
            raise NotFound(f"what the rule {state.rule.id} excluded")
        return replace(state.rule, exclude=self._excludes[state.excluded])

    def _learn_all(self) -> None:
        """Know what the rules of the memory excluded, at any time."""
        head = self._upstream.at("HEAD").commit
        seen: set[BlobId] = set()
        for commit in self._upstream.changes(head, RULES_DIR):
            files = self._upstream.files(commit)
            fresh = {path: one for path, one in files.items() if is_rule_path(path)}
            fresh = {path: one for path, one in fresh.items() if one not in seen}
            seen.update(fresh.values())
            texts = dict(self._upstream.read_blobs(fresh.values()))
            for stored in load_rules({path: texts[one] for path, one in fresh.items()}).rules:
                self._excludes.setdefault(excluded_hash(stored.rule.exclude), stored.rule.exclude)

    def read(self, blobs: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """The bytes of upstream's blobs."""
        wanted = list(blobs)
        missing = [blob for blob in wanted if blob not in self._blobs]
        fresh = dict(self._upstream.read_blobs(missing)) if missing else {}
        for blob in wanted:
            yield blob, fresh[blob] if blob in fresh else self._blobs[blob]
        self._size += sum(map(len, fresh.values()))
        if self._size <= _REMEMBERED_BYTES:
            self._blobs |= fresh


def _is_version(text: str) -> bool:
    try:
        KitVersion.parse(text)
    except InvalidContent:
        return False
    return True
