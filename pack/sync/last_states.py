"""What a process knew last of its targets counts when somebody takes the files away under it.

All that is derived may be deleted (C6). A server that goes on while its folder is deleted, or while
a file in it is damaged, gives up no queue for that.
"""

from __future__ import annotations

from contextlib import AbstractContextManager

from pack.sync.state import DamagedState, SyncStates, TargetState


class LastStates:
    """States, as they are stored or, where they are not any more, as they were known last.

    Args:
        states: Where they are stored.
    """

    def __init__(self, states: SyncStates) -> None:
        self._states = states
        self._known: dict[str, TargetState] = {}

    def load(self, key: str) -> TargetState | None:
        """See `SyncStates.load`; damaged is only what was never known."""
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
