"""What is offered to a downstream already, and what people said to it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from pack.distribution.notices.pull_request import is_withdrawn
from pack.distribution.notices.safe_text import plain_name
from pack.distribution.ports import (
    Downstream,
    DownstreamCommit,
    PullRequest,
    PullRequests,
    PullState,
)
from pack.distribution.reconciling.sync_state import state_path
from pack.distribution.running.standing import OpenOffer
from pack.distribution.running.sync_commit import is_ours, mark_of
from pack.distribution.running.view import DownstreamView
from pack.model import CommitId, blob_id

_RELEASE: Final = re.compile(r"^\*\*Source release:\*\* (\S+)\s*$", re.MULTILINE)
_EPOCH: Final = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WantedFiles:
    """What the default branch lacks.

    Attributes:
        version: The version that brings it.
        writes: Bytes by path.
        removes: Paths that go.
    """

    version: str
    writes: Mapping[str, bytes]
    removes: Sequence[str]

    def are_in(self, view: DownstreamView) -> bool:
        """Whether a commit has them all."""
        has_all = all(view.blob(path) == blob_id(text) for path, text in self.writes.items())
        return has_all and not any(path in view.files for path in self.removes)


@dataclass(frozen=True, slots=True)
class OpenOffers:
    """What is offered, and what people said to earlier offers.

    Attributes:
        current: The offer that counts; `None` for none.
        others: More of ours, which it replaces.
        refused: Versions that people closed; what was withdrawn is none of them.
        merged: Versions that they merged; they may have taken them back since.
        leftover: Where the branch of the wanted version is, if nothing is offered on it any more.
    """

    current: OpenOffer | None
    others: Sequence[OpenOffer]
    refused: Set[str]
    merged: Set[str]
    leftover: CommitId | None = None


class OfferFinder:
    """Finds the offers of one rule in one downstream.

    Args:
        downstream: The downstream.
        base: Its default branch.
        rule_id: The rule.
        prefix: How our branches begin.
        landed: The version that the default branch has; `None` for none.
    """

    def __init__(
        self,
        downstream: Downstream,
        base: DownstreamView,
        rule_id: str,
        prefix: str,
        landed: str | None,
    ) -> None:
        self._downstream = downstream
        self._base = base
        self._rule_id = rule_id
        self._ending = f"/{rule_id}"
        self._prefix = prefix
        self._landed = landed

    def find(self, wanted: WantedFiles, branch: str) -> OpenOffers:
        """The offers.

        Args:
            wanted: What is to be brought now.
            branch: The branch that it would be offered on.
        """
        pulls = self._downstream.pull_requests
        if pulls is None:
            return self._on_branches(wanted, branch)
        return self._on_host(pulls, wanted, branch)

    # --- a host --------------------------------------------------------------------------------

    def _on_host(self, pulls: PullRequests, wanted: WantedFiles, branch: str) -> OpenOffers:
        found = [one for one in pulls.list(self._prefix) if one.branch.endswith(self._ending)]
        by_state: dict[PullState, list[PullRequest]] = {state: [] for state in PullState}
        for pull in found:
            by_state[pull.state].append(pull)
        heads = self._downstream.branches(self._prefix) if by_state[PullState.OPEN] else {}
        offers = [
            self._offer(one.branch, head, wanted, one)
            for one in by_state[PullState.OPEN]
            if (head := heads.get(one.branch, one.head)) is not None
        ]
        offered = {offer.branch for offer in offers}
        leftover = self._downstream.branches(branch).get(branch) if branch not in offered else None
        if leftover is not None and not offers:
            alone = self._offer(branch, leftover, wanted)
            offers += [alone] if alone.is_touched else []  # theirs, although its name is ours
        current, others = self._chosen(offers, wanted.version)
        said = partial(self._version_of, version=wanted.version, branch=branch)
        return OpenOffers(
            current,
            others,
            {said(one) for one in by_state[PullState.CLOSED] if not is_withdrawn(one)},
            {said(one) for one in by_state[PullState.MERGED]},
            leftover,
        )

    def _version_of(self, pull: PullRequest, version: str, branch: str) -> str:
        """What a pull request brought; `version` if it says that as a text or a branch can."""
        said = _RELEASE.search(pull.body)
        found = said[1] if said else self._version_in(pull.branch)
        return version if found in (plain_name(version), self._version_in(branch)) else found

    # --- branches alone ------------------------------------------------------------------------

    def _on_branches(self, wanted: WantedFiles, branch: str) -> OpenOffers:
        heads = self._downstream.branches(self._prefix)
        ours = {name: head for name, head in heads.items() if name.endswith(self._ending)}
        ahead = {name: head for name, head in ours.items() if self._is_ahead(head)}
        all_offers = [self._offer(name, head, wanted) for name, head in ahead.items()]
        # Of the version that has landed, a branch is left over; what people pushed to the one
        # that would be written now is theirs nevertheless.
        offers = [
            offer
            for offer in all_offers
            if offer.version != self._landed or (offer.is_touched and offer.branch == branch)
        ]
        current, others = self._chosen(offers, wanted.version)
        is_offered = any(offer.branch == branch for offer in offers)
        return OpenOffers(current, others, set(), set(), None if is_offered else heads.get(branch))

    def _version_in(self, branch: str) -> str:
        return branch.removeprefix(self._prefix).removesuffix(self._ending)

    # --- both ----------------------------------------------------------------------------------

    def _offer(
        self, branch: str, head: CommitId, wanted: WantedFiles, pull: PullRequest | None = None
    ) -> OpenOffer:
        commits = list(self._downstream.log(head, self._base.commit))
        marks = [mark for commit in commits if (mark := mark_of(commit.message)) is not None]
        version = marks[0].version if marks else self._version_in(branch)
        is_touched = not all(map(is_ours, commits))
        has_all = wanted.are_in(DownstreamView(self._downstream, head))
        is_wanted = version == wanted.version and has_all and self._is_mergeable(commits)
        if pull is not None and is_withdrawn(pull):
            is_wanted = False  # somebody opened it again, and its text must say so
        return OpenOffer(branch, head, version, is_touched, is_wanted, pull)

    def _is_mergeable(self, commits: Sequence[DownstreamCommit]) -> bool:
        """Whether an offer was made on the state that the default branch has.

        After a rollback it may have every file that is wanted, and merging it would not bring
        them: what it does not change itself stays as the rollback has it.
        """
        if not commits or not commits[-1].parents:
            return True
        below = DownstreamView(self._downstream, commits[-1].parents[0])
        path = state_path(self._rule_id)
        return below.blob(path) == self._base.blob(path)

    def _is_ahead(self, head: CommitId) -> bool:
        return next(self._downstream.log(head, self._base.commit), None) is not None

    def _chosen(
        self, offers: Sequence[OpenOffer], version: str
    ) -> tuple[OpenOffer | None, Sequence[OpenOffer]]:
        """The one that counts, and the rest: that of the version, else of the newest release."""
        ordered = sorted(offers, key=lambda one: (one.version == version, self._date(one.head)))
        return (ordered[-1], ordered[:-1]) if ordered else (None, ())

    def _date(self, head: CommitId) -> datetime:
        latest: Iterator[datetime] = (one.at for one in self._downstream.log(head))
        return next(latest, _EPOCH)
