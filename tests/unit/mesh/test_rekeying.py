"""A new key for a machine that stays: what becomes of it, its history and its former key."""

import subprocess
from dataclasses import replace

import pytest
from pack_connectors.peers.state_files import MeshFiles

from pack.errors import NotFound
from pack.mesh.members.group import Role
from pack.mesh.rekeying import Rekeyed
from pack.mesh.state import PeerSource
from tests.mesh_support import public_key
from tests.support import git


def members(machine):
    return {one.name: peer for peer, one in machine.mesh.roster.version().group.peers.items()}


def new_id(name):
    return public_key(f"{name} 2").peer


def verdict(machine, commit):
    """What stock git says of a signature, with the files of the group."""
    files = []
    for name in ("allowed_signers", "revoked"):
        files.append(machine.files / name)
        files[-1].write_bytes(git(machine.folder, "show", f"refs/pack/group:{name}"))
    allowed, revoked = files
    settings = ("-c", f"gpg.ssh.allowedSignersFile={allowed}")
    settings += ("-c", f"gpg.ssh.revocationFile={revoked}")
    command = ["git", *settings, "-C", str(machine.folder), "verify-commit", commit]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@pytest.mark.contract("C14")
def test_a_member_asks_and_an_owner_takes_it_up_when_it_hears_it(pair):
    laptop, desk = pair
    laptop.mesh.book.remember(desk.id, endpoint="http://desk:1", source=PeerSource.MANUAL)
    old = desk.mesh.me
    before = desk.git.side_refs("peers")[old]
    assert desk.mesh.rekeying.renew() is Rekeyed.ASKED
    assert desk.mesh.me == old
    by_old = desk.write("before the owner knows")
    assert desk.send(laptop).received == 1
    assert members(laptop) == {"laptop": laptop.id, "desk": new_id("desk")}
    assert laptop.mesh.book.records()[new_id("desk")].endpoint == "http://desk:1"
    laptop.send(desk)
    assert desk.mesh.me == new_id("desk")
    assert desk.mesh.roster.membership().successor == ""
    head = desk.write("after it")
    came = desk.send(laptop)
    assert (came.received, came.quarantined) == (1, ())
    assert laptop.memory.head() == head
    assert laptop.memory.contains(by_old, head)
    assert verdict(laptop, before)
    assert verdict(laptop, desk.git.side_refs("peers")[new_id("desk")])


def test_an_owner_goes_by_its_new_key_at_once_and_stays_the_owner(pair, machines):
    laptop, desk = pair
    assert laptop.mesh.rekeying.renew() is Rekeyed.DONE
    assert laptop.mesh.me == new_id("laptop")
    laptop.write("by the new key")
    assert not laptop.send(desk).quarantined
    assert desk.memory.head() == laptop.memory.head()
    group = desk.mesh.roster.version().group
    assert group.owner == new_id("laptop")
    assert Role.OWNER in group.peers[new_id("laptop")].roles
    laptop.lets_in(machines[2])
    assert laptop.mesh.rekeying.renew() is Rekeyed.DONE
    assert laptop.mesh.me == public_key("laptop 3").peer


def test_the_former_key_can_do_nothing_any_more(pair):
    """A copy of it, on another disk, goes on as if nothing had happened."""
    laptop, desk = pair
    thief = desk.with_key("desk")
    desk.mesh.rekeying.renew()
    desk.send(laptop)
    desk.write("by the former key")
    MeshFiles(desk.git.repository.state_dir / "mesh").set_membership(desk.mesh.roster.membership())
    thief.outbox.announce()
    came = desk.send(laptop)
    assert "may not write" in came.quarantined[0].reason
    assert came.received == 0
    assert verdict(laptop, laptop.git.side_refs("peers")[desk.id])


def test_a_key_that_is_on_two_machines_is_not_replaced_by_itself(pair):
    laptop, desk = pair
    before = desk.git.side_refs("peers")[desk.id]
    desk.write("here")
    desk.send(laptop)
    git(desk.folder, "update-ref", f"refs/pack/peers/{desk.id}", before)
    desk.write("and elsewhere")
    desk.mesh.rekeying.renew()
    assert "two machines" in desk.send(laptop).quarantined[0].reason
    assert laptop.mesh.rekeying.is_on_two_machines(desk.id)
    laptop.mesh.inbox.settle()
    assert members(laptop)["desk"] == desk.id


