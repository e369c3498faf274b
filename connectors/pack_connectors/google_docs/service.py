"""Requests to the Google Docs API: signed, repeated where that may help, failures in PACK's words.

One service for each thread, as `httplib2` connections are not for several.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from pack.errors import RateLimited, Unavailable
from pack_connectors.google_docs.access import GoogleAccess
from pack_connectors.google_docs.failures import Passing, QuotaReached, translated

API: Final = "https://docs.googleapis.com"
_ATTEMPTS: Final = 5
_LONGEST: Final = 8.0
"""Seconds that are waited at most before an attempt; a longer wait is up to who asked."""
_WINDOW: Final = 60.0
"""Google counts requests by the minute."""
_TIMEOUT: Final = 60.0
_between_attempts = wait_random_exponential(multiplier=0.5, max=_LONGEST)


class HttpTransport(Protocol):
    """What carries requests: `httplib2.Http`, or something that acts like it."""

    def request(self, uri: str, method: str = "GET", **options: Any) -> tuple[Any, bytes]:
        """The answer to a request: its status and headers, and its body."""
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class DocsService:
    """Reads and edits documents.

    Args:
        access: For whom.
        clock: Tells the time, in UTC.
        transport: Makes what carries requests; `None` for the network.
        sleep: Waits; `None` for a wait that `close` ends.
        api_url: The service, without a slash at the end.
    """

    def __init__(
        self,
        access: GoogleAccess,
        clock: Callable[[], datetime],
        transport: Callable[[], HttpTransport] | None = None,
        sleep: Callable[[float], None] | None = None,
        api_url: str = API,
    ) -> None:
        self._access = access
        self._clock = clock
        self._api_url = api_url
        self._new_transport = transport or _network
        self._closed = threading.Event()
        self._sleep = sleep or self._wait
        self._of_thread = threading.local()
        self._lock = threading.Lock()
        self._transports: list[HttpTransport] = []

    def get(self, document_id: str, tab: str | None = None) -> Mapping[str, Any]:
        """A document, with suggestions as part of its text, as edits count them.

        Args:
            document_id: The document.
            tab: With all tabs, if it is one; else the first one only, in the form without tabs.

        Raises:
            AuthFailed, NotFound, ConnectorError: It cannot be read.
            RateLimited: Not now.
            Rejected: Google calls the request wrong.
        """
        return self._ask(
            lambda documents: documents.get(
                documentId=document_id,
                suggestionsViewMode="SUGGESTIONS_INLINE",
                **({"includeTabsContent": True} if tab else {}),
            )
        )

    def update(self, document_id: str, revision: str, requests: Sequence[Mapping[str, Any]]) -> str:
        """Edit a document, all or nothing; its new revision, empty where Google does not say it.

        To repeat it after a lost answer does no harm, as it is for one revision.

        Raises:
            As `get`; `Rejected` also where the document has another revision.
        """
        body = {"requests": requests, "writeControl": {"requiredRevisionId": revision}}
        answer = self._ask(
            lambda documents: documents.batchUpdate(documentId=document_id, body=body)
        )
        control = answer.get("writeControl")
        return str(control.get("requiredRevisionId", "")) if isinstance(control, dict) else ""

    def close(self) -> None:
        """Close all connections; requests under way fail soon."""
        self._closed.set()
        with self._lock:
            transports, self._transports = self._transports, []
        for transport in transports:
            _hang_up(transport)
            transport.close()

    def _wait(self, seconds: float) -> None:
        self._closed.wait(seconds)

    def _ask(self, request: Callable[[Any], Any]) -> Mapping[str, Any]:
        retrying = Retrying(
            sleep=self._sleep,
            retry=retry_if_exception_type((Passing, QuotaReached)),
            wait=_wait_after,
            stop=self._is_enough,
            reraise=True,
        )
        try:
            return retrying(self._once, request)
        except Passing as failure:
            raise Unavailable(f"Google Docs cannot be used: {failure.reason}") from failure
        except QuotaReached as limited:
            seconds = _WINDOW if limited.seconds is None else limited.seconds
            until = self._clock().astimezone(UTC) + timedelta(seconds=seconds)
            raise RateLimited("Google Docs", seconds, until) from limited

    def _is_enough(self, state: RetryCallState) -> bool:
        return (
            self._closed.is_set()
            or state.attempt_number >= _ATTEMPTS
            or state.upcoming_sleep > _LONGEST
        )

    def _once(self, request: Callable[[Any], Any]) -> Mapping[str, Any]:
        if self._closed.is_set():
            raise Unavailable("the connection to Google Docs was closed")
        try:
            answer = request(self._documents()).execute(num_retries=0)
        except Exception as error:
            meaning = translated(error)
            if meaning is None:
                raise
            raise meaning from error
        if not isinstance(answer, dict):  # the client passes on what it cannot parse
            raise Passing("its answer was cut off or is not JSON")
        return answer

    def _documents(self) -> Any:
        """The documents of this thread's service."""
        if not hasattr(self._of_thread, "documents"):
            self._of_thread.documents = self._build()
        return self._of_thread.documents

    def _build(self) -> Any:
        # Here, as they take time to import and most processes never write a document.
        from google_auth_httplib2 import AuthorizedHttp  # noqa: PLC0415
        from googleapiclient.discovery import build  # noqa: PLC0415

        transport = self._new_transport()
        with self._lock:
            self._transports.append(transport)
        authorized = AuthorizedHttp(self._access.credentials(), http=transport)
        # The description that comes with the client: it asks nobody for one.
        service = build(
            "docs",
            "v1",
            http=authorized,
            client_options={"api_endpoint": f"{self._api_url}/"},
            cache_discovery=False,
            static_discovery=True,
        )
        return service.documents()


def _network() -> HttpTransport:
    import httplib2  # noqa: PLC0415 - as `DocsService._build`

    transport: HttpTransport = httplib2.Http(timeout=_TIMEOUT)
    return transport


def _hang_up(transport: HttpTransport) -> None:
    """Wake a thread that waits for an answer; to close the socket alone would let it wait.

    `httplib2` takes that for a connection that went stale, and would connect again.
    """
    connections = getattr(transport, "connections", {})
    for connection in list(connections.values()):
        connection.connect = _refuse
        found = getattr(connection, "sock", None)
        if isinstance(found, socket.socket):
            with suppress(OSError):  # not connected any more
                socket.socket.shutdown(found, socket.SHUT_RDWR)


def _refuse() -> None:
    raise ConnectionAbortedError("the connection was closed")


def _wait_after(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    if isinstance(error, QuotaReached) and error.seconds is not None:
        return error.seconds
    return _between_attempts(state)
