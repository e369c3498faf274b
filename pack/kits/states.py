"""How each file of a kit stands: computed from what was installed, what is here and what is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final

from pack.model import BlobId, MemoryPath

Files = Mapping[MemoryPath, BlobId]
"""The files of a kit at one moment, by their path in the memory."""


class KitState(StrEnum):
    """How a file stands, or a kit, which stands as its worst file does."""

    PRISTINE = "PRISTINE"
    """As it was installed, and nothing newer is known."""
    LOCAL = "LOCAL"
    """Only here, and never touched."""
    REMOVED_HERE = "REMOVED_HERE"
    """Removed here, and it stays removed."""
    MODIFIED = "MODIFIED"
    """Changed here; upstream has not changed it."""
    GONE_UPSTREAM = "GONE_UPSTREAM"
    """Upstream does not have it any more."""
    OUTDATED = "OUTDATED"
    """Upstream has changed it; here it is as it was installed."""
    CONFLICT = "CONFLICT"
    """Changed on both sides, differently."""


_WORSE: Final = tuple(KitState)
"""The better ones first."""


def state_of(base: BlobId | None, here: BlobId | None, new: BlobId | None) -> KitState | None:
    """How a file stands; `None` if there is none.

    Args:
        base: As it was installed; `None` if it was not.
        here: As it is now; `None` if it is not here.
        new: As upstream has it now; the same as `base` if nothing newer is known.
    """
    if base is None:
        return _added(here, new)
    if here is None:
        return KitState.REMOVED_HERE if new is not None else None
    if new is None:
        return KitState.GONE_UPSTREAM
    if here == base:
        return KitState.PRISTINE if new == base else KitState.OUTDATED
    if here == new:
        return KitState.PRISTINE
    return KitState.MODIFIED if new == base else KitState.CONFLICT


def _added(here: BlobId | None, new: BlobId | None) -> KitState | None:
    if here is None:
        return KitState.OUTDATED if new is not None else None
    if new is None:
        return KitState.LOCAL
    return KitState.PRISTINE if here == new else KitState.CONFLICT


def states_of(base: Files, here: Files, new: Files) -> dict[MemoryPath, KitState]:
    """How each file of a kit stands, sorted by path."""
    paths = sorted({*base, *here, *new})
    found = {path: state_of(base.get(path), here.get(path), new.get(path)) for path in paths}
    return {path: state for path, state in found.items() if state is not None}


def worst(states: Iterable[KitState]) -> KitState:
    """How a kit stands as a whole. Files of the user's beside it do not count."""
    found = (one for one in states if one is not KitState.LOCAL)
    return max(found, key=_WORSE.index, default=KitState.PRISTINE)
