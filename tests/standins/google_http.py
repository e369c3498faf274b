"""Google's services on a port of this machine, for the installed command.

`GoogleOnWire(google)` listens inside its `with` block; `settings` are what points `pack` to it.
The page on which a user agrees is there, too: `agree` is what a browser does with its address.
"""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from http.client import IncompleteRead
from types import TracebackType
from urllib.parse import urlencode

import httpx

from tests.standins.faults import FaultKind
from tests.standins.github_app import GithubApp
from tests.standins.github_http import Request, Response
from tests.standins.github_service import Delivery
from tests.standins.google_docs import AUTHORIZE_URL, TOKEN_URL, GoogleStandIn
from tests.standins.loopback import LoopbackServer

_AUTHORIZE, _TOKEN = "/authorize", "/token"


class GoogleOnWire:
    """The services of a stand-in, served.

    Attributes:
        violations: What did not fit; empty in the end.
        is_denied: Whether the user says no.
    """

    def __init__(self, google: GoogleStandIn) -> None:
        self.google = google
        self.violations: list[str] = []
        self.is_denied = False
        self._server = LoopbackServer(GithubApp(self))  # type: ignore[arg-type]  # serves any

    def __enter__(self) -> GoogleOnWire:
        self._server.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._server.stop()
        assert self.violations == []

    @property
    def settings(self) -> dict[str, str]:
        return {
            "GOOGLE_API_URL": self._server.url,
            "GOOGLE_AUTH_URI": f"{self._server.url}{_AUTHORIZE}",
            "GOOGLE_TOKEN_URI": f"{self._server.url}{_TOKEN}",
        }

    def handle(self, request: Request) -> Delivery:
        """See `GithubService.handle`."""
        if request.path == _AUTHORIZE:
            place = self.google.authorize(_with(AUTHORIZE_URL, request), denied=self.is_denied)
            return Delivery(Response(302, b"", {"location": str(place)}))
        where = "https://docs.googleapis.com" + request.path
        uri = TOKEN_URL if request.path == _TOKEN else _with(where, request)
        try:
            answer = self.google.handle(request.method, uri, request.headers, request.body)
        except (ConnectionResetError, TimeoutError, IncompleteRead) as struck:
            return Delivery(Response(200), _TROUBLES[type(struck)])
        headers = {"content-type": "application/json", **answer.headers}
        return Delivery(Response(answer.status, answer.raw, headers))


_TROUBLES: Mapping[type[Exception], FaultKind] = {
    ConnectionResetError: FaultKind.CUT,
    TimeoutError: FaultKind.TIMEOUT,
    IncompleteRead: FaultKind.CUT_IN_BODY,
}


def _with(place: str, request: Request) -> str:
    return f"{place}?{urlencode(request.query)}" if request.query else place


def browse(url: str) -> tuple[int, str]:
    """Load a page, and the one it redirects to; status and text of the last."""
    status, headers, text = _load(url)
    while status == 302:
        status, headers, text = _load(headers["location"])
    return status, text


def _load(url: str) -> tuple[int, Mapping[str, str], str]:
    parts = httpx.URL(url)
    connection = http.client.HTTPConnection(parts.host, parts.port, timeout=30)
    try:
        connection.request("GET", parts.raw_path.decode())
        answer = connection.getresponse()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return answer.status, headers, answer.read().decode()
    finally:
        connection.close()
