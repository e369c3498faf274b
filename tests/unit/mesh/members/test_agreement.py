"""What peers agree on that know several chains: with honest owners, and with a thief among them."""

from dataclasses import replace
from itertools import permutations

import pytest

from pack.errors import InvalidContent
from pack.mesh.members.agreement import agreed
from pack.mesh.members.group import Role
from pack.mesh.members.group_chain import checked_chain, removal, succession
from tests.mesh_support import group_of, peer, public_key, version

DESK = peer("desk", Role.OWNER)
TABLET = peer("tablet", Role.OWNER)
SHARED_GROUP = replace(
    group_of("laptop", "phone").admitting(DESK).admitting(TABLET), succession=(DESK.id, TABLET.id)
)
SHARED = version(SHARED_GROUP, "laptop")
START = checked_chain([SHARED])


def removed(name, before, chain, signer="laptop"):
    group, revoked = removal(chain[-1], public_key(name).peer)
    return version(group, signer, before, revoked)


class Branch:
    """A chain that grows from a version on; several may grow from the same one."""

    def __init__(self, *commits):
        self.commits = commits or (SHARED,)

    @property
    def chain(self):
        return checked_chain(self.commits)

    def signed(self, signer, group, revoked=None):
        revoked = self.chain[-1].revoked if revoked is None else revoked
        return Branch(*self.commits, version(group, signer, self.commits[-1], revoked))

    def admit(self, signer, name, *roles):
        return self.signed(signer, self.chain[-1].group.admitting(peer(name, *roles)))

    def crown(self, signer, name):
        """Have a peer be the last of the owners."""
        group = self.chain[-1].group.admitting(peer(name, Role.OWNER))
        return self.signed(
            signer, replace(group, succession=(*group.succession, public_key(name).peer))
        )

    def demote(self, signer, name):
        group = self.chain[-1].group.admitting(peer(name))
        left = tuple(one for one in group.owners if one != public_key(name).peer)
        return self.signed(signer, replace(group, owner=left[0], succession=left[1:]))

    def remove(self, signer, name):
        return self.signed(signer, *removal(self.chain[-1], public_key(name).peer))

    def rekey(self, signer, name, key):
        found = succession(self.chain[-1], public_key(name).peer, public_key(key))
        return self.signed(signer, *found)


def outcome(*branches):
    """What all agree on, whatever the order in which they hear of the branches."""
    found = [agreed(order).version for order in permutations([one.chain for one in branches])]
    assert all(one == found[0] for one in found)
    return found[0]


def names(*branches):
    return {one.name for one in outcome(*branches).group.peers.values()}


ALL = {"laptop", "desk", "phone", "tablet"}


@pytest.mark.parametrize(
    ("branches", "left"),
    [
        pytest.param(
            lambda b: [b.remove("laptop", "desk"), b.remove("desk", "laptop")],
            ALL - {"desk"},
            id="of two that remove each other, the first owner stays",
        ),
        pytest.param(
            lambda b: [
                b.remove("laptop", "desk"),
                b.remove("desk", "laptop").remove("desk", "phone").remove("desk", "tablet"),
            ],
            ALL - {"desk"},
            id="what the other one removed on its way does not count",
        ),
        pytest.param(
            lambda b: [b.remove("desk", "laptop"), b.remove("laptop", "phone")],
            ALL - {"laptop"},
            id="a removed owner removes nobody, going on from before, even the first of them",
        ),
        pytest.param(
            lambda b: [b.remove("laptop", "desk"), b.admit("desk", "thief")],
            ALL - {"desk"},
            id="nor does it admit anybody",
        ),
        pytest.param(
            lambda b: [
                b.remove("laptop", "desk"),
                b.crown("desk", "thief").remove("thief", "laptop").remove("thief", "phone"),
            ],
            ALL - {"desk"},
            id="nor by a new owner that it made",
        ),
        pytest.param(
            lambda b: [b.demote("laptop", "desk"), b.remove("desk", "phone")],
            ALL,
            id="who is an owner no more removes nobody either",
        ),
        pytest.param(
            lambda b: [
                b.remove("laptop", "desk"),
                b.remove("desk", "tablet"),
                b.remove("tablet", "laptop"),
            ],
            ALL - {"desk"},
            id="in a circle the first owner stays, and whom nobody counts removed",
        ),
        pytest.param(
            lambda b: [b.remove("laptop", "phone"), b.remove("desk", "tablet")],
            {"laptop", "desk"},
            id="honest owners at once: both removals hold",
        ),
        pytest.param(
            lambda b: [b.remove("laptop", "desk"), b.admit("desk", "tv").remove("tablet", "phone")],
            ALL - {"desk", "phone"},
            id="an honest owner that had not heard of the removal removes for good",
        ),
        pytest.param(
            lambda b: [b.remove("laptop", "desk"), b.admit("desk", "tv").admit("tablet", "radio")],
            ALL - {"desk"},
            id="whom it admitted there must be admitted again",
        ),
        pytest.param(
            lambda b: [b.admit("laptop", "tv"), b.admit("desk", "radio")],
            ALL | {"tv", "radio"},
            id="two admit at once, and both newcomers are in",
        ),
        pytest.param(
            lambda b: [b.rekey("laptop", "laptop", "laptop 2"), b.admit("laptop", "tv")],
            ALL,
            id="a new key for an owner ends what its former key signs elsewhere",
        ),
        pytest.param(
            lambda b: [b.remove("laptop", "phone"), b.rekey("desk", "phone", "phone 2")],
            ALL - {"phone"},
            id="whoever is removed is not saved by a new key that another owner takes up",
        ),
        pytest.param(
            lambda b: [
                b.remove("laptop", "phone"),
                b.rekey("desk", "phone", "phone 2").rekey("desk", "phone 2", "phone 3"),
                b.rekey("tablet", "phone", "phone 4"),
            ],
            ALL - {"phone"},
            id="nor by several",
        ),
        pytest.param(
            lambda b: [
                b.remove("laptop", "desk"),
                b.admit("desk", "tv").remove("tablet", "phone"),
                b.rekey("tablet", "phone", "phone 2"),
            ],
            ALL - {"desk", "phone"},
            id="nor where an owner removed it that had not heard of another removal",
        ),
        pytest.param(
            lambda b: [
                b.remove("laptop", "desk"),
                b.admit("desk", "tv").rekey("tablet", "phone", "phone 2"),
            ],
            ALL - {"desk"},
            id="a new key that builds on what does not count removes nobody",
        ),
    ],
)
def test_owners_at_once_and_at_odds(branches, left):
    assert names(*branches(Branch())) == left


