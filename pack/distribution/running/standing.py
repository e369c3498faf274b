"""What is done about a rule in one downstream: a table over how things stand there.

Only ours is ever touched. What people pushed to, closed or took back is theirs, and they are told
what waits.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pack.distribution.ports import PullRequest
from pack.model import CommitId


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """What is offered to a downstream, and not merged: a branch of ours.

    Attributes:
        branch: The branch.
        head: Where it is.
        version: The version that it brings.
        is_touched: Whether somebody else has pushed to it.
        is_wanted: Whether it brings exactly what is to be brought now.
        pull: Its pull request; `None` where there is none yet, or no host.
    """

    branch: str
    head: CommitId
    version: str
    is_touched: bool
    is_wanted: bool
    pull: PullRequest | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """How things stand in a downstream.

    Attributes:
        version: The version that is to be brought.
        has_change: Whether the default branch lacks something of it.
        offer: What is offered already.
        refused: The versions that people closed, or merged and took back.
    """

    version: str
    has_change: bool
    offer: OpenOffer | None
    refused: Collection[str] = ()


class OfferStep(StrEnum):
    """What is done."""

    NOTHING = "nothing"
    OPEN = "open"
    UPDATE = "update"
    WITHDRAW = "withdraw"
    LEAVE = "leave"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class ChosenStep:
    """What is done, and why.

    Attributes:
        step: What is done.
        why: Why, for people; empty where nothing is odd.
    """

    step: OfferStep
    why: str = ""


_NOTHING: Final = ChosenStep(OfferStep.NOTHING)


def choose(now: Situation) -> ChosenStep:
    """What is done about a rule in a downstream."""
    offer = now.offer
    if offer is None:
        return _without_offer(now)
    if offer.is_touched:
        return _beside_people(now, offer)
    if not now.has_change:
        return ChosenStep(OfferStep.WITHDRAW, f"nothing of {offer.version} is left to bring")
    if now.version != offer.version and now.version in now.refused:
        return _refused(now)
    return _NOTHING if offer.is_wanted else ChosenStep(OfferStep.UPDATE)


def _without_offer(now: Situation) -> ChosenStep:
    if not now.has_change:
        return _NOTHING
    return _refused(now) if now.version in now.refused else ChosenStep(OfferStep.OPEN)


def _refused(now: Situation) -> ChosenStep:
    return ChosenStep(
        OfferStep.NOTHING, f"people closed or took back {now.version}, so it stays away"
    )


def _beside_people(now: Situation, offer: OpenOffer) -> ChosenStep:
    """The branch has commits of others, so that it is theirs."""
    if offer.is_wanted:
        return _NOTHING
    its = f"{offer.branch} has commits of others"
    is_waiting = now.has_change and now.version not in (offer.version, *now.refused)
    if is_waiting:
        return ChosenStep(OfferStep.WAIT, f"{now.version} waits: {its}; merge or close it first")
    return ChosenStep(OfferStep.LEAVE, f"{its}, so it is left to them")
