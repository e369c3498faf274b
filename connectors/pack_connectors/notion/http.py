"""Requests to Notion, repeated where that is right, and its refusals in plain words.

`notion-client` carries them; it repeats nothing here, as it neither knows 529 nor when a repeated
write would be a second one. The token is given to it for each request, so that it is nowhere kept.

Source: Notion API reference, "Request limits", "Status codes".
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import httpx
from notion_client import Client
from notion_client.errors import HTTPResponseError, RequestTimeoutError
from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from pack.errors import (
    AuthFailed,
    ConnectorError,
    LimitExceeded,
    NotFound,
    OutcomeUnknown,
    PackError,
    RateLimited,
    Unavailable,
)

API: Final = "https://api.notion.com"
_VERSION: Final = "2026-03-11"
_ATTEMPTS: Final = 6
_BARE_SECONDS: Final = 2.0
_UNTOUCHED: Final = frozenset({409, 429, 503, 529})
"""Answers after which nothing has happened, so that any request may be repeated."""
_UNCERTAIN: Final = frozenset({500, 502, 504})
_SHARE: Final = "Open the page in Notion, and add the integration under ••• → Connections."
_between_failures = wait_random_exponential(multiplier=0.5, max=20)
_SILENT: Final = logging.CRITICAL + 1
"""Its failures are errors of ours, and are told as such."""

Json = dict[str, Any]


class Refused(Exception):
    """Notion does not take what was sent. Never leaves the connector.

    Attributes:
        message: What it said, made harmless.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"Notion refused a request: {status} {message}")
        self.message = message


class LostAnswer(Exception):
    """A write was sent, and whether it was made is not known. Never leaves the connector."""


@contextmanager
def our_errors() -> Iterator[None]:
    """What is asked inside fails with errors of the core only.

    Raises:
        ConnectorError: Notion does not take what was sent.
        OutcomeUnknown: Whether a write was made is not known.
    """
    try:
        yield
    except Refused as refused:
        raise ConnectorError(str(refused)) from refused
    except LostAnswer as lost:
        raise OutcomeUnknown("Notion did not say whether it did what was asked") from lost


class _TryAgain(Exception):
    """Nothing has happened, and the same request may succeed later.

    Attributes:
        seconds: When; `None` where Notion did not say.
    """

    def __init__(self, status: int, seconds: float | None) -> None:
        super().__init__(f"{status}" if status else "no answer")
        self.status = status
        self.seconds = seconds


