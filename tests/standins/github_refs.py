"""Refs and branches.

Source: GitHub REST documentation, "Git references", "Branches".
"""

from __future__ import annotations

import re
from typing import Any

from tests.standins.github_call import Call
from tests.standins.github_history import shown_commit
from tests.standins.github_http import NOT_FOUND, Refusal, Response
from tests.standins.github_protection import (
    refuse_creation,
    refuse_deletion,
    refuse_update,
    rules_of,
)
from tests.standins.github_shapes import node_id
from tests.standins.github_state import Permission, Repository

_REF_NAME = re.compile(r"refs/[^\x00-\x20~^:?*\[\\/]+(?:/[^\x00-\x20~^:?*\[\\/]+)+")


def _shape(call: Call, name: str, oid: str) -> dict[str, Any]:
    repository = call.visible_repository()
    url = call.repo_url(repository)
    found = repository.git.find(oid)
    kind = found[1].kind if found else "commit"
    return {
        "ref": name,
        "node_id": node_id("Ref", repository.full_name, name),
        "url": f"{url}/git/{name}",
        "object": {"type": kind, "sha": oid, "url": f"{url}/git/{kind}s/{oid}"},
    }


def get_ref(call: Call) -> Response:
    """git/get-ref: exact; the name comes without `refs/`."""
    name = f"refs/{call.params['ref']}"
    oid = call.git().ref(name, stale=call.stale)
    if oid is None:
        raise Refusal(404, NOT_FOUND)
    return Response.of(_shape(call, name, oid))


def list_matching_refs(call: Call) -> Response:
    """git/list-matching-refs: every ref the name is a beginning of, without pages."""
    prefix = f"refs/{call.params['ref']}"
    refs = call.git().refs(stale=call.stale)
    return Response.of([_shape(call, n, oid) for n, oid in refs.items() if n.startswith(prefix)])


def create_ref(call: Call) -> Response:
    """git/create-ref."""
    git, body = call.git(Permission.WRITE), call.request.members("ref", "sha")
    name, new = str(body["ref"]), str(body["sha"])
    if not _REF_NAME.fullmatch(name):
        raise Refusal(422, f"{name} is not a valid ref name.")
    if git.get(new, "commit") is None and git.get(new, "tag") is None:
        raise Refusal(422, "Object does not exist")
    refuse_creation(call.visible_repository(), name)
    if any(one.startswith(f"{name}/") or name.startswith(f"{one}/") for one in git.refs()):
        raise Refusal(422, "Reference update failed")
    if not git.swap(name, new, None):
        raise Refusal(422, "Reference already exists")
    shape = _shape(call, name, new)
    return Response.of(shape, 201, location=shape["url"])


def update_ref(call: Call) -> Response:
    """git/update-ref: a fast-forward, unless forced.

    The current head is not named by the caller: the new commit has to descend from it.
    """
    git, body = call.git(Permission.WRITE), call.request.members("sha")
    name, new = f"refs/{call.params['ref']}", str(body["sha"])
    if git.get(new, "commit") is None:
        raise Refusal(422, "Object does not exist")
    old = git.ref(name)
    if old is None:
        raise Refusal(422, "Reference does not exist")
    forced = bool(body.get("force", False))
    is_forward = git.is_ancestor(old, new)
    refuse_update(call.visible_repository(), name, forced=forced and not is_forward)
    if not forced and not is_forward:
        raise Refusal(422, "Update is not a fast-forward")
    if not git.swap(name, new, old):
        raise Refusal(422, "Update is not a fast-forward")
    return Response.of(_shape(call, name, new))


def delete_ref(call: Call) -> Response:
    """git/delete-ref."""
    git, name = call.git(Permission.WRITE), f"refs/{call.params['ref']}"
    old = git.ref(name)
    refuse_deletion(call.visible_repository(), name)
    if old is None or not git.swap(name, None, old):
        raise Refusal(422, "Reference does not exist")
    return Response(204)


# --- branches ----------------------------------------------------------------------------------


def list_branches(call: Call) -> Response:
    """repos/list-branches: an empty list for an empty repository."""
    repository = call.repository()
    url = call.repo_url(repository)
    prefix = "refs/heads/"
    refs = repository.git.refs(stale=call.stale)
    heads = {n.removeprefix(prefix): oid for n, oid in refs.items() if n.startswith(prefix)}
    return call.listing(
        [
            {
                "name": n,
                "commit": {"sha": oid, "url": f"{url}/commits/{oid}"},
                "protected": bool(rules_of(repository, n)),
            }
            for n, oid in heads.items()
        ]
    )


def get_branch(call: Call) -> Response:
    """repos/get-branch."""
    repository, name = call.repository(), call.params["branch"]
    oid = repository.git.ref(f"refs/heads/{name}", stale=call.stale)
    if oid is None:
        raise Refusal(404, "Branch not found")
    return Response.of(_branch_shape(call, repository, name, oid))


def _branch_shape(call: Call, repository: Repository, name: str, oid: str) -> dict[str, Any]:
    url = call.repo_url(repository)
    here = f"{url}/branches/{name}"
    return {
        "name": name,
        "commit": shown_commit(call, repository, oid),
        "_links": {"self": here, "html": f"{here}/tree"},
        "protected": bool(rules_of(repository, name)),
        "protection": {"enabled": bool(rules_of(repository, name))},
        "protection_url": f"{here}/protection",
    }
