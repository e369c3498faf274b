"""Merging a branch into another one, in the three ways of a pull request, with real git.

Source: git-merge-tree(1); GitHub documentation, "About pull request merges".
"""

from __future__ import annotations

import subprocess
from datetime import datetime

from tests.standins.git_edits import write_commit
from tests.standins.git_objects import CommitData, Signature
from tests.standins.github_store import GitRepository
from tests.standins.github_tracker import Pull

_CONFLICT = 1


def merged_tree(git: GitRepository, ours: str, theirs: str) -> str | None:
    """The tree of a merge of two commits; `None` if they conflict."""
    try:
        return git.git("merge-tree", "--write-tree", ours, theirs).decode().split("\n")[0]
    except subprocess.CalledProcessError as error:
        if error.returncode != _CONFLICT:
            raise
        return None


def offered(git: GitRepository, base: str, head: str) -> list[str]:
    """The commits that a branch has and its base has not, the oldest first."""
    return git.log("--reverse", "--topo-order", f"{base}..{head}")


class Merging:
    """One pull request that is being merged.

    Args:
        git: Holds both sides.
        base: The commit of its base.
        pull: It.
        who: Who merges it.
        now: When.
    """

    def __init__(
        self, git: GitRepository, base: str, pull: Pull, who: Signature, now: datetime
    ) -> None:
        self._git = git
        self._base = base
        self._pull = pull
        self._who = who
        self._now = now

    def make(self, method: str, title: str | None, message: str | None) -> str | None:
        """The commit that the base becomes; `None` where that is impossible."""
        makers = {"merge": self._merge, "squash": self._squash, "rebase": self._rebase}
        return makers[method](title, message)

    def _merge(self, title: str | None, message: str | None) -> str | None:
        pull, issue = self._pull, self._pull.issue
        source = f"{pull.head_repository.owner.login}/{pull.head_branch}"
        subject = title or f"Merge pull request #{issue.number} from {source}"
        return self._commit(subject, message or issue.title, (self._base, pull.head))

    def _squash(self, title: str | None, message: str | None) -> str | None:
        issue = self._pull.issue
        subject = title or f"{issue.title} (#{issue.number})"
        commits = offered(self._git, self._base, self._pull.head)
        messages = [self._data(oid).message.rstrip("\n") for oid in commits]
        usual = messages[0] if len(messages) == 1 else "\n\n".join(f"* {one}" for one in messages)
        return self._commit(subject, usual if message is None else message, (self._base,))

    def _commit(self, subject: str, body: str, parents: tuple[str, ...]) -> str | None:
        tree = merged_tree(self._git, self._base, self._pull.head)
        if tree is None:
            return None
        committer = Signature("GitHub", "noreply@github.com", self._now)
        text = f"{subject}\n\n{body}" if body else subject
        return write_commit(self._git, CommitData(tree, parents, self._who, committer, text))

    def _rebase(self, _title: str | None, _message: str | None) -> str | None:
        onto = self._base
        for oid in offered(self._git, self._base, self._pull.head):
            data = self._data(oid)
            if len(data.parents) > 1:
                return None
            # A commit with the tree of `onto` and the parents of this one, so that git merges
            # what this one alone has changed.
            beside = CommitData(self._data(onto).tree, data.parents, self._who, self._who, "beside")
            tree = merged_tree(self._git, write_commit(self._git, beside), oid)
            if tree is None:
                return None
            committer = Signature("GitHub", "noreply@github.com", self._now)
            made = CommitData(tree, (onto,), data.author, committer, data.message)
            onto = write_commit(self._git, made)
        return onto

    def _data(self, oid: str) -> CommitData:
        data = self._git.commit_data(oid)
        assert data is not None
        return data
