"""Whose word it is what a key says that no chain that counts has named."""

from dataclasses import replace

from pack.mesh.members.agreement import agreed
from pack.mesh.members.group import Role
from pack.mesh.members.group_chain import checked_chain, removal, succession
from pack.mesh.members.speakers import Speakers
from tests.mesh_support import group_of, peer, public_key, version

DESK = peer("desk", Role.OWNER)
FIRST = version(
    replace(group_of("laptop", "phone").admitting(DESK), succession=(DESK.id,)), "laptop"
)


def grown(*steps, start=(FIRST,)):
    """A chain after some steps, each of them a signer and what it makes of a version."""
    commits = list(start)
    for signer, change in steps:
        group, revoked = change(checked_chain(commits)[-1])
        commits.append(version(group, signer, commits[-1], revoked))
    return commits


def follows(former, key):
    return lambda one: succession(one, public_key(former).peer, public_key(key))


def admits(name, *roles):
    return lambda one: (one.group.admitting(peer(name, *roles)), one.revoked)


def owns(name):
    def change(one):
        group = one.group.admitting(peer(name, Role.OWNER))
        return group.owned_by([*one.group.owners, public_key(name).peer]), one.revoked

    return change


def limits(name, *levels):
    def change(one):
        known = one.group.peers[public_key(name).peer]
        return one.group.admitting(replace(known, levels=frozenset(levels))), one.revoked

    return change


def removes(name):
    return lambda one: removal(one, public_key(name).peer)


def speakers(*chains):
    known = [checked_chain(chain) for chain in chains]
    return Speakers(agreed(known).counted, known)


def said_by(found, name):
    return found.speaker(public_key(name).peer)


def test_a_member_speaks_for_itself_also_after_it_left():
    found = speakers(grown(("laptop", removes("phone"))))
    assert said_by(found, "phone") == found.member(public_key("phone").peer) == peer("phone")
    assert said_by(found, "stranger") is None
    assert not found.was_named(public_key("stranger").peer)


def test_of_two_keys_that_follow_one_the_other_speaks_for_the_former_one():
    """The owner's key is on two machines, and each of them took a new one."""
    one = grown(("laptop", follows("laptop", "laptop 2")))
    two = grown(
        ("laptop", follows("laptop", "laptop 3")), ("laptop 3", follows("laptop 3", "laptop 4"))
    )
    for chains in ((one, two), (two, one)):
        found = speakers(*chains)
        laptop, third, second = (
            found.member(public_key(name).peer) for name in ("laptop", "laptop 3", "laptop 2")
        )
        assert laptop
        assert third
        assert second is None
        assert found.was_named(public_key("laptop 2").peer)
        assert said_by(found, "laptop 2") == replace(laptop, key=public_key("laptop 2"))


def test_who_is_let_in_by_a_chain_that_counts_no_more_speaks_for_nobody():
    """Nor does a key that somebody else says is to follow, nor whoever that one lets in."""
    removed = grown(("laptop", removes("desk")))
    for step in (admits("tv"), follows("phone", "tv"), follows("laptop", "tv")):
        found = speakers(removed, grown(("desk", step)))
        assert found.was_named(public_key("tv").peer)
        assert said_by(found, "tv") is None
    later = grown(("desk", follows("desk", "desk 2")), ("desk 2", admits("tv")))
    assert said_by(speakers(removed, later), "tv") is None


def test_a_chain_that_counts_no_more_gives_a_key_no_level():
    start = grown(("laptop", limits("desk", 3)))
    raised = ("desk", limits("desk", 1, 2, 3))
    end = grown(("laptop", removes("desk")), start=start)
    fork = grown(raised, ("desk", follows("desk", "desk 2")), start=start)
    after = grown(("desk 2", limits("desk 2", 1, 2, 3)), start=fork)
    assert said_by(speakers(end, after), "desk 2").levels == {3}


def test_what_follows_the_key_of_a_reader_adds_nothing():
    def demoted(one):
        (laptop, desk), peers = one.group.owners, dict(one.group.peers)
        peers[desk] = replace(peers[desk], roles=frozenset({Role.READER}))
        return replace(one.group, peers=peers, owner=laptop, succession=()), one.revoked

    fork = grown(("desk", follows("desk", "desk 2")))
    assert said_by(speakers(grown(("laptop", demoted)), fork), "desk 2") is None


def test_a_key_that_two_others_name_has_the_rights_of_both_in_any_order():
    start = grown(
        ("laptop", limits("desk", 3)), ("laptop", owns("tablet")), ("laptop", limits("tablet", 4))
    )
    end = grown(("laptop", removes("desk")), ("laptop", removes("tablet")), start=start)
    one = grown(("desk", follows("desk", "tv")), start=start)
    two = grown(("tablet", follows("tablet", "tv")), start=start)
    for chains in ((end, one, two), (two, one, end)):
        found = speakers(*chains)
        assert found.member(public_key("tv").peer) is None
        assert said_by(found, "tv").levels == {3, 4}
