"""The log of a repository, read from git.

Source: git-log(1), "--raw", "-z", "-c" (a merge is listed with the files that it changed against
all of its parents) and "-m" with "--first-parent" (with those that it changed against its first).
With a commit to exclude, what that one leads back to is left out, whichever way it leads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from pack.catalog.row import is_catalogued
from pack.log import ChangeKind, CommitFacts, FileChange, Lineage, LogQuery
from pack.model import BlobId, CommitId, Identity, LastChange, MemoryPath
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.past.ancestors import Ancestors, leads_to
from pack_connectors.local_git.process import ZERO_ID, GitRunner, check_id, is_id

_FORMAT: Final = "--format=%x01%H%x00%P%x00%ct%x00%at%x00%an%x00%ae%x00%B"
_HEAD: Final = ("-c", "log.showRoot=true", "log", "-z", "--encoding=UTF-8", "--no-show-signature")
_EPOCH: Final = datetime.fromtimestamp(0, UTC)
_LAST_SECOND: Final = 253_402_300_799  # of the year 9999
_KINDS: Final = {"A": ChangeKind.ADDED, "D": ChangeKind.DELETED, "R": ChangeKind.MOVED}


def read_log(
    runner: GitRunner,
    query: LogQuery,
    env: Mapping[str, str] | None = None,
    *,
    finds_moves: bool = True,
) -> Iterator[CommitFacts]:
    """See `Connector.log`; the commits are commits of the repository.

    Args:
        runner: Runs git in the repository.
        query: What is wanted.
        env: What else git is shown.
        finds_moves: Without it, a move is a deletion and a new file, and git compares no texts.

    Raises:
        Unavailable: Git failed.
    """
    # A path is looked for from the folder that git runs in.
    cwd = runner.work_tree if query.path else None
    if query.made_until is not None and query.made_until < _EPOCH:
        return
    if query.made_from is not None:
        chosen = "".join(f"{one}\n" for one in query.part(_made_from(runner, query, env))).encode()
        if not chosen:
            return
        words = [*_HEAD, "--no-walk=unsorted", "--stdin", *_shown(query, finds_moves), _FORMAT]
        out = runner.run([*words, "--", *_paths(query)], chosen, env, cwd=cwd)
    else:
        count = [f"--skip={query.skip}"] if query.skip else []
        count += [f"--max-count={query.limit}"] if query.limit is not None else []
        words = [*_HEAD, *count, *_walked(query), *_shown(query, finds_moves), _FORMAT]
        out = runner.run([*words, *_ends(query), "--", *_paths(query)], env=env, cwd=cwd)
    found = _commits(out, query, _cut(runner))
    yield from _with_moves(runner, list(found), query) if _is_narrow(query) else found


def _made_from(runner: GitRunner, query: LogQuery, env: Mapping[str, str] | None) -> Iterator[str]:
    """The ids of the commits in time; git itself would stop at the first one that is too old."""
    words = ["rev-list", "--timestamp", *_walked(query), *_ends(query), "--", *_paths(query)]
    for line in runner.run(words, env=env, cwd=runner.work_tree).decode("ascii").splitlines():
        seconds, commit = line.split(" ")
        if query.is_in_time(_when(seconds)):
            yield commit


def _cut(runner: GitRunner) -> frozenset[str]:
    """The commits at which a shallow clone ends. Source: gitrepository-layout(5), "shallow"."""
    try:
        text = (runner.repository.common_dir / "shallow").read_text(encoding="ascii")
    except (OSError, UnicodeDecodeError):
        return frozenset()
    return frozenset(text.split())


def _commits(out: bytes, query: LogQuery, cut: frozenset[str]) -> Iterator[CommitFacts]:
    fields = iter(out.split(b"\0"))
    field = _next_line(fields)
    while field.startswith(b"\x01"):
        head = [field[1:], *(next(fields) for _ in range(6))]
        changes = []
        field = _next_line(fields)
        while field.startswith(b":"):
            changes.append(_change(field, fields))
            field = _next_line(fields)
        found = sorted(changes, key=lambda change: change.path)
        facts = _facts(head, tuple(found) if query.with_files else None)
        yield replace(facts, is_cut=True) if facts.id in cut else facts


def _next_line(fields: Iterator[bytes]) -> bytes:
    """The next field with something in it; nothing at the end. Merges may leave empty ones."""
    for field in fields:
        if line := field.lstrip(b"\n"):
            return line
    return b""


def _walked(query: LogQuery) -> list[str]:
    """Which commits git walks along, and which of them it shows."""
    options = ["--first-parent"] if query.first_parent else []
    options += ["--full-history"] if query.path else []
    if query.made_until is not None and (last := int(query.made_until.timestamp())) < _LAST_SECOND:
        options.append(f"--min-age={last}")
    return options


def _shown(query: LogQuery, finds_moves: bool) -> list[str]:
    """What git says about a commit's files."""
    if not query.with_files:
        return []
    merges = "-m" if query.first_parent else "-c"
    if _is_narrow(query):
        return [merges, "--raw", "--no-abbrev", "--no-renames"]
    moves = "-M" if finds_moves else "--no-renames"
    return [merges, "--raw", "--no-abbrev", "--full-diff", moves]


