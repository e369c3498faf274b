"""Peers that meet by files alone: repositories, keys and bundles are real, merges are git's own."""

from dataclasses import replace

import pytest
from pack_connectors.local_git.beside import bundles
from pack_connectors.local_git.beside.bundles import Bundles
from pack_connectors.local_git.process import GitRunner
from pack_connectors.peers.join_requests import JoinSigner
from pack_connectors.peers.state_files import MeshFiles

from pack.errors import InvalidContent, InvalidRequest, LimitExceeded, NotFound, RefusedForSafety
from pack.mesh.joining import JoinRequest
from pack.mesh.members.group import Role
from tests.mesh_machines import USER, machines_in
from tests.mesh_support import private_key, public_key
from tests.support import git


def test_a_machine_joins_by_files_and_has_the_memory(machines):
    laptop, desk, _ = machines
    head = laptop.write("one")
    laptop.mesh.begin("laptop", "home")
    came = laptop.lets_in(desk)
    assert came.received == 1
    assert not came.quarantined
    assert desk.memory.head() == head
    assert {peer.name for peer in desk.mesh.roster.version().group.peers.values()} == {
        "laptop",
        "desk",
    }
    assert desk.mesh.outbox.heads()[desk.id].said.head == head
    assert desk.mesh.roster.membership().group == laptop.mesh.roster.membership().group


@pytest.mark.contract("C14")
def test_what_both_wrote_meets_at_one_head(pair):
    laptop, desk = pair
    laptop.write("by laptop")
    desk.write("by desk")
    assert laptop.send(desk).received == 1
    assert desk.send(laptop).received == 1
    assert laptop.memory.head() == desk.memory.head()
    assert laptop.memory.height(laptop.memory.head()) == 4


def test_a_bundle_that_builds_on_what_is_missing_waits(pair):
    laptop, desk = pair
    laptop.write("two")
    laptop.mesh.outbox.announce()
    before = laptop.mesh.outbox.heads()[laptop.id].id
    laptop.write("three")
    came = laptop.send(desk, [before])
    assert before in came.pending
    assert came.received == 0
    assert desk.memory.head() != laptop.memory.head()
    assert laptop.send(desk, [before]).pending  # and again
    first = laptop.mesh.outbox.heads()[laptop.id].id
    laptop.write("four")
    assert laptop.send(desk, [first]).pending
    file = laptop.files / "what-was-missing"
    git(laptop.folder, "update-ref", f"refs/pack/peers/{laptop.id}", before)
    refs = ["group", f"peers/{laptop.id}"]
    repository = laptop.git.repository
    assert Bundles(repository, GitRunner(repository)).write_bundle(file, refs, [])
    assert desk.mesh.inbox.take(file).received == 3
    assert (desk.folder / "four.md").exists()
    assert not list((desk.folder / ".git" / "pack" / "mesh" / "pending").iterdir())


@pytest.mark.contract("C14")
def test_a_third_machine_learns_from_any_peer(machines, pair):
    laptop, desk = pair
    phone = machines[2]
    desk.write("by desk")
    desk.send(laptop)
    laptop.lets_in(phone)
    assert phone.memory.head() == desk.memory.head()
    desk.write("more by desk")
    phone_first = desk.send(phone)
    assert phone_first.received == 1  # before laptop told desk that phone belongs to the group
    phone.write("by phone")
    laptop.send(desk)
    assert phone.send(desk).received == 1
    assert desk.memory.head() == phone.memory.head()


def test_a_head_that_had_to_wait_comes_in_later(pair):
    laptop, desk = pair
    laptop.write("more")
    take_in, desk.memory.take_in = desk.memory.take_in, lambda *_, **__: "busy"
    assert laptop.send(desk).waiting == ("busy",)
    assert desk.mesh.inbox.settle() == ("busy",)
    desk.memory.take_in = take_in
    assert desk.mesh.inbox.settle() == ()
    assert desk.memory.head() == laptop.memory.head()
    assert desk.mesh.outbox.heads()[desk.id].said.head == desk.memory.head()


