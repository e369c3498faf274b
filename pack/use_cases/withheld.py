"""The proposals of the merges in the history, here too: what each of them withheld from the files.

A merge names them, and they follow from it. So whoever has the merge makes them, whether it was
made here or came: over a remote, from a peer, or with the person's own git. All commits are looked
at that are new since the last time, and only then is that time noted. So nothing is missing after
a crash, and what is there already stays.

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

    def bring_up(self) -> Sequence[str]:
        """Have the proposals of all merges that were not looked at yet; the ids of the new ones.

        Raises:
            RepositoryBusy: Another process writes.
            ConnectorError: The store failed. The next time goes on from there.
        """
        head = self._core.connector.head()
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
        }
        wanted = {name for name in wanted if self._is_wanted(merge.id, there.get(name), name)}
        plan = self._plan(merge) if wanted else None
        if plan is None:
            return
        for text in plan.withheld:
            if text.id in wanted:
                with suppress(StaleBase):  # somebody decides on it now
                    self._store.propose(_proposal(text, merge.id, plan), there.get(text.id))
                    yield from [text.id] if text.id not in there else ()

    def _is_wanted(self, merge: CommitId, there: CommitId | None, name: str) -> bool:
        """Whether a proposal is to be as this merge makes it.

        Of several merges, it is the one with the smallest id; unless it was changed here since.
        """
        if there is None:
            return True
        (made,) = self._core.connector.log(LogQuery(there, limit=1))
        base = next(iter(made.parents), merge)
        if merge >= base:  # or this very one
            return False
        (before,) = self._core.connector.log(LogQuery(base, limit=1))
        return name in withheld_in(before.message)

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
    """The commits that are new, and what the person accepted in any."""

    def __init__(self, core: Core, head: CommitId, known: CommitId | None) -> None:
        self._core = core
        self._head = head
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
        return self.accepted(list(self._core.connector.log(LogQuery(self._head))))


def _proposal(text: WithheldText, merge: CommitId, plan: PlannedMerge) -> MergeProposal:
    change = Put(text.path, text.content, plan.files.get(text.path, ABSENT))
    message, author = text.message(merge), text.origin.author
    seconds = plan.commit.seconds
    return MergeProposal(f"{OPEN}/{text.id}", merge, change, message, author, IDENTITY, seconds)
