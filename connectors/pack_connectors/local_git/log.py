"""The log of a repository, read from git.

Source: git-log(1), "--raw", "-z", "-c" (a merge is listed with the files that it changed against
all of its parents) and "-m" with "--first-parent" (with those that it changed against its first).
With a commit to exclude, what that one leads back to is left out, whichever way it leads.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from pack.catalog.row import is_catalogued
from pack.log import ChangeKind, CommitFacts, FileChange, Lineage, LogQuery
from pack.model import BlobId, CommitId, Identity, LastChange, MemoryPath
from pack_connectors.local_git.process import GitRunner, check_id

_FORMAT: Final = "--format=%x01%H%x00%P%x00%ct%x00%at%x00%an%x00%ae%x00%B"
_HEAD: Final = ("-c", "log.showRoot=true", "log", "-z", "--encoding=UTF-8", "--no-show-signature")
_LAST_SECOND: Final = 253_402_300_799  # of the year 9999
_KINDS: Final = {"A": ChangeKind.ADDED, "D": ChangeKind.DELETED, "R": ChangeKind.MOVED}


def read_log(
    runner: GitRunner, query: LogQuery, *, finds_moves: bool = True
) -> Iterator[CommitFacts]:
    """See `Connector.log`; the commits are commits of the repository.

    Args:
        runner: Runs git in the repository.
        query: What is wanted.
        finds_moves: Without it, a move is a deletion and a new file, and git compares no texts.

    Raises:
        Unavailable: Git failed.
    """
    # A path is looked for from the folder that git runs in.
    cwd = runner.work_tree if query.path else None
    fields = iter(runner.run(_arguments(query, finds_moves=finds_moves), cwd=cwd).split(b"\0"))
    field = _next_line(fields)
    while field.startswith(b"\x01"):
        head = [field[1:], *(next(fields) for _ in range(6))]
        changes = []
        field = _next_line(fields)
        while field.startswith(b":"):
            changes.append(_change(field, fields))
            field = _next_line(fields)
        found = sorted(changes, key=lambda change: change.path)
        yield _facts(head, tuple(found) if query.with_files else None)


def _next_line(fields: Iterator[bytes]) -> bytes:
    """The next field with something in it; nothing at the end. Merges may leave empty ones."""
    for field in fields:
        if line := field.lstrip(b"\n"):
            return line
    return b""


def _arguments(query: LogQuery, *, finds_moves: bool) -> list[str]:
    """The command that gives the answer; paths are taken literally by every git of PACK."""
    options = ["--first-parent"] if query.first_parent else []
    if query.limit is not None:
        options.append(f"--max-count={query.limit}")
    if query.with_files:
        merges = "-m" if query.first_parent else "-c"
        options += [merges, "--raw", "--no-abbrev", "--full-diff"]
        options.append("-M" if finds_moves else "--no-renames")
    known = [f"^{check_id(query.since)}"] if query.since else []
    paths = [query.path] if query.path else []
    return [*_HEAD, *options, _FORMAT, check_id(query.head), *known, "--", *paths]


def _facts(head: list[bytes], files: tuple[FileChange, ...] | None) -> CommitFacts:
    commit, parents, at, authored, name, email, message = (
        part.decode("utf-8", "replace") for part in head
    )
    ids = tuple(map(CommitId, parents.split()))
    author = Identity(name, email)
    return CommitFacts(
        CommitId(commit), ids, message, _when(at), None, author, _when(authored), files
    )


def _change(raw: bytes, fields: Iterator[bytes]) -> FileChange:
    """A line of `--raw`: modes, ids and status, before the NUL that the path follows."""
    *before, sha, status = raw.decode("ascii").split(" ")
    parents = raw.count(b":")
    old = tuple(BlobId(one) if one.strip("0") else None for one in before[-parents:])
    kind = _KINDS.get(status[0], ChangeKind.EDITED)
    path = _path(next(fields))
    if kind is ChangeKind.MOVED and parents == 1:
        return FileChange(_path(next(fields)), kind, path, BlobId(sha), old)
    if kind is ChangeKind.MOVED:  # a merge names the path after it only
        kind = ChangeKind.EDITED
    return FileChange(path, kind, None, None if kind is ChangeKind.DELETED else BlobId(sha), old)


def _path(name: bytes) -> MemoryPath:
    return MemoryPath(name.decode("utf-8", "surrogateescape"))


def read_last_changes(
    runner: GitRunner, since: CommitId | None, head: CommitId
) -> Iterator[LastChange]:
    """See `Connector.last_changes`; `since` is a commit of the repository.

    Raises:
        Unavailable: Git failed.
    """
    known = since if since and _leads_to(runner, since, head) else None
    query = LogQuery(head, known, with_files=True)
    for commit in read_log(runner, query, finds_moves=False):
        for change in commit.files or ():
            for path in (change.old_path, change.path):
                if path and is_catalogued(path):
                    yield LastChange(path, commit.id, commit.at)


def read_lineage(runner: GitRunner, since: CommitId | None, head: CommitId) -> Lineage:
    """See `Connector.lineage`; both are commits of the repository.

    Raises:
        Unavailable: Git failed.
    """
    found = list(read_log(runner, LogQuery(head, since, first_parent=True)))
    is_rewritten = since is not None and not _leads_to(runner, since, head)
    return Lineage(tuple(reversed(found)), is_rewritten)


def _when(seconds: str) -> datetime:
    """A commit's time in UTC; git takes and passes on years that no calendar here has."""
    return datetime.fromtimestamp(min(max(int(seconds), 0), _LAST_SECOND), UTC)


def _leads_to(runner: GitRunner, since: CommitId, head: CommitId) -> bool:
    """Whether a commit is the other one or comes before it."""
    return not runner.run(["rev-list", "-1", check_id(since), f"^{check_id(head)}", "--"])
