"""Invitations, requests and who is let in."""

from datetime import timedelta

import pytest
from pack_connectors.peers.join_requests import JoinSigner

from pack.errors import AdmissionPending, InvalidRequest, RefusedForSafety
from pack.mesh.joining import JoinRequest
from tests.mesh_support import private_key, public_key


def test_an_invitation_lets_in_one_machine_which_may_ask_again(machines, pair):
    laptop, _ = pair
    phone = machines[2]
    invitation = laptop.mesh.admission.invite()
    request = phone.mesh.admission.ask(invitation, "phone")
    assert laptop.mesh.admission.admit(request) == laptop.mesh.admission.admit(request)
    other = phone.with_key("stranger")
    with pytest.raises(RefusedForSafety, match="no such invitation"):
        laptop.mesh.admission.admit(other.admission.ask(invitation, "stranger"))
    assert len(laptop.mesh.roster.version().group.peers) == 3


def test_an_invitation_ends_after_a_day(machines, pair):
    laptop, _ = pair
    invitation = laptop.mesh.admission.invite()
    laptop.now += timedelta(hours=25)
    with pytest.raises(RefusedForSafety, match="no such invitation"):
        laptop.mesh.admission.admit(machines[2].mesh.admission.ask(invitation, "phone"))


def test_a_refused_request_says_nothing_of_the_group(machines, pair):
    laptop, desk = pair
    invitation = laptop.mesh.admission.invite()
    forged = type(invitation)(invitation.peer, (), b"x" * 32)
    with pytest.raises(RefusedForSafety) as refused:
        laptop.mesh.admission.admit(machines[2].mesh.admission.ask(forged, "phone"))
    assert "home" not in f"{refused.value} {refused.value.remedy}"
    misled = type(invitation)(desk.id, (), invitation.secret)
    with pytest.raises(RefusedForSafety):
        laptop.mesh.admission.admit(machines[2].mesh.admission.ask(misled, "phone"))


def test_a_name_that_is_taken_leaves_the_invitation_to_the_newcomer(machines, pair):
    laptop, _ = pair
    phone = machines[2]
    invitation = laptop.mesh.admission.invite()
    with pytest.raises(InvalidRequest, match="called 'desk'"):
        laptop.mesh.admission.admit(phone.mesh.admission.ask(invitation, "desk"))
    assert (
        laptop.mesh.admission.admit(phone.mesh.admission.ask(invitation, "phone")).name == "phone"
    )


def test_a_removed_machine_is_told_and_a_stranger_is_told_nothing(machines, pair):
    laptop, desk = pair
    asked = desk.mesh.admission.ask_again(laptop.id)
    assert laptop.mesh.admission.welcome(asked)
    laptop.mesh.roster.remove(desk.id)
    with pytest.raises(RefusedForSafety, match="removed from the group"):
        laptop.mesh.admission.welcome(asked)
    request = JoinRequest(laptop.id, public_key("stranger"), "x", "", "n" * 22)
    unknown = JoinSigner(private_key("stranger")).sign_request(request, None)
    with pytest.raises(AdmissionPending) as told:
        laptop.mesh.admission.welcome(unknown)
    assert "home" not in f"{told.value} {told.value.remedy}"
