"""One commit, read as it is stored: a git of its own would take longer to start than to answer.

Git is asked where it would say more than the object: where a shallow clone is cut, where the text
is in another encoding, and where a line is not as git writes it.

Source: gitrepository-layout(5), and git's commit.c and ident.c (split_ident_line).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from pack.deferred import pattern
from pack.log import CommitFacts, LogQuery
from pack.model import CommitId, Identity
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.repository import Repository

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
