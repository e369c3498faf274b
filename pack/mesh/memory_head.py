"""The memory of a peer: where it is, and how heads of other peers come into it.

They come in by the same way as those of a git remote, with every rule that holds there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final, Protocol

from pack.connector import Connector
from pack.core.core import Core
from pack.core.memo import Memo
from pack.log import CommitFacts, LogQuery
from pack.mesh.intake import CheckMerge
from pack.model import CommitId
from pack.provenance import is_ours
from pack.remote.decision import Permission
from pack.remote.merge_store import MergeStore
from pack.remote.remote import Outcome, Remote
from pack.truth.lines import with_merge_rules
from pack.use_cases.exchange import Exchanger, refuse_outgoing
from pack.use_cases.merging import MergeVerdict, Merging

_REMEMBERED: Final = 1024
FindHead = Callable[[CommitId, str], Remote]
"""A head that is here as a remote that was fetched, and whose it is."""


class CommitStore(Connector, MergeStore, Protocol):
    """A store that knows commits, and makes merges."""

    def tree_id(self, commit: CommitId) -> str:
        """The id of a commit's tree.

        Raises:
            NotFound: There is no such commit.
        """
        ...


class ExchangedHead:
    """See `MemoryHead`.

    Args:
        core: The memory.
        store: Its commits.
        find_head: Gives a head as a remote.
    """

    def __init__(self, core: Core, store: CommitStore, find_head: FindHead) -> None:
        self._core = core
        self._store = store
        self._find_head = find_head
        self._heights: dict[CommitId, int] = {}
        self._last: tuple[CommitId, int] | None = None

    def head(self) -> CommitId | None:
        """See `MemoryHead.head`."""
        return self._core.connector.head()

    def height(self, commit: CommitId) -> int:
        """See `MemoryHead.height`."""
        if commit not in self._heights:
            if len(self._heights) >= _REMEMBERED:
                self._heights.clear()
            self._heights[commit] = self._counted(commit)
            self._last = commit, self._heights[commit]
        return self._heights[commit]

    def _counted(self, commit: CommitId) -> int:
        """Counted on from the last one, as most often one write lies between them."""
        last = self._last
        if last is not None and self.contains(last[0], commit):
            return last[1] + self.count(commit, last[0])
        return self._store.height([commit])

    def tree(self, commit: CommitId) -> str:
        """See `MemoryHead.tree`."""
        return self._store.tree_id(commit)

    def contains(self, ancestor: CommitId, commit: CommitId) -> bool:
        """See `MemoryHead.contains`."""
        return self._find_head(commit, "").is_ancestor(ancestor, commit)

    def count(self, commit: CommitId, without: CommitId) -> int:
        """See `MemoryHead.count`."""
        return self._find_head(commit, "").count(commit, without)

    def own(self, head: CommitId, without: Sequence[CommitId]) -> Iterator[CommitFacts]:
        """See `MemoryHead.own`."""
        if any(self.contains(head, known) for known in without):
            return
        since = without[0] if without else None
        for one in self._core.connector.log(LogQuery(head, since)):
            is_known = any(self.contains(one.id, known) for known in without)
            if len(one.parents) < 2 and not is_known:
                yield one

    def merged(self, one: CommitId, other: CommitId) -> CommitId:
        """See `MemoryHead.merged`."""
        merging = Merging(self._core, self._store)
        plan = merging.plan(one, other)
        first = plan.commit.parents[0]
        return self._store.prepare(first, plan.commit, merging.changes(plan, first))

    def take_in(self, head: CommitId, label: str, *, unrelated: bool = False) -> str:
        """See `MemoryHead.take_in`."""
        remote = self._find_head(head, label)
        branch = remote.branch()
        allowed = Permission(unrelated=unrelated)
        done = Exchanger(self._core, remote, branch, allowed, lambda _: None).run()
        if done.outcome is Outcome.WAITING:
            return f"{label}: {done.reason} {done.remedy}".strip()
        if done.stop is not None and not self.contains(head, self.head() or head):
            return f"{label}: {done.stop.reason} {done.stop.remedy}".strip()
        return ""

    def is_fresh(self) -> bool:
        """See `MemoryHead.is_fresh`."""
        head = self.head()
        if head is None or self.height(head) > 1:
            return head is None
        (begun,) = self._core.connector.log(LogQuery(head, limit=1))
        return is_ours(begun.message)

    def refuse_outgoing(self, head: CommitId, without: CommitId | None) -> str:
        """See `MemoryHead.refuse_outgoing`."""
        remote = self._find_head(head, "")
        stop = refuse_outgoing(self._core.connector, remote, head, without, "other peers")
        return f"{stop.reason} {stop.remedy}" if stop is not None else ""


def merge_check(core: Core, store: CommitStore) -> CheckMerge:
    """What computes merges again whose commits may not be in the memory yet.

    Args:
        core: The memory.
        store: Where the commits are, and all that leads to them.
    """
    # What is found out there is not the memory's to know: the store is gone after the check.
    apart = replace(core, connector=store, memo=Memo())
    merging = Merging(with_merge_rules(apart), store)

    def check(facts: CommitFacts) -> bool:
        return merging.verdict(facts.id) is not MergeVerdict.FALSE

    return check
