"""A webhook: an address that is sent every commit, signed as Standard Webhooks describes.

The receiver has the event once it has answered 2xx; the rest of its answer is not read, so an
endless one costs nothing. A redirect is a failure: it is not followed. 410 means that the receiver
is gone for good; after any other answer, the event is sent again later.

Source: the Standard Webhooks specification, "Webhook delivery"; RFC 9110, 10.2.3 "Retry-After".
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import httpcore
import httpx

from pack._version import __version__
from pack.actions import Action
from pack.errors import ConnectorError, NotFound, PackError, RateLimited, Unavailable
from pack_connectors.system.retry import parse_retry_after
from pack_connectors.webhook.network import Resolve, WebhookNetwork, resolve
from pack_connectors.webhook.signature import signatures
from pack_connectors.webhook.url import WebhookUrl

TIMEOUT_SECONDS: Final = 10.0
_GONE: Final = 410
_TOO_LARGE: Final = 413
_PAUSES: Final = frozenset([429, 502, 503, 504])
_LONGEST_PAUSE: Final = 366 * 24 * 3600.0
"""Seconds; a longer pause than a year makes no sense."""
_REMEDY: Final = f"Set up a receiver there, or change PACK_WEBHOOK_URL; then {Action.RETRY_TARGET}."


class Webhook:
    """One address that is sent events.

    Args:
        url: Where it is.
        keys: What events are signed with; none to send them unsigned.
        clock: Tells the time, with a time zone.
        name: Its name for people.
        timeout: Seconds for one event, up to the status of the answer; see `Exchange`.
        context: Which certificates are trusted; `None` for the usual ones.
        resolver: Looks names up.
    """

    def __init__(
        self,
        url: WebhookUrl,
        keys: Sequence[bytes],
        clock: Callable[[], datetime],
        *,
        name: str,
        timeout: float = TIMEOUT_SECONDS,
        context: ssl.SSLContext | None = None,
        resolver: Resolve = resolve,
    ) -> None:
        self._url = url
        self._keys = tuple(keys)
        self._clock = clock
        self._name = name
        self._timeout = timeout
        self._context = context
        self._resolve = resolver
        self._exchange: WebhookNetwork | None = None
        self._is_closed = False

    @property
    def name(self) -> str:
        """See `EventTarget.name`."""
        return self._name

    def send(self, key: str, body: bytes) -> None:
        """See `EventTarget.send`."""
        if self._is_closed:
            raise Unavailable(f"{self._url.host}: PACK is ending")
        status, retry_after = self._post(self._headers(key, body), body)
        if not 200 <= status < 300:
            raise self._refusal(status, retry_after)

    def close(self) -> None:
        """See `EventTarget.close`."""
        self._is_closed = True
        if self._exchange:
            self._exchange.hang_up()

    def _headers(self, key: str, body: bytes) -> list[tuple[str, str]]:
        timestamp = int(self._clock().timestamp())
        headers = [
            ("Host", self._url.authority),
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Length", str(len(body))),
            ("User-Agent", f"pack/{__version__}"),
            ("Connection", "close"),
            ("webhook-id", key),
            ("webhook-timestamp", str(timestamp)),
        ]
        if self._keys:
            value = signatures(self._keys, key, timestamp, body)
            headers.append(("webhook-signature", value))
        return headers

    def _post(self, headers: list[tuple[str, str]], body: bytes) -> tuple[int, str | None]:
        """The status of the answer, and its `Retry-After`."""
        url = self._url
        if url.is_tls and self._context is None:
            self._context = _trusted_certificates()
        address = httpcore.URL(scheme=url.scheme, host=url.host, port=url.port, target=url.target)
        self._exchange = exchange = WebhookNetwork(url, self._timeout, self._resolve)
        if self._is_closed:  # by another thread, meanwhile
            exchange.hang_up()
        try:
            with (
                exchange,
                httpcore.ConnectionPool(self._context, network_backend=exchange) as pool,
                pool.stream("POST", address, headers=headers, content=body) as answer,
            ):
                return answer.status, _header(answer.headers, b"retry-after")
        except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
            if exchange.is_late:
                reason = f"{url.host} did not answer in {self._timeout:g} s"
            else:
                reason = _why_no_answer(url.host, error)
            raise Unavailable(reason) from error

    def _refusal(self, status: int, retry_after: str | None) -> PackError:
        host = self._url.host
        if status == _GONE:
            return NotFound(f"the webhook at {host} (it answered 410 Gone)", _REMEDY)
        if status == _TOO_LARGE:
            error = ConnectorError(f"{host} does not take an event as large as this (413)")
            error.remedy = f"Let the receiver accept larger requests; then {Action.RETRY_TARGET}."
            return error
        if status in _PAUSES:
            now = self._clock().astimezone(UTC)
            seconds = parse_retry_after(retry_after, now)
            if seconds is not None and 0 <= seconds <= _LONGEST_PAUSE:
                return RateLimited(host, seconds, now + timedelta(seconds=seconds))
        if 300 <= status < 400:
            return Unavailable(f"{host} answered {status}, a redirect, which is not followed")
        return Unavailable(f"{host} answered {status}")


def _trusted_certificates() -> ssl.SSLContext:
    """The usual ones, or those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:  # ssl's errors are of this kind too
        reason = error.strerror or type(error).__name__
        raise Unavailable(f"the certificates of SSL_CERT_FILE cannot be read: {reason}") from error


def _header(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> str | None:
    """A field of an answer; httpcore leaves names as they were sent, in any case of letters."""
    found = next((value for key, value in headers if key.lower() == name), None)
    return found.decode("latin-1") if found else None


def _why_no_answer(host: str, error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate of {host} cannot be verified: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpcore.ConnectError | httpcore.ConnectTimeout):
        return f"{host} cannot be reached"
    return f"{host} ended the connection without an answer"
