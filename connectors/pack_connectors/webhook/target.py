"""A webhook: an address that is told of every commit, signed as Standard Webhooks describes it.

The receiver has the event when it has answered 2xx; what it says beside that is not read, so an
endless answer costs nothing. A redirect is a failure: it is not followed. 410 means that the
receiver is gone for good; with everything else that is not 2xx it is asked again, later.

Source: the Standard Webhooks specification, "Webhook delivery"; RFC 9110, 10.2.3 "Retry-After".
"""

from __future__ import annotations

import ssl
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

import httpcore
import httpx

from pack._version import __version__
from pack.actions import Action
from pack.errors import ConnectorError, NotFound, PackError, RateLimited, Unavailable
from pack_connectors.webhook.network import Connections, Deadline, Resolve, resolve
from pack_connectors.webhook.signature import signatures
from pack_connectors.webhook.url import WebhookUrl

TIMEOUT_SECONDS: Final = 10.0
_GONE: Final = 410
_TOO_LARGE: Final = 413
_PAUSES: Final = frozenset([429, 502, 503, 504])
_REMEDY: Final = f"Set up a receiver there, or change PACK_WEBHOOK_URL; then {Action.RETRY_TARGET}."


class Webhook:
    """One address that is told of events.

    Args:
        url: Where it is.
        keys: What events are signed with; none to send them unsigned.
        clock: Tells the time, with a time zone.
        name: What people call it.
        timeout: Seconds for one event, from connecting to the status of the answer. Looking up the
            name is not among them: nothing can end that.
        context: Whose certificates are trusted; `None` for those of the world.
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
        self._connections = Connections(url, resolver)

    @property
    def name(self) -> str:
        """See `EventTarget.name`."""
        return self._name

    def send(self, key: str, body: bytes) -> None:
        """See `EventTarget.send`."""
        if self._connections.is_closed:
            raise Unavailable(f"{self._url.host}: PACK is ending")
        status, retry_after = self._post(self._headers(key, body), body)
        if not 200 <= status < 300:
            raise self._refusal(status, retry_after)

    def close(self) -> None:
        """See `EventTarget.close`."""
        self._connections.close()

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
        url, host = self._url, self._url.host
        backend = self._connections.backend(Deadline(self._timeout))
        if url.is_tls and self._context is None:
            self._context = _trusted_certificates()
        address = httpcore.URL(scheme=url.scheme, host=host, port=url.port, target=url.target)
        try:
            with (
                httpcore.ConnectionPool(self._context, network_backend=backend) as pool,
                pool.stream("POST", address, headers=headers, content=body) as answer,
            ):
                return answer.status, _header(answer.headers, b"retry-after")
        except httpcore.TimeoutException as error:
            reason = f"{host} did not answer in {self._timeout:g} s"
            raise Unavailable(reason) from error
        except httpcore.ConnectError as error:
            raise Unavailable(_why_not_connected(host, error)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise Unavailable(f"{host} ended the connection without an answer") from error

    def _refusal(self, status: int, retry_after: str | None) -> PackError:
        host = self._url.host
        if status == _GONE:
            return NotFound(f"the webhook at {host} (it answered 410 Gone)", _REMEDY)
        if status == _TOO_LARGE:
            error = ConnectorError(f"{host} does not take an event as large as this (413)")
            error.remedy = f"Let the receiver accept larger requests; then {Action.RETRY_TARGET}."
            return error
        if status in _PAUSES and retry_after is not None:
            now = self._clock().astimezone(UTC)
            until = _moment(retry_after, now)
            if until is not None:
                return RateLimited(host, max((until - now).total_seconds(), 0.0), until)
        if 300 <= status < 400:
            return Unavailable(f"{host} answered {status}, a redirect, which is not followed")
        return Unavailable(f"{host} answered {status}")


def _trusted_certificates() -> ssl.SSLContext:
    """Those of the world, or of `SSL_CERT_FILE` and `SSL_CERT_DIR`, which a person may have set."""
    try:
        return httpx.create_ssl_context()
    except OSError as error:  # ssl's errors are of this kind too
        reason = error.strerror or type(error).__name__
        raise Unavailable(f"the certificates to trust (SSL_CERT_FILE): {reason}") from error


def _header(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> str | None:
    """A field of an answer; httpcore leaves names as they were sent, and their case is free."""
    found = next((value for key, value in headers if key.lower() == name), None)
    return found.decode("latin-1") if found else None


def _moment(text: str, now: datetime) -> datetime | None:
    """The time that a `Retry-After` names; `None` where it makes no sense."""
    try:
        if text.strip().isdecimal():
            return now + timedelta(seconds=int(text))
        found = parsedate_to_datetime(text)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def _why_not_connected(host: str, error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"the certificate of {host} cannot be verified: {cause.verify_message}"
        cause = cause.__cause__ or cause.__context__
    return f"{host} cannot be reached"
