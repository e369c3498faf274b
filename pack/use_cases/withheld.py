"""The proposals of the merges in the history, here too: what each of them withheld from the files.

A merge names them, and they follow from it. So whoever has the merge makes them, whether it was
made here or came: over a remote, from a peer, or with the person's own git. An exchange does so
before the branch moves, and first for what is there already; so none is missing after a crash. All
commits are looked at that are new since the last time, and what is kept of them stays.

What the person accepted is in a commit, which takes it off the list wherever that comes. What they
refused, or a writer withdrew, is known on this machine alone.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from typing import Final

from pack.core.core import Core
from pack.errors import NotFound, StaleBase
from pack.log import CommitFacts, LogQuery
from pack.model import ABSENT, CommitId, Put
from pack.proposals.proposal import ProposalStatus
from pack.proposals.shelf import OPEN
from pack.proposals.withheld import WithheldText, withheld_in
from pack.remote.merge_store import MergeProposal, MergeStore
from pack.use_cases.merging import IDENTITY, Merging, PlannedMerge

logger = logging.getLogger(__name__)
_ABOUT: Final = "refs/pack/proposals"
"""What the catalog remembers is about a file, or about something that cannot be one."""
_LOOKED_AT: Final = "looked at"


class WithheldProposals:
    """Keeps the proposals of one memory as its merges say.

    Args:
        core: The memory.
        store: Its commits.
        merging: Computes merges of them.
    """

    def __init__(self, core: Core, store: MergeStore, merging: Merging) -> None:
        self._core = core
        self._store = store
        self._merging = merging

    def bring_up(self, head: CommitId | None) -> Sequence[str]:
        """Have the proposals of all merges that were not looked at yet; the ids of the new ones.

        Args:
            head: Where the branch is, or will be.

        Raises:
            RepositoryBusy: Another process writes.
            ConnectorError: The store failed. The next time goes on from there.
        """
        known = self._core.catalog.remembered(_ABOUT).get(_LOOKED_AT)
        if head is None or head == known:
            return ()
        found = _History(self._core, head, CommitId(known) if known else None)
        accepted, merges, made = found.accepted(found.new), [*found.merges()], list[str]()
        if accepted or merges:
            with self._core.connector.exclusive():
                self._close(accepted)
                made += [name for merge in merges for name in self._propose(merge, found)]
        self._core.catalog.remember(_ABOUT, _LOOKED_AT, head)
        return tuple(dict.fromkeys(made))

    def _close(self, accepted: Collection[str]) -> None:
        """Take off the list what the person accepted, here or elsewhere."""
        shelf = self._core.proposals
        for name in shelf.names().keys() & accepted:
            with suppress(NotFound, StaleBase):  # no proposal, or somebody decides on it now
                shelf.close(shelf.find(name), ProposalStatus.ACCEPTED)

    def _propose(self, merge: CommitFacts, found: _History) -> Iterator[str]:
        """Have what a merge withheld; the ids of what was not here."""
        there, decided = self._core.proposals.names(), self._core.proposals.decided()
        wanted = {
            name
            for name in withheld_in(merge.message)
            if name not in decided and (name in there or name not in found.accepted_ever)
            if name not in there or self._is_better(merge.id, there[name], name, found)
        }
        plan = self._plan(merge) if wanted else None
        if plan is None:
            return
        for text in plan.withheld:
            if text.id in wanted:
                with suppress(StaleBase):  # somebody decides on it now
                    self._store.propose(_proposal(text, merge.id, plan), there.get(text.id))
                    yield from [text.id] if text.id not in there else ()

    def _is_better(self, merge: CommitId, there: CommitId, name: str, found: _History) -> bool:
        """Whether a proposal that is there is to be as this merge makes it.

        Of several merges, the one with the smallest id counts, and one that came to nothing does
        not. What was changed here since stays as it is.
        """
        base = next(iter(self._facts(there).parents), merge)
        if base == merge or name not in withheld_in(self._facts(base).message):
            return False
        return merge < base or not self._is_in_history(base, found.head)

    def _is_in_history(self, merge: CommitId, coming: CommitId) -> bool:
        """Whether a merge leads to what is coming, or to where the branch still is."""
        heads = (coming, self._core.connector.head())
        return any(merge in self._store.merge_bases(merge, [head]) for head in heads if head)

    def _facts(self, commit: CommitId) -> CommitFacts:
        (facts,) = self._core.connector.log(LogQuery(commit, limit=1))
        return facts

    def _plan(self, merge: CommitFacts) -> PlannedMerge | None:
        """What a merge is made of; `None` if it is another than it says, or cannot be computed."""
        try:
            plan = self._merging.plan_of(merge)
        except NotFound as error:
            logger.warning("what the merge %s withheld cannot be proposed: %s", merge.id, error)
            return None
        if plan is None:
            logger.warning("%s is not the merge of its parents, and proposes nothing", merge.id)
        return plan


class _History:
    """The commits that are new, and what the person accepted in any.

    Attributes:
        head: The newest of them.
        new: They, the newest first.
    """

    def __init__(self, core: Core, head: CommitId, known: CommitId | None) -> None:
        self._core = core
        self.head = head
        try:
            self.new = list(core.connector.log(LogQuery(head, known)))
        except NotFound:  # a history that was rewritten
            self.new = list(core.connector.log(LogQuery(head)))

    def merges(self) -> Iterator[CommitFacts]:
        """The new commits that withhold something, the oldest first."""
        return (one for one in reversed(self.new) if next(withheld_in(one.message), None))

    def accepted(self, commits: Sequence[CommitFacts]) -> Collection[str]:
        """The proposals that the person accepted in some commits."""
        return self._core.merge_rules().accepted(commits)

    @cached_property
    def accepted_ever(self) -> Collection[str]:
        """Those that they accepted in any commit."""
        return self.accepted(list(self._core.connector.log(LogQuery(self.head))))


def _proposal(text: WithheldText, merge: CommitId, plan: PlannedMerge) -> MergeProposal:
    change = Put(text.path, text.content, plan.files.get(text.path, ABSENT))
    message, author = text.message(merge), text.origin.author
    seconds = plan.commit.seconds
    return MergeProposal(f"{OPEN}/{text.id}", merge, change, message, author, IDENTITY, seconds)
