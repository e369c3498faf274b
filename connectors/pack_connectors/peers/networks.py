"""Which addresses are safe for a token without TLS, and which nobody is led to by an announcement.

A peer says itself where it is, and every other one believes that and calls there. So an address
that no person gave here leads to other machines only: not to this one, not to where clouds keep
their metadata, not to ports at which no peer is. A name is judged by the addresses that it leads
to, at the moment of connecting.

Sources: RFC 6890 (special addresses); RFC 6052 (NAT64); OWASP "Server Side Request Forgery
Prevention".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Final

from pack.errors import InvalidConfig
from pack.mesh.members.addresses import METADATA, address_of
from pack.mesh.members.endpoints import Endpoint

_WEB_PORTS: Final = (None, 80, 443)
_LOWEST_PORT: Final = 1024


class SafeNetworks:
    """Where a token may be sent without TLS.

    Args:
        named: Host names, addresses and networks such as `100.64.0.0/10` that the person trusts.

    Raises:
        InvalidConfig: One of them is none.
    """

    def __init__(self, named: Sequence[str] = ()) -> None:
        self._hosts: set[str] = set()
        self._networks: list[ipaddress.IPv4Network | ipaddress.IPv6Network] = []
        for name in named:
            try:
                self._networks.append(ipaddress.ip_network(name))
            except ValueError as error:
                if "/" in name:
                    raise InvalidConfig("PACK_MESH_PLAIN_HTTP", f"{name!r} is no network") from (
                        error
                    )
                self._hosts.add(name.lower())

    def holds(self, host: str) -> bool:
        """Whether a host is on this machine, or in one of the networks."""
        name = host.lower().strip("[]")
        if name in ("localhost", *self._hosts):
            return True
        address = address_of(name)
        return address is not None and (
            address.is_loopback or any(address in one for one in self._networks)
        )


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    address = address_of(host)
    return host.lower() == "localhost" or (address is not None and address.is_loopback)


def why_not_announced(endpoint: Endpoint) -> str:
    """Why nobody is led to an address by an announcement; empty if they may be."""
    if endpoint.port in _WEB_PORTS or (endpoint.port or 0) >= _LOWEST_PORT:
        return ""
    return f"port {endpoint.port} is for other services"


def why_not_connected(text: str, *, is_here: bool) -> str:
    """Why nothing connects to an address that an announcement leads to; empty if it may.

    Args:
        text: The address.
        is_here: Whether this peer is reached at the loopback interface itself.
    """
    address = address_of(text)
    if address is None:
        return "is no address"
    if address.is_loopback:
        return "" if is_here else "is this machine"
    if address.is_link_local or address in METADATA:
        return "is link-local"
    is_odd = address.is_multicast or address.is_unspecified or address.is_reserved
    return "is no address of a machine" if is_odd else ""
