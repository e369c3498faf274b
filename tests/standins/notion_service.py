"""Notion from a request to an answer: the checker, the token, faults, the operations.

The vendor's rules and limits are those of `notion_blocks` and `notion_state`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from tests.standins.fault_answers import ON_THE_WIRE, is_before_effect
from tests.standins.faults import ANSWERS, CUTS, TIMEOUTS, Fault, FaultKind, FaultPlan
from tests.standins.github_http import Refusal, Request, Response
from tests.standins.github_service import Delivery
from tests.standins.notion_blocks import answer_block, answer_page, read_children, read_rich
from tests.standins.notion_dialect import Node
from tests.standins.notion_state import BOT, Block, NotionState, Page, error_body, size_of
from tests.standins.openapi_check import OpenApiCheck
from tests.standins.request_log import Exchange, RequestLog

Json = dict[str, Any]
_VERSION = "2026-03-11"
_STOPPED = 599
_READS = ("retrieve-a-page", "get-block-children", "get-self")
_LAG = 60


class NotionService:
    """The service without a wire.

    Attributes:
        checks_requests: Whether requests must fit the description; answers always must.
        refuses: Blocks with this in them are refused.
        partial: How many appends put half of their blocks there and then answer 500.
        capabilities: What the integration may do: `read`, `insert`, `update`.
        after: What else happens after an operation, by its name.
        token: The one it knows.
        violations: What did not fit.
    """

    def __init__(self, state: NotionState, token: str, check: OpenApiCheck | None) -> None:
        self.state = state
        self.token = token
        self.check = check
        self.checks_requests = True
        self.refuses = ""
        self.partial = 0
        self.capabilities = {"read", "insert", "update"}
        self.after: dict[str, Callable[[], None]] = {}
        self.faults = FaultPlan()
        self.log = RequestLog()
        self.violations: list[str] = []

    def handle(self, request: Request) -> Delivery:
        """The answer to a request, with its effect done and its place in the log."""
        found = _route(request)
        if found is None:
            return self._stopped(request, [f"no such operation: {request.method} {request.path}"])
        operation, params, handler = found
        problems = self._request_problems(request) if self.checks_requests else []
        if problems:
            return self._stopped(request, problems)
        fault = self.faults.take(operation, is_write=operation not in _READS)
        answer = Response(200)
        if fault is None or not is_before_effect(fault):
            answer = self._checked(request, self._effect(request, params, handler))
        self.after.get(operation, lambda: None)()
        if fault is not None:
            answer = _spoilt(fault, answer)
        kind = fault.kind if fault else None
        status = 0 if kind in CUTS | TIMEOUTS else answer.status
        path = request.path
        self.log.add(Exchange(operation, request.method, path, status, True, None, kind))
        return Delivery(answer, kind if kind in ON_THE_WIRE else None)

    # --- the checker ---------------------------------------------------------------------------

    def _request_problems(self, request: Request) -> list[str]:
        problems = []
        if request.headers.get("notion-version") != _VERSION:
            problems.append("the header Notion-Version is not the one described")
        if self.check is None:
            return problems
        operation = self.check.find(request.method, request.path)
        if operation is None:
            return [*problems, f"no such operation: {request.method} {request.path}"]
        return problems + self.check.request_problems(operation, request)

    def _checked(self, request: Request, answer: Response) -> Response:
        operation = self.check.find(request.method, request.path) if self.check else None
        # A body that is too large is answered 413, which is described nowhere.
        if self.check is None or operation is None or answer.status == 413:
            return answer
        problems = self.check.answer_problems(operation, answer)
        return self._note([f"answer: {one}" for one in problems]) if problems else answer

    def _note(self, problems: list[str]) -> Response:
        self.violations.extend(problems)
        return Response.of({"message": "stopped by the stand-in", "problems": problems}, _STOPPED)

    def _stopped(self, request: Request, problems: list[str]) -> Delivery:
        return Delivery(self._note(problems))

    # --- the course of a call ------------------------------------------------------------------

    def _effect(self, request: Request, params: dict[str, str], handler: Handler) -> Response:
        try:
            if request.headers.get("authorization") != f"Bearer {self.token}":
                raise Refusal(401, "API token is invalid.")
            return Response.of({**handler(self, request, params), "request_id": "r"})
        except Refusal as refusal:
            return Response.of(error_body(refusal.status, refusal.message), refusal.status)

    def need(self, capability: str) -> None:
        """Return if the integration may do something.

        Raises:
            Refusal: 403.
        """
        if capability not in self.capabilities:
            raise Refusal(403, "Insufficient permissions for this endpoint.")

    def read_blocks(self, children: list[Json]) -> list[Node]:
        """The blocks of a request.

        Raises:
            Refusal: 400, beyond a limit or not wanted.
        """
        if self.refuses and self.refuses in json.dumps(children, ensure_ascii=False):
            raise Refusal(400, "The blocks are not valid.")
        return read_children(children)

    def writable(self, page: Page) -> Page:
        """A page that is not in the trash.

        Raises:
            Refusal: 400.
        """
        if page.in_trash:
            raise Refusal(400, "Can't edit block that is archived. Unarchive it first.")
        return page


Handler = Callable[[NotionService, Request, dict[str, str]], Json]


def _spoilt(fault: Fault, answer: Response) -> Response:
    if (said := ANSWERS.get(fault.kind)) is not None:
        status = fault.status or said.status
        if said.is_html:
            answer = Response(status, said.message.encode(), {"content-type": "text/html"})
        else:
            answer = Response.of(error_body(status, said.message), status)
            answer.headers |= dict(said.headers)
    elif fault.kind is FaultKind.GARBAGE:
        answer.body = b'{"object": \xff'
    answer.headers |= fault.headers
    return answer


# --- operations ----------------------------------------------------------------------------------


def _get_self(service: NotionService, request: Request, params: dict[str, str]) -> Json:
    user = {"object": "user", "id": BOT, "name": "PACK", "avatar_url": None, "type": "bot"}
    return {**user, "bot": {}}


def _get_page(service: NotionService, request: Request, params: dict[str, str]) -> Json:
    service.need("read")
    return answer_page(service.state.page(params["page_id"]))


def _post_page(service: NotionService, request: Request, params: dict[str, str]) -> Json:
    service.need("insert")
    body, state = request.json(), service.state
    if "page_id" not in body["parent"]:
        raise Refusal(400, "Internal integrations cannot create pages in the workspace.")
    parent = service.writable(state.page(body["parent"]["page_id"]))
    title = "".join(one["plain_text"] for one in read_rich(body["properties"]["title"]["title"]))
    nodes = service.read_blocks(body.get("children", []))
    state.spend(1 + sum(map(size_of, nodes)))
    page = state.add_page(title, parent, BOT)
    page.children = state.grow(nodes, page, BOT)
    return answer_page(page)


def _patch_page(service: NotionService, request: Request, params: dict[str, str]) -> Json:
    service.need("update")
    body, page = request.json(), service.state.page(params["page_id"])
    if "in_trash" in body:
        page.in_trash = body["in_trash"]
        if page.id in service.state.blocks:
            service.state.blocks[page.id].in_trash = page.in_trash
        if page.parent is not None:
            service.state.touch(page.parent, BOT)
    if title := body.get("properties", {}).get("title"):
        page = service.writable(page)
        page.title = "".join(one["plain_text"] for one in read_rich(title["title"]))
        service.state.touch(page, BOT)
    return answer_page(page)


def _get_children(service: NotionService, request: Request, params: dict[str, str]) -> Json:
    service.need("read")
    state = service.state
    living = state.living(state.holder(params["block_id"]))
    size = int(request.query.get("page_size", 100))
    cursor = request.query.get("start_cursor")
    start = next((at for at, one in enumerate(living) if one.id == cursor), 0)
    shown, rest = living[start : start + size], living[start + size :]
    return _list(service, shown, rest[0].id if rest else None)


def _list(service: NotionService, blocks: list[Block], cursor: str | None) -> Json:
    return {
        "object": "list",
        "type": "block",
        "block": {},
        "results": [answer_block(service.state, one) for one in blocks],
        "next_cursor": cursor,
        "has_more": cursor is not None,
    }


def _append(service: NotionService, request: Request, params: dict[str, str]) -> Json:
    service.need("insert")
    state, body = service.state, request.json()
    holder = state.holder(params["block_id"])
    page = service.writable(state.page_of(holder))
    nodes = service.read_blocks(body["children"])
    is_partial, service.partial = service.partial > 0, max(service.partial - 1, 0)
    nodes = nodes[: len(nodes) // 2] if is_partial else nodes
    state.spend(sum(map(size_of, nodes)))
    made = state.grow(nodes, holder, BOT)
    at = _place(holder, body.get("position", {"type": "end"}))
    holder.children[at:at] = made
    state.touch(page, BOT)
    if is_partial:
        raise Refusal(500, "Unexpected error.")
    return _list(service, made, None)


def _place(holder: Block | Page, position: Json) -> int:
    if position["type"] == "start":
        return 0
    if position["type"] == "end":
        return len(holder.children)
    wanted = position["after_block"]["id"]
    for at, one in enumerate(holder.children):
        if one.id == wanted and not one.in_trash:
            return at + 1
    raise Refusal(400, "after_block is no child of the block.")


def _delete(service: NotionService, request: Request, params: dict[str, str]) -> Json:
    service.need("update")
    state = service.state
    block = state.blocks.get(params["block_id"])
    if block is None or not state.page_of(block).is_shared:
        raise Refusal(404, f"Could not find block with ID: {params['block_id']}.")
    if block.in_trash:
        raise Refusal(400, "Can't edit block that is archived. Unarchive it first.")
    block.in_trash = True
    if block.id in state.pages:
        state.pages[block.id].in_trash = True
    state.touch(service.writable(state.page_of(block)), BOT)
    return answer_block(state, block)


def _search(service: NotionService, request: Request, params: dict[str, str]) -> Json:
    service.need("read")
    state = service.state
    now = state.clock()
    found = [
        answer_page(page)
        for page in state.pages.values()
        if page.is_shared and not page.in_trash and (now - page.created).total_seconds() > _LAG
    ]
    kind = {"type": "page_or_data_source", "page_or_data_source": {}}
    return {"object": "list", "results": found, "next_cursor": None, "has_more": False, **kind}


_ROUTES: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", "/v1/users/me", "get-self", _get_self),
    ("POST", "/v1/pages", "post-page", _post_page),
    ("GET", "/v1/pages/{page_id}", "retrieve-a-page", _get_page),
    ("PATCH", "/v1/pages/{page_id}", "patch-page", _patch_page),
    ("GET", "/v1/blocks/{block_id}/children", "get-block-children", _get_children),
    ("PATCH", "/v1/blocks/{block_id}/children", "patch-block-children", _append),
    ("DELETE", "/v1/blocks/{block_id}", "delete-a-block", _delete),
    ("POST", "/v1/search", "post-search", _search),
)


def _route(request: Request) -> tuple[str, dict[str, str], Handler] | None:
    for method, template, operation, handler in _ROUTES:
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
        found = re.fullmatch(pattern, request.path)
        if found and method == request.method:
            params = {name: unquote(text) for name, text in found.groupdict().items()}
            return operation, params, handler
    return None
