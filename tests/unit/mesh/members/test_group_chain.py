"""The versions of a group: each by the word of an owner of the one before."""

from dataclasses import replace
from itertools import permutations

import pytest

from pack.errors import BadSignature, InvalidContent, InvalidRequest
from pack.mesh.members.group import Role
from pack.mesh.members.group_chain import agreed, checked_chain, removal
from tests.mesh_support import commit_id, group_of, peer, public_key, version

BEGUN = group_of("laptop")
FIRST = version(BEGUN, "laptop")
SECOND_GROUP = BEGUN.admitting(peer("desk")).admitting(peer("phone"))
SECOND = version(SECOND_GROUP, "laptop", FIRST)


def test_a_chain_by_its_owner_is_believed():
    chain = checked_chain([FIRST, SECOND])
    assert [one.id for one in chain] == [FIRST.id, SECOND.id]
    assert chain[-1].group == SECOND_GROUP
    assert chain[-1].may_sign(public_key("desk"))
    assert not chain[-1].may_sign(public_key("stranger"))


@pytest.mark.parametrize(
    "wrong",
    [
        replace(SECOND, signer=None),
        version(SECOND_GROUP, "desk", FIRST),
        version(SECOND_GROUP, "stranger", FIRST),
    ],
    ids=["unsigned", "by whom it admits", "by a stranger"],
)
def test_only_an_owner_of_the_version_before_may_change_it(wrong):
    with pytest.raises(BadSignature):
        checked_chain([FIRST, wrong])


@pytest.mark.parametrize(
    "chain",
    [
        [],
        [SECOND],
        [FIRST, FIRST],
        [FIRST, replace(SECOND, parents=(commit_id("other"),))],
        [FIRST, replace(SECOND, parents=(FIRST.id, commit_id("other")))],
        [FIRST, replace(SECOND, signers=FIRST.signers)],
        [FIRST, replace(SECOND, revoked=public_key("desk").line + "\n")],
        [FIRST, replace(SECOND, revoked="nonsense\n")],
        [FIRST, replace(SECOND, group="version: 9\n")],
        [FIRST, SECOND, version(SECOND_GROUP.removing(public_key("desk").peer), "laptop", SECOND)],
    ],
)
def test_a_chain_that_contradicts_itself_is_refused(chain):
    with pytest.raises(InvalidContent):
        checked_chain(chain)


def test_nobody_begins_a_group_for_somebody_else():
    with pytest.raises(BadSignature):
        checked_chain([version(BEGUN, "desk")])


def removed(name, before, chain, signer="laptop"):
    group, revoked = removal(chain[-1], public_key(name).peer)
    return version(group, signer, before, revoked)


def test_a_removal_is_final():
    chain = checked_chain([FIRST, SECOND])
    third = removed("desk", SECOND, chain)
    last = checked_chain([FIRST, SECOND, third])[-1]
    assert not last.may_sign(public_key("desk"))
    again = version(last.group.admitting(peer("desk")), "laptop", third, last.revoked)
    with pytest.raises(InvalidContent, match="removed from it for good"):
        checked_chain([FIRST, SECOND, third, again])
    forgotten = version(last.group, "laptop", third)
    with pytest.raises(InvalidContent, match="removal"):
        checked_chain([FIRST, SECOND, third, forgotten])


def test_an_owner_that_was_removed_signs_nothing_more():
    desk = peer("desk", Role.OWNER)
    two = replace(BEGUN.admitting(desk), succession=(desk.id,))
    first = version(two, "laptop")
    gone = removed("laptop", first, checked_chain([first]), "desk")
    chain = checked_chain([first, gone])
    assert chain[-1].group.owner == desk.id
    with pytest.raises(BadSignature):
        checked_chain([first, gone, version(two, "laptop", gone, chain[-1].revoked)])
    with pytest.raises(InvalidRequest):
        removal(chain[-1], desk.id)


# --- two owners at once --------------------------------------------------------------------------

