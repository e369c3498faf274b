"""Committing by the Git Data API: a tree, a commit, and the branch.

The branch moves without force, so only to a descendant of its current commit: since the only parent
of the new commit is the base, that is a compare-and-swap. (One thing it undoes: somebody moving the
branch back to a commit before the base at the same time.) Objects may be created twice without
harm; only the last request counts.

Source: GitHub REST documentation, "Git trees", "Git commits", "Git references".
"""

from __future__ import annotations

import base64
from typing import Any

from pack.errors import ConnectorError, PackError, RefusedForSafety
from pack.model import Put, blob_id
from pack.times import format_time
from pack_connectors.github.commit.draft import CommitDraft, LookBack, stale
from pack_connectors.github.head import GithubHead
from pack_connectors.github.http import Answer, Request
from pack_connectors.github.repository import CommitRecord, GithubRepository, is_id, read_commit
from pack_connectors.github.trees import EMPTY, FILE_MODE


class GitDataWriter:
    """Makes commits on a branch object by object."""

    def __init__(self, repository: GithubRepository, head: GithubHead, look_back: LookBack) -> None:
        self._repository = repository
        self._head = head
        self._look_back = look_back

    def write(self, plan: CommitDraft) -> CommitRecord:
        """The commit that was made.

        Three requests, and one for each file that is not UTF-8.

        Raises:
            StaleBase: The branch is not at the plan's base. Nothing was written.
            OutcomeUnknown: It may have been written, and the branch cannot be looked at.
            ConnectorError: GitHub refuses or cannot be reached. Nothing was written.
        """
        branch = self._head.branch_of(plan.base)
        made = self.make(plan)
        return self._look_back.send(
            plan.base, lambda: self._move(plan, branch, made), lambda one: one.id == made.id
        )

    def make(self, plan: CommitDraft) -> CommitRecord:
        """The commit of a draft, which no branch leads to yet: two requests.

        Raises:
            ConnectorError: GitHub refuses or cannot be reached.
        """
        return self._make_commit(plan, self._make_tree(plan))

    # --- objects -------------------------------------------------------------------------------

    def _make_tree(self, plan: CommitDraft) -> str:
        if plan.after.items == plan.before.items and plan.base:
            return plan.base.tree
        if not plan.after.items:
            return EMPTY.id()
        rows = [self._row(plan, change.path, change) for change in plan.changes]
        body: dict[str, Any] = {"tree": rows}
        if plan.base:
            body["base_tree"] = plan.base.tree
        made = self._create("trees", body)
        tree = made.get("sha")
        if not (isinstance(tree, str) and is_id(tree)):
            raise ConnectorError("GitHub's answer makes no sense: a tree has no id")
        return tree

    def _row(self, plan: CommitDraft, path: str, change: object) -> dict[str, Any]:
        if not isinstance(change, Put):
            return {"path": path, "mode": plan.before.items[path].mode, "type": "blob", "sha": None}
        old = plan.before.items.get(path)
        row = {"path": path, "mode": old.mode if old else FILE_MODE, "type": "blob"}
        try:
            return {**row, "content": change.content.decode("utf-8")}
        except UnicodeDecodeError:
            text = base64.b64encode(change.content).decode("ascii")
            blob = self._create("blobs", {"content": text, "encoding": "base64"}).get("sha")
            if blob != blob_id(change.content):  # none at all would remove the file
                raise ConnectorError("GitHub stored other bytes than it was given") from None
            return {**row, "sha": blob}

    def _make_commit(self, plan: CommitDraft, tree: str) -> CommitRecord:
        parents = [plan.base.id] if plan.base else []
        body: dict[str, Any] = {"message": plan.message, "tree": tree, "parents": parents}
        if plan.author:
            body["author"] = {"name": plan.author.name, "email": plan.author.email}
        if plan.author and plan.at:
            body["author"]["date"] = format_time(plan.at)
            body["committer"] = body["author"]
        made = self._create("commits", body)
        return read_commit(made, made)

    def _create(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        """Store an object; safe to repeat, as nothing refers to it yet."""
        request = Request("POST", self._repository.path("git", kind), body=body)
        answer, made = self._repository.session.read_json(request)
        if answer.status != 201 or not isinstance(made, dict):
            raise self._repository.refused(answer)
        return made

    # --- the branch ----------------------------------------------------------------------------

    def _move(self, plan: CommitDraft, branch: str, made: CommitRecord) -> CommitRecord:
        path = self._repository.path("git", "refs", "heads", branch)
        body = {"sha": made.id, "force": False}
        answer = self._repository.session.write(Request("PATCH", path, body=body))
        if answer.status != 200:
            raise self._refused(plan, answer)
        return made

    def _refused(self, plan: CommitDraft, answer: Answer) -> PackError:
        refused = self._repository.refused(answer)
        if answer.status not in (409, 422) or isinstance(refused, RefusedForSafety):
            return refused
        overtaken = stale(plan, self._head)
        if overtaken.actual == overtaken.expected and b"fast-forward" not in answer.body:
            return refused
        return overtaken
