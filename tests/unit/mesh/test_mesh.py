"""Peers that meet by files alone: repositories, keys and bundles are real, merges are git's own."""

from datetime import timedelta

import pytest
from pack_connectors.local_git.beside.bundles import Bundles
from pack_connectors.local_git.process import GitRunner
from pack_connectors.peers.join_requests import JoinSigner
from pack_connectors.peers.state_files import MeshFiles

from pack.errors import InvalidContent, InvalidRequest, NotFound, RefusedForSafety
from pack.mesh.joining import JoinRequest
from pack.mesh.state import PeerSource
from tests.mesh_machines import USER, machines_in, pair_in
from tests.mesh_support import private_key, public_key
from tests.support import git


@pytest.fixture
def machines(tmp_path, at_first):
    with machines_in(tmp_path, "laptop", "desk", "phone") as made:
        yield made


@pytest.fixture
def at_first(tmp_path, request):
    """What the machines are before a test: two peers at the same head, where it asks for them."""
    if "pair" in request.fixturenames:
        pair_in(tmp_path)


@pytest.fixture
def pair(machines):
    """Two peers of one group that are at the same head."""
    return machines[:2]


def test_a_memory_begins_a_group_and_says_where_it_is(machines):
    laptop = machines[0]
    head = laptop.write("one")
    membership = laptop.mesh.begin("laptop", "home", "http://laptop:3005/")
    assert membership == laptop.mesh.membership()
    assert membership.endpoint == "http://laptop:3005"
    assert [peer.name for peer in laptop.mesh.version().group.peers.values()] == ["laptop"]
    said = laptop.mesh.heads()[laptop.id].said
    assert (said.head, said.height, said.n) == (head, 1, 1)
    with pytest.raises(InvalidRequest, match="already"):
        laptop.mesh.begin("laptop", "other")


def test_a_memory_of_no_group_says_so(machines):
    for ask in (machines[0].mesh.invite, machines[0].mesh.version, machines[0].mesh.announce):
        with pytest.raises(NotFound, match="group of this memory"):
            ask()


def test_a_machine_joins_by_files_and_has_the_memory(machines):
    laptop, desk, _ = machines
    head = laptop.write("one")
    laptop.mesh.begin("laptop", "home")
    came = laptop.lets_in(desk)
    assert came.received == 1
    assert not came.quarantined
    assert desk.memory.head() == head
    assert {peer.name for peer in desk.mesh.version().group.peers.values()} == {"laptop", "desk"}
    assert desk.mesh.heads()[desk.id].said.head == head
    assert desk.mesh.membership().group == laptop.mesh.membership().group


@pytest.mark.contract("C14")
def test_what_both_wrote_meets_at_one_head(pair):
    laptop, desk = pair
    laptop.write("by laptop")
    desk.write("by desk")
    assert laptop.send(desk).received == 1
    assert desk.send(laptop).received == 1
    assert laptop.memory.head() == desk.memory.head()
    assert laptop.memory.height(laptop.memory.head()) == 4


@pytest.mark.contract("C14")
def test_nothing_is_sent_twice_and_nothing_new_is_said(pair):
    laptop, desk = pair
    first = laptop.write("more")
    laptop.send(desk)
    said = desk.mesh.announce()
    assert said == desk.mesh.announce()
    again = laptop.send(desk)
    assert again.received == 0
    assert not again.quarantined
    laptop.write("even more")
    announced = laptop.mesh.heads()[laptop.id].id
    assert laptop.send(desk, [announced, first]).received == 1
    assert desk.memory.head() == laptop.memory.head()


def test_a_bundle_that_builds_on_what_is_missing_waits(pair):
    laptop, desk = pair
    laptop.write("two")
    laptop.mesh.announce()
    before = laptop.mesh.heads()[laptop.id].id
    laptop.write("three")
    came = laptop.send(desk, [before])
    assert before in came.pending
    assert came.received == 0
    assert desk.memory.head() != laptop.memory.head()
    assert laptop.send(desk, [before]).pending  # and again
    first = laptop.mesh.heads()[laptop.id].id
    laptop.write("four")
    assert laptop.send(desk, [first]).pending
    file = laptop.files / "what-was-missing"
    git(laptop.folder, "update-ref", f"refs/pack/peers/{laptop.id}", before)
    refs = ["group", f"peers/{laptop.id}"]
    repository = laptop.git.repository
    assert Bundles(repository, GitRunner(repository)).write_bundle(file, refs, [])
    assert desk.mesh.take(file).received == 3
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
    assert desk.mesh.settle() == ("busy",)
    desk.memory.take_in = take_in
    assert desk.mesh.settle() == ()
    assert desk.memory.head() == laptop.memory.head()
    assert desk.mesh.heads()[desk.id].said.head == desk.memory.head()


# --- joining -------------------------------------------------------------------------------------


