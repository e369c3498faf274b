"""What a request is for: REST below one of two bases, GraphQL, git's transport, or an archive."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.standins import github_graphql
from tests.standins.git_http import is_push
from tests.standins.github_call import Call
from tests.standins.github_http import Refusal, Request, Response
from tests.standins.github_repositories import archive, archive_key
from tests.standins.github_routes import find_route
from tests.standins.github_state import GithubState

_GIT_PATH = re.compile(r"/(?P<name>[^/]+/[^/]+)\.git(?P<rest>/.*)")
_ARCHIVE_PATH = re.compile(r"/_archive/(?P<name>[^/]+/[^/]+)/legacy\.tar\.gz/(?P<commit>[0-9a-f]+)")
_PREFIXES = (("/api/v3", ""), ("/api/graphql", "/graphql"))


@dataclass(frozen=True, slots=True)
class Target:
    """What an API request is for.

    Attributes:
        operation: As in `faults.Fault.matching`.
        resource: The rate limit that pays; `None` for what is free.
        handler: Makes the answer.
        params: Path parameters, decoded.
    """

    operation: str
    is_write: bool
    resource: str | None
    handler: Callable[[Call], Response]
    params: dict[str, str]


@dataclass(frozen=True, slots=True)
class SideTarget:
    """What a request is for that is none of the API: git's transport, or an archive."""

    operation: str
    is_write: bool
    full_name: str
    rest: str


def side_target(request: Request) -> SideTarget | None:
    """What a request is for, if it is not for the API."""
    if match := _ARCHIVE_PATH.fullmatch(request.path):
        return SideTarget("archive/download", False, match["name"], match["commit"])
    if match := _GIT_PATH.fullmatch(request.path):
        writes = is_push(request) and request.method == "POST"
        effect = "git-http/push" if writes else "git-http/fetch"
        operation = effect if request.method == "POST" else "git-http/refs"
        return SideTarget(operation, writes, match["name"], match["rest"])
    return None


def without_prefix(request: Request) -> tuple[str, Request]:
    """The Enterprise prefix of the API's base (or nothing), and the request without it."""
    for prefix, inner in _PREFIXES:
        if request.path == prefix or request.path.startswith(f"{prefix}/"):
            path = inner + request.path.removeprefix(prefix)
            return "/api/v3", replace(request, path=path)
    return "", request


def api_target(request: Request) -> Target | None:
    """What an API request is for; `None` for what the stand-in does not serve."""
    if request.path == "/graphql" and request.method == "POST":
        writes = github_graphql.is_mutation(request)
        operation = "graphql/mutation" if writes else "graphql/query"
        return Target(operation, writes, "graphql", github_graphql.execute, {})
    found = find_route(request.method, request.path)
    if found is None:
        return None
    route, params = found
    resource = None if route.operation == "rate-limit/get" else "core"
    return Target(route.operation, request.method != "GET", resource, route.handler, params)


def serve_archive(request: Request, target: SideTarget, state: GithubState) -> Response:
    """What the archive host sends: no token is needed there, only the key of the redirect.

    Raises:
        Refusal: 404, also for a wrong key.
    """
    repository = state.repositories.get(target.full_name.lower())
    keys = {archive_key(token, target.rest) for token in state.tokens.values()}
    key = request.query.get("token")
    if repository is None or (repository.private and key not in keys):
        raise Refusal(404, "Not Found")
    body = archive(repository, target.rest)
    return Response(200, body, {"content-type": "application/x-gzip"})