def test_nobody_joins_a_group_that_has_not_let_it_in(machines, pair, tmp_path):
    laptop, desk = pair
    phone = machines[2]
    invitation = laptop.mesh.admission.invite()
    laptop.mesh.outbox.export(tmp_path / "file")
    with pytest.raises(RefusedForSafety, match="not of a group"):
        phone.mesh.inbox.join(invitation, tmp_path / "file", "phone", "")
    with pytest.raises(NotFound):
        phone.mesh.roster.membership()
    with pytest.raises(InvalidRequest, match="already"):
        desk.mesh.inbox.join(invitation, tmp_path / "file", "desk", "")


def test_a_memory_with_a_history_of_its_own_is_asked_about(machines, tmp_path):
    laptop, desk, _ = machines
    laptop.write("one")
    laptop.mesh.begin("laptop", "home")
    desk.write("own")
    invitation = laptop.mesh.admission.invite()
    laptop.mesh.admission.admit(desk.mesh.admission.ask(invitation, "desk"))
    laptop.mesh.outbox.export(tmp_path / "file")
    with pytest.raises(RefusedForSafety, match="history of its own"):
        desk.mesh.inbox.join(invitation, tmp_path / "file", "desk", "")
    with pytest.raises(NotFound):
        desk.mesh.roster.membership()
    git(desk.folder, "fetch", "-q", str(laptop.folder), "main")
    git(desk.folder, *USER, "merge", "-q", "--allow-unrelated-histories", "-m", "x", "FETCH_HEAD")
    assert not desk.mesh.inbox.join(invitation, tmp_path / "file", "desk", "").waiting


def test_a_removed_peer_is_heard_by_nobody(machines, pair):
    laptop, desk = pair
    phone = machines[2]
    laptop.lets_in(phone)
    laptop.mesh.roster.remove(desk.id)
    laptop.send(phone)
    desk.write("too late")
    for machine in (laptop, phone):
        came = desk.send(machine)
        assert came.received == 0
        assert [one.peer for one in came.quarantined] == [desk.id]
        assert not (machine.folder / "too-late.md").exists()
        assert machine.git.side_refs("quarantine") == {
            desk.id: desk.mesh.outbox.heads()[desk.id].id
        }
    assert desk.send(laptop).quarantined  # and again
    invitation = laptop.mesh.admission.invite()
    request = JoinRequest(laptop.id, public_key("desk"), "desk", "", "n" * 22)
    again = JoinSigner(private_key("desk")).sign_request(request, invitation.secret)
    with pytest.raises(InvalidContent, match="for good"):
        laptop.mesh.admission.admit(again)


@pytest.mark.contract("C14")
def test_one_key_on_two_machines_is_told_and_both_histories_stay(machines, pair, tmp_path):
    laptop, desk = pair
    desk.write("here")
    desk.send(laptop)
    clone = machines[2]
    clone.mesh = clone.with_key("desk")
    git(clone.folder, "fetch", "-q", str(laptop.folder), "refs/heads/*:refs/heads/from/*")
    git(clone.folder, "fetch", "-q", str(laptop.folder), "refs/pack/*:refs/pack/*")
    git(clone.folder, "reset", "-q", "--hard", "from/main")
    before = clone.git.side_refs("peers")[desk.id]
    git(clone.folder, "update-ref", f"refs/pack/peers/{desk.id}", f"{before}~1")
    MeshFiles(clone.git.repository.state_dir / "mesh").set_membership(desk.mesh.roster.membership())
    lost = clone.write("elsewhere")
    came = clone.send(laptop)
    assert "two machines" in came.quarantined[0].reason
    kept = laptop.git.side_refs("quarantine")[desk.id]
    assert laptop.memory.contains(lost, kept)
    file = tmp_path / "back"
    clone.mesh.outbox.export(file)
    assert desk.mesh.inbox.take(file).is_cloned


@pytest.mark.contract("C14")
def test_a_machine_restored_from_a_backup_takes_up_what_it_lost(pair):
    laptop, desk = pair
    backup = desk.memory.head()
    said = desk.git.side_refs("peers")[desk.id]
    newer = desk.write("after the backup")
    desk.send(laptop)
    git(desk.folder, "reset", "-q", "--hard", backup)
    git(desk.folder, "update-ref", f"refs/pack/peers/{desk.id}", said)
    came = laptop.send(desk)
    assert came.is_restored
    assert desk.memory.contains(newer, desk.memory.head())


