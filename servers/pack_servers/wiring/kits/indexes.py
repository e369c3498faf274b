"""Looking for kits by name: in PACK itself, and in the indexes that the person added."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from pack.errors import InvalidRequest, PackError
from pack.kits.address import REF
from pack.kits.index_entries import Index, IndexEntry, read_index, the_one
from pack.kits.manifest import NAME
from pack.kits.shipment import Kit, KitSource, unpack
from pack_servers.wiring.kits.own import OwnKitSource, own_addresses
from pack_servers.wiring.kits.sources import KitSources, is_there

PACKS_OWN: Final = "PACK"
"""What stands for the index of the kits that come with PACK."""
_NAMED: Final = re.compile(rf"(?P<name>{NAME.strip('^$')})(?:@(?P<ref>{REF}))?")


@dataclass(frozen=True, slots=True)
class UnreadIndex:
    """An index that cannot be read, and why."""

    address: str
    reason: str


class IndexedKits:
    """The kits that indexes name; each index is read once."""

    def __init__(self, sources: KitSources, indexes: Iterable[str], today: date) -> None:
        self._sources = sources
        self._indexes = list(indexes)
        self._today = today
        self._read: tuple[list[Index], list[UnreadIndex]] | None = None

    def read(self) -> tuple[list[Index], list[UnreadIndex]]:
        """All that can be read, and what cannot."""
        if self._read is None:
            found, unread = [_own()], []
            for address in self._indexes:
                try:
                    source, ref = self._sources.find(address)
                    found.append(self.read_one(source, ref))
                except PackError as error:
                    unread.append(UnreadIndex(address, str(error)))
            self._read = found, unread
        return self._read

    def read_one(self, source: KitSource, ref: str | None = None) -> Index:
        """The index that a source has.

        Raises:
            PackError: As `KitSource.ship` and `read_index`.
        """
        return read_index(source.ship(ref), self._today, is_near=source.is_near)

    def kit(self, text: str) -> Kit:
        """The kit that an address names, or a name alone.

        Raises:
            PackError: As `KitSources.kit`; or no index has the name, several have it for different
                kits, or one cannot be read while no other has it.
        """
        named = named_kit(text)
        if named is None:
            return self._sources.kit(text)
        name, wanted = named
        entry = self._entry(name)
        source, ref = self._sources.find(entry.source)
        kit = unpack(source.ship(wanted or ref))
        if kit.name != name:
            raise InvalidRequest(f"{entry.source} holds the kit {kit.name}, not {name}")
        return kit

    def _entry(self, name: str) -> IndexEntry:
        indexes, unread = self.read()
        entries = [entry for index in indexes for entry in index.entries]
        if unread and not any(entry.name == name for entry in entries):
            first = unread[0]
            raise InvalidRequest(f"the index {first.address} cannot be read: {first.reason}")
        return the_one(entries, name)


def named_kit(text: str) -> tuple[str, str | None] | None:
    """The name and the ref of a kit that an index may have; `None` for the address of a place.

    What is on this machine comes first, with a ref or without. `git@example.org:kits.git` is an
    address: no ref has a colon.
    """
    found = _NAMED.fullmatch(text)
    if found is None or is_there(text) or is_there(found["name"]):
        return None
    return found["name"], found["ref"]


def _own() -> Index:
    entries = []
    for address in own_addresses():
        kit = unpack(OwnKitSource(address).ship())
        said = kit.manifest.description
        entries.append(IndexEntry(kit.name, address, said, str(kit.manifest.version), PACKS_OWN))
    return Index(PACKS_OWN, entries, [])
