"""Makes again what a release made, from upstream's history."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from pack.distribution.content.making import Made, make
from pack.distribution.ports import UpstreamHistory
from pack.distribution.reconciling.sync_state import SyncState
from pack.distribution.values import Release, Rule
from pack.errors import InvalidContent, InvalidRequest, NotFound
from pack.model import BlobId, CommitId, MemoryPath
from pack.versions import KitVersion

_REMEMBERED_BYTES = 64 * 1024 * 1024


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

    def make(self, rule: Rule, release: Release, variables: Mapping[str, str]) -> Made:
        """What a release makes; see `pack.distribution.content.making.make`.

        Raises:
            NotFound: UpstreamHistory has no such commit.
            As `make`.
        """
        if release.commit not in self._files:
            self._files[release.commit] = self._upstream.files(release.commit)
        files = self._files[release.commit]
        return make(rule, release, files, self.read, variables, self._upstream.permalink)

    def again(self, state: SyncState, version: str, commit: CommitId) -> Mapping[str, bytes]:
        """What a release made under the rule and the variables of a state.

        Empty if that cannot be done, as where the commit is not one of upstream's.
        """
        try:
            at = self._upstream.at(commit).at
            release = Release(version, commit, at, is_tag=_is_version(version))
            return self.make(state.rule, release, state.variables).contents()
        except (NotFound, InvalidRequest):
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
