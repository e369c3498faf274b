"""Machines that ask without an invitation: what is kept of them, and what an owner says."""

from datetime import timedelta

import pytest
from pack_connectors.peers.join_requests import JoinSigner

from pack.errors import AdmissionPending, InvalidRequest, NotFound, RefusedForSafety
from pack.mesh.approval import MOST_APPLICANTS, MOST_REFUSED
from pack.mesh.joining import JoinRequest
from pack.mesh.members.group import Role
from tests.mesh_support import private_key, public_key
from tests.support import git


def asks(laptop, name, wanted=None, to=None):
    """What a machine is told that asks without an invitation."""
    key = public_key(name)
    request = JoinRequest(to or laptop.id, key, wanted or name, "http://there:1", "n" * 22)
    return laptop.mesh.admission.welcome(JoinSigner(private_key(name)).sign_request(request, None))


def waiting(machine):
    return [one.name for one in machine.mesh.approval.waiting()]


def test_a_machine_waits_until_an_owner_approves_and_is_then_in(pair):
    laptop, _ = pair
    for _ in range(2):
        with pytest.raises(AdmissionPending) as told:
            asks(laptop, "phone")
        assert told.value.peer == laptop.id
        assert "home" not in f"{told.value} {told.value.remedy}"
    assert waiting(laptop) == ["phone"]
    peer = public_key("phone").peer
    made = laptop.mesh.approval.approve(peer, "handy", [Role.READER], [4, 5])
    assert (made.name, made.roles, made.levels) == ("handy", {Role.READER}, {4, 5})
    assert laptop.mesh.roster.version().group.peers[peer] == made
    assert laptop.mesh.book.records()[peer].endpoint == "http://there:1"
    assert asks(laptop, "phone")
    assert waiting(laptop) == []
    with pytest.raises(NotFound, match="request to join"):
        laptop.mesh.approval.approve(peer)


def test_who_does_not_say_whom_it_asks_only_hears_who_answers(pair):
    """Else a machine that is asked could pass the request on, and take the token."""
    laptop, desk = pair
    for name in ("phone", "desk"):
        with pytest.raises(AdmissionPending) as told:
            asks(laptop, name, to=public_key(name).peer)
        assert told.value.peer == laptop.id
    assert waiting(laptop) == []
    with pytest.raises(RefusedForSafety, match="no such invitation"):
        asks(laptop, "phone", to=desk.id)


def test_who_was_refused_is_told_so_and_shown_no_more(pair):
    laptop, _ = pair
    with pytest.raises(AdmissionPending):
        asks(laptop, "phone")
    laptop.mesh.approval.refuse(public_key("phone").peer)
    assert waiting(laptop) == []
    with pytest.raises(RefusedForSafety, match="no such invitation"):
        asks(laptop, "phone")


def test_little_is_kept_of_strangers_and_not_for_long(pair):
    laptop, _ = pair
    for number in range(MOST_APPLICANTS + 5):
        with pytest.raises(AdmissionPending):
            asks(laptop, f"stranger {number}", "x")
    assert len(laptop.mesh.approval.waiting()) == MOST_APPLICANTS
    laptop.now += timedelta(days=8)
    assert waiting(laptop) == []
    with pytest.raises(AdmissionPending):
        asks(laptop, "phone")
    assert waiting(laptop) == ["phone"]


def test_whoever_was_refused_takes_up_no_room(pair):
    laptop, _ = pair
    approval = laptop.mesh.approval
    for number in range(MOST_REFUSED + 2):
        with pytest.raises(AdmissionPending):
            asks(laptop, f"stranger {number}", "x")
        approval.refuse(public_key(f"stranger {number}").peer)
        assert not approval.is_full()
    with pytest.raises(AdmissionPending):
        asks(laptop, "phone")
    assert waiting(laptop) == ["phone"]
    with pytest.raises(RefusedForSafety):
        asks(laptop, f"stranger {MOST_REFUSED + 1}")
    with pytest.raises(AdmissionPending):  # the oldest refusals are forgotten
        asks(laptop, "stranger 0")


def test_an_owner_is_told_when_nobody_else_can_ask(pair):
    laptop, _ = pair
    for number in range(MOST_APPLICANTS):
        assert not laptop.mesh.approval.is_full()
        with pytest.raises(AdmissionPending):
            asks(laptop, f"stranger {number}", "x")
    assert laptop.mesh.approval.is_full()


def test_only_an_owner_keeps_who_asks(pair):
    _, desk = pair
    with pytest.raises(RefusedForSafety, match="no such invitation"):
        asks(desk, "phone")
    assert waiting(desk) == []


def test_a_name_that_is_taken_needs_another_one(pair):
    laptop, _ = pair
    with pytest.raises(AdmissionPending):
        asks(laptop, "phone", "desk")
    peer = public_key("phone").peer
    with pytest.raises(InvalidRequest, match="called 'desk'"):
        laptop.mesh.approval.approve(peer)
    assert waiting(laptop) == ["desk"]
    assert laptop.mesh.approval.approve(peer, "desk 2").name == "desk 2"


def test_a_new_key_waits_for_a_person_where_the_former_one_is_on_two_machines(pair):
    laptop, desk = pair
    before, head = desk.git.side_refs("peers")[desk.id], desk.memory.head()
    desk.write("here")
    desk.send(laptop)
    git(desk.folder, "update-ref", f"refs/pack/peers/{desk.id}", before)
    git(desk.folder, "reset", "-q", "--hard", head)
    lost = desk.write("and elsewhere")
    desk.mesh.rekeying.renew()
    desk.send(laptop)
    (one,) = laptop.mesh.approval.waiting()
    assert (one.name, one.former) == ("desk", desk.id)
    with pytest.raises(RefusedForSafety, match="stays a member"):
        laptop.mesh.approval.refuse(one.key.peer)
    assert laptop.mesh.approval.approve(one.key.peer).name == "desk"
    laptop.send(desk)
    assert desk.mesh.me == one.key.peer
    assert not desk.send(laptop).quarantined
    assert laptop.memory.contains(lost, laptop.memory.head())
    assert {file.stem for file in laptop.folder.glob("*.md")} >= {"here", "and-elsewhere"}
    assert waiting(laptop) == []
