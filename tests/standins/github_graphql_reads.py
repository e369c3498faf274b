"""What GraphQL queries see: repositories, refs and objects."""

from __future__ import annotations

import posixpath
from datetime import UTC, datetime
from typing import Any

from tests.standins.git_objects import CommitData, TreeItem, utc_text
from tests.standins.github_call import OID, Call
from tests.standins.github_http import NO_PERMISSION, Refusal
from tests.standins.github_shapes import node_id
from tests.standins.github_state import Permission, Repository
from tests.standins.github_store import sorted_paths

Node = dict[str, Any]
_PERMISSIONS = {Permission.ADMIN: "ADMIN", Permission.WRITE: "WRITE", Permission.READ: "READ"}


class GraphQLRefusal(Exception):
    """An error of a field, in GitHub's shape.

    Attributes:
        kind: The member `type`, such as `NOT_FOUND`.
    """

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


def find_repository(call: Call, full_name: str, wanted: Permission) -> Repository:
    """The repository, which the token may read or write.

    Raises:
        GraphQLRefusal: `NOT_FOUND` where it must not be seen, `FORBIDDEN` where a right lacks.
    """
    state = call.state
    moved = state.renamed.get(full_name.lower())
    try:
        found = state.visible(call.token, moved.full_name if moved else full_name)
        state.require(call.token, found, wanted)
    except Refusal as refusal:
        if refusal.status == 403:
            raise GraphQLRefusal("FORBIDDEN", refusal.message) from refusal
        message = f"Could not resolve to a Repository with the name '{full_name}'."
        raise GraphQLRefusal("NOT_FOUND", message) from refusal
    return found


def viewer(call: Call) -> Node:
    """The token's user."""
    login = call.token.login
    return {"__typename": "User", "id": node_id("User", login), "login": login, "name": login}


def rate_limit(call: Call) -> Node:
    """The current window; a query costs one point."""
    window = call.limiter.window(call.token.text, "graphql")
    limit = call.limiter.limits.primary
    return {
        "cost": 1,
        "limit": limit,
        "nodeCount": 0,
        "remaining": max(0, limit - window.used),
        "resetAt": utc_text(datetime.fromtimestamp(window.reset, UTC)),
        "used": window.used,
    }


def repository(call: Call, *, owner: str, name: str, followRenames: bool = True) -> Node:  # noqa: N803
    """The field `Query.repository`."""
    full_name = f"{owner}/{name}"
    if not followRenames and full_name.lower() in call.state.renamed:
        message = f"Could not resolve to a Repository with the name '{full_name}'."
        raise GraphQLRefusal("NOT_FOUND", message)
    found = find_repository(call, full_name, Permission.NONE)
    return repository_node(call, found)


def repository_node(call: Call, found: Repository) -> Node:
    """The type `Repository`. What lies in it needs the right to read contents."""
    default = f"refs/heads/{found.default_branch}"
    return {
        "__typename": "Repository",
        "id": node_id("Repository", found.full_name),
        "name": found.name,
        "nameWithOwner": found.full_name,
        "isPrivate": found.private,
        "isEmpty": lambda _: found.git.is_empty(stale=call.stale),
        "viewerPermission": _PERMISSIONS.get(found.permission_of(call.token.login)),
        "defaultBranchRef": lambda _: _ref(call, found, default),
        "ref": lambda _, qualifiedName: _named_ref(call, found, qualifiedName),  # noqa: N803
        "object": lambda _, **args: _object(call, found, **args),
    }


def _check_reading(call: Call, found: Repository) -> None:
    try:
        call.state.require(call.token, found, Permission.READ)
    except Refusal as refusal:
        raise GraphQLRefusal("FORBIDDEN", NO_PERMISSION) from refusal


def _named_ref(call: Call, found: Repository, name: str) -> Node | None:
    for full in (name, f"refs/heads/{name}", f"refs/tags/{name}"):
        if (node := _ref(call, found, full)) is not None:
            return node
    return None


