"""How a request of a peer is refused: a status, a code, and words in which nothing secret is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from pack.errors import (
    AdmissionPending,
    ConnectorError,
    InvalidContent,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    PackError,
    RefusedForSafety,
    RepositoryBusy,
)
from pack_servers.mcp.wording import worded

_SOON: Final = "1"
_STATUS: Final[Mapping[type[PackError], int]] = {
    AdmissionPending: 202,
    NotFound: 404,
    LimitExceeded: 413,
    InvalidContent: 400,
    InvalidRequest: 400,
    RefusedForSafety: 403,
    ConnectorError: 503,
    PackError: 409,
}


class NotServed(Exception):
    """A request that is not served.

    Args:
        status: The HTTP status.
        code: A stable name of the reason.
        message: What was wrong.
        headers: Further fields of the answer.
    """

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.answer = JSONResponse({"code": code, "message": message}, status, headers)


def nothing_here() -> NotServed:
    """There is no such path, or not for this caller."""
    return NotServed(404, "not_found", "there is nothing at this path")


def answer_for(error: PackError) -> JSONResponse:
    """What a caller is told of an error."""
    kind = next(kind for kind in type(error).__mro__ if kind in _STATUS)
    words = {"message": worded(str(error)), "remedy": worded(error.remedy)}
    after = {"Retry-After": _SOON} if isinstance(error, RepositoryBusy) else None
    if isinstance(error, AdmissionPending):
        words["peer_id"] = error.peer
    return JSONResponse({"code": error.code, **words}, _STATUS[kind], after)


async def respond(
    scope: Scope, receive: Receive, send: Send, answer_to: Callable[[Request], Awaitable[Response]]
) -> None:
    """Serve one ASGI scope with an answer, or with the reason why there is none."""
    request = Request(scope, receive)
    try:
        answer = await answer_to(request)
    except ClientDisconnect:
        return
    except NotServed as refused:
        answer = refused.answer
    except PackError as error:
        answer = answer_for(error)
    await answer(scope, receive, send)
