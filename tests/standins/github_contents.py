"""The contents API: one file a call, one commit a write.

Source: GitHub REST documentation, "Repository contents".
"""

from __future__ import annotations

import posixpath
from datetime import UTC, datetime
from typing import Any

from tests.standins.git_edits import edit_tree, write_blobs, write_commit
from tests.standins.git_objects import CommitData, Signature, TreeItem
from tests.standins.github_call import Call, decoded_base64, is_bad_path, wrapped_base64
from tests.standins.github_http import NOT_FOUND, Refusal, Response
from tests.standins.github_protection import refuse_update
from tests.standins.github_shapes import git_commit, quoted
from tests.standins.github_state import Permission, Repository
from tests.standins.github_store import GitRepository, sorted_paths

_TYPES = {"tree": "dir", "blob": "file", "commit": "submodule"}
_LINK_MODE = "120000"


def get_content(call: Call) -> Response:
    """repos/get-content."""
    repository = call.repository()
    git, path = repository.git, call.params["path"].strip("/")
    if git.is_empty(stale=call.stale):
        raise Refusal(404, "This repository is empty.")
    asked = call.request.query.get("ref", repository.default_branch)
    commit = call.resolve(git, asked)
    data = git.commit_data(commit) if commit else None
    if data is None:
        raise Refusal(404, f"No commit found for the ref {asked}")
    path, item = _follow_link(git, data.tree, path)
    if item is None:
        raise Refusal(404, NOT_FOUND)
    if item.kind == "tree":
        return _directory(call, repository, path, item, asked)
    return _file(call, repository, path, item, asked)


def _follow_link(git: GitRepository, tree: str, path: str) -> tuple[str, TreeItem | None]:
    item = git.item_at(tree, path)
    if item is not None and item.mode == _LINK_MODE:
        target = (git.get(item.oid, "blob") or b"").decode("utf-8", "replace")
        where = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
        found = git.item_at(tree, where)
        if found is not None and found.kind == "blob":
            return where, found
    return path, item


def _directory(
    call: Call, repository: Repository, path: str, item: TreeItem, asked: str
) -> Response:
    git = repository.git
    items = git.tree(item.oid) or {}
    names = sorted_paths(items)[: call.sizes.directory_entries]
    entries = [
        _entry(call, repository, f"{path}/{name}" if path else name, items[name], asked)
        for name in names
    ]
    if call.request.accepts("object"):
        whole = _entry(call, repository, path, item, asked) | {"entries": entries}
        return _typed(Response.of(whole), "object")
    return Response.of(entries)


def _file(call: Call, repository: Repository, path: str, item: TreeItem, asked: str) -> Response:
    content = repository.git.get(item.oid, "blob") or b""
    if call.request.accepts("raw") and len(content) <= call.sizes.blob:
        return _typed(Response(200, content), "raw")
    as_object = call.request.accepts("object")
    is_large = len(content) > call.sizes.json_content
    if len(content) > call.sizes.blob or (is_large and not as_object):
        problem = [{"resource": "Blob", "field": "data", "code": "too_large"}]
        raise Refusal(403, "This API returns blobs up to 1 MB in size.", errors=problem)
    entry = _entry(call, repository, path, item, asked)
    if item.mode == _LINK_MODE:
        return Response.of(entry | {"target": content.decode("utf-8", "replace")})
    entry |= {"encoding": "none" if is_large else "base64"}
    entry |= {"content": "" if is_large else wrapped_base64(content)}
    return _typed(Response.of(entry), "object") if as_object else Response.of(entry)


def _typed(answer: Response, media: str) -> Response:
    suffix = "" if media == "object" else "+json"
    kind = f"application/vnd.github.{media}{suffix}; charset=utf-8"
    answer.headers |= {"content-type": kind, "x-github-media-type": f"github.v3; param={media}"}
    return answer


