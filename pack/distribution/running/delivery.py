"""Carrying out what was chosen, each step so that a run that was killed goes on from there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from pack.distribution.notices.pull_request import is_withdrawn, withdrawn
from pack.distribution.ports import Downstream, PullRequest, PullRequests, WantedCommit
from pack.distribution.running.offers import OpenOffers
from pack.distribution.running.standing import ChosenStep, OfferStep, OpenOffer
from pack.distribution.values import PullRequestText
from pack.model import CommitId


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is to be delivered.

    Attributes:
        commit: The commit.
        text: The pull request.
        base: The branch that it goes to.
        may_merge: Whether the host may merge it by itself.
        is_finished: Whether labels and reviewers of an offer like it were asked for already.
    """

    commit: WantedCommit
    text: PullRequestText
    base: str
    may_merge: bool
    is_finished: bool


@dataclass(frozen=True, slots=True)
class Handed:
    """What was delivered.

    Attributes:
        branch: The branch; `None` where nothing is offered.
        commit: Where it is.
        url: Where people see the pull request.
        notes: What could not be done.
    """

    branch: str | None = None
    commit: CommitId | None = None
    url: str | None = None
    notes: tuple[str, ...] = ()


def deliver(
    downstream: Downstream, choice: ChosenStep, offers: OpenOffers, parcel: Parcel
) -> Handed:
    """Do what was chosen.

    Raises:
        StaleBase: A branch moved meanwhile; it stays as it is.
        ConnectorError, RefusedForSafety: The downstream failed or refused.
    """
    courier = _Courier(downstream, parcel)
    handed = courier.carry_out(choice, offers)
    return replace(handed, notes=(*handed.notes, *courier.clear_away(offers)))


class _Courier:
    """Delivers to one downstream."""

    def __init__(self, downstream: Downstream, parcel: Parcel) -> None:
        self._downstream = downstream
        self._parcel = parcel
        self._pulls: PullRequests | None = downstream.pull_requests

    def carry_out(self, choice: ChosenStep, offers: OpenOffers) -> Handed:
        """Do what was chosen about the offer that counts."""
        offer = offers.current
        if choice.step is OfferStep.OPEN:
            return self._open(offers.leftover)
        if offer is None:
            return Handed()
        if choice.step is OfferStep.UPDATE:
            return self._update(offer, offers.leftover)
        if choice.step is OfferStep.WITHDRAW:
            withdraw(self._downstream, offer, choice.why)
            return Handed()
        url = offer.pull.url if offer.pull is not None else None
        here = Handed(offer.branch, offer.head, url)
        if offer.is_touched:
            leave_to_people(self._downstream, offer)
        if choice.step in (OfferStep.LEAVE, OfferStep.WAIT):
            self._say(offer, choice.why)
        elif offer.pull is not None and not offer.is_touched and not self._parcel.is_finished:
            here = replace(here, notes=tuple(self._finish(offer.pull)))
        return here

    def clear_away(self, offers: OpenOffers) -> Iterator[str]:
        """Take back what another offer replaces; returns what was left to people."""
        for offer in offers.others:
            if offer.is_touched:
                leave_to_people(self._downstream, offer)
                yield f"{offer.branch} has commits of others, so it is left to them"
            else:
                withdraw(self._downstream, offer, f"{self._parcel.text.branch} replaces this")

    def _open(self, leftover: CommitId | None) -> Handed:
        parcel = self._parcel
        commit = self._downstream.commit(parcel.commit)
        if leftover != commit:
            self._downstream.move_branch(parcel.text.branch, commit, leftover)
        if self._pulls is None:
            return Handed(parcel.text.branch, commit)
        pull = self._pulls.open(parcel.text, parcel.base)
        return Handed(parcel.text.branch, commit, pull.url, tuple(self._finish(pull)))

    def _update(self, offer: OpenOffer, leftover: CommitId | None) -> Handed:
        parcel = self._parcel
        commit = self._downstream.commit(parcel.commit)
        if self._pulls is not None and offer.pull is not None:
            if not parcel.may_merge:
                self._pulls.leave_to_people(offer.pull)
            if offer.head != commit:
                self._downstream.move_branch(offer.branch, commit, offer.head)
            pull = self._pulls.edit(offer.pull, replace(parcel.text, branch=offer.branch))
            return Handed(offer.branch, commit, pull.url, tuple(self._finish(pull)))
        branch = parcel.text.branch
        is_same = branch == offer.branch
        self._downstream.move_branch(branch, commit, offer.head if is_same else leftover)
        if not is_same:
            self._downstream.delete_branch(offer.branch, offer.head)
        return Handed(branch, commit)

    def _finish(self, pull: PullRequest) -> Iterator[str]:
        """Reviewers, the merge by the host, and labels; returns what could not be done."""
        if self._pulls is None:
            return
        text = self._parcel.text
        yield from self._pulls.ask(pull, text.reviewers) if text.reviewers else ()
        if self._parcel.may_merge and (why := self._pulls.merge_when_ready(pull)):
            yield why
        yield from self._pulls.label(pull, text.labels)

    def _say(self, offer: OpenOffer, why: str) -> None:
        if self._pulls is not None and offer.pull is not None:
            self._pulls.comment(offer.pull, why)


def withdraw(downstream: Downstream, offer: OpenOffer, why: str) -> None:
    """Take an offer back, which nobody else has pushed to."""
    pulls = downstream.pull_requests
    if pulls is not None and offer.pull is not None:
        if not is_withdrawn(offer.pull):
            pulls.edit(offer.pull, withdrawn(offer.pull))
        pulls.comment(offer.pull, why)
        pulls.close(offer.pull)
    elif pulls is None:
        downstream.delete_branch(offer.branch, offer.head)


def leave_to_people(downstream: Downstream, offer: OpenOffer) -> None:
    """Have the host not merge what people pushed, as that was never checked."""
    pulls = downstream.pull_requests
    if pulls is not None and offer.pull is not None:
        pulls.leave_to_people(offer.pull)
