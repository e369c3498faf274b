"""Looking for kits by name: in PACK itself, and in the indexes that the person added."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from pack_connectors.kit_sources.seen_indexes import SeenIndexFile

from pack.actions import Action
from pack.deferred import dataclass, pattern
from pack.errors import InvalidRequest, PackError, UnusableInput
from pack.kits.address import REF
from pack.kits.indexes.entries import Index, IndexEntry, about, read_index, the_one
from pack.kits.indexes.signing import signed_list
from pack.kits.indexes.trust import UNSEEN, SeenIndex, SeenIndexes, news_of, refuse_doubtful_index
from pack.kits.manifest import NAME
from pack.kits.shipment import Kit, KitSource, Shipment, unpack
from pack.kits.trust import Distrust, refuse_other_signer
from pack_servers.wiring.kits.own import OwnKitSource, own_addresses
from pack_servers.wiring.kits.signing import fingerprint_of
from pack_servers.wiring.kits.sources import KitSources, is_there

PACKS_OWN: Final = "PACK"
"""What stands for the index of the kits that come with PACK."""
_SEEN: Final = Path("~/.pack/kits/indexes.json")
_NAMED: Final = pattern(rf"(?P<name>{NAME.strip('^$')})(?:@(?P<ref>{REF}))?")


@dataclass(frozen=True, slots=True)
class UnreadIndex:
    """An index that cannot be read, why, and what helps."""

    address: str
    reason: str
    remedy: str


def seen_indexes() -> SeenIndexes:
    """How this machine saw indexes last, whichever memory it was for."""
    return SeenIndexFile(_SEEN.expanduser())


class IndexedKits:
    """The kits that indexes name; each index is read once.

    Args:
        sources: Where kits and indexes come from.
        indexes: The addresses of the indexes.
        today: The date.
        seen: How they were when this machine saw them last.
        announce: Told of what changes with their keys.
    """

    def __init__(
        self,
        sources: KitSources,
        indexes: Iterable[str],
        today: date,
        seen: SeenIndexes,
        announce: Callable[[str], object],
    ) -> None:
        self._sources = sources
        self._indexes = list(indexes)
        self._today = today
        self._seen = seen
        self._announce = announce
        self._read: tuple[list[Index], list[UnreadIndex]] | None = None

    def ask(self) -> None:
        """Ask at once about all indexes that the person has not been asked about."""
        self._sources.consent.ask(self._indexes)

    def read(self) -> tuple[list[Index], list[UnreadIndex]]:
        """All that can be read, and what cannot."""
        if self._read is None:
            found, unread = [_own()], []
            for address in self._indexes:
                try:
                    self._sources.consent.refuse_others(address, Action.ADD_INDEX)
                    source, ref = self._sources.find(address)
                    found.append(self.read_one(source, ref))
                except PackError as error:
                    unread.append(UnreadIndex(address, str(error), error.remedy))
            self._read = found, unread
        return self._read

    def read_one(
        self,
        source: KitSource,
        ref: str | None = None,
        *,
        accepted: Collection[Distrust] = (),
        dry_run: bool = False,
    ) -> Index:
        """The index that a source has; how it is seen is remembered.

        Args:
            source: The source.
            ref: As for `KitSource.ship`.
            accepted: What may be odd about it.
            dry_run: Remember nothing.

        Raises:
            RefusedForSafety: It is not as it was signed, or may not be from whoever keeps it.
            PackError: As `KitSource.ship` and `read_index`.
        """
        shipment = source.ship(ref)
        now, before = _seen_in(shipment), self._seen.find(source.address)
        refuse_doubtful_index(now, before, accepted)
        found = read_index(shipment, self._today, is_near=source.is_near)
        if now != (before or UNSEEN):
            if news := news_of(now, before):
                self._announce(f"the index {source.address}: {news}")
            if not dry_run:
                self._seen.put(source.address, now, before)
        return replace(found, signer=now.signer, version=now.version)

    def kit(self, text: str, accepted: Collection[Distrust] = ()) -> Kit:
        """The kit that an address names, or a name alone.

        Args:
            text: As it was typed.
            accepted: What may be odd about the kit.

        Raises:
            RefusedForSafety: It is not signed by the key that its index names.
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
        refuse_other_signer(kit, entry.signer, accepted)
        return kit

    def _entry(self, name: str) -> IndexEntry:
        indexes, unread = self.read()
        entries = [entry for index in indexes for entry in index.entries]
        if unread and not any(entry.name == name for entry in entries):
            first = unread[0]
            said = f"the index {first.address} cannot be read: {first.reason}"
            error = InvalidRequest(said)
            error.remedy = first.remedy
            raise error
        for one in unread:  # it may name another place for the kit, or the key of its publisher
            self._announce(f"warning: the index {one.address} cannot be read: {one.reason}")
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


def _seen_in(shipment: Shipment) -> SeenIndex:
    """How the index in a shipment is.

    Raises:
        RefusedForSafety: It is not as it was signed.
        InvalidContent: It is signed and names no version, or one that is none.
    """
    signed, version = signed_list(shipment, fingerprint_of), about(shipment).version
    if signed is None:
        return SeenIndex(version=version)
    if not version:
        raise UnusableInput("it is signed and has no version, so an old one would pass for new")
    return SeenIndex(signed.signer, version, signed.digest)


def _own() -> Index:
    entries = []
    for address in own_addresses():
        kit = unpack(OwnKitSource(address).ship())
        said = kit.manifest.description
        entries.append(IndexEntry(kit.name, address, said, str(kit.manifest.version), PACKS_OWN))
    return Index(PACKS_OWN, entries, [])
