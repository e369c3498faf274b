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
class PastState:
    """A state as a commit of the downstream has it.

    Attributes:
        state: The state.
        commit: The commit.
        entries: What else is in it.
    """

    state: SyncState
    commit: CommitId
    entries: Mapping[str, DownstreamEntry]


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
    first: PastState | None = None
    for number, past in enumerate(states_in_history(rule_id, downstream, head)):
        base = remaker.again(past.state, past.state.version, past.state.commit)
        is_proven = base and {p: digest(text) for p, text in base.items()} == past.state.files
        if is_proven:
            return _synced(past.state, base, remaker, _notes(number, past, head))
        first = first or past
    if first is None:
        return None
    note = (f"the state of {first.state.version} cannot be made again, so its texts are looked up",)
    return _synced(first.state, _texts_of(first, downstream), remaker, note)


def _notes(number: int, past: PastState, head: CommitId) -> tuple[str, ...]:
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
) -> Iterator[PastState]:
    """The states of a rule, each once, as commits have them: that of the head first."""
    seen: set[BlobId] = set()
    yield from _state_at(rule_id, downstream, head, seen)
    commits = list(islice(downstream.log(head), _MOST_COMMITS))
    named = [one.id for one in commits if f"{RULE_TRAILER}: {rule_id}" in one.message.splitlines()]
    for commit in (*named, *(one.id for one in commits[:_MOST_TREES])):
        yield from _state_at(rule_id, downstream, commit, seen)


def _state_at(
    rule_id: str, downstream: DownstreamHistory, commit: CommitId, seen: set[BlobId]
) -> Iterator[PastState]:
    entries = downstream.files(commit)
    entry = entries.get(state_path(rule_id))
    if entry is None or entry.blob in seen:
        return
    seen.add(entry.blob)
    for _, content in downstream.read_blobs([entry.blob]):
        try:
            yield PastState(SyncState.from_bytes(content, rule_id), commit, entries)
        except UnusableInput:
            return


def _texts_of(past: PastState, downstream: DownstreamHistory) -> dict[str, bytes]:
    """The texts of a state that the commit itself has, proven by their hashes."""
    blobs = {path: past.entries[path].blob for path in past.state.files if path in past.entries}
    texts = dict(downstream.read_blobs(set(blobs.values())))
    return {
        path: texts[blob]
        for path, blob in blobs.items()
        if blob in texts and digest(texts[blob]) == past.state.files[path]
    }
