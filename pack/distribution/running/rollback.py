"""Taking a sync back: what it brought goes, and what people changed since stays.

What is restored are the bytes that were there before the commit by which the sync came to the
default branch. So it does not matter whether that was a merge, a squash, a rebase or a push.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pack.distribution.ports import Downstream
from pack.distribution.reconciling.sync_state import SyncState, state_path
from pack.distribution.reconciling.three_way import merge_three
from pack.distribution.running.landing import Landing, landings
from pack.distribution.running.view import DownstreamView
from pack.distribution.values import DownstreamConflict, Region, Rule
from pack.errors import InvalidRequest, NotFound, UnusableInput
from pack.model import BlobId, CommitId


@dataclass(frozen=True, slots=True)
class WayBack:
    """What takes a sync back.

    Attributes:
        reverted: The commit that brought it.
        now: What the downstream has.
        before: What it had before; `None` for nothing.
        writes: Bytes by path.
        removes: Paths that go.
        conflicts: Files that people changed since, in the same places; they stay.
    """

    reverted: CommitId
    now: SyncState
    before: SyncState | None
    writes: Mapping[str, bytes]
    removes: Sequence[str]
    conflicts: Sequence[DownstreamConflict]


class WayBackFinder:
    """Finds the way back in one downstream.

    Args:
        downstream: The downstream.
        base: Its default branch.
        rule: The rule, which says what was taken back before.
    """

    def __init__(
        self,
        downstream: Downstream,
        base: DownstreamView,
        rule: Rule,
    ) -> None:
        self._downstream = downstream
        self._base = base
        self._rule = rule
        self._rule_id = rule.id
        self._path = state_path(rule.id)

    def find(self) -> WayBack:
        """The way back from what is there.

        Raises:
            NotFound: Nothing of the rule is there.
            InvalidRequest: Its history is cut off before it came.
        """
        now, latest, first = self._landings()
        before = self._parsed(first.before)
        after_view = DownstreamView(self._downstream, latest.commit)
        before_view = DownstreamView(self._downstream, first.parent)
        paths = {*now.files, *(before.files if before is not None else ()), self._path}
        writes: dict[str, bytes] = {}
        removes: list[str] = []
        conflicts: list[DownstreamConflict] = []
        for path in sorted(paths):
            texts = [view.read(path) for view in (after_view, self._base, before_view)]
            wanted = _restored(path, *texts)
            if isinstance(wanted, DownstreamConflict):
                conflicts.append(wanted)
            elif wanted is None and texts[1] is not None:
                removes.append(path)
            elif wanted is not None and wanted != texts[1]:
                writes[path] = wanted
        return WayBack(first.commit, now, before, writes, removes, conflicts)

    def _landings(self) -> tuple[SyncState, Landing, Landing]:
        """The state that counts, how its files came last, and how its version came first.

        The two differ where the rule changed in between, or a later version was taken back.
        """
        head, now, latest = self._base.commit, None, None
        for landing in landings(self._downstream, head, self._path) if head else ():
            after, before = self._parsed(landing.after), self._parsed(landing.before)
            now = now or after
            if now is None or after is None or after.version != now.version:
                continue
            latest = latest or landing
            is_return = before is not None and self._rule.pins_out(before.version)
            is_same = before is not None and before.version == now.version
            if not is_return and not is_same:
                return now, latest, landing
        if now is None:
            raise NotFound(f"a sync of {self._rule_id} there", "There is nothing to take back.")
        raise InvalidRequest(f"the history there does not reach back to how {now.version} came")

    def _parsed(self, blob: BlobId | None) -> SyncState | None:
        if blob is None:
            return None
        ((_, content),) = self._downstream.read_blobs([blob])
        try:
            return SyncState.from_bytes(content, self._rule_id)
        except UnusableInput:
            return None


def _restored(
    path: str, synced: bytes | None, now: bytes | None, before: bytes | None
) -> bytes | DownstreamConflict | None:
    """What a file becomes; `None` if it goes."""
    if now in (synced, before):
        return before
    if synced == before:
        return now
    if now is None or before is None or synced is None:
        return DownstreamConflict(path, "it was changed since, so it stays", tuple(_whole(now)))
    merged = merge_three(path, synced, now, before)
    if merged.is_conflict:
        return DownstreamConflict(path, "it was changed since, so it stays", merged.regions)
    return merged.content


def _whole(now: bytes | None) -> Iterator[Region]:
    if now is not None:
        yield Region(1, max(1, now.count(b"\n")), "", "")
