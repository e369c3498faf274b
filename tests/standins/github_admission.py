"""Before and after a handler: who asks, whether the answer is known already, how a no is said.

Source: GitHub REST documentation, "Getting started", "Best practices" (conditional requests).
"""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, datetime
from email.utils import format_datetime

from tests.standins.github_http import NO_PERMISSION, Refusal, Request, Response
from tests.standins.github_state import GithubState, Token

API_VERSIONS = ("2022-11-28", "2026-03-10")


def admit(request: Request, state: GithubState) -> Token:
    """The token of a request.

    Raises:
        Refusal: 403 without a user agent, 400 for an unknown API version, 401 without a token
            that is known and has not expired.
    """
    if not request.headers.get("user-agent"):
        message = "Request forbidden by administrative rules. A User-Agent header is required."
        raise Refusal(403, message)
    if (version := api_version(request)) not in API_VERSIONS:
        raise Refusal(400, f"{version} is not a supported version")
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    token = state.tokens.get(text) if kind.lower() in ("bearer", "token") else None
    if token is None or token.is_expired(state.clock()):
        raise Refusal(401, "Bad credentials")
    return token


def api_version(request: Request) -> str:
    """The version that was asked for, or the default."""
    return request.headers.get("x-github-api-version", API_VERSIONS[0])


def conditional(request: Request, token: Token, answer: Response) -> Response:
    """The answer with its ETag; 304 and no body where the client has it already.

    The tag is weak, and differs by `Accept` and token.
    """
    varying = f"{request.headers.get('accept', '')} {token.text} ".encode()
    etag = f'W/"{hashlib.sha256(varying + answer.body).hexdigest()}"'
    answer.headers |= {"etag": etag, "cache-control": "private, max-age=60, s-maxage=60"}
    answer.headers["vary"] = "Accept, Authorization, Cookie, X-GitHub-OTP"
    if etag not in re.findall(r'W/"[^"]*"', request.headers.get("if-none-match", "")):
        return answer
    kept = {key: text for key, text in answer.headers.items() if key != "content-type"}
    return Response(304, b"", kept)


def refused(refusal: Refusal, operation: str, *, is_write: bool) -> Response:
    """How a refusal is said for an operation."""
    exhausted = refusal.message.startswith("API rate limit exceeded")
    if exhausted and operation.startswith("graphql/"):
        return Response.of({"errors": [{"type": "RATE_LIMITED", "message": refusal.message}]})
    answer = refusal.response()
    if refusal.message == NO_PERMISSION:
        about_repositories = operation.startswith("repos/create-") and "contents" not in operation
        right = "administration" if about_repositories else _right(operation)
        level = "write" if is_write else "read"
        answer.headers["x-accepted-github-permissions"] = f"{right}={level}"
    return answer


def _right(operation: str) -> str:
    return {"pulls": "pull_requests", "issues": "issues"}.get(
        operation.partition("/")[0], "contents"
    )


def expiration_header(token: Token) -> dict[str, str]:
    """When the token ends, where it does."""
    if token.expires_at is None:
        return {}
    when = token.expires_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    return {"github-authentication-token-expiration": when}


def http_date(when: datetime) -> str:
    """A time as HTTP writes it."""
    return format_datetime(when.astimezone(UTC), usegmt=True)