def test_a_bundle_that_waits_and_cannot_be_read_any_more_holds_nothing_up(pair):
    laptop, desk = pair
    pending = desk.git.repository.state_dir / "mesh" / "pending"
    pending.mkdir(parents=True)
    (pending / "damaged.bundle").write_bytes(b"\0" * 4096)
    (pending / "taken-by-another-process.bundle").symlink_to("gone")
    written = laptop.write("more")
    came = laptop.send(desk)
    assert came.received == 1
    assert came.quarantined[0].ref == "a bundle"
    assert "waited" in came.quarantined[0].reason
    assert desk.memory.contains(written, desk.memory.head())
    assert not laptop.send(desk).quarantined


def test_a_damaged_bundle_changes_nothing(pair, tmp_path):
    laptop, desk = pair
    laptop.write("more")
    laptop.mesh.outbox.export(tmp_path / "file")
    before = git(desk.folder, "for-each-ref")
    (tmp_path / "file").write_bytes((tmp_path / "file").read_bytes()[:-7])
    with pytest.raises(InvalidContent):
        desk.mesh.inbox.take(tmp_path / "file")
    assert git(desk.folder, "for-each-ref") == before


def test_who_joined_halfway_or_left_can_join_again(pair):
    laptop, desk = pair
    membership = desk.mesh.roster.membership()
    desk.mesh.roster.leave()
    laptop.write("meanwhile")
    laptop.lets_in(desk)
    assert desk.mesh.roster.membership() == membership
    assert desk.memory.head() == laptop.memory.head()
    for ref in ("group", *(f"peers/{peer}" for peer in desk.git.side_refs("peers"))):
        git(desk.folder, "update-ref", "-d", f"refs/pack/{ref}")
    laptop.lets_in(desk)
    assert desk.mesh.roster.version().group == laptop.mesh.roster.version().group


def test_a_bundle_that_waited_and_is_damaged_holds_nothing_up(pair, tmp_path):
    laptop, desk = pair
    laptop.write("two")
    laptop.mesh.outbox.announce()
    before = laptop.mesh.outbox.heads()[laptop.id].id
    laptop.write("three")
    laptop.mesh.outbox.export(tmp_path / "later", [before])
    whole = (tmp_path / "later").read_bytes()
    (tmp_path / "later").write_bytes(whole[:-7])
    assert desk.mesh.inbox.take(tmp_path / "later").pending
    came = laptop.send(desk)
    assert came.received == 1
    assert "damaged" in came.quarantined[0].reason
    assert desk.memory.head() == laptop.memory.head()
    laptop.write("four")
    assert not laptop.send(desk).quarantined


def test_bundles_whose_past_never_comes_give_way_to_newer_ones(pair, tmp_path, monkeypatch):
    laptop, desk = pair
    sizes = []
    for number in range(3):
        laptop.write(f"missing {number}")
        laptop.mesh.outbox.announce()
        before = laptop.mesh.outbox.heads()[laptop.id].id
        laptop.write(f"later {number}")
        laptop.mesh.outbox.export(tmp_path / f"{number}", [before])
        sizes.append((tmp_path / f"{number}").stat().st_size)
    monkeypatch.setattr(bundles, "MOST_KEPT", sum(sizes) - 1)
    came = [desk.mesh.inbox.take(tmp_path / f"{number}") for number in range(3)]
    assert [bool(one.pending) for one in came] == [True, True, True]
    assert [len(one.waiting) for one in came] == [0, 0, 1]
    assert "waits no more" in came[2].waiting[0]
    assert len(desk.mesh.inbox.kept()) == 2
    monkeypatch.setattr(bundles, "MOST_KEPT", sizes[0] - 1)
    with pytest.raises(LimitExceeded):
        desk.mesh.inbox.take(tmp_path / "0")
    assert len(desk.mesh.inbox.kept()) == 2


