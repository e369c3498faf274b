"""Which files of a downstream are not as they were put there, outside of its overrides."""

from __future__ import annotations

from collections.abc import Mapping

from pack.distribution.ports import DownstreamEntry
from pack.distribution.reconciling.ground import Ground, ReadBlobs
from pack.distribution.reconciling.sync_state import SyncState, digest


def find_drift(
    state: SyncState, entries: Mapping[str, DownstreamEntry], read: ReadBlobs
) -> list[str]:
    """The paths that differ from a state, sorted; line ends do not count."""
    ground = Ground(entries, read, state.files)
    return [path for path in sorted(state.files) if not _is_as_put(state, path, ground)]


def _is_as_put(state: SyncState, path: str, ground: Ground) -> bool:
    text = ground.content(path)
    if text is None:
        return False
    bare = text.replace(b"\r\n", b"\n")
    forms = {digest(one) for one in (text, bare, bare.replace(b"\n", b"\r\n"))}
    # Without an override, a file was put there as it was made, line ends aside. A record that says
    # something else was edited by hand, and is not believed.
    return (state.expected(path) if path in state.overrides else state.files[path]) in forms
