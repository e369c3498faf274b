"""Into which memory kits of which peers may come: what a person has said at this machine.

The lock of a memory names the source of each kit, and may come from another machine. If that were
enough, whoever can write it could have a private kit fetched here, with this machine's grant, into
a memory that they read.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from pydantic import TypeAdapter

from pack_connectors.kit_sources.user_file import UserFile

_AGREED: Final = TypeAdapter(dict[str, list[str]])


class AgreedPeerKits:
    """The addresses that were agreed to, for each memory.

    Args:
        file: Where they are; made when something is stored.
    """

    def __init__(self, file: Path) -> None:
        self._file = UserFile(file, _AGREED)

    def holds(self, memory: str, address: str) -> bool:
        """Whether a kit may come from an address into a memory.

        Raises:
            Unavailable: It cannot be read.
        """
        return address in self._file.read().get(memory, [])

    def add(self, memory: str, address: str) -> None:
        """Have a kit be allowed to come from an address into a memory.

        Raises:
            Unavailable: It cannot be stored.
        """

        def change(known: dict[str, list[str]]) -> dict[str, list[str]]:
            return known | {memory: sorted({*known.get(memory, []), address})}

        self._file.change(change)
