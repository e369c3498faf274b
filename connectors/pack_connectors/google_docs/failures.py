"""What failures of the Google Docs API mean.

Source: Google Docs API, "Usage limits" and "Errors"; Google Cloud APIs, "Errors" (`status`,
`details`); live answers for the older form (`errors`, `reason`).
"""

from __future__ import annotations

import re
import socket
from http.client import HTTPException
from typing import TYPE_CHECKING, Final

from pack.actions import Action
from pack.errors import AuthFailed, ConnectorError, NotFound, PackError
from pack_connectors.google_docs.access import refresh_failure
from pack_connectors.system.retry import Limited, NoAnswer, parse_number

if TYPE_CHECKING:
    from googleapiclient.errors import HttpError

_LIMIT: Final = re.compile(
    rb'"(userRateLimitExceeded|rateLimitExceeded|quotaExceeded|dailyLimitExceeded|'
    rb'RATE_LIMIT_EXCEEDED|RESOURCE_EXHAUSTED)"'
)
"""A reason of 403 that is a limit, wherever in its answer a service of Google says it."""
_SHARE: Final = (
    "Share the document with this account as an editor, and enable the Google Docs API in the "
    f"project of the OAuth client; or, to use another account, {Action.ALLOW_GOOGLE}."
)


class Rejected(Exception):
    """Google calls the request wrong, or based on an old revision. Never leaves the connector.

    Attributes:
        reason: Google's words, shortened.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("rejected")
        self.reason = reason


def translated(error: Exception) -> Exception | None:
    """What a failed request means: a `PackError`, `Limited`, `NoAnswer` or `Rejected`.

    `None` for anything that is no failure of a request.
    """
    # Here, as they take time to import and most processes never write a document.
    import httplib2  # noqa: PLC0415
    from google.auth.exceptions import RefreshError, TransportError  # noqa: PLC0415
    from googleapiclient.errors import HttpError  # noqa: PLC0415

    if isinstance(error, RefreshError):
        return refresh_failure(error)
    if isinstance(error, HttpError):
        return _refusal(error)
    if isinstance(error, TransportError | httplib2.HttpLib2Error | HTTPException | OSError):
        return NoAnswer(_reason(error))
    if isinstance(error, UnicodeDecodeError):
        return NoAnswer("its answer was damaged")
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved"
    return "the connection failed"


def _refusal(error: HttpError) -> Exception:
    status, said = int(error.resp.status), error.reason[:200]
    if status == 429 or (status == 403 and _LIMIT.search(error.content)):
        return Limited(parse_number(error.resp.get("retry-after")))
    if status >= 500:
        return NoAnswer(f"it answered {status}")
    if status == 400:
        return Rejected(said)
    return _permanent(status, said)


def _permanent(status: int, said: str) -> PackError:
    if status == 401:
        return AuthFailed("Google does not accept the access token", f"{Action.ALLOW_GOOGLE}.")
    if status == 403:
        return AuthFailed(f"Google Docs refuses access to the document: {said}", _SHARE)
    if status == 404:
        remedy = "Check GOOGLE_DOC_ID, that the document is not in the trash, and who may edit it."
        return NotFound("the Google document of GOOGLE_DOC_ID", remedy)
    return ConnectorError(f"Google Docs refused a request: {status} {said}")
