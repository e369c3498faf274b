"""Accounts and repositories themselves: looking, creating, settings, archives.

Source: GitHub REST documentation, "Users", "Organizations", "Repositories".
"""

from __future__ import annotations

import hashlib
from urllib.parse import quote

from tests.standins.github_call import Call
from tests.standins.github_http import NO_PERMISSION, NOT_FOUND, Refusal, Response, invalid
from tests.standins.github_shapes import (
    full_repository,
    organisation,
    public_user,
)
from tests.standins.github_state import Account, Permission, Repository, Token


def get_authenticated(call: Call) -> Response:
    """users/get-authenticated."""
    account = call.state.accounts[call.token.login]
    shape = public_user(account, call.state, call.api_url)
    if call.token.administration >= Permission.WRITE:
        private = ("private_gists", "total_private_repos", "owned_private_repos", "disk_usage")
        shape |= dict.fromkeys((*private, "collaborators"), 0)
        shape["two_factor_authentication"] = True
    return Response.of(shape)


def get_user(call: Call) -> Response:
    """users/get-by-username: organisations are users too."""
    account = call.state.accounts.get(call.params["username"])
    if account is None:
        raise Refusal(404, NOT_FOUND)
    return Response.of(public_user(account, call.state, call.api_url))


def get_organisation(call: Call) -> Response:
    """orgs/get."""
    return Response.of(organisation(_organisation(call), call.state, call.api_url))


def _organisation(call: Call) -> Account:
    account = call.state.accounts.get(call.params["org"])
    if account is None or not account.is_organisation:
        raise Refusal(404, NOT_FOUND)
    return account


def _listed(call: Call, owner: Account | None) -> Response:
    found = [
        repository
        for repository in call.state.repositories.values()
        if repository.permission_of(call.token.login) > Permission.NONE
        and call.token.reaches(repository.full_name)
        and (owner is None or repository.owner is owner)
    ]
    return call.listing([full_repository(one, call.token, call.api_url) for one in found])


def list_own(call: Call) -> Response:
    """repos/list-for-authenticated-user."""
    return _listed(call, None)


def list_of_organisation(call: Call) -> Response:
    """repos/list-for-org."""
    return _listed(call, _organisation(call))


def create_own(call: Call) -> Response:
    """repos/create-for-authenticated-user."""
    return _create(call, call.state.accounts[call.token.login])


def create_in_organisation(call: Call) -> Response:
    """repos/create-in-org."""
    account = _organisation(call)
    if account.members.get(call.token.login, Permission.NONE) < Permission.WRITE:
        raise Refusal(403, "You need admin access to the organization before adding a repository")
    return _create(call, account)


def _create(call: Call, owner: Account) -> Response:
    if call.token.administration < Permission.WRITE:
        raise Refusal(403, NO_PERMISSION)
    body = call.request.members("name")
    name = str(body["name"])
    if not name or "/" in name:
        raise invalid("Repository", "name", "custom", "name is invalid")
    private = bool(body.get("private", False)) or body.get("visibility") == "private"
    made = call.state.create_repository(f"{owner.login}/{name}", private=private)
    made.description = body.get("description")
    if body.get("auto_init"):
        readme = f"# {name}\n".encode()
        call.state.commit(made.full_name, {"README.md": readme}, "Initial commit")
    shape = full_repository(made, call.token, call.api_url)
    return Response.of(shape, 201, location=shape["url"])


def get_repository(call: Call) -> Response:
    """repos/get: metadata, which every token that reaches the repository may read."""
    return Response.of(full_repository(call.visible_repository(), call.token, call.api_url))


def update_repository(call: Call) -> Response:
    """repos/update: description, visibility, archiving, default branch and name."""
    repository, body = _administered(call), call.request.members()
    repository.description = body.get("description", repository.description)
    repository.private = bool(body.get("private", repository.private))
    repository.archived = bool(body.get("archived", repository.archived))
    repository.default_branch = str(body.get("default_branch", repository.default_branch))
    repository.allows_auto_merge = bool(body.get("allow_auto_merge", repository.allows_auto_merge))
    if body.get("name", repository.name) != repository.name:
        call.state.rename(repository, str(body["name"]))
    return Response.of(full_repository(repository, call.token, call.api_url))


def delete_repository(call: Call) -> Response:
    """repos/delete."""
    call.state.delete(_administered(call))
    return Response(204)


def _administered(call: Call) -> Repository:
    repository = call.visible_repository()
    if repository.permission_of(call.token.login) < Permission.ADMIN:
        raise Refusal(403, "Must have admin rights to Repository.")
    if call.token.administration < Permission.WRITE:
        raise Refusal(403, NO_PERMISSION)
    return repository


# --- forks -------------------------------------------------------------------------------------


def list_forks(call: Call) -> Response:
    """repos/list-forks: the newest first."""
    parent = call.repository()
    found = [
        one
        for one in call.state.repositories.values()
        if one.parent is parent and one.permission_of(call.token.login) > Permission.NONE
    ]
    found.reverse()
    return call.listing([full_repository(one, call.token, call.api_url) for one in found])


def create_fork(call: Call) -> Response:
    """repos/create-fork: its commits come later; an account that has one gets that."""
    parent, body = call.repository(), call.request.members()
    login = str(body.get("organization") or call.token.login)
    for one in call.state.repositories.values():
        if one.parent is parent and one.owner.login == login:
            return Response.of(full_repository(one, call.token, call.api_url), 202)
    if call.token.administration < Permission.WRITE:
        raise Refusal(403, NO_PERMISSION)
    made = call.state.fork(parent, f"{login}/{body.get('name') or parent.name}")
    return Response.of(full_repository(made, call.token, call.api_url), 202)


def get_rate_limit(call: Call) -> Response:
    """rate-limit/get: free; `rate` disappears with API version 2026-03-10."""
    overview = call.limiter.overview(call.token.text)
    if call.request.headers.get("x-github-api-version", "") >= "2026":
        del overview["rate"]
    return Response.of(overview)


# --- archives ----------------------------------------------------------------------------------


def download_tarball(call: Call) -> Response:
    """repos/download-tarball-archive: a redirect to another host, with a key of its own."""
    repository = call.repository()
    asked = call.params["ref"] or repository.default_branch
    commit = call.resolve(repository.git, asked)
    if commit is None:
        raise Refusal(404, NOT_FOUND)
    path = f"{repository.full_name}/legacy.tar.gz/{commit}"
    key = f"?token={quote(archive_key(call.token, commit))}" if repository.private else ""
    return Response(302, b"", {"location": f"{call.archive_url}/{path}{key}"})


def archive_key(token: Token, commit: str) -> str:
    """What lets a download through, instead of the token itself."""
    return hashlib.sha256(f"{token.text} {commit}".encode()).hexdigest()[:32]


def archive(repository: Repository, commit: str) -> bytes:
    """The tarball as the archive host sends it.

    Raises:
        Refusal: 404, there is no such commit.
    """
    if repository.git.get(commit, "commit") is None:
        raise Refusal(404, NOT_FOUND)
    prefix = f"{repository.full_name.replace('/', '-')}-{commit[:7]}/"
    return repository.git.git("archive", "--format=tar.gz", f"--prefix={prefix}", commit)
