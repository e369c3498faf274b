"""What was typed after `pack kit`, for whichever module answers it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pack.errors import InvalidRequest
from pack.kits.kits import Kits
from pack.kits.trust import Distrust
from pack.kits.updating import UpdateMode
from pack.memory import Memory
from pack_servers.cli.shell.streams import say
from pack_servers.wiring.kits.indexes import IndexedKits, seen_indexes
from pack_servers.wiring.kits.sources import KitSources

if TYPE_CHECKING:
    from pack_servers.wiring.kits.peers import PeerKits


@dataclass(frozen=True)
class KitCall:
    """What was typed.

    Attributes:
        memory: The memory.
        sources: Where kits come from.
        peers: What asks other peers for theirs.
        names: The arguments after the action.
        choice: What becomes of files that both sides changed; `None` if nothing was said.
        purge: `--purge`.
        fetch: `--fetch`.
        patch: `--patch`.
        send: `--send`.
        output: `--output`.
        accepted: `--accept-older`, `--accept-signer` and `--accept-moved`.
        yes: `--yes`.
        dry_run: `--dry-run`.
        is_json: Whether the answer is for programs.
    """

    memory: Memory
    sources: KitSources
    peers: Callable[[], PeerKits]
    names: Sequence[str]
    choice: UpdateMode | None
    purge: bool
    fetch: bool
    patch: bool
    send: bool
    output: Path | None
    accepted: frozenset[Distrust]
    yes: bool
    dry_run: bool
    is_json: bool

    @cached_property
    def kits(self) -> Kits:
        """The kits of the memory."""
        return self.memory.kits

    @property
    def indexed(self) -> IndexedKits:
        """The kits that can be found by name."""
        known, today = self.kits.indexes.list(), self.memory.now().date()
        return IndexedKits(self.sources, known, today, seen_indexes(), say)

    def first(self, what: str) -> str:
        """The first argument.

        Raises:
            InvalidRequest: There is none.
        """
        if not self.names:
            raise InvalidRequest(f"this needs {what}")
        return self.names[0]
