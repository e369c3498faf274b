"""The kits that come with PACK: `pack:NAME` in place of an address; nothing is fetched."""

from __future__ import annotations

from typing import Final

from pack_templates import own_kit, own_kits

from pack.errors import InvalidRequest, NotFound
from pack.kits.shipment import Shipment, ShippedFile

_SCHEME: Final = "pack:"


def own_addresses() -> list[str]:
    """The addresses of all kits that come with PACK."""
    return [f"{_SCHEME}{name}" for name in own_kits()]


def is_own(place: str) -> bool:
    """Whether an address is of a kit that comes with PACK."""
    return place.startswith(_SCHEME)


class OwnKitSource:
    """A kit that comes with PACK, as this PACK has it; a newer PACK may have a newer one."""

    def __init__(self, address: str) -> None:
        self._address = address

    @property
    def address(self) -> str:
        """See `KitSource.address`."""
        return self._address

    @property
    def is_near(self) -> bool:
        """See `KitSource.is_near`."""
        return True

    def refs(self) -> list[str]:
        """See `KitSource.refs`."""
        return []

    def at(self, ref: str | None = None) -> None:
        """See `KitSource.at`; it has no commits."""

    def ship(self, ref: str | None = None) -> Shipment:
        """See `KitSource.ship`."""
        name = self._address.removeprefix(_SCHEME)
        if ref is not None:
            raise InvalidRequest(f"{self._address} comes with PACK, so it has no {ref[:60]}")
        names = own_kits()
        if name not in names:
            raise NotFound(f"the kit {self._address[:80]}", f"PACK has {' and '.join(names)}.")
        files = {path: ShippedFile(content) for path, content in own_kit(name).items()}
        return Shipment(self._address, None, None, files, name)
