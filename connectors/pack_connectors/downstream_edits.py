"""What every place refuses to do to a downstream, whoever the caller is.

A file of ours never takes the place of a folder, a link or a submodule of somebody else's, and
none is written through one. The core decides what is written (`pack.distribution`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from pack.distribution.ports import DownstreamEntry, WantedCommit
from pack.errors import RefusedForSafety
from pack.model import MemoryPath
from pack_connectors.preconditions import check_path

_FILE: Final = "100644"
_KINDS: Final = {"120000": "a link", "160000": "a submodule"}


@dataclass(frozen=True, slots=True)
class DownstreamEdits:
    """What a commit does to the tree that it is made on.

    Attributes:
        modes: The mode of each file that is written.
        writes: Its bytes.
        removes: What goes, of what is there.
    """

    modes: Mapping[str, str]
    writes: Mapping[str, bytes] = field(repr=False)
    removes: Sequence[str]


def check_edits(present: Mapping[str, DownstreamEntry], wanted: WantedCommit) -> DownstreamEdits:
    """What a commit does, once it is known to be harmless.

    Args:
        present: What the parent holds.
        wanted: The commit.

    Raises:
        InvalidPath: A path leads out of the repository or into git's folder.
        RefusedForSafety: A file would take the place of something else.
    """
    removes = [path for path in wanted.removes if path in present and path not in wanted.writes]
    left = {path: entry for path, entry in present.items() if path not in set(removes)}
    folders = {folder for path in left for folder in _folders(path)}
    for path in wanted.writes:
        check_path(MemoryPath(path))
        if what := _in_the_way(path, left, folders):
            raise RefusedForSafety(f"{what} in the downstream, and {path} cannot be written")
    modes = {path: left[path].mode if path in left else _FILE for path in wanted.writes}
    return DownstreamEdits(modes, wanted.writes, sorted(removes))


def _in_the_way(
    path: str, left: Mapping[str, DownstreamEntry], folders: Collection[str]
) -> str | None:
    if path in folders:
        return f"{path} is a folder"
    for place in (path, *_folders(path)):
        entry = left.get(place)
        if entry is not None and (place != path or entry.mode in _KINDS):
            return f"{place} is {_KINDS.get(entry.mode, 'a file')}"
    return None


def _folders(path: str) -> Iterator[str]:
    """The folders that a path leads through."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