def test_two_newcomers_of_one_name_that_are_admitted_at_once_are_both_in():
    one = Branch().admit("laptop", "tv")
    same_name = replace(peer("other tv"), name="tv")
    two = Branch().signed("desk", SHARED_GROUP.admitting(same_name))
    found = outcome(one, two).group
    assert found.peers[public_key("tv").peer].name == "tv"
    assert found.peers[same_name.id].name == "tv (2)"
    both = one.signed("laptop", found)
    assert outcome(both, two).group == found


def test_nobody_becomes_an_owner_by_a_chain_that_is_not_followed():
    found = outcome(Branch().admit("laptop", "tv"), Branch().crown("desk", "radio")).group
    assert found.owners == SHARED_GROUP.owners
    assert found.peers[public_key("radio").peer].roles == {Role.MEMBER}


def test_new_keys_hold_whichever_chain_is_followed():
    """An owner and a member get new keys while a more important owner changes something else."""
    first = Branch().admit("laptop", "tv")
    keys = Branch().rekey("desk", "desk", "desk 2").rekey("desk 2", "phone", "phone 2")
    found = outcome(first, keys)
    new = public_key("desk 2").peer
    assert found.group.owners == (public_key("laptop").peer, new, TABLET.id)
    assert Role.OWNER in found.group.peers[new].roles
    assert found.may_sign(public_key("phone 2"))
    assert found.group.peers[public_key("phone 2").peer].name == "phone"
    assert not any(map(found.may_sign, map(public_key, ("desk", "phone"))))
    assert {public_key("desk"), public_key("phone")} <= set(found.group.signers.values())
    first.signed("laptop", found.group, found.revoked)


def test_of_one_key_that_is_replaced_twice_one_successor_counts():
    """The key was on two machines, and both got a new one."""
    found = outcome(
        Branch().rekey("laptop", "laptop", "a"), Branch().rekey("laptop", "laptop", "b")
    )
    new = {public_key("a").peer, public_key("b").peer} & {*found.group.peers}
    assert len(new) == 1
    assert found.group.owner in new
    assert public_key("laptop") in found.revoked


def test_what_an_owner_signs_by_its_new_key_counts_where_the_first_owner_adopts_that_key():
    """It goes on from its own chain until it has heard that it may go on from the other one."""
    own = Branch().rekey("desk", "desk", "desk 2")
    adopted = Branch().admit("laptop", "tv")
    both = outcome(own, adopted)
    adopted = adopted.signed("laptop", both.group, both.revoked)
    late = own.remove("desk 2", "phone")
    assert names(adopted, late) == ALL - {"phone"} | {"tv"}


def test_a_thief_does_not_hide_behind_the_new_key_of_the_owner_that_it_robbed():
    owner = Branch().rekey("desk", "desk", "desk 2")
    group, revoked = succession(START[-1], DESK.id, public_key("desk 2"))
    thief = Branch().signed("desk", group.admitting(peer("thief")), revoked)
    adopted = Branch().rekey("laptop", "desk", "desk 2")
    assert "thief" not in names(adopted, owner, thief)


def test_a_removal_that_met_a_new_key_holds_against_yet_another_one():
    """Later, when both are in one chain, in which the removed key is only a former one."""
    apart = Branch().remove("laptop", "phone"), Branch().rekey("desk", "phone", "phone 2")
    both = outcome(*apart)
    joined = apart[0].signed("laptop", both.group, both.revoked)
    late = Branch().rekey("tablet", "phone", "phone 3")
    assert names(joined, late) == ALL - {"phone"}


def test_a_chain_that_does_not_count_ends_before_it():
    kept = Branch().admit("desk", "tv")
    thief = kept.remove("desk", "phone")
    found = agreed([kept.remove("laptop", "desk").chain, thief.chain])
    assert {len(one) for one in found.counted} == {2, 3}
    assert [one.id for one in found.chain] == [c.id for c in kept.remove("laptop", "desk").commits]


def test_the_more_important_owner_counts_and_both_removals_hold():
    mine = removed("phone", SHARED, START, "laptop")
    theirs = removed("tablet", SHARED, START, "desk")
    chains = [checked_chain([SHARED, mine]), checked_chain([SHARED, theirs]), START]
    found = [agreed(order) for order in permutations(chains)]
    assert all(one == found[0] for one in found)
    assert found[0].chain[-1].id == mine.id
    left = {one.name for one in found[0].version.group.peers.values()}
    assert left == {"laptop", "desk"}
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


def test_chains_of_different_groups_are_not_compared():
    with pytest.raises(InvalidContent, match="different groups"):
        agreed([START, checked_chain([version(group_of("laptop"), "laptop")])])


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
