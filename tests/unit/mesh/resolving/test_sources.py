"""Whose word about an address counts."""

from dataclasses import replace

import pytest

from pack.mesh.announcement import Announcement
from pack.mesh.members.group import Role
from pack.mesh.resolving.policy import Discovery, FindingPolicy
from pack.mesh.resolving.sources import (
    Member,
    find_best,
    find_gossip,
    find_hub,
    find_manual,
    find_mdns,
)
from pack.mesh.state import LearnedAddress, PeerRecord, PeerSource
from tests.mesh_support import commit_id, peer, public_key

DESK, LAPTOP = peer("desk"), public_key("laptop").peer
POLICY = FindingPolicy()
NOBODY = Member(DESK, PeerRecord(DESK.id, source=PeerSource.GOSSIP), None)


def said(n, endpoint="http://said:1"):
    one = commit_id("one")
    return Announcement(one, DESK.id, n, one, 1, one, one, "2026-01-01T00:00:00Z", endpoint)


def told(source, n=3, endpoint="http://told:1"):
    return LearnedAddress(endpoint, n, "signature", PeerSource(source), 1, LAPTOP)


def member(**fields):
    record = {
        one: fields.pop(one) for one in ("endpoint", "source", "told", "sighted") if one in fields
    }
    return replace(NOBODY, record=replace(NOBODY.record, **record), **fields)


BY_HAND = {"endpoint": "http://hand:1", "source": PeerSource.MANUAL}


@pytest.mark.parametrize(
    ("given", "endpoint", "source"),
    [
        ({**BY_HAND, "told": told("hub", 9), "said": said(9)}, "http://hand:1", "manual"),
        ({"told": told("hub"), "said": said(3)}, "http://told:1", "hub"),
        ({"told": told("hub", 3), "said": said(4)}, "http://said:1", "gossip"),
        ({"told": told("gossip", 4), "said": said(3)}, "http://told:1", "gossip"),
        ({"told": told("gossip", 2), "said": said(3)}, "http://said:1", "gossip"),
        ({"endpoint": "http://it:1", "said": said(1)}, "http://said:1", "gossip"),
        ({"endpoint": "http://it:1", "said": said(1, "")}, "http://it:1", "gossip"),
        ({"endpoint": "http://it:1"}, "http://it:1", "gossip"),
    ],
)
def test_a_person_before_a_hub_and_that_before_gossip_unless_it_is_newer(given, endpoint, source):
    found = find_best(member(**given), POLICY)
    assert (found.endpoint, found.source) == (endpoint, source)


LAN = "http://192.168.1.7:3005"


@pytest.mark.parametrize(
    ("given", "source"),
    [
        ({**BY_HAND, "sighted": LAN}, "manual"),
        ({"told": told("hub"), "said": said(3), "sighted": LAN}, "hub"),
        ({"told": told("hub", 3), "said": said(4), "sighted": LAN}, "mdns"),
        ({"said": said(3), "sighted": LAN}, "mdns"),
        ({"sighted": LAN}, "mdns"),
        ({"said": said(3), "sighted": "http://169.254.169.254:80"}, "gossip"),
    ],
)
def test_the_local_network_comes_after_a_hub_and_before_gossip(given, source):
    found = find_best(member(**given), replace(POLICY, mdns=True))
    assert (found.source, found.ttl if source == "mdns" else 0) == (source, 0)
    assert find_mdns(member(**given), POLICY) is None


def test_each_source_alone_says_only_what_it_knows():
    whole = member(**BY_HAND, told=told("hub"), said=said(3))
    assert find_manual(whole, POLICY).ttl == 2
    assert (find_hub(whole, POLICY).ttl, find_hub(whole, POLICY).via) == (1, LAPTOP)
    assert find_gossip(whole, POLICY).endpoint == "http://said:1"
    for find in (find_manual, find_hub, find_gossip, find_best):
        assert find(NOBODY, POLICY) is None


@pytest.mark.parametrize(
    ("discovery", "endpoint"),
    [("hub", "http://told:1"), ("manual", "http://hand:1"), ("both", "http://hand:1")],
)
def test_a_person_says_whose_word_counts(discovery, endpoint):
    policy = replace(POLICY, discovery=Discovery(discovery))
    both = member(**BY_HAND, told=told("hub"))
    assert find_best(both, policy).endpoint == endpoint
    is_asked = find_hub(both, policy) is not None
    assert is_asked == (discovery != "manual")


def test_a_hub_is_where_a_person_says_also_where_only_hubs_count():
    policy = replace(POLICY, discovery=Discovery.HUB)
    hub = replace(member(**BY_HAND), peer=peer("desk", Role.HUB))
    assert find_best(hub, policy).source is PeerSource.MANUAL


def test_without_gossip_only_peers_that_were_met_are_believed_about_themselves():
    policy = replace(POLICY, gossip=False)
    met = member(said=said(3))
    met = replace(met, record=replace(met.record, accepts="digest"))
    assert find_best(met, policy).endpoint == "http://said:1"
    assert find_best(member(said=said(3)), policy) is None
    assert find_best(member(told=told("gossip")), policy) is None
    assert find_best(member(told=told("hub")), policy) is not None


def test_what_was_given_up_counts_once_something_newer_is_said():
    for number, is_found in ((3, False), (4, True)):
        for known in ({"said": said(number)}, {"told": told("gossip", number)}):
            found = find_best(member(**known, given_up=3), POLICY)
            assert (found is not None) == is_found


def test_an_announced_address_that_nobody_should_call_is_none():
    assert find_best(member(said=said(3, "http://169.254.169.254")), POLICY) is None
