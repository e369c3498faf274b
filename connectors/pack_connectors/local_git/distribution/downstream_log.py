"""The commits of a downstream, read while they are asked for: its history may be long.

Source: git-log(1), "-z".
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Final

from pack.distribution.ports import DownstreamCommit
from pack.model import CommitId, Identity
from pack_connectors.local_git.process import GitRunner, check_id, failure

_FIELDS: Final = ("%H", "%P", "%T", "%ct", "%an", "%ae", "%cn", "%ce", "%B")
_LOG: Final = ("log", "-z", "--encoding=UTF-8", "--no-show-signature")
_BLOCK: Final = 64 * 1024
_LAST_SECOND: Final = 253_402_300_799  # of the year 9999


def read_commits(
    runner: GitRunner, head: CommitId, until: CommitId | None
) -> Iterator[DownstreamCommit]:
    """See `Downstream.log`.

    Raises:
        Unavailable: Git failed.
    """
    form = "--format=" + "%x00".join(_FIELDS)
    ends = [check_id(head), *([f"^{check_id(until)}"] if until else [])]
    process = runner.start([*_LOG, form, *ends, "--"])
    assert process.stdin is not None  # noqa: S101 - pipes were asked for
    assert process.stdout is not None  # noqa: S101
    assert process.stderr is not None  # noqa: S101
    process.stdin.close()
    try:
        fields = _fields(process.stdout)
        for commit in fields:
            yield _facts([commit, *(next(fields) for _ in _FIELDS[1:])])
        if process.wait() != 0:
            raise failure("log", process.stderr.read().decode("utf-8", "replace"))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
        process.stdout.close()
        process.stderr.close()


def _fields(out: IO[bytes]) -> Iterator[str]:
    """The fields of all commits; each ends with a NUL."""
    rest = b""
    while block := out.read(_BLOCK):
        *whole, rest = (rest + block).split(b"\0")
        yield from (field.decode("utf-8", "replace") for field in whole)
    if rest:
        yield rest.decode("utf-8", "replace")


def _facts(fields: list[str]) -> DownstreamCommit:
    commit, parents, tree, seconds, author, email, committer, committer_email, message = fields
    return DownstreamCommit(
        CommitId(commit),
        tuple(map(CommitId, parents.split())),
        tree,
        message,
        Identity(author, email),
        Identity(committer, committer_email),
        datetime.fromtimestamp(min(max(int(seconds), 0), _LAST_SECOND), UTC),
    )
