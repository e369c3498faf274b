"""Addresses at which no peer can be, however they are written.

Sources: RFC 6890 (special addresses); RFC 6052 (NAT64); RFC 3056 (6to4); WHATWG URL Standard, "ends
in a number" (a name whose last part is a number is taken for an address).
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
METADATA: Final = frozenset(
    map(
        ipaddress.ip_address,
        ("100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254"),
    )
)
"""Where clouds answer with the credentials of a machine, besides link-local addresses."""
_NAMES: Final = frozenset(
    {"metadata", "metadata.google.internal", "metadata.goog", "instance-data"}
)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


def address_of(host: str) -> Address | None:
    """The address that a host is written as, of the older kind where it stands for one."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def may_be_peer(host: str) -> bool:
    """Whether a peer can be at a host.

    Link-local addresses and those of a cloud's metadata are no peers: whoever has a machine call
    them wants something of the machine. Nor are numbers that only look unlike an address, such as
    `2852039166`.
    """
    name = host.rstrip(".")
    address = address_of(name)
    if address is None:
        return name not in _NAMES and not _NUMBER.fullmatch(name.rpartition(".")[2])
    is_nowhere = address.is_link_local or address.is_unspecified or address.is_multicast
    is_broadcast = address.version == 4 and address.is_reserved
    return not (is_nowhere or is_broadcast or address in METADATA)
