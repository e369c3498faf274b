"""A downstream's tree as a place for files: what is there, and what is in the way.

Names there are other people's, and may be anything that git stores. Only paths that a rule makes
are ever looked up, and no file is written through a link.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from pack.distribution.ports import DownstreamEntry
from pack.model import BlobId
from pack.paths import fold

ReadBlobs = Callable[[Iterable[BlobId]], Iterator[tuple[BlobId, bytes]]]
_FILES: Final = ("100644", "100755")
_LINK: Final = "120000"


class Ground:
    """The files of a downstream at one commit.

    Args:
        entries: All that is there, by path.
        read: Returns the bytes of blobs.
        wanted: Paths whose contents are asked for; they are read in one go.
    """

    def __init__(
        self, entries: Mapping[str, DownstreamEntry], read: ReadBlobs, wanted: Iterable[str]
    ) -> None:
        self._entries = entries
        self._blobs = dict(read({entries[path].blob for path in wanted if self.is_file(path)}))
        self._leaving: set[str] = set()
        self._spelt: dict[str, set[str]] | None = None

    def leave(self, path: str) -> None:
        """Have a file be gone, as far as obstacles are concerned."""
        self._leaving.add(path)
        self._spelt = None

    def is_file(self, path: str) -> bool:
        """Whether a regular file is at a path."""
        entry = self._entries.get(path)
        return entry is not None and entry.mode in _FILES

    def content(self, path: str) -> bytes | None:
        """The bytes of a file that was wanted; `None` if there is none."""
        return self._blobs[self._entries[path].blob] if self.is_file(path) else None

    def obstacle(self, path: str) -> str | None:
        """Why a file cannot lie at a path, in words; `None` if it can."""
        entry = self._entries.get(path)
        if entry is not None:
            return None if entry.mode in _FILES else f"{_called(entry)} is there"
        for folder in _folders(path):
            if (above := self._entries.get(folder)) is not None and folder not in self._leaving:
                return f"{folder} is {_called(above)} there"
        spelt = self._spellings()
        for part in (*_folders(path), path):
            twins = spelt.get(fold(part), set())
            if part == path and part in twins:
                return "a folder is there"
            if part == path and twins:
                return f"{min(twins)} is there, and some systems take the two for one"
            if twins and part not in twins:
                return f"the folder is spelt {min(twins)} there"
        return None

    def _spellings(self) -> Mapping[str, set[str]]:
        """The spellings of each file and folder by what all systems treat as one."""
        if self._spelt is None:
            self._spelt = {}
            for path in self._entries.keys() - self._leaving:
                for part in (*_folders(path), path):
                    self._spelt.setdefault(fold(part), set()).add(part)
        return self._spelt


def _folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]


def _called(entry: DownstreamEntry) -> str:
    if entry.mode in _FILES:
        return "a file"
    return "a link" if entry.mode == _LINK else "a submodule"