class NotionHttp:
    """Sends requests.

    Args:
        token: Gives the token of the integration; asked for each request.
        clock: Tells the time.
        base_url: The server.
        transport: What carries requests; `None` for the network with verified certificates.
        most_wait: Seconds that one request may wait for together, for limits and failures.
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
        self._clock = clock
        self._most_wait = most_wait
        self._closed = threading.Event()
        self._sleep = sleep or self._wait
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
        self._closed.set()
        self._client.close()

    def get(self, path: str, query: Mapping[str, str | int] | None = None) -> Json:
        """What is at a path below `/v1/`.

        Raises:
            Refused: Notion does not take the request.
            NotFound: There is no such page or block that the integration may see.
            AuthFailed: The token is not known, or lacks a capability.
            RateLimited: Notion wants a longer pause than may be waited.
            Unavailable: It does not answer.
        """
        return self._insist("GET", path, query, None, is_safe=True)

    def send(self, method: str, path: str, body: Json | None, *, is_safe: bool) -> Json:
        """The answer to a write.

        Args:
            method: `PATCH`, `POST` or `DELETE`.
            path: Below `/v1/`.
            body: Sent as JSON.
            is_safe: Whether to do it twice comes to the same.

        Raises:
            LostAnswer: It is not safe, and may have been done or not.
            As `get`.
        """
        return self._insist(method, path, None, body, is_safe=is_safe)

    # --- retrying ------------------------------------------------------------------------------

    def _insist(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None,
        body: Json | None,
        *,
        is_safe: bool,
    ) -> Json:
        retrying = Retrying(
            sleep=self._sleep,
            retry=retry_if_exception_type(_TryAgain),
            wait=_wait_after,
            stop=self._is_enough,
            reraise=True,
        )
        try:
            return retrying(self._ask, method, path, query, body, is_safe)
        except _TryAgain as last:
            raise self._given_up(last) from last

    def _is_enough(self, state: RetryCallState) -> bool:
        too_long = state.idle_for + state.upcoming_sleep > self._most_wait
        return too_long or state.attempt_number >= _ATTEMPTS or self._closed.is_set()

    def _given_up(self, last: _TryAgain) -> PackError:
        if last.status in (429, 529) and last.seconds is not None:
            until = self._clock().astimezone(UTC) + timedelta(seconds=last.seconds)
            return RateLimited("Notion", last.seconds, until)
        reason = f"it answers {last.status}" if last.status else "it does not answer"
        return Unavailable(f"Notion cannot be used now: {reason}")

    def _wait(self, seconds: float) -> None:
        if self._closed.wait(seconds):
            raise Unavailable("the wait for Notion was cancelled")

    # --- one request ---------------------------------------------------------------------------

    def _ask(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int] | None,
        body: Json | None,
        is_safe: bool,
    ) -> Json:
        if self._closed.is_set():
            raise Unavailable("the connection to Notion was closed")
        try:
            params = dict(query) if query else None
            answer = self._client.request(path, method, params, body, auth=self._header_token())
        except HTTPResponseError as error:
            raise self._meaning(error, path, is_safe=is_safe) from None
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            raise _TryAgain(0, None) from None  # it was never sent
        except (RequestTimeoutError, httpx.HTTPError, httpx.StreamError, ValueError, RuntimeError):
            # Of the last two, the one is an answer that is no JSON, the other a closed client.
            raise (_TryAgain(0, None) if is_safe else LostAnswer()) from None
        if not isinstance(answer, dict):
            raise ConnectorError("Notion's answer is none that PACK knows")
        return answer

    def _header_token(self) -> str:
        token = self._token().strip()
        if not re.fullmatch(r"[\x21-\x7e]+", token):
            raise AuthFailed("there is no Notion token, or it holds what no token has", _RENEW)
        return token

    def _meaning(self, error: HTTPResponseError, path: str, *, is_safe: bool) -> Exception:
        """What an answer means that is no success."""
        status, said = error.status, self._said(str(error))
        if status in _UNTOUCHED or (status in _UNCERTAIN and is_safe):
            return _TryAgain(status, _retry_after(error.headers.get("retry-after"), status))
        if status in _UNCERTAIN:
            return LostAnswer()
        if status == 404 and "object_not_found" in error.body:
            return NotFound(f"the Notion page or block {_id_in(path)}", _SHARE)
        return _refusal(status, said)

    def _said(self, text: str) -> str:
        """What Notion says, short and harmless, without the token if it should repeat it."""
        shown = text.replace(self._token().strip() or "\0", "***")
        return "".join(c if c.isprintable() else " " for c in shown[:1000])[:200]


def _refusal(status: int, said: str) -> PackError | Refused:
    """What a person has to change before the same request can succeed."""
    if "block limit" in said.lower():
        limit = LimitExceeded("what was ever made in the Notion workspace", 1000, "blocks")
        limit.remedy = _BLOCKS
        return limit
    if status == 401:
        return AuthFailed("Notion does not know the token, or it was revoked", _RENEW)
    if status == 403:
        return AuthFailed(f"the Notion integration may not do that ({said})", _CAPABILITIES)
    return Refused(status, said)


_RENEW: Final = "Make a new one at https://www.notion.so/profile/integrations; set NOTION_TOKEN."
_BLOCKS: Final = (
    "Deleting gives none back. Use a workspace with a paid plan or with one member, which has no "
    "such limit, or the single page, which needs fewer."
)
_CAPABILITIES: Final = "Give the integration the capabilities to read, insert and update content."


def _id_in(path: str) -> str:
    found = re.search(r"[0-9a-fA-F-]{32,36}", path)
    return found[0] if found else ""


def _wait_after(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    stated = error.seconds if isinstance(error, _TryAgain) else None
    return stated if stated is not None else _between_failures(state)


def _retry_after(text: str | None, status: int) -> float | None:
    """Seconds, as Notion says it; a limit without them is waited for all the same."""
    if text is not None and re.fullmatch(r"\d{1,6}", text.strip()):
        return max(float(text), 1.0)
    return _BARE_SECONDS if status == 429 else None
