"""Sync items over HTTP: `POST /sync/push`, `GET /sync/pull`, `POST /sync/conflict-resolve`.

The guard has let the request in, token included, and has read its body. What an item may do is
decided in `pack.truth.sync_items`.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

import anyio
from anyio.to_thread import run_sync
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pack.errors import (
    BlobChanged,
    ConnectorError,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    NotInitialised,
    PackError,
    PreconditionFailed,
)
from pack.memory import Memory
from pack.truth.sync_items.claims import SyncCaller
from pack.truth.sync_items.item import SyncItem, read_item
from pack.truth.sync_items.items import (
    MOST_ITEMS,
    Choice,
    ItemResult,
    Pushed,
    PushStatus,
)
from pack.truth.sync_items.pulling import MOST, PAGE, Pulled
from pack_servers.config.sync_tokens import SyncRole
from pack_servers.http.access import sync_token
from pack_servers.mcp.wording import worded

Answer = tuple[int, dict[str, object]]
Query = Mapping[str, str]

_SECONDS: Final = 20.0
"""How long a push may take new items; the rest is deferred."""
_AT_ONCE: Final = 4
_LONGEST_QUERY: Final = 20_000
_STATUS: Final[Mapping[type[PackError], int]] = {
    NotInitialised: 409,
    NotFound: 404,
    LimitExceeded: 413,
    InvalidRequest: 400,
    PreconditionFailed: 409,
    ConnectorError: 503,
    PackError: 409,
}
_METHODS: Final = {"/sync/push": "POST", "/sync/pull": "GET", "/sync/conflict-resolve": "POST"}


class SyncApi:
    """Answers requests about sync items; knows nothing of sockets or tokens.

    Args:
        memory: Whose items they are.
        clock: Seconds that pass, for the time that a push may take.
    """

    def __init__(self, memory: Memory, clock: Callable[[], float] = time.monotonic) -> None:
        self._items = memory.sync_items
        self._clock = clock

    def answer(
        self, method: str, path: str, query: Query, body: bytes, caller: SyncCaller
    ) -> Answer:
        """Status and body of the answer to a request.

        Args:
            method: GET or POST.
            path: Such as `/sync/pull`.
            query: What follows the `?`, each name once.
            body: JSON; nothing for GET.
            caller: Who asks.
        """
        if _METHODS.get(path) != method:
            return 405, _refusal("method_not_allowed", f"use {_METHODS.get(path)} here", "")
        try:
            if method == "GET":
                return 200, self._pull(query)
            given = _parse(body)
            if path == "/sync/push":
                return 200, self._push(given, caller)
            return 200, self._resolve(given, caller)
        except BlobChanged as error:
            return 409, {**_told(error), "sha": error.actual}
        except PackError as error:
            kind = next(kind for kind in type(error).__mro__ if kind in _STATUS)
            return _STATUS[kind], _told(error)

    def _pull(self, query: Query) -> dict[str, object]:
        pulled = self._items.pull(
            query.get("since"),
            cursor=query.get("cursor"),
            limit=min(_number(query, "limit", PAGE), MOST),
            each=query.get("each") == "true",
            max_level=_number(query, "max_level", 5),
        )
        return _pulled(pulled)

    def _push(self, given: object, caller: SyncCaller) -> dict[str, object]:
        values = given.get("items") if isinstance(given, Mapping) else given
        if not isinstance(values, list):
            raise InvalidRequest("a push is a list of items, or an object with `items`")
        if len(values) > MOST_ITEMS:
            raise LimitExceeded("a push", MOST_ITEMS, "items")
        read = list(map(_read, values))
        end = self._clock() + _SECONDS
        good = [one for one in read if isinstance(one, SyncItem)]
        pushed = self._items.push(good, caller, lambda: self._clock() < end)
        done = iter(pushed.results)
        results = [next(done) if isinstance(one, SyncItem) else one for one in read]
        return _pushed(replace(pushed, results=tuple(results)))

    def _resolve(self, given: object, caller: SyncCaller) -> dict[str, object]:
        fields = given if isinstance(given, Mapping) else {}
        path, choose = (fields.get(name) for name in ("path", "choose"))
        content, sha = (fields.get(name) for name in ("content", "sha"))
        texts = all(isinstance(text, str | None) for text in (choose, content, sha))
        if not isinstance(path, str) or not texts or choose not in set(Choice):
            raise InvalidRequest("needs path, choose (ours, theirs or merged), sha, and content")
        return _result(self._items.resolve(path, Choice(choose), sha, caller, content))


class SyncEndpoints:
    """The ASGI application of the three paths.

    Args:
        api: Answers.
        tokens: Who the holder of a token is, by its digest.
    """

    def __init__(self, api: SyncApi, tokens: Mapping[str, SyncRole]) -> None:
        self._api = api
        self._tokens = tokens
        self._limiter = anyio.CapacityLimiter(_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        role = self._tokens[sync_token(scope, self._tokens) or ""]
        body = (await receive()).get("body", b"")
        caller = SyncCaller(role.role, role.client)
        asked = scope["method"], scope["path"], _query(scope), body, caller
        status, fields = await run_sync(partial(self._api.answer, *asked), limiter=self._limiter)
        answer = Response(json.dumps(fields), status, media_type="application/json")
        await answer(scope, receive, send)


# --- reading -----------------------------------------------------------------------------------


def _query(scope: Scope) -> Query:
    """What follows the `?`; of a name that is there twice, the last."""
    text = scope.get("query_string", b"").decode("latin-1")
    return dict(parse_qsl(text[:_LONGEST_QUERY], keep_blank_values=True))


def _parse(body: bytes) -> object:
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest("the body is no JSON") from error


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _read(value: object) -> SyncItem | ItemResult:
    """An item, or why it is none."""
    try:
        return read_item(value)
    except InvalidRequest as error:
        fields = value if isinstance(value, Mapping) else {}
        names = (fields.get("id"), fields.get("entity_id"))
        one, path = (name[:200] if isinstance(name, str) else "" for name in names)
        return ItemResult(one, path, PushStatus.REFUSED, error=error)


def _number(query: Query, name: str, otherwise: int) -> int:
    text = query.get(name)
    if text is None:
        return otherwise
    if not text.isascii() or not text.isdecimal() or not 0 < len(text) < 10:
        raise InvalidRequest(f"{name} must be a whole number")
    return int(text)


# --- answers -----------------------------------------------------------------------------------


def _refusal(code: str, message: str, remedy: str) -> dict[str, object]:
    return {"code": code, "message": message, "remedy": remedy}


def _told(error: PackError) -> dict[str, object]:
    return _refusal(error.code, worded(str(error)), worded(error.remedy))


def _pulled(pulled: Pulled) -> dict[str, object]:
    return {
        "items": [item.as_json() for item in pulled.items],
        "version": pulled.version,
        "tenant_id": pulled.tenant_id,
        "next_cursor": pulled.next_cursor,
    }


def _pushed(pushed: Pushed) -> dict[str, object]:
    results: Sequence[dict[str, object]] = [_result(one) for one in pushed.results]
    return {"results": results, "version": pushed.version, "tenant_id": pushed.tenant_id}


def _result(one: ItemResult) -> dict[str, object]:
    """A result; what does not apply to it is left out."""
    fields: dict[str, object] = {
        "id": one.id,
        "entity_id": one.entity_id,
        "status": one.status,
        "sha": one.sha,
        "version": one.version,
        "commit": one.commit,
    }
    if one.proposal is not None or one.protected:
        fields["proposal"] = one.proposal
        fields["protected"] = [{"line": line.line, "text": line.text} for line in one.protected]
        fields |= {"diff": one.diff, "tell": worded(one.tell)}
    if one.warnings:
        fields["warnings"] = [worded(warning) for warning in one.warnings]
    if one.error is not None:
        fields |= _told(one.error)
    if one.current is not None:
        fields["current"] = one.current.as_json()
    return fields
