"""From where kits may come into which memory: what a person has said at this machine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from pack_connectors.kit_sources.user_file import UserFile

_AGREED: Final = TypeAdapter(dict[str, list[str]])


class AgreedSources:
    """The addresses that were agreed to, for each memory; see `pack.kits.consent.AgreedPlaces`.

    Args:
        file: Where they are; made when something is stored.
    """

    def __init__(self, file: Path) -> None:
        self._file = UserFile(file, _AGREED)

    def of(self, memory: str) -> frozenset[str]:
        """See `AgreedPlaces.of`."""
        return frozenset(self._file.read().get(memory, []))

    def add(self, memory: str, addresses: Iterable[str]) -> None:
        """See `AgreedPlaces.add`."""

        def change(known: dict[str, list[str]]) -> dict[str, list[str]]:
            return known | {memory: sorted({*known.get(memory, []), *addresses})}

        self._file.change(change)
