"""How indexes were when this machine saw them last."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from pack.kits.indexes.trust import SeenIndex
from pack_connectors.kit_sources.user_file import UserFile

_SEEN: Final = TypeAdapter(dict[str, SeenIndex])


class SeenIndexFile:
    """See `SeenIndexes`.

    Args:
        file: Where it is; made when something is stored.
    """

    def __init__(self, file: Path) -> None:
        self._file = UserFile(file, _SEEN)

    def find(self, address: str) -> SeenIndex | None:
        """See `SeenIndexes.find`."""
        return self._file.read().get(address)

    def put(self, address: str, seen: SeenIndex, before: SeenIndex | None) -> None:
        """See `SeenIndexes.put`."""

        def change(known: dict[str, SeenIndex]) -> dict[str, SeenIndex]:
            there = known.get(address)
            is_kept = there == before or (there is not None and seen.follows(there))
            return known | {address: seen} if is_kept else known

        self._file.change(change)
