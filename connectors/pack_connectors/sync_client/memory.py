"""The other memory, as its sync items show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pack.errors import AuthFailed, ConnectorError, InvalidRequest, PackError, Unavailable
from pack.model import BlobId, CommitId
from pack.truth.sync_items.item import SyncItem, read_item
from pack.truth.sync_items.items import ItemResult, PushStatus
from pack.truth.sync_items.pulling import Pulled
from pack_connectors.sync_client.transport import SyncTransport

_OK: Final = 200
_REFUSED: Final = (401, 403)
_BROKEN: Final = 500


class RemoteItems:
    """A memory behind a transport; see `OtherMemory` for the methods.

    Args:
        transport: Carries the requests.
    """

    def __init__(self, transport: SyncTransport) -> None:
        self._transport = transport

    def pull(self, since: int, cursor: str | None, limit: int, *, each: bool) -> Pulled:
        """See `OtherMemory.pull`."""
        query = {"since": str(since), "limit": str(limit), "each": "true" if each else "false"}
        if cursor is not None:
            query["cursor"] = cursor
        answer = self._ask("GET", "/sync/pull", query, None)
        version, more = answer.get("version"), answer.get("next_cursor")
        items, tenant = answer.get("items"), answer.get("tenant_id")
        if not isinstance(version, int) or not isinstance(items, list):
            raise _unreadable()
        found = tuple(map(_item, items))
        return Pulled(found, version, _text(tenant), _text(more))

    def push(self, items: Sequence[SyncItem]) -> Sequence[ItemResult]:
        """See `OtherMemory.push`."""
        if not items:
            return ()
        body = {"items": [item.as_json() for item in items]}
        results = self._ask("POST", "/sync/push", {}, body).get("results")
        if not isinstance(results, list) or len(results) != len(items):
            raise _unreadable()
        return [_result(item, value) for item, value in zip(items, results, strict=True)]

    def _ask(
        self, method: str, path: str, query: Mapping[str, str], body: object | None
    ) -> Mapping[str, object]:
        status, answer = self._transport.request(method, path, query, body)
        if not isinstance(answer, Mapping):
            raise _unreadable()
        if status == _OK:
            return answer
        said = str(answer.get("message", ""))[:300]
        if status in _REFUSED:
            raise AuthFailed(f"the other memory does not let this client in: {said}")
        if status >= _BROKEN:
            raise Unavailable(f"the other memory is not ready: {said}")
        raise InvalidRequest(f"the other memory refused the request: {said}")


def _unreadable() -> ConnectorError:
    return Unavailable("the other memory does not answer as it should")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _item(value: object) -> SyncItem:
    try:
        return read_item(value)
    except InvalidRequest as error:
        raise _unreadable() from error


def _result(item: SyncItem, value: object) -> ItemResult:
    fields = value if isinstance(value, Mapping) else {}
    try:
        status = PushStatus(str(fields.get("status")))
    except ValueError as error:
        raise _unreadable() from error
    sha, commit, version = fields.get("sha"), fields.get("commit"), fields.get("version")
    current, said = fields.get("current"), _text(fields.get("message"))
    failed: PackError | None = InvalidRequest(said) if said is not None else None
    return ItemResult(
        item.id,
        item.entity_id,
        status,
        BlobId(sha) if isinstance(sha, str) else None,
        version if isinstance(version, int) else None,
        CommitId(commit) if isinstance(commit, str) else None,
        _text(fields.get("proposal")),
        error=failed,
        current=_item(current) if current is not None else None,
    )
