"""What failures of the Google Docs API mean.

Source: Google Docs API, "Usage limits" and "Errors"; Google Cloud APIs, "Errors" (`status`,
`details`); live answers for the older form (`errors`, `reason`).
"""

from __future__ import annotations

import json
import math
import socket
from collections.abc import Mapping
from contextlib import suppress
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, Final

from pack.actions import Action
from pack.errors import AuthFailed, ConnectorError, NotFound, PackError
from pack_connectors.google_docs.access import refresh_failure

if TYPE_CHECKING:
    from googleapiclient.errors import HttpError

_LIMITS: Final = frozenset(
    (
        "userRateLimitExceeded rateLimitExceeded quotaExceeded dailyLimitExceeded "
        "RATE_LIMIT_EXCEEDED RESOURCE_EXHAUSTED"
    ).split()
)
_SHARE: Final = (
    "Share the document with this account as an editor, and turn on the Google Docs API in the "
    f"project of the OAuth client; or, to use another account, {Action.ALLOW_GOOGLE}."
)
_LONGEST_WAIT: Final = 24 * 3600.0


class Passing(Exception):
    """A request failed in a way that may be over soon. Never leaves the connector."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class QuotaReached(Exception):
    """Google takes no request now. Never leaves the connector.

    Attributes:
        seconds: For how long; `None` where it does not say.
    """

    def __init__(self, seconds: float | None) -> None:
        super().__init__("limited")
        self.seconds = seconds


class Rejected(Exception):
    """Google calls the request itself wrong, or made on an old revision. Stays in the connector.

    Attributes:
        reason: In Google's words, cut off.
    """

    def __init__(self, reason: str) -> None:
        super().__init__("rejected")
        self.reason = reason


def translated(error: Exception) -> Exception | None:
    """What a failed request means, or `None` for something that is no failure of a request.

    Returns:
        A `PackError`, or one of the exceptions above.
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
        return Passing(_reason(error))
    if isinstance(error, UnicodeDecodeError):
        return Passing("its answer was damaged")
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, socket.gaierror):
        return "its name cannot be resolved"
    return "the connection failed"


def _refusal(error: HttpError) -> Exception:
    status = int(error.resp.status)
    said = _error_object(error.content)
    if status == 429 or (status == 403 and _reasons(said) & _LIMITS):
        return QuotaReached(_seconds(error.resp.get("retry-after")))
    if status >= 500:
        return Passing(f"it answered {status}")
    if status == 400:
        return Rejected(str(said.get("message", ""))[:200])
    return _for_good(status, str(said.get("message", ""))[:200])


def _for_good(status: int, message: str) -> PackError:
    if status == 401:
        return AuthFailed("Google does not accept the access token", f"{Action.ALLOW_GOOGLE}.")
    if status == 403:
        return AuthFailed(f"Google Docs refuses access to the document: {message}", _SHARE)
    if status == 404:
        remedy = "Check GOOGLE_DOC_ID, that the document is not in the trash, and who may edit it."
        return NotFound("the Google document of GOOGLE_DOC_ID", remedy)
    return ConnectorError(f"Google Docs refused a request: {status} {message}")


def _error_object(content: bytes) -> Mapping[str, Any]:
    with suppress(ValueError, RecursionError):
        answer = json.loads(content)
        if isinstance(answer, dict) and isinstance(answer.get("error"), dict):
            found: dict[str, Any] = answer["error"]
            return found
    return {}


def _reasons(said: Mapping[str, Any]) -> set[str]:
    """Why, in all the places where Google's services say it."""
    parts = [said, *_objects(said.get("errors")), *_objects(said.get("details"))]
    return {str(part[name]) for part in parts for name in ("reason", "status") if name in part}


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [part for part in value if isinstance(part, dict)] if isinstance(value, list) else []


def _seconds(text: str | None) -> float | None:
    """A `Retry-After` in seconds; Google sends no dates."""
    with suppress(TypeError, ValueError):
        number = float(text or "")
        if math.isfinite(number):
            return min(max(number, 1.0), _LONGEST_WAIT)
    return None
