"""`createCommitOnBranch`: several files, one commit, only on the head that was expected.

Source: GitHub GraphQL reference, "createCommitOnBranch" and "FileChanges".
"""

from __future__ import annotations

import base64
from typing import Any

from tests.standins.git_edits import PathMissing, edit_tree, write_blobs, write_commit
from tests.standins.git_objects import CommitData, Signature, TreeItem
from tests.standins.github_call import Call, is_bad_path
from tests.standins.github_graphql_reads import (
    GraphQLRefusal,
    Node,
    commit_fields,
    find_repository,
    ref_node,
)
from tests.standins.github_http import Refusal
from tests.standins.github_protection import refuse_update
from tests.standins.github_shapes import read_node_id
from tests.standins.github_state import Permission, Repository

_SIGNED = "-----BEGIN PGP SIGNATURE-----\n\nc3RhbmQtaW4=\n-----END PGP SIGNATURE-----"


def create_commit_on_branch(call: Call, **arguments: Any) -> Node:
    """The field `Mutation.createCommitOnBranch`.

    Raises:
        GraphQLRefusal: The branch is not there or has moved, or a change cannot be made.
    """
    given = arguments["input"]
    repository, ref = _branch(call, given["branch"])
    git, expected = repository.git, given["expectedHeadOid"]
    head = git.ref(ref)
    if head is None:
        message = f"Could not resolve to a Ref with the name '{ref}'."
        raise GraphQLRefusal("NOT_FOUND", message)
    if git.get(expected, "commit") is None:
        message = f"No commit exists with specified expectedHeadOid '{expected}'."
        raise GraphQLRefusal("NOT_FOUND", message)
    if head != expected:
        raise _stale(expected)
    old = git.commit_data(head)
    assert old is not None
    tree = _changed_tree(repository, old.tree, head, given.get("fileChanges") or {})
    now = call.state.clock()
    author = call.state.accounts[call.token.login].signature(now)
    committer = Signature("GitHub", "noreply@github.com", now)
    message = _message(given["message"])
    data = CommitData(tree, (head,), author, committer, message, _SIGNED)
    oid = write_commit(git, data)
    try:
        refuse_update(repository, ref, forced=False)
    except Refusal as refusal:
        raise GraphQLRefusal("UNPROCESSABLE", refusal.message) from refusal
    if not git.swap(ref, oid, head):
        raise _stale(expected)
    return {
        "clientMutationId": given.get("clientMutationId"),
        "commit": commit_fields(call, repository, oid, data),
        "ref": ref_node(call, repository, ref, oid),
    }


def _stale(expected: str) -> GraphQLRefusal:
    message = f'Expected branch to point to "{expected}" but it did not.  Pull and try again.'
    return GraphQLRefusal("STALE_DATA", message)


def _branch(call: Call, branch: dict[str, Any]) -> tuple[Repository, str]:
    if branch.get("id"):
        parts = read_node_id(branch["id"])
        if len(parts) != 3 or parts[0] != "Ref":
            message = f"Could not resolve to a node with the global id of '{branch['id']}'"
            raise GraphQLRefusal("NOT_FOUND", message)
        full_name, ref = parts[1], parts[2]
    else:
        full_name = branch.get("repositoryNameWithOwner") or ""
        ref = f"refs/heads/{(branch.get('branchName') or '').removeprefix('refs/heads/')}"
    return find_repository(call, full_name, Permission.WRITE), ref


def _changed_tree(repository: Repository, tree: str, head: str, changes: dict[str, Any]) -> str:
    additions, deletions = changes.get("additions") or [], changes.get("deletions") or []
    paths = [change["path"] for change in (*additions, *deletions)]
    if len(paths) != len(set(paths)):
        raise GraphQLRefusal("UNPROCESSABLE", "A path was specified more than once in fileChanges")
    for path in paths:
        if is_bad_path(path):
            raise GraphQLRefusal("UNPROCESSABLE", f"{path!r} is not a valid path")
    blobs = write_blobs(
        repository.git, {one["path"]: _decoded(one["contents"]) for one in additions}
    )
    edits: dict[str, TreeItem | None] = dict(blobs)
    edits |= {one["path"]: None for one in deletions}
    try:
        new, made = edit_tree(repository.git, tree, edits)
    except PathMissing as error:
        reason = "A path was requested for deletion which does not exist as of commit oid"
        raise GraphQLRefusal("NOT_FOUND", f"{reason} `{head}`: {error.path}") from error
    repository.git.add(made)
    return new


def _decoded(contents: str) -> bytes:
    try:
        return base64.b64decode(contents, validate=True)
    except ValueError as error:
        raise GraphQLRefusal("UNPROCESSABLE", "contents is not valid Base64") from error


def _message(message: dict[str, str]) -> str:
    body = message.get("body")
    return f"{message['headline']}\n\n{body}" if body else message["headline"]
