"""Makes again what a release made, from upstream's history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pack.distribution.content.making import Made, make
from pack.distribution.ports import UpstreamHistory
from pack.distribution.reconciling.sync_state import SyncState, made_by
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

    def again(self, state: SyncState, version: str, commit: CommitId) -> Mapping[str, bytes]:
        """What a release made under the rule and the variables of a state.

        Empty if that cannot be done, as where the commit is not one of upstream's, or somebody
        changed the state.
        """
        try:
            at = self._upstream.at(commit).at
            release = Release(version, commit, at, is_tag=_is_version(version))
            return self.make(state.rule, release, state.variables).contents()
        except (NotFound, InvalidRequest, InvalidContent, InvalidConfig):
            return {}

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
