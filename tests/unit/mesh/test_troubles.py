"""What a person should know of a group, until it is over."""

from dataclasses import replace
from datetime import timedelta

from pack_connectors.peers.state_files import MeshFiles

from pack.mesh.members.group import Role
from pack.mesh.state import PeerStatus
from pack.mesh.troubles import TroubleKind
from tests.support import git


def state(machine):
    return MeshFiles(machine.git.repository.state_dir / "mesh")


def kinds(machine):
    return [one.kind for one in machine.mesh.troubles.found()]


def told(machine):
    machine.mesh.troubles.tell()
    return list(state(machine).notices())


def test_where_all_is_well_nothing_is_told(pair):
    for machine in pair:
        assert kinds(machine) == told(machine) == []


def test_a_key_on_two_machines_is_told_on_both_sides_until_one_has_a_new_one(pair):
    laptop, desk = pair
    before, head = desk.git.side_refs("peers")[desk.id], desk.memory.head()
    desk.write("here")
    desk.send(laptop)
    git(desk.folder, "update-ref", f"refs/pack/peers/{desk.id}", before)
    git(desk.folder, "reset", "-q", "--hard", head)
    desk.write("and elsewhere")
    desk.send(laptop)
    assert kinds(laptop) == [TroubleKind.KEY]
    assert "desk is on two machines" in told(laptop)[0]
    assert "two machines" in laptop.mesh.overview.verify().problems[0]
    laptop.send(desk)
    assert kinds(desk) == [TroubleKind.KEY]
    assert "<<rekey>>" in told(desk)[0]
    desk.mesh.rekeying.renew()
    desk.send(laptop)
    (one,) = laptop.mesh.approval.waiting()
    laptop.mesh.approval.approve(one.key.peer)
    laptop.send(desk)
    desk.send(laptop)
    assert kinds(laptop) == told(laptop) == []
    assert not laptop.mesh.overview.verify().problems


def test_a_machine_that_was_removed_says_so(pair):
    laptop, desk = pair
    laptop.mesh.roster.remove(desk.id)
    desk.mesh.book.remember(laptop.id, denies=True)
    assert kinds(desk) == [TroubleKind.MEMBERSHIP]
    assert "as laptop says" in desk.mesh.overview.verify().problems[0]
    laptop.send(desk)
    assert "removed from the group" in desk.mesh.troubles.found()[0].text
    desk.mesh.rekeying.renew()
    assert "not known to the group" in desk.mesh.overview.verify().problems[0]


def test_a_peer_that_fails_and_bundles_that_wait_for_a_day_are_told(pair, tmp_path):
    laptop, desk = pair
    desk.mesh.book.remember(laptop.id, status=PeerStatus.ERROR, last_error="it is full.")
    assert told(desk) == ["laptop fails: it is full. <<see-peers>>."]
    assert not desk.mesh.overview.verify().problems
    desk.mesh.book.forget(laptop.id)
    laptop.write("two")
    laptop.mesh.outbox.announce()
    before = laptop.mesh.outbox.heads()[laptop.id].id
    laptop.write("three")
    laptop.mesh.outbox.export(tmp_path / "later", [before])
    assert desk.mesh.inbox.take(tmp_path / "later").pending
    (kept,) = desk.mesh.inbox.kept()
    desk.now = kept.came_at + timedelta(hours=23)
    assert kinds(desk) == []
    desk.now = kept.came_at + timedelta(hours=25)
    assert kinds(desk) == [TroubleKind.BUNDLES]


def test_a_group_that_merges_by_rules_that_are_not_known_here_says_so(pair):
    laptop, desk = pair
    laptop.mesh.roster.change(lambda one: (replace(one.group, merge_version=99), one.revoked))
    desk.write("merged all the same")
    laptop.send(desk)
    assert desk.send(laptop).received == 1
    assert laptop.memory.head() == desk.memory.head()
    for machine in pair:
        assert kinds(machine) == [TroubleKind.MERGING]
        assert "merges by version 99 of the rules, and this PACK by 1" in told(machine)[0]
        assert not machine.mesh.overview.verify().problems


def test_what_a_reader_writes_and_nobody_hears_is_told_until_it_may_write(pair):
    laptop, desk = pair
    laptop.mesh.roster.grant(desk.id, frozenset({Role.READER}), None)
    laptop.write("by laptop")
    laptop.send(desk)
    assert kinds(desk) == []
    desk.write("by desk")
    assert kinds(desk) == [TroubleKind.UNHEARD]
    assert "reaches nobody else" in told(desk)[0]
    laptop.write("more by laptop")
    laptop.send(desk)
    assert kinds(desk) == [TroubleKind.UNHEARD]
    assert desk.send(laptop).quarantined
    (one,) = laptop.mesh.troubles.found()
    assert one.kind is TroubleKind.REFUSED
    assert one.remedy == "The reason: the peer may not write to this group."
    state(laptop).set_events([])  # as after many others
    assert laptop.mesh.troubles.found()[0].remedy == "<<see-events>> for the reason."
    laptop.mesh.roster.grant(desk.id, frozenset({Role.MEMBER}), None)
    laptop.send(desk)
    assert kinds(desk) == []


def test_a_reader_that_only_merges_what_others_wrote_is_told_nothing(machines, pair):
    laptop, desk = pair
    phone = machines[2]
    laptop.lets_in(phone)
    laptop.mesh.roster.grant(desk.id, frozenset({Role.READER}), None)
    laptop.write("by laptop")
    phone.write("by phone")
    laptop.send(desk)
    phone.send(desk)
    assert desk.memory.head() not in (laptop.memory.head(), phone.memory.head())
    assert kinds(desk) == []


def test_who_writes_at_a_level_that_it_may_not_claim_is_told(pair):
    laptop, desk = pair
    laptop.write("by laptop")
    laptop.mesh.roster.grant(desk.id, None, frozenset({3, 4, 5}))
    laptop.send(desk)
    assert kinds(desk) == []
    desk.write("by hand, so at level 1")
    assert kinds(desk) == [TroubleKind.UNHEARD]
    assert "at level 3, 4, 5" in told(desk)[0]
    assert desk.send(laptop).quarantined
    laptop.mesh.roster.grant(desk.id, None, frozenset({1, 2, 3, 4, 5}))
    laptop.send(desk)
    assert kinds(desk) == []
    assert not desk.send(laptop).quarantined
