"""git's own transport: `git http-backend` as a CGI program, with the service's access rules.

Source: git-http-backend(1); GitHub documentation, "About remote repositories".
"""

from __future__ import annotations

import base64
import subprocess
from urllib.parse import urlencode

from tests.standins.github_http import Refusal, Request, Response
from tests.standins.github_state import GithubState, Permission, Repository, Token
from tests.standins.github_store import git_environment

_PLAIN = {"content-type": "text/plain; charset=utf-8"}


def is_push(request: Request) -> bool:
    """Whether a request belongs to a push."""
    service = request.query.get("service", "")
    return request.path.endswith("/git-receive-pack") or service == "git-receive-pack"


def serve_git(
    request: Request, full_name: str, rest: str, state: GithubState, web_url: str
) -> Response:
    """The answer to one request of git's smart protocol.

    Args:
        request: As it came, its body complete.
        full_name: Owner and name, without `.git`.
        rest: The path after `.git`, such as `/info/refs`.
        state: Tokens and repositories.
        web_url: Where the redirect of a renamed repository leads.
    """
    try:
        token = token_of(request, state)
        moved = state.renamed.get(full_name.lower())
        if moved is not None:
            where = f"{web_url}/{moved.full_name}.git{rest}?{urlencode(request.query)}"
            return Response(301, b"", {"location": where})
        repository = _admitted(request, full_name, state, token)
    except Refusal as refusal:
        body = f"{refusal.message}\n".encode()
        return Response(refusal.status, body, _PLAIN | refusal.headers)
    before = repository.git.refs() if is_push(request) else {}
    answer = _run(request, repository, rest, token)
    if is_push(request):
        repository.git.remember_refs(before)
    return answer


def token_of(request: Request, state: GithubState) -> Token:
    """The token that git sent as the password.

    Raises:
        Refusal: 401, none or an unknown one.
    """
    kind, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        text = base64.b64decode(encoded, validate=True).decode() if kind == "Basic" else ""
    except ValueError:
        text = ""
    token = state.tokens.get(text.partition(":")[2])
    if token is None or token.is_expired(state.clock()):
        challenge = {"www-authenticate": 'Basic realm="GitHub"'}
        raise Refusal(401, "Invalid username or token.", headers=challenge)
    return token


def _admitted(request: Request, full_name: str, state: GithubState, token: Token) -> Repository:
    try:
        repository = state.visible(token, full_name)
    except Refusal as refusal:
        raise Refusal(404, "Repository not found.") from refusal
    wanted = Permission.WRITE if is_push(request) else Permission.READ
    try:
        state.require(token, repository, wanted)
    except Refusal as refusal:
        reason = "This repository was archived so it is read-only."
        no_right = "Write access to repository not granted."
        raise Refusal(403, reason if repository.archived else no_right) from refusal
    return repository


def _run(request: Request, repository: Repository, rest: str, token: Token) -> Response:
    folder = repository.git.folder
    environment = {
        "GIT_PROJECT_ROOT": str(folder.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "PATH_INFO": f"/{folder.name}{rest}",
        "REQUEST_METHOD": request.method,
        "QUERY_STRING": urlencode(request.query),
        "CONTENT_TYPE": request.headers.get("content-type", ""),
        "CONTENT_LENGTH": str(len(request.body)),
        "HTTP_CONTENT_ENCODING": request.headers.get("content-encoding", ""),
        "GIT_PROTOCOL": request.headers.get("git-protocol", ""),
        "REMOTE_USER": token.login,
        "REMOTE_ADDR": "127.0.0.1",
    }
    done = subprocess.run(
        ["git", "http-backend"], env=git_environment() | environment, input=request.body,
        capture_output=True, check=False,
    )  # fmt: skip
    head, _, body = done.stdout.partition(b"\r\n\r\n")
    headers = {}
    for line in head.decode().splitlines():
        name, _, value = line.partition(":")
        headers[name.lower()] = value.strip()
    status = int(headers.pop("status", "200").split()[0]) if head else 500
    return Response(status, body, headers)
