"""Which commit changed which memory file last, and the line of commits, from git's log.

Source: git-log(1), "--name-only", "-z" and "-c"; a merge is listed with the files that it changed
against all of its parents. "--first-parent" with a commit to exclude: what that one leads back to
is left out, whichever way it leads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from pack.catalog.row import is_catalogued
from pack.lineage import CommitFacts, Lineage
from pack.model import CommitId, LastChange, MemoryPath
from pack_connectors.local_git.process import GitRunner, check_id

_FORMAT: Final = "--format=%x01%H %ct"
_FACTS: Final = "--format=%H%x00%P%x00%ct%x00%B"
_LAST_SECOND: Final = 253_402_300_799  # of the year 9999
_HEADER: Final = re.compile(rb"\n?\x01([0-9a-f]{40,64}) ([0-9]+)")


def read_last_changes(
    runner: GitRunner, since: CommitId | None, head: CommitId
) -> Iterator[LastChange]:
    """See `Connector.last_changes`; `since` is a commit of the repository.

    Raises:
        Unavailable: Git failed.
    """
    known = [f"^{since}"] if since and _leads_to(runner, since, head) else []
    names = ["log", "-z", "-c", "--name-only", "--no-renames", "--no-show-signature", _FORMAT]
    out = runner.run([*names, check_id(head), *known, "--"])
    commit, at = CommitId(head), datetime.fromtimestamp(0, UTC)
    for field in out.split(b"\0"):
        header = _HEADER.fullmatch(field)
        if header is not None:
            commit = CommitId(header[1].decode("ascii"))
            at = _when(header[2])
            continue
        path = MemoryPath(field.removeprefix(b"\n").decode("utf-8", "surrogateescape"))
        if path and is_catalogued(path):
            yield LastChange(path, commit, at)


def read_lineage(runner: GitRunner, since: CommitId | None, head: CommitId) -> Lineage:
    """See `Connector.lineage`; both are commits of the repository.

    Raises:
        Unavailable: Git failed.
    """
    known = [f"^{check_id(since)}"] if since else []
    command = ["log", "-z", "--first-parent", "--encoding=UTF-8", "--no-show-signature", _FACTS]
    out = runner.run([*command, check_id(head), *known, "--"])
    fields = out.decode("utf-8", "replace").split("\0")
    found = [_facts(*fields[at : at + 4]) for at in range(0, len(fields) - 3, 4)]
    is_rewritten = since is not None and not _leads_to(runner, since, head)
    return Lineage(tuple(reversed(found)), is_rewritten)


def _facts(commit: str, parents: str, at: str, message: str) -> CommitFacts:
    ids = tuple(map(CommitId, parents.split()))
    return CommitFacts(CommitId(commit), ids, message, _when(at))


def _when(seconds: str | bytes) -> datetime:
    """A commit's time in UTC; git takes and passes on years that no calendar here has."""
    return datetime.fromtimestamp(min(int(seconds), _LAST_SECOND), UTC)


def _leads_to(runner: GitRunner, since: CommitId, head: CommitId) -> bool:
    """Whether a commit is the other one or comes before it."""
    return not runner.run(["rev-list", "-1", check_id(since), f"^{check_id(head)}", "--"])
