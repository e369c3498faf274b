"""Peers on the local network, by multicast DNS (RFC 6762 and 6763).

Importing this needs the package `zeroconf`. It has a thread of its own, so that nothing here can
hold anything else up. Neither the name of the machine nor that of anything in it is announced.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import ifaddr
from zeroconf import Error as ZeroconfError
from zeroconf import ServiceBrowser, ServiceInfo, ServiceListener, Zeroconf

from pack.errors import Unavailable
from pack.mesh.resolving.neighbours import Beacon

SERVICE: Final = "_pack-mesh._tcp.local."
_TLS: Final = b"tls"
_ANSWER_MILLISECONDS: Final = 3000

OnSeen = Callable[[Beacon, Sequence[str]], object]
OnGone = Callable[[str], object]


@contextmanager
def listening(
    on_seen: OnSeen, on_gone: OnGone, addresses: Sequence[str] = ()
) -> Iterator[Callable[[Beacon], None]]:
    """Hear of peers until the block ends.

    Args:
        on_seen: Called with what a peer says, and its addresses, from another thread.
        on_gone: Called with the name of one that is gone.
        addresses: This machine's, on whose networks to listen; none for all but loopback.

    Yields:
        What announces this peer itself.

    Raises:
        Unavailable: The network cannot be used.
    """
    chosen = list(addresses) or own_addresses()
    if not chosen:
        raise Unavailable("this machine is on no local network")
    try:
        for address in chosen:  # as zeroconf leaves sockets open where one is not this machine's
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
                tried.bind((address, 0))
        network = Zeroconf(interfaces=chosen)
    except OSError as error:
        raise Unavailable(f"the local network cannot be used: {error.strerror}") from error
    try:
        ServiceBrowser(network, SERVICE, listener=_Listener(on_seen, on_gone))
        yield lambda beacon: _announce(network, beacon, chosen)
    finally:
        network.close()


def _announce(network: Zeroconf, beacon: Beacon, addresses: Sequence[str]) -> None:
    info = ServiceInfo(
        SERVICE,
        f"{beacon.label}.{SERVICE}",
        port=beacon.port,
        properties={_TLS: b"1" if beacon.is_tls else b"0"},
        server=f"{beacon.label}.local.",
        parsed_addresses=list(addresses),
    )
    try:
        network.register_service(info)
    except (ZeroconfError, OSError) as error:
        raise Unavailable(f"the local network was not told: {type(error).__name__}") from error


def own_addresses() -> list[str]:
    """This machine's addresses on local networks, of the older kind."""
    ips = [one.ip for one in _interfaces()]
    return [str(ip) for ip in ips if not ip.is_loopback and not ip.is_link_local]


def _interfaces() -> list[ipaddress.IPv4Interface]:
    found = [ip for adapter in ifaddr.get_adapters() for ip in adapter.ips]
    return [
        ipaddress.IPv4Interface(f"{ip.ip}/{ip.network_prefix}")
        for ip in found
        if isinstance(ip.ip, str)
    ]


def nearest_first(hosts: Sequence[str], own: Sequence[ipaddress.IPv4Interface]) -> list[str]:
    """The addresses of a peer, those in this machine's networks first.

    An address that this machine has as well is that of a network inside each of the two, as for
    containers, and leads here.
    """
    mine = {str(one.ip) for one in own}

    def is_far(host: str) -> bool:
        address = ipaddress.ip_address(host.partition("%")[0])
        return not any(address in one.network for one in own)

    return sorted((host for host in hosts if host not in mine), key=is_far)


class _Listener(ServiceListener):
    def __init__(self, on_seen: OnSeen, on_gone: OnGone) -> None:
        self._on_seen = on_seen
        self._on_gone = on_gone

    def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        info = zc.get_service_info(type_, name, timeout=_ANSWER_MILLISECONDS)
        if info is not None and info.port:
            beacon = Beacon(_label(name), info.port, info.properties.get(_TLS) == b"1")
            self._on_seen(beacon, nearest_first(info.parsed_addresses(), _interfaces()))

    def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        self.add_service(zc, type_, name)

    def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        del zc, type_
        self._on_gone(_label(name))


def _label(name: str) -> str:
    return name.removesuffix(f".{SERVICE}")