def _ref(call: Call, found: Repository, full: str) -> Node | None:
    _check_reading(call, found)
    oid = found.git.ref(full, stale=call.stale)
    return None if oid is None else ref_node(call, found, full, oid)


def ref_node(call: Call, found: Repository, full: str, oid: str) -> Node:
    """The type `Ref`."""
    prefix = "/".join(full.split("/")[:2]) + "/"
    return {
        "__typename": "Ref",
        "id": node_id("Ref", found.full_name, full),
        "name": full.removeprefix(prefix),
        "prefix": prefix,
        "target": lambda _: object_node(call, found, oid),
    }


def _object(
    call: Call, found: Repository, oid: str | None = None, expression: str | None = None
) -> Node | None:
    _check_reading(call, found)
    if oid is not None:
        return object_node(call, found, oid) if OID.fullmatch(oid) else None
    revision, colon, path = (expression or "").partition(":")
    revision = found.default_branch if revision == "HEAD" else revision
    commit = call.resolve(found.git, revision.removeprefix("refs/heads/"))
    data = found.git.commit_data(commit) if commit else None
    if commit is None or data is None:
        # An expression may be the id of a tree or a blob too.
        return object_node(call, found, revision) if OID.fullmatch(revision) else None
    if not colon:
        return object_node(call, found, commit)
    item = found.git.item_at(data.tree, path.strip("/"))
    return object_node(call, found, item.oid) if item else None


def object_node(call: Call, found: Repository, oid: str) -> Node | None:
    """The type `Blob`, `Tree` or `Commit`; `None` for an unknown id."""
    stored = found.git.find(oid)
    if stored is None:
        return None
    kind, data = stored[1].kind, stored[1].data
    node = {"id": node_id(kind, found.full_name, oid), "oid": oid}
    if kind == "blob":
        return node | _blob(data, call.sizes.graphql_text)
    if kind == "tree":
        return node | {"__typename": "Tree", "entries": lambda _: _entries(call, found, oid, "")}
    commit = found.git.commit_data(oid)
    return node | commit_fields(call, found, oid, commit) if commit is not None else None


def _blob(data: bytes, text_limit: int) -> Node:
    is_binary = b"\0" in data[:8000]
    shown = data[:text_limit].decode("utf-8", "replace")
    return {
        "__typename": "Blob",
        "byteSize": len(data),
        "isBinary": is_binary,
        "isTruncated": len(data) > text_limit,
        "text": None if is_binary else shown,
    }


def commit_fields(call: Call, found: Repository, oid: str, data: CommitData) -> Node:
    """The fields of the type `Commit`."""
    web = call.repo_url(found).replace("/api/v3", "").replace("/repos/", "/")
    return {
        "__typename": "Commit",
        "id": node_id("Commit", found.full_name, oid),
        "oid": oid,
        "authoredDate": utc_text(data.author.when),
        "committedDate": utc_text(data.committer.when),
        "message": data.message,
        "messageHeadline": data.message.split("\n", 1)[0],
        "url": f"{web}/commit/{oid}",
        "tree": lambda _: object_node(call, found, data.tree),
        "file": lambda _, path: _file(call, found, data.tree, path),
    }


def _file(call: Call, found: Repository, tree: str, path: str) -> Node | None:
    item = found.git.item_at(tree, path)
    return _entry(call, found, path, item) if item and path else None


def _entries(call: Call, found: Repository, tree: str, folder: str) -> list[Node]:
    items = found.git.tree(tree) or {}
    return [
        _entry(call, found, posixpath.join(folder, name), items[name])
        for name in sorted_paths(items)
    ]


def _entry(call: Call, found: Repository, path: str, item: TreeItem) -> Node:
    return {
        "name": posixpath.basename(path),
        "path": path,
        "mode": int(item.mode, 8),
        "oid": item.oid,
        "type": item.kind,
        "size": lambda _: len(found.git.get(item.oid, "blob") or b""),
        "object": lambda _: object_node(call, found, item.oid),
    }