def test_a_key_that_another_peer_has_is_not_followed(pair, machines):
    laptop, desk = pair
    membership = desk.mesh.roster.membership()
    state = MeshFiles(desk.git.repository.state_dir / "mesh")
    state.set_membership(
        type(membership)(membership.group, "desk", "", membership.peer, public_key("laptop").line)
    )
    desk.mesh.outbox.announce()
    assert not desk.send(laptop).quarantined
    assert members(laptop)["desk"] == desk.id
    del machines


def test_a_machine_that_was_removed_goes_by_the_new_key_and_must_be_let_in(pair):
    laptop, desk = pair
    laptop.mesh.roster.remove(desk.id)
    laptop.send(desk)
    assert desk.mesh.rekeying.renew() is Rekeyed.STRANGER
    assert desk.mesh.me == new_id("desk")


def test_a_memory_of_no_group_gets_no_key(machines):
    with pytest.raises(NotFound, match="group of this memory"):
        machines[0].mesh.rekeying.renew()


def restored(machine, membership, group):
    """Have a machine be as it was before it got a new key; its keys are elsewhere."""
    MeshFiles(machine.git.repository.state_dir / "mesh").set_membership(membership)
    git(machine.folder, "update-ref", "-d", f"refs/pack/peers/{new_id(machine.name)}")
    git(machine.folder, "update-ref", "refs/pack/group", group)


def test_a_crash_after_the_owner_signed_its_new_key_is_made_good(pair):
    laptop, desk = pair
    before = laptop.mesh.roster.membership()
    assert laptop.mesh.rekeying.renew() is Rekeyed.DONE
    successor = public_key("laptop 2").line
    state = MeshFiles(laptop.git.repository.state_dir / "mesh")
    state.set_membership(replace(before, successor=successor))
    git(laptop.folder, "update-ref", "-d", f"refs/pack/peers/{new_id('laptop')}")
    assert laptop.mesh.me == laptop.id
    laptop.mesh.inbox.settle()
    assert laptop.mesh.me == new_id("laptop")
    assert not laptop.send(desk).quarantined


def test_a_backup_from_before_goes_by_the_new_key_once_it_hears_what_it_said_by_it(pair):
    laptop, desk = pair
    before, group = laptop.mesh.roster.membership(), laptop.git.side_refs("group")[""]
    laptop.mesh.rekeying.renew()
    laptop.write("by the new key")
    laptop.send(desk)
    restored(laptop, before, group)
    desk.send(laptop)
    assert laptop.mesh.me == new_id("laptop")
    assert not laptop.mesh.roster.membership().is_restored
    laptop.write("afterwards")
    came = laptop.send(desk)
    assert (came.received, came.quarantined) == (1, ())


def test_a_backup_from_before_that_asks_for_a_new_key_gets_the_one_that_it_has(pair):
    laptop, desk = pair
    before = desk.mesh.roster.membership()
    desk.mesh.rekeying.renew()
    desk.send(laptop)
    laptop.send(desk)
    MeshFiles(desk.git.repository.state_dir / "mesh").set_membership(before)
    assert desk.mesh.me == desk.id
    assert desk.mesh.rekeying.renew() is Rekeyed.DONE
    assert desk.mesh.me == new_id("desk")


def test_an_owner_with_a_new_key_goes_on_where_the_first_owner_changed_the_group_meanwhile(
    pair, machines
):
    laptop, desk = pair
    phone = machines[2]
    laptop.lets_in(phone)
    laptop.mesh.roster.set_owners([laptop.id, desk.id])
    laptop.send(desk)
    desk.mesh.rekeying.renew()
    laptop.mesh.roster.grant(phone.id, frozenset({Role.READER}), None)
    laptop.send(desk)
    desk.mesh.roster.remove(phone.id)
    assert members(desk) == {"laptop": laptop.id, "desk": new_id("desk")}
    assert not desk.send(laptop).quarantined
    assert members(laptop) == members(desk)
    laptop.send(desk)
    invitation = desk.mesh.admission.invite()
    assert invitation.peer == new_id("desk")
    desk.mesh.roster.grant(new_id("desk"), None, frozenset({1, 2}))
    desk.send(laptop)
    assert laptop.mesh.roster.version().group.peers[new_id("desk")].levels == {1, 2}
    tips = {one.git.side_refs("group")[""] for one in pair}
    assert len(tips) == 1
