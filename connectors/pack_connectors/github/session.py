"""Requests to one GitHub server: limits, failures that pass, and refusals as errors of PACK.

A failed request is `Unavailable`, and a refusal says why. The one exception is a request that
changes something: whoever makes it must know that no answer came (`NoAnswer`), because it may have
been carried out all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

import httpx

from pack_connectors.github.address import Host, parse_host
from pack_connectors.github.http import Answer, GithubHttp, Request
from pack_connectors.github.limits import check_limit, window_limit
from pack_connectors.github.refusals import refusal
from pack_connectors.system.retry import Announce, NoAnswer, RetryPolicy, announce_nothing

_SERVER_FAILED: Final = 500
_NOT_IMPLEMENTED: Final = 501
_FIRST_PAUSE: Final = 0.2
_MAX_WORDS: Final = 1024 * 1024
TIMEOUT_SECONDS: Final = 30.0
WAIT_SECONDS: Final = 90.0


class GithubSession:
    """Requests to one server, for any of its repositories.

    Args:
        api_url: Base of the REST API: `https://api.github.com`, or `https://HOST/api/v3`.
        token: Returns the token; called for each request, so that it is kept nowhere.
        clock: Tells the time.
        waiting: Called before each wait for a rate limit.
        most_wait: Seconds that one request may wait for limits in total.
        sleep: Waits; `None` for a wait that `close` ends.
        transport: Carries the requests; `None` for the network.
        timeout: Seconds that a connection, or one piece of an answer, may take.

    Raises:
        InvalidConfig: It is not an address, or not an encrypted one.
    """

    def __init__(
        self,
        api_url: str,
        token: Callable[[], str],
        *,
        clock: Callable[[], datetime],
        waiting: Announce = announce_nothing,
        most_wait: float = WAIT_SECONDS,
        sleep: Callable[[float], None] | None = None,
        transport: httpx.BaseTransport | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self.host: Host = parse_host(api_url)
        self.clock = clock
        self.retry = RetryPolicy(
            "GitHub",
            clock,
            most_wait=most_wait,
            first_pause=_FIRST_PAUSE,
            announce=waiting,
            sleep=sleep,
        )
        self.http = GithubHttp(self.host, token, transport, timeout)

    def close(self) -> None:
        """End all waits and close all connections."""
        self.retry.cancel()
        self.http.close()

    def read(self, request: Request, is_sound: Callable[[Answer], bool] = lambda _: True) -> Answer:
        """The answer to a request that may be repeated; its status is below 500, or 501.

        Args:
            request: What to ask.
            is_sound: Whether an answer can be right; if not, the request is repeated.

        Raises:
            Unavailable: GitHub cannot be reached, or does not answer.
            RateLimited: It takes no requests for longer than `most_wait`.
        """

        def ask() -> Answer:
            answer = self._once(request)
            if not is_sound(answer):
                raise NoAnswer("it sent other bytes than were asked for")
            return answer

        return self.retry.call(ask, is_safe=True)

    def read_json(self, request: Request) -> tuple[Answer, Any]:
        """As `read`, with the value of the body, which must be JSON if the status is 200 or 201."""

        def ask() -> tuple[Answer, Any]:
            answer = self._once(request)
            return answer, answer.json() if answer.status in (200, 201) else None

        return self.retry.call(ask, is_safe=True)

    def write(self, request: Request) -> Answer:
        """The answer to a request that must not be repeated blindly.

        Raises:
            NoAnswer: None came, or one that says nothing; it may have been carried out.
            RateLimited, Unavailable: As `read`. It was not carried out.
        """
        return self.retry.call(lambda: self._once(request), is_safe=False)

    def _once(self, request: Request) -> Answer:
        answer = self.http.send(request)
        if answer.status >= _SERVER_FAILED and answer.status != _NOT_IMPLEMENTED:
            raise NoAnswer(f"it answered with {answer.status}")
        check_limit(answer, self.clock)
        return answer

    def query(self, query: str, variables: dict[str, object]) -> tuple[Answer, dict[str, Any]]:
        """The answer to a GraphQL query that reads, and its body; 404 if there is no GraphQL.

        Raises:
            As `read`.
        """
        request = self.graphql_request(query, variables)
        return self.retry.call(lambda: self._query_once(request), is_safe=True)

    def mutate(self, query: str, variables: dict[str, object]) -> tuple[Answer, dict[str, Any]]:
        """As `query`, for one that writes.

        Raises:
            As `write`.
        """
        request = self.graphql_request(query, variables)
        return self.retry.call(lambda: self._query_once(request), is_safe=False)

    def graphql_request(self, query: str, variables: dict[str, object]) -> Request:
        """A GraphQL query as a request."""
        return Request("POST", self.host.graphql, body={"query": query, "variables": variables})

    def _query_once(self, request: Request) -> tuple[Answer, dict[str, Any]]:
        answer = self._once(request)
        if answer.status != 200:
            return answer, {}
        body = answer.json()
        if not isinstance(body, dict):
            raise NoAnswer("its answer is not one of GraphQL")
        if any(kind == "RATE_LIMITED" for kind, _ in graphql_errors(body)):
            raise window_limit(answer, self.clock)
        return answer, body

    @contextmanager
    def download(self, request: Request) -> Iterator[Iterator[bytes]]:
        """The pieces of what a request redirects to, on any host.

        Raises:
            NoAnswer: It cannot be downloaded, or not all of it arrives.
            Unavailable, RateLimited: As `read`.
            PackError: GitHub refuses.
        """
        answer = self.read(replace(request, max_bytes=_MAX_WORDS, asks_where=True))
        where = answer.headers.get("location")
        if answer.status != 302 or where is None:
            raise refusal(answer, request.path)
        with self.http.download(where) as pieces:
            yield pieces


def graphql_errors(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Type and message of each error in a GraphQL answer; an empty text where one is missing."""
    errors = body.get("errors")
    if not isinstance(errors, list):
        return []
    return [
        (str(error.get("type") or ""), str(error.get("message") or ""))
        for error in errors
        if isinstance(error, dict)
    ]
