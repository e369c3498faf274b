"""Offers and grants: who, when and by whom; said by a person, and never forgotten."""

from contextlib import nullcontext
from datetime import UTC, datetime, timedelta

import pytest

from pack.errors import InvalidRequest, NotFound, RefusedForSafety
from pack.kits.sharing.offers import KitOffers
from pack.kits.shipment import Shipment, ShippedFile, unpack
from pack.provenance import Origin, Source

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Kept:
    def __init__(self):
        self.kept = []

    def offers(self):
        return self.kept

    def set_offers(self, offers):
        self.kept = list(offers)

    def exclusive(self):
        return nullcontext()


def kit(name="handbook", visibility="private", source="/kits/handbook"):
    manifest = f"schema: 1\nname: {name}\nversion: 1.0.0\nvisibility: {visibility}\n"
    files = {"kit.yaml": ShippedFile(manifest.encode()), "a.md": ShippedFile(b"# A\n")}
    return unpack(Shipment(source, None, None, files, name))


class Desk:
    def __init__(self, source=Source.USER):
        self.state, self.now = Kept(), NOW
        self.offers = self.by("Ann", source)

    def by(self, who, source=Source.USER):
        return KitOffers(self.state, Origin(source, "cli"), who, self.clock)

    def clock(self):
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture
def desk():
    return Desk()


def test_grants_say_who_when_and_by_whom(desk):
    desk.offers.offer(kit())
    assert desk.offers.grant("handbook", "desk").is_new
    assert not desk.offers.grant("handbook", "desk").is_new
    desk.by("Bob").revoke("handbook", "desk")
    (grant,) = desk.offers.get("handbook").grants
    assert (grant.peer, grant.by, grant.revoked_by) == ("desk", "Ann", "Bob")
    assert grant.at < grant.revoked_at
    with pytest.raises(NotFound, match="a grant of handbook"):
        desk.offers.revoke("handbook", "desk")


def test_a_dry_run_changes_nothing(desk):
    assert desk.offers.offer(kit(), dry_run=True).is_new
    assert desk.state.kept == []
    desk.offers.offer(kit())
    before = list(desk.state.kept)
    assert desk.offers.grant("handbook", "desk", dry_run=True).offer.is_granted_to("desk")
    desk.offers.withdraw("handbook", dry_run=True)
    assert desk.state.kept == before


@pytest.mark.parametrize("source", [Source.AI_LOCAL, Source.AI_LAN, Source.AI_CLOUD])
def test_an_agent_offers_and_grants_nothing(desk, source):
    desk.offers.offer(kit())
    agent = desk.by("agent", source)
    for call in (
        lambda: agent.offer(kit("other")),
        lambda: agent.grant("handbook", "desk"),
        lambda: agent.revoke("handbook", "desk"),
        lambda: agent.withdraw("handbook"),
    ):
        with pytest.raises(RefusedForSafety, match="for the person to say"):
            call()


def test_what_is_not_offered_cannot_be_granted(desk):
    with pytest.raises(NotFound):
        desk.offers.grant("handbook", "desk")
    desk.offers.offer(kit("open", "public"))
    with pytest.raises(InvalidRequest, match="every peer may have it"):
        desk.offers.grant("open", "desk")


def test_a_name_cannot_come_to_mean_another_kit_under_grants(desk):
    desk.offers.offer(kit())
    desk.offers.grant("handbook", "desk")
    with pytest.raises(InvalidRequest, match="withdraw that first"):
        desk.offers.offer(kit(source="/kits/other"))
    desk.offers.withdraw("handbook")
    desk.offers.offer(kit(source="/kits/other"))
    found = desk.offers.get("handbook")
    assert not found.is_granted_to("desk")
    assert len(found.grants) == 1  # what was, is still known


def test_only_offering_again_widens_who_may_have_a_kit(desk):
    desk.offers.offer(kit())
    desk.offers.grant("handbook", "desk")
    assert not desk.offers.offer(kit()).is_new
    desk.offers.offer(kit(visibility="unlisted"))
    assert desk.offers.get("handbook").admits("phone")
    desk.offers.offer(kit())
    assert not desk.offers.get("handbook").admits("phone")
    assert desk.offers.get("handbook").admits("desk")


def test_a_withdrawn_kit_is_kept_and_not_listed(desk):
    desk.offers.offer(kit())
    desk.offers.withdraw("handbook")
    assert desk.offers.offered() == []
    assert [(one.name, one.withdrawn_by) for one in desk.state.kept] == [("handbook", "Ann")]
    with pytest.raises(NotFound):
        desk.offers.withdraw("handbook")
