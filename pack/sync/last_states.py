"""Keeps the last known states of targets in the process, in case their files are deleted under it.

Everything derived may be deleted (C6). A server that is running while its folder is deleted, or a
file in it is damaged, does not lose a queue over it.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from pack.sync.state import DamagedState, SyncStates, TargetState


class LastStates:
    """States as stored or, if they no longer are, as last known.

    Args:
        states: Where they are stored.
    """

    def __init__(self, states: SyncStates) -> None:
        self._states = states
        self._known: dict[str, TargetState] = {}

    def load(self, key: str) -> TargetState | None:
        """See `SyncStates.load`; a damaged file is an error only if the state was never known."""
        try:
            found = self._states.load(key)
        except DamagedState:
            if key not in self._known:
                raise
            found = None
        if found is None:
            return self._known.get(key)
        self._known[key] = found
        return found

    def save(self, key: str, state: TargetState) -> None:
        """See `SyncStates.save`."""
        self._states.save(key, state)
        self._known[key] = state

    def exclusive(self, key: str) -> AbstractContextManager[None]:
        """See `SyncStates.exclusive`."""
        return self._states.exclusive(key)
