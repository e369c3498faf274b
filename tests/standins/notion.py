"""NOTION for tests: `notion = NotionStandIn()`, a page `notion.page`, and a token `notion.token`.

- `notion.api()` is the connector's way to it, in process; waits cost no time (`notion.clock`).
  On loopback: `with notion.serving() as url:`.
- `notion.faults`, `notion.log` as for GitHub (`tests.standins.github`); 529 is
  `FaultKind.UNAVAILABLE` with `status=529`.
- `notion.shown(page)` is what a person reads; `notion.state.write_as_person(page, text)` is
  somebody else's edit. `notion.service` has switches: `refuses`, `partial`, `capabilities`.

Every request and answer is checked against the vendor's description, where that is at hand;
`notion.check()` fails the test for what did not fit, the fixture of the tests calls it at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from pack_connectors.notion.api import NotionApi
from pack_connectors.notion.http import NotionHttp

from tests.standins.clock import ManualClock
from tests.standins.faults import CUTS, TIMEOUTS, FaultKind, FaultPlan
from tests.standins.github_app import GithubApp
from tests.standins.github_http import Request
from tests.standins.loopback import LoopbackServer
from tests.standins.notion_dialect import Node
from tests.standins.notion_service import NotionService
from tests.standins.notion_state import NotionState, Page
from tests.standins.openapi_check import notion_check
from tests.standins.request_log import RequestLog

TOKEN = "ntn_canary_8c1d0c7e5f"


class NotionStandIn:
    """A workspace with one page that is shared with the integration."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.state = NotionState(self.clock)
        self.token = TOKEN
        self.service = NotionService(self.state, TOKEN, notion_check())
        self.page: Page = self.state.add_page("Memory", None)
        self._opened: list[NotionApi] = []

    @property
    def faults(self) -> FaultPlan:
        return self.service.faults

    @property
    def log(self) -> RequestLog:
        return self.service.log

    def api(self, token: str | None = None, base_url: str | None = None) -> NotionApi:
        """The connector's way to it, closed at the end."""
        http = NotionHttp(
            lambda: token or self.token,
            self.clock,
            base_url=base_url or "http://notion.test",
            transport=None if base_url else _InProcess(self.service),
            sleep=self.clock.sleep,
            most_wait=120.0,
        )
        made = NotionApi(http)
        self._opened.append(made)
        return made

    @contextmanager
    def serving(self) -> Iterator[str]:
        """The service on a port of this machine; its address."""
        server = LoopbackServer(GithubApp(self.service))  # type: ignore[arg-type]  # serves both
        server.start()
        try:
            yield server.url
        finally:
            server.stop()

    @contextmanager
    def unchecked(self) -> Iterator[None]:
        """Requests inside the `with` block are not compared with the description."""
        self.service.checks_requests = False
        check, self.service.check = self.service.check, None
        try:
            yield
        finally:
            self.service.checks_requests, self.service.check = True, check

    def check(self) -> None:
        """Fail for what did not fit the description, and close what was opened."""
        for api in self._opened:
            api.close()
        assert not self.service.violations, "\n".join(self.service.violations)

    # --- looking -------------------------------------------------------------------------------

    def nodes(self, page: Page | None = None) -> list[Node]:
        """What is on a page."""
        return [self.state.node(one) for one in self.state.living(page or self.page)]

    def shown(self, page: Page | None = None) -> str:
        """All text that a person reads on a page, block by block; no markup."""
        return "\n".join(_texts(self.nodes(page)))

    def titles(self) -> list[str]:
        """Titles of the pages below the page that are not in the trash."""
        return [one.title for one in self.state.pages.values() if one.parent and not one.in_trash]

    def titled(self, title: str) -> Page:
        found = [
            one for one in self.state.pages.values() if one.title == title and not one.in_trash
        ]
        assert len(found) == 1, found
        return found[0]


def _texts(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        for name in ("rich_text", "caption"):
            if pieces := node.content.get(name):
                yield "".join(one["plain_text"] for one in pieces)
        for cell in node.content.get("cells", ()):
            yield "".join(one["plain_text"] for one in cell)
        if node.type == "child_page":
            yield node.content["title"]
        yield from _texts(node.children)


class _InProcess(httpx.BaseTransport):
    """Carries requests to the service without a socket."""

    def __init__(self, service: NotionService) -> None:
        self._service = service

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name.lower(): text for name, text in request.headers.items()}
        query = dict(request.url.params)
        path = request.url.raw_path.decode("ascii").partition("?")[0]
        asked = Request(request.method, path, query, headers, request.read())
        delivery = self._service.handle(asked)
        if delivery.trouble in TIMEOUTS:
            raise httpx.ReadTimeout("no answer", request=request)
        if delivery.trouble in CUTS | {FaultKind.CUT_IN_BODY}:
            raise httpx.RemoteProtocolError("Server disconnected", request=request)
        answer = delivery.response
        return httpx.Response(answer.status, headers=answer.headers, content=answer.body)