def _entry(
    call: Call, repository: Repository, path: str, item: TreeItem, asked: str
) -> dict[str, Any]:
    url = call.repo_url(repository)
    web = url.replace("/api/v3", "").replace("/repos/", "/")
    here = f"{url}/contents/{quoted(path)}?ref={quoted(asked)}"
    kind = "symlink" if item.mode == _LINK_MODE else _TYPES[item.kind]
    data = repository.git.get(item.oid, "blob") if item.kind == "blob" else None
    part = "trees" if item.kind == "tree" else "blobs"
    place = "tree" if item.kind == "tree" else "blob"
    links = {
        "self": here,
        "git": f"{url}/git/{part}/{item.oid}",
        "html": f"{web}/{place}/{quoted(asked)}/{quoted(path)}",
    }
    return {
        "name": posixpath.basename(path),
        "path": path,
        "sha": item.oid,
        "size": len(data) if data is not None else 0,
        "url": here,
        "html_url": links["html"],
        "git_url": links["git"],
        "download_url": f"{web}/raw/{quoted(asked)}/{quoted(path)}" if data is not None else None,
        "type": kind,
        "_links": links,
    }


# --- writing -----------------------------------------------------------------------------------


def put_content(call: Call) -> Response:
    """repos/create-or-update-file-contents."""
    repository = call.repository(Permission.WRITE)
    body = call.request.members("message", "content")
    path = call.params["path"]
    if is_bad_path(path):
        raise Refusal(422, "path contains a malformed path component")
    content = decoded_base64(
        str(body.get("content", "")), Refusal(422, "content is not valid Base64")
    )
    branch, head = _branch(repository, body)
    old = _blob_at(repository.git, head, path)
    _expect(path, old, body.get("sha"))
    item = write_blobs(repository.git, {path: content})[path]
    commit = _commit(call, repository, branch, head, {path: item}, body)
    entry = _entry(call, repository, path, item, branch)
    return Response.of({"content": entry, "commit": commit}, 201 if old is None else 200)


def delete_file(call: Call) -> Response:
    """repos/delete-file."""
    repository = call.repository(Permission.WRITE)
    body = call.request.members("message", "sha")
    path = call.params["path"]
    branch, head = _branch(repository, body)
    old = _blob_at(repository.git, head, path)
    if old is None:
        raise Refusal(404, NOT_FOUND)
    _expect(path, old, body.get("sha"))
    commit = _commit(call, repository, branch, head, {path: None}, body)
    return Response.of({"content": None, "commit": commit})


def _branch(repository: Repository, body: dict[str, Any]) -> tuple[str, str | None]:
    branch = body.get("branch") or repository.default_branch
    head = repository.git.ref(f"refs/heads/{branch}")
    is_first = repository.git.is_empty() and branch == repository.default_branch
    if head is None and not is_first:
        raise Refusal(404, f"Branch {branch} not found")
    return branch, head


def _blob_at(git: GitRepository, head: str | None, path: str) -> str | None:
    data = git.commit_data(head) if head else None
    item = git.item_at(data.tree, path) if data else None
    if item is not None and item.kind != "blob":
        raise Refusal(422, f"{path} is a directory")
    return item.oid if item else None


def _expect(path: str, old: str | None, sha: str | None) -> None:
    if old is not None and sha is None:
        raise Refusal(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if sha is not None and sha != old:
        raise Refusal(409, f"{path} does not match {sha}")


def _commit(
    call: Call,
    repository: Repository,
    branch: str,
    head: str | None,
    changes: dict[str, TreeItem | None],
    body: dict[str, Any],
) -> dict[str, Any]:
    git = repository.git
    old = git.commit_data(head) if head else None
    tree, made = edit_tree(git, old.tree if old else None, changes)
    git.add(made)
    committer = signature_of(call, body.get("committer"))
    author = signature_of(call, body.get("author")) if body.get("author") else committer
    data = CommitData(tree, (head,) if head else (), author, committer, str(body["message"]))
    oid = write_commit(git, data)
    ref = f"refs/heads/{branch}"
    refuse_update(call.visible_repository(), ref, forced=False)
    if not git.swap(ref, oid, head):
        raise Refusal(409, f"{ref} is at {git.ref(ref)} but expected {head}")
    return git_commit(oid, data, call.repo_url(repository))


def signature_of(call: Call, person: dict[str, Any] | None) -> Signature:
    """Whom a commit names: the one in the request, else the token's user, now.

    Raises:
        Refusal: 422, the date is not one.
    """
    now = call.state.clock()
    if not person:
        return call.state.accounts[call.token.login].signature(now)
    try:
        when = datetime.fromisoformat(person["date"]) if person.get("date") else now
    except ValueError as error:
        raise Refusal(422, "Invalid request.\n\ndate is not a valid timestamp.") from error
    zoned = when if when.tzinfo else when.replace(tzinfo=UTC)
    return Signature(str(person["name"]), str(person["email"]), zoned)
