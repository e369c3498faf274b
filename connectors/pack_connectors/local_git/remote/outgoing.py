"""The versions of files that a push would send.

Source: git-log(1), "--raw", "-z" and "-c"; git-diff(1), "diff format for merges": a line begins
with a colon for each parent, then come the modes and the ids of the parents and of the result.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pack.model import BlobId, CommitId, MemoryPath
from pack_connectors.local_git.objects import EXECUTABLE_MODE, FILE_MODE
from pack_connectors.local_git.process import GitRunner, check_id

_LOG: Final = (
    *("-c", "log.showRoot=true", "log", "-z", "-c", "--raw", "--no-abbrev", "--no-renames"),
    *("--no-show-signature", "--format=%x01%H"),
)
_FILES: Final = (FILE_MODE, EXECUTABLE_MODE)


def read_outgoing(
    runner: GitRunner, commit: CommitId, without: CommitId | None
) -> Iterator[tuple[MemoryPath, BlobId, CommitId]]:
    """The files, but no links, that commits made which lead to one and not to the other.

    The newest come first, each with the commit.

    Raises:
        Unavailable: Git failed.
    """
    known = [f"^{check_id(without)}"] if without else []
    out = runner.run([*_LOG, check_id(commit), *known, "--"])
    made = ""
    fields = (field.lstrip(b"\n") for field in out.split(b"\0"))
    for field in fields:
        if field.startswith(b"\x01"):
            made = field[1:].decode("ascii")
        elif field.startswith(b":"):
            path = next(fields).decode("utf-8", "surrogateescape")
            mode, blob = _result(field)
            if mode in _FILES:
                yield MemoryPath(path), BlobId(blob), CommitId(made)


def _result(line: bytes) -> tuple[int, str]:
    """The mode and the id after a commit."""
    words = line.lstrip(b":").decode("ascii").split()
    parents = len(line) - len(line.lstrip(b":"))
    return int(words[parents], 8), words[2 * parents + 1]
