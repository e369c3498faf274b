"""What others tell of addresses: what is believed of it."""

from dataclasses import replace

import pytest
from pack_connectors.peers.join_requests import JoinSigner

from pack.mesh.resolving.address import SaidAddress, ToldAddress
from pack.mesh.resolving.hearsay import Hearsay
from pack.mesh.state import PeerSource
from tests.finding_machines import Net
from tests.mesh_support import commit_id, private_key, public_key


@pytest.fixture
def net():
    made = Net("a", "b", "c")
    made.only_members()
    return made


def hearsay(net, name):
    mesh = net.machines[name].mesh
    return Hearsay(mesh.roster._ports, mesh.roster, mesh.outbox)


def told(net, name, n=9, endpoint="http://new:1", ttl=1, signer=None, group=None):
    group = group or net.machines["a"].mesh.roster.membership().group
    said = SaidAddress(group, public_key(name).peer, n, endpoint)
    signature = JoinSigner(private_key(signer or name)).sign_address(
        said, public_key(signer or name)
    )
    return ToldAddress(said, signature, ttl)


def take(net, *addresses, by="b", source=PeerSource.GOSSIP, **fields):
    return hearsay(net, "a").take(addresses, net.id(by), source, **fields)


def test_an_address_is_remembered_with_who_told_it_and_how_far_it_may_go(net):
    assert take(net, told(net, "c")) == 0
    record = net.record("a", "c")
    assert (record.endpoint, record.source) == ("http://new:1", PeerSource.GOSSIP)
    assert (record.gossip_ttl, record.discovered_via) == (1, net.id("b"))


def test_whoever_is_no_member_or_of_another_group_or_this_peer_is_left_aside(net):
    stranger = told(net, "stranger")
    other = told(net, "c", group=commit_id("other"))
    mine = told(net, "a")
    before = dict(net.machines["a"].disk.records)
    assert take(net, stranger, other, mine) == 0
    assert net.machines["a"].disk.records == before
    assert set(net.machines["a"].mesh.roster.version().group.peers) == {
        net.id(one) for one in "abc"
    }


def test_what_its_peer_did_not_sign_is_counted_and_not_believed(net):
    forged = told(net, "c", signer="b")
    unsigned = replace(told(net, "c"), signature="")
    changed = replace(told(net, "c"), said=told(net, "c", endpoint="http://evil:1").said)
    assert take(net, forged, unsigned, changed) == 3
    assert net.record("a", "c").endpoint == ""


def test_an_older_address_replaces_no_newer_one_whichever_way_it_comes(net):
    take(net, told(net, "c", 9))
    take(net, told(net, "c", 8, "http://old:1"))
    take(net, told(net, "c", 8, "http://old:1"), source=PeerSource.HUB)
    assert net.record("a", "c").endpoint == "http://new:1"
    take(net, told(net, "c", 10, "http://newer:1"))
    assert net.record("a", "c").endpoint == "http://newer:1"


def test_a_hub_is_the_source_of_what_gossip_told_too_and_not_the_other_way_round(net):
    take(net, told(net, "c"))
    take(net, told(net, "c"), by="b", source=PeerSource.HUB)
    assert net.record("a", "c").source is PeerSource.HUB
    take(net, told(net, "c"))
    assert net.record("a", "c").source is PeerSource.HUB


def test_what_a_person_gave_stays(net):
    net.add("a", "c")
    take(net, told(net, "c", 99), source=PeerSource.HUB)
    record = net.record("a", "c")
    assert (record.endpoint, record.source) == ("http://c:3005", PeerSource.MANUAL)


def test_nobody_makes_an_address_go_further_than_the_settings_say(net):
    take(net, told(net, "c", ttl=1000))
    assert net.record("a", "c").gossip_ttl == 1


def test_more_peers_than_the_limit_are_not_known_by_hearsay(net):
    net.policy("a", most=1)
    take(net, told(net, "c"), told(net, "b"), by="c")
    assert net.known("a") == {"c", "b"}  # what c says of itself is no hearsay
    net.policy("a", most=0)
    net.machines["a"].disk.records = {}
    take(net, told(net, "c"), by="b")
    assert net.known("a") == set()


def test_an_address_that_was_given_up_is_tried_again_where_a_hub_hears_from_its_peer(net):
    net.machines["a"].mesh.book.remember(net.id("c"), given_up=9)
    take(net, told(net, "c", 9))
    assert net.machines["a"].disk.records[net.id("c")].told is None
    take(net, told(net, "c", 9), source=PeerSource.HUB, online={net.id("c")})
    assert net.record("a", "c").endpoint == "http://new:1"


def test_what_is_known_already_is_not_stored_again(net):
    take(net, told(net, "c"))
    before = net.machines["a"].disk.records
    take(net, told(net, "c"))
    assert net.machines["a"].disk.records is before
