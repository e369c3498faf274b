"""History: lists of commits, one commit with its files, and what differs between two.

Source: GitHub REST documentation, "Commits".
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from tests.standins.git_objects import EMPTY_TREE
from tests.standins.github_call import Call
from tests.standins.github_http import EMPTY_REPOSITORY, NOT_FOUND, Refusal, Response
from tests.standins.github_shapes import commit, quoted, simple_user
from tests.standins.github_state import Repository
from tests.standins.github_store import GitRepository

_STATUS = {"A": "added", "D": "removed", "M": "modified", "T": "changed", "R": "renamed"}


def shown_commit(call: Call, repository: Repository, oid: str) -> dict[str, Any]:
    """The schema `commit` for a commit that is there."""
    data = repository.git.commit_data(oid)
    assert data is not None
    accounts = call.state.accounts
    author = accounts.get(data.author.name)
    user = simple_user(author, call.api_url) if author else None
    return commit(oid, data, user, call.repo_url(repository))


def list_commits(call: Call) -> Response:
    """repos/list-commits: newest first, by branch, path and time."""
    repository, query = call.repository(), call.request.query
    git = repository.git
    if git.is_empty(stale=call.stale):
        raise Refusal(409, EMPTY_REPOSITORY)
    start = call.resolve(git, query.get("sha", repository.default_branch))
    if start is None:
        raise Refusal(404, NOT_FOUND)
    options = [f"--{name}={query[name]}" for name in ("since", "until") if name in query]
    options += [f"--author={query['author']}"] if "author" in query else []
    path = query.get("path", "")
    options += [start, "--", f":(literal){path}"] if path else [start]
    oids = git.log(*options) if len(options) > 1 else git.history(start)
    shown, headers = call.page(oids)
    answer = Response.of([shown_commit(call, repository, oid) for oid in shown])
    answer.headers |= headers
    return answer


def get_commit(call: Call) -> Response:
    """repos/get-commit: with its files; only the id where `application/vnd.github.sha` asks."""
    repository = call.repository()
    git, asked = repository.git, call.params["ref"]
    if git.is_empty(stale=call.stale):
        raise Refusal(409, EMPTY_REPOSITORY)
    oid = call.resolve(git, asked)
    if oid is None:
        raise Refusal(422, f"No commit found for SHA: {asked}")
    if call.request.accepts("sha"):
        kind = "application/vnd.github.sha; charset=utf-8"
        return Response(200, oid.encode(), {"content-type": kind})
    shape = shown_commit(call, repository, oid)
    parents = [parent["sha"] for parent in shape["parents"]]
    files = changed_files(call, repository, parents[0] if parents else EMPTY_TREE, oid)
    totals = {key: sum(file[key] for file in files) for key in ("additions", "deletions")}
    shape["stats"] = {**totals, "total": sum(totals.values())}
    shape["files"] = files[: call.sizes.compared_files]
    return Response.of(shape)


def compare(call: Call) -> Response:
    """repos/compare-commits-with-basehead: from the merge base; at most 300 files, on page 1."""
    repository = call.repository()
    git = repository.git
    base_name, dots, head_name = call.params["basehead"].partition("...")
    base, head = call.resolve(git, base_name), call.resolve(git, head_name)
    if not dots or base is None or head is None:
        raise Refusal(404, NOT_FOUND)
    common = merge_base(git, base, head)
    if common is None:
        names = f"{base_name} and {head_name}"
        raise Refusal(404, f"No common ancestor between {names}.")
    ahead = git.log("--reverse", f"{common}..{head}")
    behind = git.log(f"{common}..{base}")
    shown, headers = call.page(ahead)
    first_page = call.number("page", 1) == 1
    files = changed_files(call, repository, common, head) if first_page else []
    url = f"{call.repo_url(repository)}/compare/{call.params['basehead']}"
    urls = ("html_url", "permalink_url", "diff_url", "patch_url")
    answer = Response.of(
        {
            "url": url,
            **dict.fromkeys(urls, url),
            "base_commit": shown_commit(call, repository, base),
            "merge_base_commit": shown_commit(call, repository, common),
            "status": _relation(len(ahead), len(behind)),
            "ahead_by": len(ahead),
            "behind_by": len(behind),
            "total_commits": len(ahead),
            "commits": [shown_commit(call, repository, oid) for oid in shown],
            "files": files[: call.sizes.compared_files],
        }
    )
    answer.headers |= headers
    return answer


def merge_base(git: GitRepository, base: str, head: str) -> str | None:
    """What two commits have in common."""
    # `rev-list` ends well where nothing is found; `merge-base` does not.
    if git.is_ancestor(base, head):
        return base
    found = git.log("--boundary", f"{base}...{head}")
    boundary = [oid.removeprefix("-") for oid in found if oid.startswith("-")]
    return boundary[0] if boundary else None


def _relation(ahead: int, behind: int) -> str:
    if ahead and behind:
        return "diverged"
    if ahead:
        return "ahead"
    return "behind" if behind else "identical"


def changed_files(call: Call, repository: Repository, old: str, new: str) -> list[dict[str, Any]]:
    """The files that differ between two commits or trees: the schema `diff-entry`."""
    git, url = repository.git, call.repo_url(repository)
    options = ("-r", "-z", "-M", "--no-commit-id")
    raw = git.git("diff-tree", *options, "--raw", "--no-abbrev", old, new)
    counts = _line_counts(git.git("diff-tree", *options, "--numstat", old, new))
    fields = raw.decode("utf-8", "replace").split("\0")[:-1]
    files: list[dict[str, Any]] = []
    at = 0
    while at < len(fields):
        _, _, old_oid, new_oid, status = fields[at].split(" ")
        moved = status[0] == "R"
        path = fields[at + 2] if moved else fields[at + 1]
        added, deleted = counts[len(files)]
        entry: dict[str, Any] = {
            "sha": old_oid if status == "D" else new_oid,
            "filename": path,
            "status": _STATUS[status[0]],
            "additions": added,
            "deletions": deleted,
            "changes": added + deleted,
            "blob_url": f"{url}/blob/{new}/{quoted(path)}",
            "raw_url": f"{url}/raw/{new}/{quoted(path)}",
            "contents_url": f"{url}/contents/{quoted(path)}?ref={new}",
        }
        if moved:
            entry["previous_filename"] = fields[at + 1]
        files.append(entry)
        at += 3 if moved else 2
    return files


def _line_counts(numstat: bytes) -> list[tuple[int, int]]:
    """Added and deleted lines by file; 0 for binary ones."""
    found = []
    fields = numstat.decode("utf-8", "replace").split("\0")
    # The names of a moved file stand in two fields of their own, which hold no count.
    names_left = 0
    for field, _ in pairwise(fields):
        if names_left:
            names_left -= 1
            continue
        added, deleted, name = field.split("\t", 2)
        names_left = 0 if name else 2
        found.append((0, 0) if added == "-" else (int(added), int(deleted)))
    return found
