"""The versions of a group: each by the word of an owner of the one before."""

from dataclasses import replace

import pytest

from pack.errors import BadSignature, InvalidContent, InvalidRequest
from pack.mesh.members.group import Role
from pack.mesh.members.group_chain import checked_chain, removal, succession
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


def rekeyed(name, new, before, chain, signer="laptop"):
    group, revoked = succession(chain[-1], public_key(name).peer, public_key(new))
    return version(group, signer, before, revoked)


def test_a_peer_with_a_new_key_keeps_its_place_and_the_old_key_stays_good_for_what_it_signed():
    chain = checked_chain([FIRST, SECOND])
    third = rekeyed("desk", "desk 2", SECOND, chain)
    last = checked_chain([FIRST, SECOND, third])[-1]
    new = last.group.peers[public_key("desk 2").peer]
    assert (new.name, new.roles) == ("desk", peer("desk").roles)
    assert last.may_sign(public_key("desk 2"))
    assert not last.may_sign(public_key("desk"))
    assert public_key("desk").line in third.signers
    assert public_key("desk").line not in third.revoked
    assert public_key("desk") in last.revoked


def test_an_owner_with_a_new_key_is_the_owner():
    third = rekeyed("laptop", "new", SECOND, checked_chain([FIRST, SECOND]))
    last = checked_chain([FIRST, SECOND, third])[-1]
    assert last.group.owner == public_key("new").peer
    with pytest.raises(BadSignature):
        checked_chain([FIRST, SECOND, third, version(last.group, "laptop", third, last.revoked)])


def test_neither_a_new_key_nor_what_it_followed_is_forgotten_or_used_again():
    chain = checked_chain([FIRST, SECOND])
    third = rekeyed("desk", "desk 2", SECOND, chain)
    last = checked_chain([FIRST, SECOND, third])[-1]
    for group in (
        replace(last.group, former={}),
        last.group.admitting(replace(peer("desk"), name="desk again")),
    ):
        with pytest.raises(InvalidContent):
            checked_chain([FIRST, SECOND, third, version(group, "laptop", third, last.revoked)])
    for key in ("desk", "phone", "desk 2"):
        with pytest.raises(InvalidRequest):
            succession(last, public_key("phone").peer, public_key(key))
