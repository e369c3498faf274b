"""What a downstream was given last: its recorded state, with the texts themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pack.distribution.reconciling.sync_state import OverrideBase, SyncState

Older = Callable[[OverrideBase], Mapping[str, bytes]]
"""What the release made that an override was made on, by path; empty if that is not known."""


@dataclass(frozen=True, slots=True)
class Synced:
    """What a downstream was given last.

    Attributes:
        state: As recorded. base: The text of each file as the release made it; a path whose text is
        not known is missing. older: What earlier releases made. notes: What is odd about the state,
        in words.
    """

    state: SyncState
    base: Mapping[str, bytes]
    older: Older = field(default=lambda _: {}, repr=False)
    notes: tuple[str, ...] = ()