def test_what_a_machine_said_before_its_disk_was_lost_is_its_memory_again(pair):
    """Also if nobody else has merged it: others keep what it announced."""
    laptop, desk = pair
    backup, said = desk.memory.head(), desk.git.side_refs("peers")[desk.id]
    newer = desk.write("after the backup")
    laptop.memory.take_in = lambda *_, **__: "the person is editing"
    desk.send(laptop)
    git(desk.folder, "reset", "-q", "--hard", backup)
    git(desk.folder, "update-ref", f"refs/pack/peers/{desk.id}", said)
    assert laptop.send(desk).is_restored
    assert desk.memory.contains(newer, desk.memory.head())


def test_whoever_is_let_in_while_a_more_important_owner_changes_the_group_is_in(machines, tmp_path):
    laptop, desk, phone = machines
    laptop.write("one")
    laptop.mesh.begin("laptop", "home")
    laptop.lets_in(desk)
    laptop.mesh.roster.change(lambda one: (_owned_by(one.group, desk), one.revoked))
    laptop.send(desk)
    laptop.mesh.roster.change(lambda one: (replace(one.group, retention_days=9), one.revoked))
    invitation = desk.mesh.admission.invite()
    desk.mesh.admission.admit(phone.mesh.admission.ask(invitation, "phone"))
    assert not laptop.send(desk).quarantined
    assert desk.mesh.outbox.export(tmp_path / "answer")
    assert not phone.mesh.inbox.join(invitation, tmp_path / "answer", "phone", "").quarantined
    phone.write("by phone")
    assert not phone.send(laptop).quarantined
    for one in machines:
        assert set(one.mesh.roster.version().group.peers) == {each.id for each in machines}


def _owned_by(group, machine):
    peer = group.peers[machine.id]
    made = group.admitting(replace(peer, roles=peer.roles | {Role.OWNER}))
    return replace(made, succession=(machine.id,))


@pytest.mark.parametrize("heard", [False, True], ids=["before it hears of it", "and after"])
@pytest.mark.parametrize("mine", [False, True], ids=["which it passes on", "and adds its own to"])
def test_what_a_limited_peer_took_in_of_a_peer_that_was_then_removed_is_taken_in(
    pair, machines, heard, mine
):
    """A hand commit counts as that of whoever announced it first, who may have left since."""
    laptop, desk = pair
    phone = machines[2]
    laptop.lets_in(phone)
    laptop.mesh.roster.grant(phone.id, None, frozenset({3, 4, 5}))
    laptop.send(desk)
    laptop.send(phone)
    by_hand = desk.write("by hand on desk")
    assert not desk.send(phone).quarantined
    laptop.mesh.roster.remove(desk.id)
    if heard:
        laptop.send(phone)
    if mine:
        phone.write("more by phone")
    came = phone.send(laptop)
    assert bool(came.quarantined) == mine
    assert laptop.memory.contains(by_hand, laptop.memory.head()) != mine
    late = desk.write("after it was removed")
    assert "may not write" in desk.send(laptop).quarantined[0].reason
    assert late not in laptop.mesh.outbox.heard().commits


@pytest.mark.contract("C14")
def test_what_a_former_member_said_goes_on_from_one_limited_peer_to_the_next(
    pair, machines, tmp_path
):
    """The owner meets only the second of them, which kept the evidence for it."""
    laptop, desk = pair
    phone = machines[2]
    with machines_in(tmp_path, "tablet") as (tablet,):
        for one in (phone, tablet):
            laptop.lets_in(one)
            laptop.mesh.roster.grant(one.id, None, frozenset({3, 4, 5}))
        for one in (desk, phone, tablet):
            laptop.send(one)
        by_hand = desk.write("by hand on desk")
        desk.send(phone)
        laptop.mesh.roster.remove(desk.id)
        laptop.send(tablet)
        assert not phone.send(tablet).quarantined
        assert tablet.memory.head() == by_hand
        assert not tablet.send(laptop).quarantined
        assert laptop.memory.head() == by_hand
        assert git(laptop.folder, "for-each-ref", "refs/pack/witnesses")
