"""What a downstream was given last, also where people have changed or lost the record of it.

The record is `.pack-sync-state/RULE.json` on the default branch. It is believed if upstream's
history makes files with just the hashes that it names. If it is missing or says something else, the
downstream's own history has the record as it was written, however the pull request was merged: in
the commit that names the rule in a trailer, or in whichever commit the file came or changed with.
If no record can be made again, as after a change of PACK, the texts come from that history too,
found by their hashes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final, Protocol

from pack.distribution.ports import DownstreamCommit, DownstreamEntry
from pack.distribution.reconciling.remaking import Remaker
from pack.distribution.reconciling.sync_state import SyncState, digest, state_path
from pack.distribution.reconciling.synced import Synced
from pack.errors import UnusableInput
from pack.model import BlobId, CommitId

RULE_TRAILER: Final = "Pack-Sync-Rule"
_MOST_COMMITS: Final = 2000
_MOST_TREES: Final = 200


class DownstreamHistory(Protocol):
    """As much of a `Downstream` as is needed to look back."""

    def files(self, commit: CommitId) -> Mapping[str, DownstreamEntry]:
        """All that is in a commit, by path."""

    def read_blobs(self, blobs: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """Their bytes."""

    def log(self, head: CommitId, until: CommitId | None = None) -> Iterator[DownstreamCommit]:
        """The commits that lead to one, the newest first; without those that lead to `until`."""


@dataclass(frozen=True, slots=True)
class RecordedState:
    """A state as a commit of the downstream has it.

    Attributes:
        state: The state.
        commit: The commit.
        entries: What else is in it.
        is_sync: Whether the commit says that it is a sync of the rule.
    """

    state: SyncState
    commit: CommitId
    entries: Mapping[str, DownstreamEntry]
    is_sync: bool = False


def find_synced(
    rule_id: str, downstream: DownstreamHistory, head: CommitId | None, remaker: Remaker
) -> Synced | None:
    """What a downstream was given last; `None` if it never was given anything.

    Args:
        rule_id: The rule.
        downstream: The downstream.
        head: Its default branch.
        remaker: Makes again what releases made.

    Raises:
        ConnectorError: The downstream cannot be read.
    """
    if head is None:
        return None
    likely: RecordedState | None = None
    for number, past in enumerate(states_in_history(rule_id, downstream, head)):
        base = remaker.again(past.state, past.state.version, past.state.commit)
        if base and {path: digest(text) for path, text in base.items()} == past.state.files:
            return _synced(past.state, base, remaker, _notes(number, past, head))
        likely = likely or past
        if past.is_sync:
            likely = past
            break
    if likely is None:
        return None
    state = likely.state
    note = f"what {state.version} made cannot be made again, so its texts are looked up"
    return _synced(state, _texts_of(likely, downstream), remaker, (note,))


def _notes(number: int, past: RecordedState, head: CommitId) -> tuple[str, ...]:
    if past.commit == head and number == 0:
        return ()
    where = state_path(past.state.rule.id)
    return (f"{where} is missing or was changed by hand; the one of {past.commit[:12]} counts",)


def _synced(
    state: SyncState, base: Mapping[str, bytes], remaker: Remaker, notes: tuple[str, ...]
) -> Synced:
    return Synced(state, base, lambda one: remaker.again(state, one.version, one.commit), notes)


def states_in_history(
    rule_id: str, downstream: DownstreamHistory, head: CommitId
) -> Iterator[RecordedState]:
    """The states of a rule as commits have them: of the head, of syncs, and of all others."""
    seen: set[BlobId] = set()
    yield from _state_at(rule_id, downstream, head, seen, is_sync=False)
    commits = list(islice(downstream.log(head), _MOST_COMMITS))
    trailer = f"{RULE_TRAILER}: {rule_id}"
    for commit in (one.id for one in commits if trailer in one.message.splitlines()):
        yield from _state_at(rule_id, downstream, commit, seen, is_sync=True)
    for commit in (one.id for one in commits[:_MOST_TREES]):
        yield from _state_at(rule_id, downstream, commit, seen, is_sync=False)


def _state_at(
    rule_id: str,
    downstream: DownstreamHistory,
    commit: CommitId,
    seen: set[BlobId],
    *,
    is_sync: bool,
) -> Iterator[RecordedState]:
    """The state in a commit, unless it has been seen and says nothing more here."""
    entries = downstream.files(commit)
    entry = entries.get(state_path(rule_id))
    if entry is None or (entry.blob in seen and not is_sync):
        return
    seen.add(entry.blob)
    for _, content in downstream.read_blobs([entry.blob]):
        try:
            state = SyncState.from_bytes(content, rule_id)
        except UnusableInput:
            return
        yield RecordedState(state, commit, entries, is_sync)


def _texts_of(past: RecordedState, downstream: DownstreamHistory) -> dict[str, bytes]:
    """The texts of a state as commits up to its own have them, proven by their hashes."""
    found: dict[str, bytes] = {}
    looked_at: set[BlobId] = set()
    commits = islice(downstream.log(past.commit), _MOST_TREES)
    for commit in commits:
        entries = downstream.files(commit.id)
        blobs = {path: entries[path].blob for path in past.state.files if path in entries}
        fresh = {blob for path, blob in blobs.items() if path not in found} - looked_at
        texts = dict(downstream.read_blobs(fresh))
        looked_at |= fresh
        for path, blob in blobs.items():
            if blob in texts and digest(texts[blob]) == past.state.files[path]:
                found.setdefault(path, texts[blob])
        if len(found) == len(past.state.files):
            break
    return found
