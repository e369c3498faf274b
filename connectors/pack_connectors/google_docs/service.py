"""Requests to the Google Docs API: signed, repeated where that may help, with errors of PACK."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import Any, Final

from pack_connectors.google_docs.access import GoogleAccess
from pack_connectors.google_docs.failures import translated
from pack_connectors.system.retry import NoAnswer, RetryPolicy

API: Final = "https://docs.googleapis.com"
_LONGEST_LIMIT: Final = 8.0
"""Seconds that a request waits for a limit to end; for a longer one, whoever asked decides."""
_TIMEOUT: Final = 60.0
NewTransport = Callable[[], Any]
"""Makes what carries requests: an `httplib2.Http`, or something that acts like one."""


class DocsService:
    """Reads and edits documents. For one thread at a time, `close` apart.

    Args:
        access: For which account.
        clock: Tells the time, in UTC.
        transport: Makes what carries requests; `None` for the network.
        sleep: Waits; `None` for a wait that `close` ends.
        api_url: The service, without a slash at the end.
    """

    def __init__(
        self,
        access: GoogleAccess,
        clock: Callable[[], datetime],
        transport: NewTransport | None = None,
        sleep: Callable[[float], None] | None = None,
        api_url: str = API,
    ) -> None:
        self._access = access
        self._api_url = api_url
        self._new_transport = transport or _network
        self._transport: Any = None
        self._retry = RetryPolicy("Google Docs", clock, most_wait=_LONGEST_LIMIT, sleep=sleep)

    def get(self, document_id: str, tab: str | None = None) -> Mapping[str, Any]:
        """A document, with suggestions as part of its text, as edits count them.

        Args:
            document_id: The document.
            tab: If given, the answer has all tabs; else only the first one, in the form without
                tabs.

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
        """Edit a document, all or nothing; its new revision, empty if Google does not say it.

        Repeating it after a lost answer does no harm, as it is for one revision.

        Raises:
            As `get`; `Rejected` also if the document has another revision.
        """
        body = {"requests": requests, "writeControl": {"requiredRevisionId": revision}}
        answer = self._ask(
            lambda documents: documents.batchUpdate(documentId=document_id, body=body)
        )
        control = answer.get("writeControl")
        return str(control.get("requiredRevisionId", "")) if isinstance(control, dict) else ""

    def close(self) -> None:
        """Close all connections; a request under way fails soon."""
        self._retry.cancel()
        if self._transport:
            _hang_up(self._transport)
            self._transport.close()

    def _ask(self, request: Callable[[Any], Any]) -> Mapping[str, Any]:
        return self._retry.call(lambda: self._once(request), is_safe=True)

    def _once(self, request: Callable[[Any], Any]) -> Mapping[str, Any]:
        try:
            answer = request(self._documents).execute(num_retries=0)
        except Exception as error:
            meaning = translated(error)
            if meaning is None:
                raise
            raise meaning from error
        if not isinstance(answer, dict):  # the client passes on what it cannot parse
            raise NoAnswer("its answer was cut off or is not JSON")
        return answer

    @cached_property
    def _documents(self) -> Any:
        # Here, as they take time to import and most processes never write a document.
        from google_auth_httplib2 import AuthorizedHttp  # noqa: PLC0415
        from googleapiclient.discovery import build  # noqa: PLC0415

        self._transport = self._new_transport()
        service = build(
            "docs",
            "v1",
            http=AuthorizedHttp(self._access.credentials(), http=self._transport),
            client_options={"api_endpoint": f"{self._api_url}/"},
            cache_discovery=False,
            static_discovery=True,  # the description that comes with the client: no request
        )
        return service.documents()


def _network() -> Any:
    import httplib2  # noqa: PLC0415 - as `DocsService._documents`

    return httplib2.Http(timeout=_TIMEOUT)


def _hang_up(transport: Any) -> None:
    """Wake a thread that waits for an answer; closing the socket alone would leave it waiting.

    To `httplib2` the connection then looks stale, and it would connect again.
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
