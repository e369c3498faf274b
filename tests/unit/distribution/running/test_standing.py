"""The table of what is done about a rule in one downstream."""

import itertools

import pytest

from pack.distribution.running.standing import OfferStep, OpenOffer, Situation, choose
from pack.model import CommitId

NEW, OLD = "v2.0.0", "v1.0.0"


def offer(version, *, touched=False, wanted=False):
    return OpenOffer(f"m-sync/{version}/r", CommitId("a" * 40), version, touched, wanted)


ROWS = [
    # what is offered, whether something is missing, what people refused → what is done
    (None, False, (), OfferStep.NOTHING),
    (None, True, (), OfferStep.OPEN),
    (None, True, (OLD,), OfferStep.OPEN),
    (None, True, (NEW,), OfferStep.NOTHING),
    (None, False, (NEW,), OfferStep.NOTHING),
    (offer(OLD), False, (), OfferStep.WITHDRAW),
    (offer(NEW), False, (), OfferStep.WITHDRAW),
    (offer(OLD), True, (), OfferStep.UPDATE),
    (offer(NEW), True, (), OfferStep.UPDATE),
    (offer(NEW, wanted=True), True, (), OfferStep.NOTHING),
    (offer(OLD), True, (NEW,), OfferStep.NOTHING),
    (offer(OLD, touched=True), True, (), OfferStep.WAIT),
    (offer(OLD, touched=True), True, (NEW,), OfferStep.LEAVE),
    (offer(OLD, touched=True), False, (), OfferStep.LEAVE),
    (offer(NEW, touched=True), True, (), OfferStep.LEAVE),
    (offer(NEW, touched=True), False, (), OfferStep.LEAVE),
    (offer(NEW, touched=True, wanted=True), True, (), OfferStep.NOTHING),
]


@pytest.mark.parametrize(("there", "has_change", "refused", "step"), ROWS)
def test_what_is_done(there, has_change, refused, step):
    assert choose(Situation(NEW, has_change, there, refused)).step is step


def test_nothing_is_ever_done_to_a_branch_that_people_pushed_to():
    flags = (False, True)
    for version, wanted, has_change, refused in itertools.product(
        (OLD, NEW), flags, flags, ((), (NEW,), (OLD, NEW))
    ):
        there = offer(version, touched=True, wanted=wanted)
        found = choose(Situation(NEW, has_change, there, refused)).step
        assert found in (OfferStep.NOTHING, OfferStep.LEAVE, OfferStep.WAIT)


def test_whoever_has_to_wait_is_told_why():
    for there, has_change, refused, step in ROWS:
        found = choose(Situation(NEW, has_change, there, refused))
        is_odd = step in (OfferStep.WAIT, OfferStep.LEAVE, OfferStep.WITHDRAW)
        assert bool(found.why) or not is_odd
    told = choose(Situation(NEW, has_change=True, offer=offer(OLD, touched=True))).why
    assert NEW in told
    assert "m-sync/v1.0.0/r" in told