def test_an_invitation_lets_in_one_machine_which_may_ask_again(machines, pair):
    laptop, _ = pair
    phone = machines[2]
    invitation = laptop.mesh.invite()
    request = phone.mesh.ask(invitation, "phone")
    assert laptop.mesh.admit(request) == laptop.mesh.admit(request)
    other = phone.with_key("stranger")
    with pytest.raises(RefusedForSafety, match="no such invitation"):
        laptop.mesh.admit(other.ask(invitation, "stranger"))
    assert len(laptop.mesh.version().group.peers) == 3


def test_an_invitation_ends_after_a_day(machines, pair):
    laptop, _ = pair
    invitation = laptop.mesh.invite()
    laptop.now += timedelta(hours=25)
    with pytest.raises(RefusedForSafety, match="no such invitation"):
        laptop.mesh.admit(machines[2].mesh.ask(invitation, "phone"))


def test_a_refused_request_says_nothing_of_the_group(machines, pair):
    laptop, desk = pair
    invitation = laptop.mesh.invite()
    forged = type(invitation)(invitation.peer, (), b"x" * 32)
    with pytest.raises(RefusedForSafety) as refused:
        laptop.mesh.admit(machines[2].mesh.ask(forged, "phone"))
    assert "home" not in f"{refused.value} {refused.value.remedy}"
    misled = type(invitation)(desk.id, (), invitation.secret)
    with pytest.raises(RefusedForSafety):
        laptop.mesh.admit(machines[2].mesh.ask(misled, "phone"))


def test_only_an_owner_lets_in_and_removes(pair):
    _, desk = pair
    for ask in (desk.mesh.invite, lambda: desk.mesh.remove(desk.id)):
        with pytest.raises(RefusedForSafety, match="only an owner"):
            ask()


def test_a_name_that_is_taken_leaves_the_invitation_to_the_newcomer(machines, pair):
    laptop, _ = pair
    phone = machines[2]
    invitation = laptop.mesh.invite()
    with pytest.raises(InvalidRequest, match="called 'desk'"):
        laptop.mesh.admit(phone.mesh.ask(invitation, "desk"))
    assert laptop.mesh.admit(phone.mesh.ask(invitation, "phone")).name == "phone"


def test_nobody_joins_a_group_that_has_not_let_it_in(machines, pair, tmp_path):
    laptop, desk = pair
    phone = machines[2]
    invitation = laptop.mesh.invite()
    laptop.mesh.export(tmp_path / "file")
    with pytest.raises(RefusedForSafety, match="not of a group"):
        phone.mesh.join(invitation, tmp_path / "file", "phone", "")
    with pytest.raises(NotFound):
        phone.mesh.membership()
    with pytest.raises(InvalidRequest, match="already"):
        desk.mesh.join(invitation, tmp_path / "file", "desk", "")


def test_a_memory_with_a_history_of_its_own_is_asked_about(machines, tmp_path):
    laptop, desk, _ = machines
    laptop.write("one")
    laptop.mesh.begin("laptop", "home")
    desk.write("own")
    invitation = laptop.mesh.invite()
    laptop.mesh.admit(desk.mesh.ask(invitation, "desk"))
    laptop.mesh.export(tmp_path / "file")
    with pytest.raises(RefusedForSafety, match="history of its own"):
        desk.mesh.join(invitation, tmp_path / "file", "desk", "")
    with pytest.raises(NotFound):
        desk.mesh.membership()
    git(desk.folder, "fetch", "-q", str(laptop.folder), "main")
    git(desk.folder, *USER, "merge", "-q", "--allow-unrelated-histories", "-m", "x", "FETCH_HEAD")
    assert not desk.mesh.join(invitation, tmp_path / "file", "desk", "").waiting


def test_an_address_is_what_the_peer_itself_says_unless_a_person_knows_better(machines):
    laptop, desk, phone = machines
    laptop.write("one")
    laptop.mesh.begin("laptop", "home", "http://laptop:1")
    laptop.lets_in(desk)
    laptop.lets_in(phone)
    assert phone.mesh.records()[laptop.id].endpoint == "http://laptop:1"
    assert phone.mesh.records()[laptop.id].source == "gossip"
    assert phone.mesh.records()[desk.id].endpoint == ""
    phone.mesh.remember(laptop.id, endpoint="http://other:1", source=PeerSource.MANUAL)
    assert phone.mesh.records()[laptop.id].endpoint == "http://other:1"


# --- removal and faults --------------------------------------------------------------------------


def test_a_removed_machine_is_told_and_a_stranger_is_told_nothing(machines, pair):
    laptop, desk = pair
    asked = desk.mesh.ask_again(laptop.id)
    assert laptop.mesh.welcome(asked)
    laptop.mesh.remove(desk.id)
    with pytest.raises(RefusedForSafety, match="removed from the group"):
        laptop.mesh.welcome(asked)
    request = JoinRequest(laptop.id, public_key("stranger"), "x", "", "n" * 22)
    unknown = JoinSigner(private_key("stranger")).sign_request(request, None)
    with pytest.raises(RefusedForSafety, match="no such invitation"):
        laptop.mesh.welcome(unknown)


