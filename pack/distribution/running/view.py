"""What is in a downstream at one commit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from pack.distribution.ports import Downstream, DownstreamCommit, DownstreamEntry
from pack.model import BlobId, CommitId

_REGULAR = "100"


class DownstreamView:
    """A downstream at one commit; read as far as it is asked for.

    Args:
        downstream: The downstream.
        commit: The commit; `None` for an empty repository.
    """

    def __init__(self, downstream: Downstream, commit: CommitId | None) -> None:
        self._downstream = downstream
        self.commit = commit
        self._contents: dict[BlobId, bytes] = {}

    @cached_property
    def files(self) -> Mapping[str, DownstreamEntry]:
        """All that is there, by path."""
        return {} if self.commit is None else self._downstream.files(self.commit)

    def blob(self, path: str) -> BlobId | None:
        """The blob of a regular file; `None` where there is none."""
        entry = self.files.get(path)
        return entry.blob if entry is not None and entry.mode.startswith(_REGULAR) else None

    def read(self, path: str) -> bytes | None:
        """The bytes of a regular file; `None` where there is none."""
        return self.read_all([path]).get(path)

    def read_all(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The bytes of those regular files that are there."""
        blobs = {path: blob for path in paths if (blob := self.blob(path)) is not None}
        lacking = dict.fromkeys(blob for blob in blobs.values() if blob not in self._contents)
        if lacking:
            self._contents.update(self._downstream.read_blobs(lacking))
        return {path: self._contents[blob] for path, blob in blobs.items()}

    def log(self) -> Iterator[DownstreamCommit]:
        """The commits that lead to it, the newest first."""
        return self._downstream.log(self.commit) if self.commit is not None else iter(())

    def of(self, commit: CommitId) -> DownstreamView:
        """The same of another commit there."""
        return DownstreamView(self._downstream, commit)

    def below(self, folder: str) -> list[str]:
        """The paths of regular files in a folder, sorted."""
        inside = (path for path in self.files if path.startswith(folder))
        return sorted(path for path in inside if self.blob(path) is not None)
