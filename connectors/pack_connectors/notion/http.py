"""Requests to Notion, repeated where that is safe, and its refusals in plain words.

`notion-client` carries them. Its own retries are off: it does not know 529, 504 or 409, and does
not tell a write that is safe to repeat from one that would be made twice. The token is handed over
with each request and kept nowhere.

Source: Notion API reference, "Request limits", "Status codes".
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

import httpx
from notion_client import Client
from notion_client.errors import HTTPResponseError, RequestTimeoutError

from pack.errors import (
    AuthFailed,
    ConnectorError,
    LimitExceeded,
    NotFound,
    OutcomeUnknown,
    PackError,
)
from pack_connectors.system.retry import Limited, NoAnswer, RetryPolicy, parse_number

API: Final = "https://api.notion.com"
_VERSION: Final = "2026-03-11"
_ATTEMPTS: Final = 6
_UNSTATED_WAIT: Final = 2.0
_LIMITED: Final = frozenset({429, 529})
_NOT_DONE: Final = frozenset({409, 503})
"""Answers that mean that nothing has happened, so any request may be repeated."""
_MAY_BE_DONE: Final = frozenset({500, 502, 504})
_SHARE: Final = "Open the page in Notion and add the integration under ••• → Connections."
_RENEW: Final = (
    "Create a new one at https://www.notion.so/profile/integrations and set NOTION_TOKEN to it."
)
_BLOCKS: Final = (
    "Deleting blocks gives none back. Use a workspace that has a paid plan or a single member, "
    "which has no such limit, or the single page, which needs fewer."
)
_CAPABILITIES: Final = "Give the integration the capabilities to read, insert and update content."
_SILENT: Final = logging.CRITICAL + 1
"""The client logs nothing: its failures become errors of ours."""

Json = dict[str, Any]


class Refused(Exception):
    """Notion does not accept what was sent. Stays in the connector.

    Attributes:
        message: What Notion said, safe to print.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"Notion refused a request: {status} {message}")
        self.message = message


@contextmanager
def our_errors() -> Iterator[None]:
    """Only errors of the core leave the block.

    Raises:
        ConnectorError: Notion does not accept what was sent.
        OutcomeUnknown: Notion may or may not have carried out a write.
    """
    try:
        yield
    except Refused as refused:
        raise ConnectorError(str(refused)) from refused
    except NoAnswer as lost:
        raise OutcomeUnknown("Notion did not say whether it carried out a request") from lost


class NotionHttp:
    """Sends requests.

    Args:
        token: Returns the token of the integration; called for each request.
        clock: Tells the time.
        base_url: The server.
        transport: Carries requests; `None` for the network with verified certificates.
        most_wait: Seconds that one request may wait for limits in total.
        sleep: Waits; `None` for a wait that `close` ends.
        timeout: Seconds that an answer may take.
    """

    def __init__(
        self,
        token: Callable[[], str],
        clock: Callable[[], datetime],
        *,
        base_url: str = API,
        transport: httpx.BaseTransport | None = None,
        most_wait: float = 60.0,
        sleep: Callable[[float], None] | None = None,
        timeout: float = 60.0,
    ) -> None:
        self._token = token
        self._retries = RetryPolicy(
            "Notion",
            clock,
            most_wait=most_wait,
            unstated_wait=_UNSTATED_WAIT,
            attempts=_ATTEMPTS,
            sleep=sleep,
        )
        carrier = transport or httpx.HTTPTransport(verify=True, trust_env=False)
        self._client = Client(
            client=httpx.Client(transport=carrier, trust_env=False),
            base_url=base_url,
            notion_version=_VERSION,
            timeout_ms=int(timeout * 1000),
            retry=False,
            logger=logging.getLogger("pack.notion"),
            log_level=_SILENT,
        )

    def close(self) -> None:
        """Close connections and end all waits."""
        self._retries.cancel()
        self._client.close()

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Json:
        """What is at a path below `/v1/`.

        Raises:
            Refused: Notion does not accept the request.
            NotFound: There is no such page or block, or the integration may not see it.
            AuthFailed: The token is unknown, or lacks a capability.
            RateLimited: Notion asks for a longer pause than may be waited.
            Unavailable: It does not answer.
        """
        return self._retries.call(lambda: self._ask("GET", path, query, None), is_safe=True)

    def send(self, method: str, path: str, body: Json | None, *, is_safe: bool) -> Json:
        """The answer to a write.

        Args:
            method: `PATCH`, `POST` or `DELETE`.
            path: Below `/v1/`.
            body: Sent as JSON.
            is_safe: Whether carrying it out twice does no harm.

        Raises:
            NoAnswer: It is not safe to repeat, and may or may not have been carried out.
            As `get`.
        """
        return self._retries.call(lambda: self._ask(method, path, None, body), is_safe=is_safe)

    def _ask(
        self, method: str, path: str, query: Mapping[str, str | int] | None, body: Json | None
    ) -> Json:
        params = dict(query) if query else None
        try:
            answer = self._client.request(path, method, params, body, auth=self._header_token())
        except HTTPResponseError as error:
            raise self._meaning(error, path) from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise NoAnswer("it does not answer", may_be_done=False) from None
        except (RequestTimeoutError, httpx.HTTPError, httpx.StreamError, ValueError, RuntimeError):
            # ValueError: the answer is no JSON. RuntimeError: the client was closed.
            raise NoAnswer("it does not answer") from None
        if not isinstance(answer, dict):
            raise ConnectorError("PACK does not understand Notion's answer")
        return answer

    def _header_token(self) -> str:
        token = self._token().strip()
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise AuthFailed("the Notion token is missing, or contains invalid characters", _RENEW)
        return token

    def _meaning(self, error: HTTPResponseError, path: str) -> Exception:
        """What an answer means that is no success."""
        status, wait = error.status, parse_number(error.headers.get("retry-after"))
        if status in _LIMITED or (status in _NOT_DONE and wait is not None):
            return Limited(wait)
        if status in _NOT_DONE | _MAY_BE_DONE:
            return NoAnswer(f"it answers {status}", may_be_done=status in _MAY_BE_DONE)
        if status == 404 and "object_not_found" in error.body:
            return NotFound(f"the Notion page or block {_id_in(path)}", _SHARE)
        return _refusal(status, self._said(str(error)))

    def _said(self, text: str) -> str:
        """What Notion says, short and safe to print, without the token if Notion repeats it."""
        shown = text.replace(self._token().strip() or "\0", "***")
        return "".join(c if c.isprintable() else " " for c in shown[:1000])[:200]


def _refusal(status: int, said: str) -> PackError | Refused:
    """What a person has to change before the same request can succeed."""
    if "block limit" in said.lower():
        limit = LimitExceeded("what was ever created in the Notion workspace", 1000, "blocks")
        limit.remedy = _BLOCKS
        return limit
    if status == 401:
        return AuthFailed("Notion does not know the token, or it was revoked", _RENEW)
    if status == 403:
        return AuthFailed(f"the Notion integration may not do that ({said})", _CAPABILITIES)
    return Refused(status, said)


def _id_in(path: str) -> str:
    found = re.search(r"[0-9a-fA-F-]{32,36}", path)
    return found[0] if found else ""
