"""The id that git gives to a tree, so that a commit can name its own.

Source: gitformat-tree, git-mktree(1); the order is that of base_name_compare in git's tree.c.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from pack.distribution.ports import DownstreamEntry
from pack.model import blob_id, object_id

_FILE: Final = "100644"
_FOLDER: Final = "40000"


def tree_after(
    files: Mapping[str, DownstreamEntry], writes: Mapping[str, bytes], removes: Iterable[str]
) -> dict[str, DownstreamEntry]:
    """The files of a commit that is made on others.

    Args:
        files: Those it is made on.
        writes: New bytes by path; a file that is there keeps its mode.
        removes: Paths that go.
    """
    after = dict(files)
    for path in removes:
        after.pop(path, None)
    for path, content in writes.items():
        known = files.get(path)
        is_file = known is not None and known.mode.startswith("100")
        after[path] = DownstreamEntry(known.mode if known and is_file else _FILE, blob_id(content))
    return after


def tree_id(files: Mapping[str, DownstreamEntry]) -> str:
    """The id of the tree with exactly these files."""
    return _written([(path.encode("utf-8", "surrogateescape"), one) for path, one in files.items()])


def _written(files: Iterable[tuple[bytes, DownstreamEntry]]) -> str:
    here: dict[bytes, DownstreamEntry] = {}
    below: dict[bytes, list[tuple[bytes, DownstreamEntry]]] = {}
    for path, entry in files:
        name, slash, rest = path.partition(b"/")
        if slash:
            below.setdefault(name, []).append((rest, entry))
        else:
            here[name] = entry
    rows = [(name, _row(one.mode, name, one.blob)) for name, one in here.items()]
    # A folder is sorted as if its name ended in a slash.
    rows += [(name + b"/", _row(_FOLDER, name, _written(inside))) for name, inside in below.items()]
    rows.sort()
    return object_id("tree", b"".join(row for _, row in rows))


def _row(mode: str, name: bytes, sha: str) -> bytes:
    return b"%s %s\0%s" % (mode.encode(), name, bytes.fromhex(sha))
