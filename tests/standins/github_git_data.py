"""The Git Data API: blobs, trees and commits by id.

Source: GitHub REST documentation, "Git database".
"""

from __future__ import annotations

import json
from typing import Any

from tests.standins.git_edits import FILE_MODE, PathMissing, edit_tree, write_commit
from tests.standins.git_objects import EMPTY_TREE, CommitData, GitObject, TreeItem
from tests.standins.github_call import OID, Call, decoded_base64, is_bad_path, wrapped_base64
from tests.standins.github_contents import signature_of
from tests.standins.github_http import NOT_FOUND, Refusal, Response
from tests.standins.github_shapes import git_commit, node_id
from tests.standins.github_state import Permission
from tests.standins.github_store import GitRepository

_NO_OID = (
    "The sha parameter must be exactly 40 characters and contain only [0-9a-f]."
)  # fmt: skip


# --- blobs -------------------------------------------------------------------------------------


def create_blob(call: Call) -> Response:
    """git/create-blob."""
    git, body = call.git(Permission.WRITE), call.request.members("content")
    content = str(body["content"]).encode()
    if body.get("encoding", "utf-8") == "base64":
        content = decoded_base64(str(body["content"]), Refusal(422, "content is not valid Base64"))
    if len(content) > call.sizes.blob:
        raise Refusal(422, "Sorry, your input was too large to process.")
    blob = GitObject("blob", content)
    git.add([blob])
    url = f"{call.repo_url(call.visible_repository())}/git/blobs/{blob.oid}"
    return Response.of({"sha": blob.oid, "url": url}, 201, location=url)


def get_blob(call: Call) -> Response:
    """git/get-blob."""
    git, sha = call.git(), call.params["file_sha"]
    content = git.get(_full(sha), "blob")
    if content is None:
        raise Refusal(404, NOT_FOUND)
    if len(content) > call.sizes.blob:
        problem = [{"resource": "Blob", "field": "data", "code": "too_large"}]
        raise Refusal(403, "This API returns blobs up to 100 MB in size.", errors=problem)
    if call.request.accepts("raw"):
        kind = "application/vnd.github.raw+json; charset=utf-8"
        return Response(200, content, {"content-type": kind})
    url = call.repo_url(call.visible_repository())
    return Response.of(
        {
            "sha": sha,
            "node_id": node_id("Blob", url, sha),
            "size": len(content),
            "url": f"{url}/git/blobs/{sha}",
            "content": wrapped_base64(content),
            "encoding": "base64",
        }
    )


def _full(sha: str) -> str:
    if not OID.fullmatch(sha):
        raise Refusal(422, _NO_OID)
    return sha


# --- trees -------------------------------------------------------------------------------------


def get_tree(call: Call) -> Response:
    """git/get-tree: entries in git's order, cut where the service cuts."""
    git, asked = call.git(), call.params["tree_sha"]
    tree = _tree_of(call, git, asked)
    if tree is None:
        raise Refusal(404, NOT_FOUND)
    url = call.repo_url(call.visible_repository())
    # Any value means recursive, `0` and `false` too.
    options = ("-r", "-t") if "recursive" in call.request.query else ()
    lines = git.git("ls-tree", *options, "-l", "-z", "--full-tree", tree).split(b"\0")[:-1]
    entries, size = [], 0
    for line in lines[: call.sizes.tree_entries]:
        entry = _tree_entry(line, url)
        size += len(json.dumps(entry))
        if size > call.sizes.tree_bytes:
            break
        entries.append(entry)
    cut = len(entries) < len(lines)
    body = {"sha": tree, "url": f"{url}/git/trees/{tree}", "tree": entries, "truncated": cut}
    return Response.of(body)


def _tree_of(call: Call, git: GitRepository, asked: str) -> str | None:
    commit = call.resolve(git, asked)
    data = git.commit_data(commit) if commit else None
    if data is not None:
        return data.tree
    return asked if git.tree(asked) is not None else None


