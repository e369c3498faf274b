"""A commit or a few, read as they are stored: a git takes longer to start than to answer.

Git is asked where it would say more than the object: where a shallow clone is cut, where the text
is in another encoding, and where a line is not as git writes it.

Source: gitrepository-layout(5), and git's commit.c and ident.c (split_ident_line).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from pack.deferred import pattern
from pack.log import ChangeKind, CommitFacts, FileChange, LogQuery
from pack.model import CommitId, Identity, MemoryPath
from pack_connectors.local_git.objects import ObjectStore, TreeEntry, file_blob
from pack_connectors.local_git.past.tree_diff import diff_trees
from pack_connectors.local_git.repository import Repository

_MOST_COMMITS: Final = 8
_MOST_FILES: Final = 100
"""Beyond either of these, starting git is quicker."""
_HEAD: Final = pattern(
    rb"tree [0-9a-f]{40}\n((?:parent [0-9a-f]{40}\n)*)"
    rb"author ([^<>\n]*[^<>\s]) <([^<>\n]*)> ([0-9]{1,11}) [+-][0-9]{4}\n"
    rb"committer [^<>\n]+ <[^<>\n]*> ([0-9]{1,11}) [+-][0-9]{4}\n"
    rb"(?:gpgsig .*\n(?: .*\n)*)?\n"
)


def read_one(store: ObjectStore, repository: Repository, query: LogQuery) -> CommitFacts | None:
    """The answer to a question for one commit alone; `None` where git has to be asked.

    Raises:
        NotFound: There is no such commit.
        ConnectorError: It cannot be read.
    """
    if query != LogQuery(query.head, limit=1):
        return None
    if _is_cut(repository, query.head):
        return None
    return parse_commit(query.head, store.read_commit(query.head))


def read_new(
    store: ObjectStore, repository: Repository, query: LogQuery
) -> list[CommitFacts] | None:
    """The answer to a question for all commits after another, with their files.

    Returns:
        `None` where git has to be asked: unless they follow that one in a short line, and each
        only changed, added or removed a few files.

    Raises:
        NotFound: There is no such commit.
        ConnectorError: One cannot be read.
    """
    plain = LogQuery(query.head, query.since, with_files=True, limit=query.limit or None)
    if query.since is None or query != plain or not store.is_at_hand:
        return None
    found: list[CommitFacts] = []
    at = query.head
    while at != query.since and len(found) < _MOST_COMMITS and not _is_cut(repository, at):
        one = parse_commit(at, store.read_commit(at))
        one = _with_files(store, one) if one is not None else None
        if one is None:
            return None
        found.append(one)
        (at,) = one.parents
    return found[: query.limit] if at == query.since else None


def _with_files(store: ObjectStore, found: CommitFacts) -> CommitFacts | None:
    """A commit with what it changed; `None` for a merge, or if git has to be asked."""
    if len(found.parents) != 1:
        return None
    roots = store.root_of(found.parents[0]), store.root_of(found.id)
    changed = diff_trees(store, *roots)
    if changed is None or len(changed) > _MOST_FILES:
        return None
    changes = [
        _change(path, *(store.entry_at(root, path) for root in roots)) for path, _ in changed
    ]
    kinds = {change.kind for change in changes if change is not None}
    if None in changes or kinds >= {ChangeKind.ADDED, ChangeKind.DELETED}:
        return None  # that may be a move
    return replace(found, files=tuple(filter(None, changes)))


def _change(
    path: MemoryPath, before: TreeEntry | None, after: TreeEntry | None
) -> FileChange | None:
    """What happened to a file; `None` if it is or was anything else."""
    old, new = file_blob(before), file_blob(after)
    if (before is not None and old is None) or (after is not None and new is None):
        return None
    if old is None:
        return FileChange(path, ChangeKind.ADDED, None, new, (None,))
    return FileChange(path, ChangeKind.EDITED if new else ChangeKind.DELETED, None, new, (old,))


def parse_commit(commit: CommitId, data: bytes) -> CommitFacts | None:
    """What a commit says; `None` where a line of it is not as git writes it.

    Args:
        commit: Its id.
        data: The commit as git stores it.
    """
    found = _HEAD.match(data)
    if found is None or b"\0" in data:
        return None
    parents, name, email, authored, committed = found.groups()
    author = Identity(*(part.decode("utf-8", "replace") for part in (name, email)))
    ids = tuple(map(CommitId, parents.decode("ascii").replace("parent ", "").split()))
    message = data[found.end() :].decode("utf-8", "replace")
    return CommitFacts(commit, ids, message, _when(committed), None, author, _when(authored), None)


def _is_cut(repository: Repository, commit: CommitId) -> bool:
    """Whether the clone may end at a commit, so that git does not say what it was made on."""
    try:
        return commit.encode() in (repository.common_dir / "shallow").read_bytes()
    except FileNotFoundError:
        return False
    except OSError:
        return True


def _when(seconds: bytes) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
