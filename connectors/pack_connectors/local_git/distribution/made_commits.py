"""A commit made of a parent and some files, the same one each time.

Source: git-fast-import(1).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pack.distribution.ports import WantedCommit
from pack.errors import Unavailable
from pack.model import CommitId
from pack_connectors.downstream_edits import DownstreamEdits
from pack_connectors.local_git.process import GitRunner, check_id, is_id
from pack_connectors.local_git.repository import identity_line

_IMPORT: Final = (
    *("-c", "core.fsync=none", "-c", "fastimport.unpackLimit=1"),
    *("fast-import", "--quiet", "--done", "--force", "--date-format=raw"),
)


def make_commit(
    runner: GitRunner, ref: str, wanted: WantedCommit, edits: DownstreamEdits
) -> CommitId:
    """Store a commit.

    Args:
        runner: Runs git where it is stored.
        ref: A ref that is to lead to it, and that nobody else uses.
        wanted: The commit.
        edits: What it does, checked.

    Raises:
        Unavailable: Git failed.
    """
    out = (
        runner.run(_IMPORT, b"".join(_lines(ref, wanted, edits))).decode("ascii", "replace").strip()
    )
    if not is_id(out):
        raise Unavailable("git made no commit")
    return CommitId(out)


def _lines(ref: str, wanted: WantedCommit, edits: DownstreamEdits) -> Iterator[bytes]:
    yield b"commit %b\nmark :1\n" % ref.encode()
    who = identity_line(wanted.identity, int(wanted.at.timestamp())).encode()
    yield b"author %b\ncommitter %b\n" % (who, who)
    yield _data(wanted.message.encode())
    if wanted.parent is not None:
        yield b"from %b\n" % check_id(wanted.parent).encode()
    for path in edits.removes:
        yield b"D %b\n" % _quoted(path)
    for path, content in edits.writes.items():
        yield b"M %b inline %b\n" % (edits.modes[path].encode(), _quoted(path))
        yield _data(content)
    yield b"\nget-mark :1\ndone\n"


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)


def _quoted(path: str) -> bytes:
    raw = path.encode("utf-8", "surrogateescape")
    return b'"%b"' % raw.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
