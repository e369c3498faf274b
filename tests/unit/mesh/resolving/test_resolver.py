"""The peers of a group with their addresses, and how they are."""

from datetime import UTC, datetime, timedelta

import pytest

from pack.mesh.resolving.resolver import Directory, MemberResolver, timed
from pack.mesh.resolving.sources import find_manual
from pack.mesh.state import PeerRecord, PeerStatus
from pack.times import format_time
from tests.finding_machines import Net
from tests.mesh_support import commit_id, public_key


@pytest.fixture
def net():
    made = Net("a", "b", "c")
    made.only_members()
    made.add("a", "b")
    return made


@pytest.fixture
def resolver(net):
    return net.machines["a"].mesh.book.resolver


def test_a_peer_is_known_with_all_that_an_exchange_needs(net, resolver):
    (one,) = resolver.all_peers()
    group = net.machines["a"].mesh.roster.membership().group
    assert (one.id, one.name, one.endpoint) == (net.id("b"), "b", "http://b:3005")
    assert (one.groups, one.key) == ((group,), public_key("b"))
    assert (one.token, one.status, one.source) == ("", "pending", "manual")
    assert list(resolver.peers_of(group)) == [one]
    assert resolver.peers_of(commit_id("other")) == []


def test_one_source_alone_can_be_asked(net):
    net.meet("a", "b")
    mesh = net.machines["a"].mesh
    directory = Directory(mesh.roster._ports, mesh.roster, mesh.outbox)
    by_hand = MemberResolver(directory, find_manual).all_peers()
    assert [one.name for one in by_hand] == ["b"]
    assert {one.name for one in MemberResolver(directory).all_peers()} == net.known("a")


def test_a_peer_is_online_until_it_was_silent_for_five_minutes(net, resolver):
    assert not resolver.is_online(net.id("b"))
    net.meet("a", "b")
    assert resolver.is_online(net.id("b"))
    net.machines["a"].now += 301
    assert not resolver.is_online(net.id("b"))


def test_whoever_wants_to_know_is_told_of_each_change_once(net, resolver):
    seen = []
    resolver.on_status_change(lambda peer, status: seen.append((peer, status)))
    resolver.all_peers()
    net.meet("a", "b")
    resolver.all_peers()
    net.machines["a"].now += 301
    resolver.all_peers()
    resolver.all_peers()
    assert seen == [(net.id("b"), PeerStatus.ACTIVE), (net.id("b"), PeerStatus.UNREACHABLE)]


@pytest.mark.parametrize("source", ["manual", "hub", "gossip"])
def test_silence_counts_whatever_the_source(source):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    peer, five = public_key("b").peer, timedelta(minutes=5)
    record = PeerRecord(
        peer, source=source, status=PeerStatus.ACTIVE, last_heartbeat_at=format_time(now)
    )
    assert timed(record, now + five, five).status is PeerStatus.ACTIVE
    for later in (now + five * 2, now - five * 2):
        assert timed(record, later, five).status is PeerStatus.UNREACHABLE