def _ends(query: LogQuery) -> list[str]:
    """The newest commit, and the one whose history is left out."""
    return [check_id(query.head), *([f"^{check_id(query.since)}"] if query.since else [])]


def _paths(query: LogQuery) -> list[str]:
    """The file that is asked for; every git of PACK takes a path literally."""
    return [query.path] if query.path else []


def _is_narrow(query: LogQuery) -> bool:
    return query.with_files and query.only_path and query.path is not None


def _with_moves(
    runner: GitRunner, found: list[CommitFacts], query: LogQuery
) -> Iterator[CommitFacts]:
    """The commits of one file, in which it may have come from another path or gone to one.

    Git says so only when it looks at all files of a commit, which takes long for a large one; so
    it is asked about the few commits in which the file came or went, and about moves alone.
    """
    ends = (ChangeKind.ADDED, ChangeKind.DELETED)
    asked = [
        commit.id
        for commit in found
        if commit.parents and any(change.kind in ends for change in commit.files or ())
    ]
    moves: dict[str, FileChange] = {}
    if asked:
        words = ["diff-tree", "-r", "-z", "-M", "--diff-filter=R", "--raw", "--no-abbrev"]
        merges = ["-m", "--first-parent"] if query.first_parent else []
        stdin = "".join(f"{one}\n" for one in asked).encode()
        moves = _moves(runner.run([*words, *merges, "--stdin"], stdin), query)
    for commit in found:
        move = moves.get(commit.id)
        yield replace(commit, files=(move,)) if move else commit


def _moves(out: bytes, query: LogQuery) -> dict[str, FileChange]:
    """By commit, the move that concerns the file."""
    moves, commit = {}, ""
    fields = iter(out.split(b"\0"))
    while field := _next_line(fields):
        if not field.startswith(b":"):
            commit = field.decode("ascii")
            continue
        for change in query.shown_files([_change(field, fields)]):
            moves[commit] = change
    return moves


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
    known = since if since and leads_to(runner, since, head) else None
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
    is_rewritten = since is not None and not leads_to(runner, since, head)
    return Lineage(tuple(reversed(found)), is_rewritten)


def _when(seconds: str) -> datetime:
    """A commit's time in UTC; git takes and passes on years that no calendar here has."""
    return datetime.fromtimestamp(min(max(int(seconds), 0), _LAST_SECOND), UTC)


def find_commits(
    runner: GitRunner, store: ObjectStore, ancestors: Ancestors, beginning: str, head: CommitId
) -> list[CommitId]:
    """See `Connector.find_commits`; `head` is a commit of the repository.

    Raises:
        Unavailable: Git failed.
    """
    if len(beginning) > len(ZERO_ID):
        return []
    if is_id(beginning):
        whole = CommitId(beginning)
        return [whole] if store.find_id(whole, "commit") and ancestors.holds(whole, head) else []
    out = runner.run(["rev-parse", f"--disambiguate={beginning}"]).decode("ascii").split()
    commits = sorted(CommitId(one) for one in out if store.find_id(one, "commit"))
    return [one for one in commits if ancestors.holds(one, head)]