def test_a_removed_peer_is_heard_by_nobody(machines, pair):
    laptop, desk = pair
    phone = machines[2]
    laptop.lets_in(phone)
    laptop.mesh.remove(desk.id)
    laptop.send(phone)
    desk.write("too late")
    for machine in (laptop, phone):
        came = desk.send(machine)
        assert came.received == 0
        assert [one.peer for one in came.quarantined] == [desk.id]
        assert not (machine.folder / "too-late.md").exists()
        assert machine.git.side_refs("quarantine") == {desk.id: desk.mesh.heads()[desk.id].id}
    assert desk.send(laptop).quarantined  # and again
    invitation = laptop.mesh.invite()
    request = JoinRequest(laptop.id, public_key("desk"), "desk", "", "n" * 22)
    again = JoinSigner(private_key("desk")).sign_request(request, invitation.secret)
    with pytest.raises(InvalidContent, match="for good"):
        laptop.mesh.admit(again)


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
    MeshFiles(clone.git.repository.state_dir / "mesh").set_membership(desk.mesh.membership())
    lost = clone.write("elsewhere")
    came = clone.send(laptop)
    assert "two machines" in came.quarantined[0].reason
    kept = laptop.git.side_refs("quarantine")[desk.id]
    assert laptop.memory.contains(lost, kept)
    file = tmp_path / "back"
    clone.mesh.export(file)
    assert desk.mesh.take(file).is_cloned


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


def test_what_the_person_hides_is_not_announced_nor_sent(pair, tmp_path):
    laptop, _ = pair
    laptop.write("more")
    laptop.memory.secret = "it would show what a filter hides"
    for ask in (laptop.mesh.announce, lambda: laptop.mesh.export(tmp_path / "file")):
        with pytest.raises(RefusedForSafety, match="what a filter hides"):
            ask()
    assert not (tmp_path / "file").exists()
    said = laptop.mesh.heads()[laptop.id].said
    assert (laptop.mesh.heard().head, laptop.mesh.heard().height) == (said.head, said.height)
    (why,) = laptop.mesh.settle()
    assert "what a filter hides" in why
    assert laptop.mesh.export(tmp_path / "file", only_said=True)
    assert laptop.memory.head() != said.head


def test_a_damaged_bundle_changes_nothing(pair, tmp_path):
    laptop, desk = pair
    laptop.write("more")
    laptop.mesh.export(tmp_path / "file")
    before = git(desk.folder, "for-each-ref")
    (tmp_path / "file").write_bytes((tmp_path / "file").read_bytes()[:-7])
    with pytest.raises(InvalidContent):
        desk.mesh.take(tmp_path / "file")
    assert git(desk.folder, "for-each-ref") == before


# --- what was broken off -------------------------------------------------------------------------


def test_a_group_that_was_begun_halfway_is_begun(machines):
    """The process ended between the group's first version and the note that it is ours."""
    laptop = machines[0]
    laptop.write("one")
    begun = laptop.mesh.begin("laptop", "home")
    state = MeshFiles(laptop.git.repository.state_dir / "mesh")
    state.set_membership(None)
    with pytest.raises(InvalidRequest, match="another group"):
        laptop.mesh.begin("laptop", "other")
    assert laptop.mesh.begin("laptop", "home").group == begun.group
    laptop.mesh.leave()
    assert laptop.mesh.begin("laptop", "home").group == begun.group


def test_who_joined_halfway_or_left_can_join_again(pair):
    laptop, desk = pair
    membership = desk.mesh.membership()
    desk.mesh.leave()
    laptop.write("meanwhile")
    laptop.lets_in(desk)
    assert desk.mesh.membership() == membership
    assert desk.memory.head() == laptop.memory.head()
    for ref in ("group", *(f"peers/{peer}" for peer in desk.git.side_refs("peers"))):
        git(desk.folder, "update-ref", "-d", f"refs/pack/{ref}")
    laptop.lets_in(desk)
    assert desk.mesh.version().group == laptop.mesh.version().group


def test_a_bundle_that_waited_and_is_damaged_holds_nothing_up(pair, tmp_path):
    laptop, desk = pair
    laptop.write("two")
    laptop.mesh.announce()
    before = laptop.mesh.heads()[laptop.id].id
    laptop.write("three")
    laptop.mesh.export(tmp_path / "later", [before])
    whole = (tmp_path / "later").read_bytes()
    (tmp_path / "later").write_bytes(whole[:-7])
    assert desk.mesh.take(tmp_path / "later").pending
    came = laptop.send(desk)
    assert came.received == 1
    assert "damaged" in came.quarantined[0].reason
    assert desk.memory.head() == laptop.memory.head()
    laptop.write("four")
    assert not laptop.send(desk).quarantined


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


def test_a_newcomer_is_not_told_of_a_peer_that_was_removed(machines, pair):
    laptop, desk = pair
    laptop.mesh.remove(desk.id)
    assert not laptop.lets_in(machines[2]).quarantined
    assert desk.id not in machines[2].git.side_refs("peers")
    assert not machines[2].mesh.lacks(laptop.mesh.heard())
    assert not laptop.mesh.has_more(machines[2].mesh.heard())
