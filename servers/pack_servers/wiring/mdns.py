"""The local network, for peers. Importing this needs the extra `mdns`: see `MDNS.require`."""

from pack_connectors.peers.mdns import listening as listen

__all__ = ["listen"]
