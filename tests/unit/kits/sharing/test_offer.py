"""Who may have a kit follows from the person's word and from who asks, and from nothing else."""

from dataclasses import replace

import pytest

from pack.kits.manifest import Visibility
from pack.kits.sharing.offer import KitOffer, offer_for

PUBLIC, UNLISTED, PRIVATE = Visibility.PUBLIC, Visibility.UNLISTED, Visibility.PRIVATE
DESK, PHONE = "desk-id", "phone-id"


def offer(visibility, name="handbook"):
    return KitOffer(name, "/kits/handbook", "What for", visibility, "2026-01-01T00:00:00Z", "Ann")


@pytest.mark.parametrize(
    ("visibility", "admitted", "listed"),
    [(PUBLIC, True, True), (UNLISTED, True, False), (PRIVATE, False, False)],
)
def test_visibility_says_who_may_have_a_kit_and_who_is_told(visibility, admitted, listed):
    one = offer(visibility)
    assert (one.admits(DESK), one.is_listed_for(DESK)) == (admitted, listed)


def test_a_grant_is_for_one_peer_and_until_it_is_revoked():
    granted = offer(PRIVATE).granted(DESK, "t1", "Ann")
    assert granted.admits(DESK)
    assert granted.is_listed_for(DESK)
    assert not granted.admits(PHONE)
    assert not granted.is_listed_for(PHONE)
    revoked = granted.revoked(DESK, "t2", "Bob")
    assert not revoked.admits(DESK)
    assert [(g.at, g.by, g.revoked_at, g.revoked_by) for g in revoked.grants] == [
        ("t1", "Ann", "t2", "Bob")
    ]
    again = revoked.granted(DESK, "t3", "Ann")
    assert again.admits(DESK)
    assert len(again.grants) == 2


def test_a_kit_can_narrow_what_the_person_said_and_never_widen_it():
    """Its manifest may have come from anybody."""
    assert not offer(PRIVATE).admits(DESK, PUBLIC)
    assert not offer(PUBLIC).admits(DESK, PRIVATE)
    assert offer(PUBLIC).admits(DESK, UNLISTED)


def test_withdrawing_takes_all_grants_back():
    gone = offer(PRIVATE).granted(DESK, "t1", "Ann").granted(PHONE, "t1", "Ann")
    gone = gone.withdrawn("t2", "Ann")
    assert not gone.admits(DESK)
    assert not replace(gone, withdrawn_at="").admits(DESK)
    assert not offer(PUBLIC).withdrawn("t2", "Ann").admits(DESK)


@pytest.mark.parametrize("name", ["handbook", "never-was", "gone", "../handbook", "", "\0"])
def test_what_a_peer_may_not_have_is_as_what_never_was(name):
    offers = [offer(PRIVATE).granted(PHONE, "t", "Ann"), offer(PUBLIC, "gone").withdrawn("t", "A")]
    assert offer_for(offers, name, DESK) is None
    assert offer_for(offers, "handbook", PHONE) is offers[0]
