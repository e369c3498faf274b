"""Which ways of finding other peers are used, and how far addresses are passed on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Discovery(StrEnum):
    """Whose word about addresses counts, besides that of the peers themselves."""

    HUB = "hub"
    """Hubs are asked. Of what a person gave, only the addresses of hubs count."""
    MANUAL = "manual"
    """What a person gave counts, and no hub is asked."""
    BOTH = "both"
    """Both; what a person gave comes first."""


@dataclass(frozen=True, slots=True)
class FindingPolicy:
    """How peers are found.

    Attributes:
        discovery: Whose word counts.
        gossip: Whether addresses of third peers are passed on and taken.
        ttl: How many hops the address of a peer goes that is known at first hand.
        hub_ttl: The same for an address from a hub.
        every: At each how many meetings addresses are passed on.
        most: How many peers may be known by gossip alone.
        failures: After how many failures in a row an address from gossip is dropped, if nobody was
            ever met there.
        mdns: Whether what peers say on the local network counts.
    """

    discovery: Discovery = Discovery.BOTH
    gossip: bool = True
    ttl: int = 2
    hub_ttl: int = 1
    every: int = 2
    most: int = 50
    failures: int = 3
    mdns: bool = False

    @property
    def asks_hubs(self) -> bool:
        """Whether hubs are asked where others are."""
        return self.discovery is not Discovery.MANUAL

    @property
    def heeds_manual(self) -> bool:
        """Whether what a person gave counts for every peer, and not for hubs alone."""
        return self.discovery is not Discovery.HUB
