"""How requests get to the other memory: over HTTP, or by a call in the same process."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final, Protocol

import httpx

from pack.errors import Unavailable

_SECONDS: Final = 60.0
Reply = tuple[int, object]
"""Status and JSON of an answer."""


class SyncTransport(Protocol):
    """Carries one request."""

    def request(
        self, method: str, path: str, query: Mapping[str, str], body: object | None
    ) -> Reply:
        """Ask, and have the answer.

        Raises:
            Unavailable: There was none.
        """
        ...


class HttpTransport:
    """Over HTTP.

    Args:
        url: Where the server is, such as `https://memory.example`.
        token: One of its tokens for sync items.
        client: Carries the requests; `None` for one of its own.
    """

    def __init__(self, url: str, token: str, client: httpx.Client | None = None) -> None:
        self._url = url.rstrip("/")
        self._token = token
        self._client = client or httpx.Client(timeout=_SECONDS)

    def request(
        self, method: str, path: str, query: Mapping[str, str], body: object | None
    ) -> Reply:
        """See `SyncTransport.request`."""
        headers = {"Authorization": f"Bearer {self._token}"}
        try:
            answer = self._client.request(
                method,
                f"{self._url}{path}",
                params=dict(query),
                json=body if method == "POST" else None,
                headers=headers,
            )
            return answer.status_code, answer.json()
        except (httpx.HTTPError, ValueError) as error:  # neither tells the token
            raise Unavailable("the other memory does not answer as it should") from error

    def close(self) -> None:
        """Close the connections."""
        self._client.close()


class CallTransport:
    """By a call, for tests and for memories of one process.

    Args:
        answer: Gets method, path, query and body, and returns status and JSON, such as that of a
            server's API for one caller.
    """

    def __init__(
        self, answer: Callable[[str, str, Mapping[str, str], bytes], tuple[int, object]]
    ) -> None:
        self._answer = answer

    def request(
        self, method: str, path: str, query: Mapping[str, str], body: object | None
    ) -> Reply:
        """See `SyncTransport.request`. What is sent and answered is JSON, as over HTTP."""
        sent = json.dumps(body).encode() if method == "POST" else b""
        status, answer = self._answer(method, path, query, sent)
        return status, json.loads(json.dumps(answer))
