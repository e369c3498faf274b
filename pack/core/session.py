"""One writer of a memory that many share."""

from __future__ import annotations

from collections.abc import Callable

from pack.core.core import Core
from pack.core.decision import Decision
from pack.deferred import dataclass
from pack.provenance import Origin
from pack.results import Written


@dataclass(frozen=True, slots=True)
class Session:
    """One writer of a memory. Costs nothing to create, because everything else is shared.

    Attributes:
        core: The memory.
        origin: Who writes.
    """

    core: Core
    origin: Origin

    def write(self, decide: Callable[[], Decision], *, dry_run: bool = False) -> Written:
        """Make one commit of what `decide` wants; see `Writer.write`."""
        return self.core.writer.write(decide, self.origin, dry_run=dry_run)