DESK = peer("desk", Role.OWNER)
SHARED_GROUP = replace(
    BEGUN.admitting(DESK).admitting(peer("phone")).admitting(peer("tablet")), succession=(DESK.id,)
)
SHARED = version(SHARED_GROUP, "laptop")
START = checked_chain([SHARED])


def test_the_more_important_owner_counts_and_both_removals_hold():
    mine = removed("phone", SHARED, START, "laptop")
    theirs = removed("tablet", SHARED, START, "desk")
    chains = [checked_chain([SHARED, mine]), checked_chain([SHARED, theirs]), START]
    found = [agreed(order) for order in permutations(chains)]
    assert all(one == found[0] for one in found)
    assert found[0].chain[-1].id == mine.id
    names = {one.name for one in found[0].version.group.peers.values()}
    assert names == {"laptop", "desk"}
    assert {public_key("phone"), public_key("tablet")} <= found[0].version.revoked


def test_of_two_chains_by_one_owner_the_longer_counts_then_the_smaller_id():
    one = version(SHARED_GROUP.admitting(peer("a")), "laptop", SHARED)
    two = version(SHARED_GROUP.admitting(peer("b")), "laptop", SHARED)
    more = version(SHARED_GROUP.admitting(peer("b")).admitting(peer("c")), "laptop", two)
    short = [checked_chain([SHARED, one]), checked_chain([SHARED, two])]
    assert agreed(short).chain[-1].id == min(one.id, two.id)
    long = checked_chain([SHARED, two, more])
    assert agreed([short[0], long]).chain == agreed([long, short[0]]).chain == long


def test_a_longer_chain_of_the_same_versions_is_simply_newer():
    later = version(SHARED_GROUP.admitting(peer("a")), "desk", SHARED)
    longer = checked_chain([SHARED, later])
    assert agreed([START, longer]).chain == longer


def test_owners_that_remove_each_other_are_both_gone():
    chains = [
        checked_chain([SHARED, removed("desk", SHARED, START, "laptop")]),
        checked_chain([SHARED, removed("laptop", SHARED, START, "desk")]),
    ]
    last = agreed(chains).version
    assert not last.may_sign(public_key("desk"))
    assert not last.may_sign(public_key("laptop"))
    assert last.may_sign(public_key("phone"))


def test_chains_of_different_groups_are_not_compared():
    with pytest.raises(InvalidContent, match="different groups"):
        agreed([START, checked_chain([FIRST])])


def test_which_chain_counts_does_not_depend_on_which_parts_of_chains_are_known():
    """A longer way and a more important owner must not beat each other in a circle."""
    one = version(SHARED_GROUP.admitting(peer("a")), "laptop", SHARED)
    by_b = SHARED_GROUP.admitting(peer("a")).admitting(peer("b"))
    by_desk = version(by_b, "desk", one)
    more = version(by_b.admitting(peer("c")), "desk", by_desk)
    by_laptop = version(SHARED_GROUP.admitting(peer("a")).admitting(peer("d")), "laptop", one)
    two = version(SHARED_GROUP.admitting(peer("e")), "laptop", SHARED)
    three = version(SHARED_GROUP.admitting(peer("e")).admitting(peer("f")), "laptop", two)
    chains = [
        checked_chain([SHARED, one, by_desk]),
        checked_chain([SHARED, one, by_laptop]),
        checked_chain([SHARED, two, three]),
    ]
    whole = [*chains, checked_chain([SHARED, one, by_desk, more])]
    parts = [START, checked_chain([SHARED, one]), checked_chain([SHARED, two])]
    found = agreed(whole).chain
    assert all(agreed(order).chain == found for order in permutations([*whole, parts[2]]))
    for part in parts:
        assert agreed([*whole, part]).chain == found
    without = [chains[1], chains[2], whole[3]]  # `chains[0]` is a part of `whole[3]`
    assert all(agreed(order).chain == found for order in permutations(without))