def _tree_entry(line: bytes, url: str) -> dict[str, Any]:
    head, _, path = line.decode("utf-8", "replace").partition("\t")
    mode, kind, sha, size = head.split()
    entry: dict[str, Any] = {"path": path, "mode": mode, "type": kind, "sha": sha}
    if kind == "blob":
        entry["size"] = int(size)
    if kind != "commit":
        entry["url"] = f"{url}/git/{kind}s/{sha}"
    return entry


def create_tree(call: Call) -> Response:
    """git/create-tree: on a base, with `sha: null` for what goes."""
    git, body = call.git(Permission.WRITE), call.request.members("tree")
    base = body.get("base_tree")
    data = git.commit_data(base) if base else None
    base_tree = data.tree if data else base
    if base_tree is not None and git.tree(base_tree) is None:
        raise Refusal(422, "base_tree is not a valid tree oid")
    if not body["tree"]:
        raise Refusal(422, "Invalid tree info")
    new_blobs: list[GitObject] = []
    changes = {one["path"]: _tree_item(git, one, new_blobs) for one in body["tree"]}
    try:
        tree, made = edit_tree(git, base_tree, changes)
    except PathMissing as error:
        raise Refusal(422, "GitRPC::BadObjectState") from error
    git.add([*new_blobs, *made])
    url = call.repo_url(call.visible_repository())
    lines = git.git("ls-tree", "-l", "-z", "--full-tree", tree).split(b"\0")[:-1]
    entries = [_tree_entry(line, url) for line in lines[: call.sizes.tree_entries]]
    where = f"{url}/git/trees/{tree}"
    made_tree = {"sha": tree, "url": where, "tree": entries, "truncated": False}
    return Response.of(made_tree, 201, location=where)


def _tree_item(
    git: GitRepository, entry: dict[str, Any], new_blobs: list[GitObject]
) -> TreeItem | None:
    if is_bad_path(entry.get("path", "")):
        raise Refusal(422, "tree.path contains a malformed path component")
    if "content" in entry and "sha" in entry:
        raise Refusal(422, "Must supply either tree.sha or tree.content, but not both.")
    mode = str(entry.get("mode", FILE_MODE)).lstrip("0")
    if "content" in entry:
        blob = GitObject("blob", str(entry["content"]).encode())
        new_blobs.append(blob)
        return TreeItem(mode, blob.oid)
    if "sha" not in entry:
        raise Refusal(422, "Must supply either tree.sha or tree.content.")
    if entry["sha"] is None:
        return None
    item = TreeItem(mode, str(entry["sha"]))
    if item.kind != "commit" and git.get(item.oid, item.kind) is None:
        raise Refusal(422, f"tree.sha {item.oid} is not a valid {item.kind}")
    return item


# --- commits -----------------------------------------------------------------------------------


def create_commit(call: Call) -> Response:
    """git/create-commit: an object only, no ref moves."""
    git, body = call.git(Permission.WRITE), call.request.members("message", "tree")
    if git.tree(body["tree"]) is None:
        raise Refusal(422, "Tree SHA does not exist")
    parents = tuple(body.get("parents", ()))
    if body["tree"] == EMPTY_TREE:
        git.add([GitObject("tree", b"")])  # git knows it without having it; a commit does not
    if any(git.get(parent, "commit") is None for parent in parents):
        raise Refusal(422, "Parent SHA does not exist or is not a commit object")
    author = signature_of(call, body.get("author"))
    committer = signature_of(call, body["committer"]) if body.get("committer") else author
    message = str(body["message"])
    data = CommitData(body["tree"], parents, author, committer, message, body.get("signature"))
    oid = write_commit(git, data)
    shape = git_commit(oid, data, call.repo_url(call.visible_repository()))
    return Response.of(shape, 201, location=shape["url"])


def get_commit(call: Call) -> Response:
    """git/get-commit."""
    git, sha = call.git(), _full(call.params["commit_sha"])
    data = git.commit_data(sha)
    if data is None:
        raise Refusal(404, NOT_FOUND)
    return Response.of(git_commit(sha, data, call.repo_url(call.visible_repository())))
