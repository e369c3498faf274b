"""Which URLs a webhook may have, so that PACK sends nothing to where it should not go.

Only https, unless the host is allowed by name and is this machine. An address that is not public is
refused unless its host is allowed by name; link-local ones, where clouds keep their metadata, are
always refused. A name is judged by every address it leads to, at the moment of connecting.

The URL is a secret (many receivers check nothing else): messages name the host, never more.

Sources: OWASP "Server Side Request Forgery Prevention"; WHATWG URL, "ends in a number" (hosts such
as 0x7f.1 and 2130706433 are addresses to browsers and C libraries); RFC 6052 (NAT64).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pack.errors import InvalidConfig

SETTING: Final = "PACK_WEBHOOK_URL"
_PRINTABLE: Final = re.compile(r"[\x21-\x5b\x5d-\x7e]+")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LABEL: Final = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_PORTS: Final = {"https": 443, "http": 80}
_NAT64: Final = IPv6Network("64:ff9b::/96")
_GLOBAL: Final = IPv6Network("2000::/3")
"""All addresses of the public Internet (RFC 4291, 2.4)."""
_ALLOW: Final = "if that is intended, name the host in PACK_WEBHOOK_ALLOW"

_Address = IPv4Address | IPv6Address


@dataclass(frozen=True, slots=True)
class WebhookUrl:
    """Where a webhook is.

    Attributes:
        host: In lower case, without brackets.
        port: The port.
        is_tls: Whether it is https.
        is_allowed: Whether a person has allowed the host by name.
        target: Path and query, which are a secret.
    """

    host: str
    port: int
    is_tls: bool
    is_allowed: bool
    target: str = field(repr=False)

    @property
    def authority(self) -> str:
        """Host and port, as in the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def scheme(self) -> str:
        """`https` or `http`."""
        return "https" if self.is_tls else "http"


def host_of(url: str) -> str | None:
    """The host of a URL, for people; `None` if there is none to show."""
    try:
        return _host(_split(url))
    except InvalidConfig:
        return None


def parse_webhook_url(url: str, allowed: Sequence[str] = ()) -> WebhookUrl:
    """The parts of a URL that may be used.

    Args:
        url: The URL.
        allowed: Hosts, written as in a URL, that need not be public.

    Raises:
        InvalidConfig: It may not be used.
    """
    parts = _split(url)
    host = _host(parts)
    if parts.scheme not in _PORTS:
        raise _refused("it must begin with https://")
    if parts.username is not None or parts.password is not None:
        raise _refused("it must not contain a user name or a password")
    is_allowed = host in {one.strip("[]").lower().rstrip(".") for one in allowed}
    if parts.scheme == "http" and not is_allowed:
        raise _refused(f"the URL of {host} must begin with https://; for this machine, {_ALLOW}")
    try:
        port = parts.port or _PORTS[parts.scheme]
    except ValueError as error:
        raise _refused("its port is invalid") from error
    _check_literal(host, is_allowed=is_allowed)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return WebhookUrl(host, port, parts.scheme == "https", is_allowed, target)


def _split(url: str) -> SplitResult:
    if not _PRINTABLE.fullmatch(url):
        raise _refused("it contains a character that is not allowed in a URL")
    try:
        return urlsplit(url)
    except ValueError as error:
        raise _refused("it is not a URL") from error


def _host(parts: SplitResult) -> str:
    try:
        host = (parts.hostname or "").rstrip(".")
    except ValueError as error:
        raise _refused("it is not a URL") from error
    if not host or "%" in host:
        raise _refused("its host is missing or invalid")
    return host


def _check_literal(host: str, *, is_allowed: bool) -> None:
    """Return if a host is a name or an address that may be used."""
    try:
        address = ip_address(host)
    except ValueError as error:
        last = host.rpartition(".")[2]
        if _NUMBER.fullmatch(last):
            raise _refused(f"its host {host} is an address in an unusual form") from error
        if not all(_LABEL.fullmatch(label) for label in host.split(".")):
            raise _refused("its host is invalid") from error
        return
    if not is_usable(address, is_allowed=is_allowed):
        raise _refused(f"its host {host} is not a public address; {_ALLOW}")


def is_usable(address: _Address, *, is_allowed: bool) -> bool:
    """Whether PACK may connect to an address.

    Args:
        address: The address.
        is_allowed: Whether a person has allowed its host by name, though it is not public.
    """
    if isinstance(address, IPv6Address):
        if address in _NAT64:  # how networks without IPv4 write public addresses
            return is_usable(IPv4Address(int(address) & 0xFFFFFFFF), is_allowed=is_allowed)
        if address.ipv4_mapped or address.sixtofour or address.teredo:
            return False
        if address not in _GLOBAL:
            return is_allowed and not (address.is_multicast or _is_nowhere(address))
    if address.is_multicast or _is_nowhere(address):
        return False
    return is_allowed or address.is_global


def _is_nowhere(address: _Address) -> bool:
    """Whether an address leads to no receiver, or to where a cloud keeps its metadata."""
    return address.is_unspecified or address.is_link_local


def is_secure(url: WebhookUrl, address: _Address) -> bool:
    """Whether nobody can read what is sent there on its way."""
    return url.is_tls or address.is_loopback


def _refused(reason: str) -> InvalidConfig:
    return InvalidConfig(SETTING, reason)
