"""Which requests the HTTP server answers, as pure rules over an ASGI scope.

Three kinds of stranger can reach a server on the loopback interface: a web page in the user's
browser (by plain cross-site requests, or by DNS rebinding, where its own name resolves to
127.0.0.1), a program of another user of the machine, and, if the bind is wider, the network.
`Host`, `Origin`, `Sec-Fetch-Site` and the content type stop the first; the token stops the others.
Without a token every program on the machine can read and write the memory, so set one where several
people use the machine.

Why not the SDK's own check: its `127.0.0.1:*` rule is a prefix match that
`127.0.0.1:80.evil.example` passes, it reads one of several headers, and it covers neither other
paths nor requests without `Origin`.

Sources: RFC 9110 (sections 4.2.3, 7.2, 11.6, 15.5), RFC 9112 (sections 3.2, 6.3), RFC 6454
(section 7), RFC 6750 (section 2.1), Fetch Metadata Request Headers (W3C).
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from pydantic import SecretStr
from starlette.types import Scope, Send

from pack.callers import token_digest
from pack.mesh.meeting import PATHS

HEALTH_PATH: Final = "/health"
SYNC_PATHS: Final = ("/sync/push", "/sync/pull", "/sync/conflict-resolve")
MESH_PREFIX: Final = PATHS
ADMIN_PREFIX: Final = "/api/v1/sync"
_METHODS: Final = ("GET", "POST", "DELETE")
_ADMIN_METHODS: Final = (*_METHODS, "PATCH")
_WRITES: Final = ("POST", "PATCH")
PROXY_FIELDS: Final = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
    "x-real-ip",
)
"""What proxies add to a request that they pass on."""
_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_AUTHORITY = re.compile(
    r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)(?::([1-9][0-9]{0,4}))?"
)
_ORIGIN = re.compile(r"(https?)://(.+)")

SECURITY_HEADERS: Final = (
    (b"cache-control", b"no-store"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)
"""On every answer; the last three keep foreign pages from embedding it or guessing its content."""

HostPort = tuple[str, int]
OriginParts = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class HttpRefusal:
    """A refusal. It repeats nothing of the request.

    Attributes:
        status: HTTP status code.
        code: Stable name of the reason.
        message: What was wrong.
        remedy: What to do about it.
        headers: Further response headers.
    """

    status: int
    code: str
    message: str
    remedy: str
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def content(self) -> tuple[list[tuple[bytes, bytes]], bytes]:
        """Headers and JSON body of the answer."""
        fields = {"code": self.code, "message": self.message, "remedy": self.remedy}
        body = json.dumps(fields).encode("ascii")
        length = str(len(body)).encode("ascii")
        kind = (b"content-type", b"application/json")
        return [kind, (b"content-length", length), *self.headers], body

    def closing(self) -> HttpRefusal:
        """The same, and the end of the connection."""
        if _CLOSE[0] in self.headers:
            return self
        return replace(self, headers=(*self.headers, *_CLOSE))

    async def send_to(self, send: Send) -> None:
        """Send it as a whole ASGI response."""
        headers, body = self.content()
        await send({"type": "http.response.start", "status": self.status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


_CLOSE: Final = ((b"connection", b"close"),)
BAD_REQUEST: Final = HttpRefusal(
    400,
    "malformed_request",
    "The request is not valid HTTP/1.1.",
    "Use an HTTP client library.",
    _CLOSE,
)
BAD_HOST: Final = HttpRefusal(
    400, "malformed_host", "The Host header is missing, repeated or malformed.", "Send one Host."
)
WRONG_HOST: Final = HttpRefusal(
    421,
    "misdirected_request",
    "This server does not answer for the requested host.",
    "Use http://127.0.0.1 with the server's port, or add the name to PACK_HTTP_HOSTS.",
)
WRONG_ORIGIN: Final = HttpRefusal(
    403,
    "origin_refused",
    "Web pages of other origins may not use this server.",
    "Connect from an MCP client, or add the origin to PACK_HTTP_ORIGINS.",
)
WRONG_METHOD: Final = HttpRefusal(
    405,
    "method_not_allowed",
    "The method is not supported.",
    "Use GET, POST or DELETE.",
    ((b"allow", ", ".join(_METHODS).encode("ascii")),),
)
WRONG_ADMIN_METHOD: Final = HttpRefusal(
    405,
    "method_not_allowed",
    "The method is not supported.",
    "Use GET, POST, PATCH or DELETE.",
    ((b"allow", ", ".join(_ADMIN_METHODS).encode("ascii")),),
)
NOT_FROM_HERE: Final = HttpRefusal(
    403,
    "not_from_here",
    "The mesh is administered from this machine only.",
    "Ask http://127.0.0.1 with the server's port, on the machine itself and through no proxy.",
)
UNAUTHORIZED: Final = HttpRefusal(
    401,
    "unauthorized",
    "A valid bearer token is needed.",
    "Send the value of PACK_HTTP_TOKEN as `Authorization: Bearer`.",
    ((b"www-authenticate", b"Bearer"),),
)
NO_SYNC_TOKEN: Final = HttpRefusal(
    401,
    "unauthorized",
    "A token for sync items is needed.",
    "Send one of those in PACK_SYNC_TOKENS as `Authorization: Bearer`.",
    ((b"www-authenticate", b"Bearer"),),
)
WRONG_TYPE: Final = HttpRefusal(
    415, "unsupported_media_type", "The body must be JSON.", "Send Content-Type: application/json."
)
TOO_LARGE: Final = HttpRefusal(
    413, "body_too_large", "The request body is too large.", "Split it into several requests."
)
TOO_SLOW: Final = HttpRefusal(
    408, "request_timeout", "The request did not arrive in time.", "Send it again.", _CLOSE
)
STOPPING: Final = HttpRefusal(
    503, "stopping", "The server is shutting down.", "Connect again in a moment.", _CLOSE
)
NOT_FOUND: Final = HttpRefusal(
    404,
    "not_found",
    "There is nothing at this path.",
    "Use the URL that the server printed.",
    _CLOSE,
)
READ_ONLY: Final = HttpRefusal(
    405,
    "method_not_allowed",
    "Health can only be read.",
    "Use GET.",
    ((b"allow", b"GET, HEAD"), *_CLOSE),
)


def parse_authority(text: str) -> tuple[str, int | None] | None:
    """The host and port of `host[:port]`; `None` where it is anything else.

    Hosts come back in lower case, IPv6 addresses compressed and without brackets. User info,
    lists, zone ids, empty ports, leading zeros and a trailing dot are not accepted.
    """
    match = _AUTHORITY.fullmatch(text) if len(text) <= 255 else None
    if match is None:
        return None
    host, port = match[1].lower(), int(match[2]) if match[2] else None
    if port is not None and port > 65535:
        return None
    if not host.startswith("["):
        return host, port
    try:
        return ipaddress.IPv6Address(host[1:-1]).compressed, port
    except ValueError:
        return None


def parse_origin(text: str) -> OriginParts | None:
    """Scheme, host and port of a serialised origin; `None` for `null` and anything else."""
    match = _ORIGIN.fullmatch(text)
    authority = parse_authority(match[2]) if match else None
    if match is None or authority is None:
        return None
    host, port = authority
    return match[1], host, _DEFAULT_PORTS[match[1]] if port is None else port


@dataclass(frozen=True, slots=True)
class Access:
    """What the guard lets through.

    Attributes:
        hosts: Host and port pairs that are this server; `None` for any valid Host header, which
            is only safe together with a token.
        origins: Origins whose pages may use the server.
        token: What callers must present; `None` for nothing.
        more_tokens: The digests (`pack.callers.token_digest`) of tokens that do as well.
        sync_tokens: The digests of tokens for sync items, which are needed there and good for
            nothing else; none where there are no sync items.
        max_body: Bytes of a request body.
        read_timeout: Seconds for a whole request body to arrive.
    """

    hosts: frozenset[HostPort] | None
    origins: frozenset[OriginParts]
    token: SecretStr | None
    max_body: int
    read_timeout: float
    more_tokens: frozenset[str] = frozenset()
    sync_tokens: frozenset[str] = frozenset()

    def refuse(self, scope: Scope) -> HttpRefusal | None:
        """Why the request of an ASGI `http` scope is not served; `None` when it is."""
        return (
            self._refuse_target(scope)
            or self._refuse_host(scope)
            or self._refuse_origin(scope)
            or self._refuse_method(scope)
            or self._refuse_caller(scope)
            or self._refuse_body(scope)
        )

    def refuse_peer(self, scope: Scope) -> HttpRefusal | None:
        """Why the request of a peer is not served; its token and body are not looked at here.

        A peer reaches this server by whatever name it knows, so any valid Host header will do: what
        lets it in is a token that no web page has.
        """
        values = _values(scope, b"host")
        authority = parse_authority(values[0].decode("latin-1")) if len(values) == 1 else None
        return (
            self._refuse_target(scope)
            or (BAD_HOST if authority is None else None)
            or self._refuse_origin(scope)
            or self._refuse_framing(scope)
        )

    def refuse_admin(self, scope: Scope) -> HttpRefusal | None:
        """Why a request to administer the mesh is not served.

        It must come from this machine, to a name of this machine, by a program rather than a page
        or a proxy, and with the person's own token where there is one: those that tell AI clients
        apart do not do.
        """
        values = _values(scope, b"host")
        authority = parse_authority(values[0].decode("latin-1")) if len(values) == 1 else None
        client = scope.get("client")
        is_here = client is not None and is_loopback(client[0])
        is_to_here = authority is not None and is_loopback(authority[0])
        is_passed_on = any(_values(scope, name.encode("ascii")) for name in PROXY_FIELDS)
        return (
            self._refuse_target(scope)
            or (None if is_here and is_to_here and not is_passed_on else NOT_FROM_HERE)
            or self._refuse_host(scope)
            or (WRONG_ORIGIN if _values(scope, b"origin") else self._refuse_origin(scope))
            or (None if scope["method"] in _ADMIN_METHODS else WRONG_ADMIN_METHOD)
            or replace(self, more_tokens=frozenset())._refuse_caller(scope)  # noqa: SLF001 - a copy
            or self._refuse_body(scope)
        )

    def _refuse_target(self, scope: Scope) -> HttpRefusal | None:
        # Absolute-form and authority-form targets name a second host, which nothing here needs.
        return None if scope["path"].startswith("/") else BAD_REQUEST

    def _refuse_host(self, scope: Scope) -> HttpRefusal | None:
        values = _values(scope, b"host")
        authority = parse_authority(values[0].decode("latin-1")) if len(values) == 1 else None
        if authority is None:
            return BAD_HOST
        host, port = authority
        known = self.hosts is None or (host, port or _DEFAULT_PORTS["http"]) in self.hosts
        return None if known else WRONG_HOST

    def _refuse_origin(self, scope: Scope) -> HttpRefusal | None:
        values = _values(scope, b"origin")
        if not values:
            # Browsers leave Origin out of plain GETs (images, scripts, navigation) but say here
            # who is asking; programs other than browsers send neither.
            sites = _values(scope, b"sec-fetch-site")
            trusted = sites in ([], [b"none"], [b"same-origin"])
            return None if trusted else WRONG_ORIGIN
        origin = parse_origin(values[0].decode("latin-1")) if len(values) == 1 else None
        return None if origin is not None and origin in self.origins else WRONG_ORIGIN

    def _refuse_method(self, scope: Scope) -> HttpRefusal | None:
        # For a HEAD request the SDK would open an event stream that nobody can read.
        known = scope["method"] in _METHODS or _is_health(scope)
        return None if known else WRONG_METHOD

    def _refuse_caller(self, scope: Scope) -> HttpRefusal | None:
        if self.sync_tokens and scope["path"] in SYNC_PATHS:
            return None if sync_token(scope, self.sync_tokens) else NO_SYNC_TOKEN
        if self.token is None or _is_health(scope):
            return None
        values = _values(scope, b"authorization")
        scheme, _, given = values[0].partition(b" ") if len(values) == 1 else (b"", b"", b"")
        wanted = self.token.get_secret_value().encode("utf-8")
        sent = given.lstrip(b" ")
        is_another = token_digest(sent.decode("latin-1")) in self.more_tokens
        matches = hmac.compare_digest(sent, wanted) or is_another
        return None if matches and scheme.lower() == b"bearer" else UNAUTHORIZED

    def _refuse_framing(self, scope: Scope) -> HttpRefusal | None:
        lengths, codings = _values(scope, b"content-length"), _values(scope, b"transfer-encoding")
        # Two opinions on where a body ends are how requests are smuggled past a proxy.
        if len(lengths) + len(codings) > 1 or (codings and scope["http_version"] == "1.0"):
            return BAD_REQUEST
        is_odd = bool(lengths) and not re.fullmatch(rb"[0-9]{1,20}", lengths[0])
        return BAD_REQUEST if is_odd else None

    def _refuse_body(self, scope: Scope) -> HttpRefusal | None:
        lengths = _values(scope, b"content-length")
        if (refusal := self._refuse_framing(scope)) is not None:
            return refusal
        if lengths and int(lengths[0]) > self.max_body:
            return TOO_LARGE
        # A form or text/plain is what a page can post across sites without asking first.
        return WRONG_TYPE if scope["method"] in _WRITES and not _is_json(scope) else None


def sync_token(scope: Scope, known: Iterable[str]) -> str | None:
    """Which of the tokens for sync items a request sends, as its digest; `None` for none."""
    values = _values(scope, b"authorization")
    scheme, _, given = values[0].partition(b" ") if len(values) == 1 else (b"", b"", b"")
    sent = token_digest(given.lstrip(b" ").decode("latin-1"))
    found = [one for one in known if hmac.compare_digest(one, sent)]  # all of them, every time
    return found[0] if found and scheme.lower() == b"bearer" else None


def announces_body(scope: Scope) -> bool:
    """Whether a request says that a body follows."""
    lengths = _values(scope, b"content-length")
    return lengths not in ([], [b"0"]) or bool(_values(scope, b"transfer-encoding"))


def _values(scope: Scope, name: bytes) -> list[bytes]:
    return [value for key, value in scope["headers"] if key == name]


def is_of_mesh(scope: Scope) -> bool:
    """Whether a request is one of another peer's."""
    return bool(scope["path"].startswith(f"{MESH_PREFIX}/"))


def is_of_admin(scope: Scope) -> bool:
    """Whether a request is to administer the mesh."""
    return bool(scope["path"].startswith(f"{ADMIN_PREFIX}/"))


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, by its name or address."""
    if host == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _is_health(scope: Scope) -> bool:
    return scope["path"] == HEALTH_PATH and scope["method"] in ("GET", "HEAD")


def _is_json(scope: Scope) -> bool:
    values = _values(scope, b"content-type")
    return len(values) == 1 and values[0].partition(b";")[0].strip().lower() == b"application/json"
