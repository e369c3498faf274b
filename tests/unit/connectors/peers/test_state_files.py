"""The state of a mesh in files."""

import json

import pytest
from pack_connectors.peers.state_files import MeshFiles

from pack.errors import Unavailable
from pack.mesh.members.invitation import OpenInvitation
from pack.mesh.state import (
    Applicant,
    Membership,
    MeshEvent,
    MeshEventKind,
    PeerRecord,
    PeerSource,
    PeerStatus,
)
from tests.mesh_support import commit_id, public_key
from tests.support import START

DESK = public_key("desk").peer


@pytest.fixture
def files(tmp_path):
    return MeshFiles(tmp_path / "pack" / "mesh")


def test_there_is_nothing_at_first(files, tmp_path):
    assert files.membership() is None
    assert files.invitations() == []
    assert files.records() == {}
    assert not list(tmp_path.iterdir())


def test_everything_is_read_back(files):
    membership = Membership(commit_id("group"), "laptop", "http://a:1")
    invitations = [
        OpenInvitation(public_key("x"), START),
        OpenInvitation(public_key("y"), START, DESK),
    ]
    record = PeerRecord(
        DESK, "http://b:1", PeerSource.GOSSIP, PeerStatus.ERROR, sent=commit_id("head"), token="t"
    )
    files.set_membership(membership)
    files.set_invitations(invitations)
    files.set_records({DESK: record})
    assert files.membership() == membership
    assert files.invitations() == invitations
    assert files.records() == {DESK: record}
    files.set_membership(None)
    files.set_membership(None)
    assert files.membership() is None


def test_what_came_of_new_keys_requests_and_events_is_read_back(files):
    known = Membership(commit_id("group"), "laptop", "", DESK, public_key("new").line)
    asking = [
        Applicant(public_key("x"), "x", "", START),
        Applicant(public_key("y"), "y", "http://y:1", START, is_refused=True),
    ]
    events = [MeshEvent("2026-03-01T12:00:00Z", MeshEventKind.ERROR, DESK, "desk", "it is full")]
    assert (files.applicants(), files.events(), files.notices()) == ([], [], [])
    files.set_membership(known)
    files.set_applicants(asking)
    files.set_events(events)
    files.set_notices(["one"])
    assert files.membership() == known
    assert (files.applicants(), files.events(), files.notices()) == (asking, events, ["one"])


def test_a_membership_from_before_keys_were_chosen_is_read(files, tmp_path):
    files.set_membership(Membership(commit_id("group"), "laptop"))
    file = tmp_path / "pack" / "mesh" / "membership.json"
    fields = json.loads(file.read_text())
    del fields["peer"], fields["successor"]
    file.write_text(json.dumps(fields))
    assert files.membership() == Membership(commit_id("group"), "laptop")


def test_nobody_else_can_read_them(files, tmp_path):
    files.set_records({})
    folder = tmp_path / "pack" / "mesh"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "peers.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("content", ["", "{}", "[1]", '[{"peer": 1}]', "\xff"])
def test_a_damaged_file_is_told_and_not_taken_for_an_empty_one(files, tmp_path, content):
    files.set_records({})
    (tmp_path / "pack" / "mesh" / "peers.json").write_bytes(content.encode("latin-1"))
    with pytest.raises(Unavailable, match="damaged"):
        files.records()


def test_a_folder_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(Unavailable):
        MeshFiles(tmp_path / "file" / "mesh").set_records({})
