"""One request to GitHub and its answer; nothing of either is kept.

Requests go straight through an httpx transport, not a client: no cookies, no proxies or passwords
from the environment, no redirects but those decided here, and no log of addresses, because the
address of an archive holds a key.

Source: GitHub REST documentation, "Getting started" (headers), "Best practices" (redirects).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from pack._version import __version__
from pack.errors import AuthFailed, ConnectorError, LimitExceeded
from pack_connectors.github.address import Host
from pack_connectors.system.retry import NoAnswer
from pack_connectors.system.service_url import is_safe

_JSON: Final = "application/vnd.github+json"
RAW: Final = "application/vnd.github.raw+json"
_VERSION: Final = "2022-11-28"
_MAX_JSON: Final = 64 * 1024 * 1024
"""A tree of 100,000 entries takes about 30 MB."""
_REDIRECTS: Final = 3
_MOVED: Final = (301, 302, 307, 308)
_REDO: Final = (307, 308)
_NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask GitHub.

    Attributes:
        method: The HTTP method.
        path: Below the REST API, with a leading slash; or a whole address on the same server.
        query: Parameters.
        body: Sent as JSON; `None` for none.
        raw_body: Sent unchanged, instead of `body`.
        headers: In addition to the usual ones.
        accept: The media type of the answer.
        max_bytes: How large the answer may be.
        asks_where: Whether a 302 is the answer itself, and is not followed.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: object = None
    raw_body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    accept: str = _JSON
    max_bytes: int = _MAX_JSON
    asks_where: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A complete answer of GitHub.

    Attributes:
        status: The HTTP status.
        headers: Its headers.
        body: Its body, decompressed.
    """

    status: int
    headers: httpx.Headers
    body: bytes

    def json(self) -> Any:
        """The value of the body.

        Raises:
            NoAnswer: It is not JSON.
        """
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise NoAnswer("its answer was cut off or is not JSON") from error

    def member(self, name: str) -> Any:
        """A member of the body; `None` if it has none, or is no JSON object."""
        try:
            value = self.json()
        except NoAnswer:
            return None
        return value.get(name) if isinstance(value, dict) else None


class GithubHttp:
    """Sends requests to one server.

    Args:
        host: The server.
        token: Returns the token; called for each request, so that it is kept nowhere.
        transport: Carries them; `None` for the network with verified certificates.
        timeout: Seconds that a connection, or one piece of an answer, may take.
    """

    def __init__(
        self,
        host: Host,
        token: Callable[[], str],
        transport: httpx.BaseTransport | None,
        timeout: float,
    ) -> None:
        self._host = host
        self._token = token
        self._transport = transport or httpx.HTTPTransport(verify=True, trust_env=False)
        self._timeout = timeout
        self._origin = _origin(httpx.URL(host.rest))

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def token(self) -> str:
        """The token, fit for a header.

        Raises:
            AuthFailed: It is empty, or has characters no token has. The message does not show it.
        """
        text = self._token().strip()
        if not re.fullmatch(r"[\x21-\x7e]+", text):
            raise AuthFailed("the GitHub token is empty, or has characters that no token has")
        return text

    def send(self, request: Request) -> Answer:
        """The answer to a request; for a renamed repository, that of the new name.

        Raises:
            NoAnswer: None came, or not all of it.
            LimitExceeded: It is larger than the request allows.
        """
        url = self._url(request)
        for _ in range(_REDIRECTS):
            answer = self._send(request, url)
            where = answer.headers.get("location")
            follows = request.method == "GET" or answer.status in _REDO
            follows = follows and not (request.asks_where and answer.status == 302)
            if answer.status not in _MOVED or where is None or not follows:
                return answer
            target = _joined(url, where)
            if _origin(target) != self._origin:
                return answer  # the token stays on its server
            url = target
        raise NoAnswer("it redirected too often")

    def _send(self, request: Request, url: httpx.URL) -> Answer:
        sent = httpx.Request(
            request.method, url, headers=self._headers(request), content=_content(request)
        )
        with self._open(sent) as response:
            body = b"".join(self._pieces(response, request.max_bytes))
            return Answer(response.status_code, response.headers, body)

    @contextmanager
    def download(self, address: str) -> Iterator[Iterator[bytes]]:
        """What is at another address, piece by piece; the token is not sent there.

        Raises:
            NoAnswer: It cannot be downloaded, or not all of it arrives.
            ConnectorError: The address is not encrypted.
        """
        url = _joined(httpx.URL(self._host.rest), address)
        if not is_safe(url):
            raise ConnectorError("GitHub redirects a download to an address that is not encrypted")
        sent = httpx.Request("GET", url, headers={"user-agent": _user_agent()})
        with self._open(sent) as response:
            if response.status_code != 200:
                raise NoAnswer(f"the download was answered with {response.status_code}")
            yield self._pieces(response, None)

    @contextmanager
    def _open(self, request: httpx.Request) -> Iterator[httpx.Response]:
        waits = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout)
        request.extensions = {"timeout": waits}
        try:
            response = self._transport.handle_request(request)
            response.request = request
            try:
                yield response
            finally:
                response.close()
        except _NEVER_SENT as error:
            raise NoAnswer("it cannot be reached", may_be_done=False) from error
        except httpx.TimeoutException as error:
            raise NoAnswer("it did not answer in time") from error
        except (httpx.TransportError, httpx.DecodingError, httpx.StreamError) as error:
            raise NoAnswer("the connection was cut") from error

    def _pieces(self, response: httpx.Response, max_bytes: int | None) -> Iterator[bytes]:
        """The body in pieces; a server that keeps sending a little is given up."""
        deadline, size = time.monotonic() + 10 * self._timeout, 0
        for piece in response.iter_bytes():
            size += len(piece)
            if max_bytes is not None and size > max_bytes:
                raise LimitExceeded("an answer of GitHub", max_bytes)
            if max_bytes is not None and time.monotonic() > deadline:
                raise NoAnswer("its answer did not end")
            yield piece

    def _url(self, request: Request) -> httpx.URL:
        address = request.path
        if address.startswith("/"):
            address = self._host.rest + address
        url = httpx.URL(address)
        return url.copy_merge_params(request.query) if request.query else url

    def _headers(self, request: Request) -> dict[str, str]:
        usual = {
            "accept": request.accept,
            "accept-encoding": "gzip, deflate",
            "authorization": f"Bearer {self.token()}",
            "user-agent": _user_agent(),
            "x-github-api-version": _VERSION,
        }
        if request.body is not None:
            usual["content-type"] = "application/json"
        return {**usual, **request.headers}


def _content(request: Request) -> bytes | None:
    if request.body is None:
        return request.raw_body
    return json.dumps(request.body).encode("ascii")


def _joined(base: httpx.URL, address: str) -> httpx.URL:
    try:
        return base.join(address)
    except httpx.InvalidURL as error:
        raise NoAnswer("it redirected to something that is no address") from error


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    default = {"https": 443, "http": 80}
    return url.scheme, url.host, url.port or default.get(url.scheme)


def _user_agent() -> str:
    return f"pack-memory/{__version__}"
