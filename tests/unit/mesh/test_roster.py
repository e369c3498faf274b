"""Who belongs to a group, and who may change that."""

from dataclasses import replace

import pytest
from pack_connectors.peers.state_files import MeshFiles

from pack.errors import InvalidContent, InvalidRequest, NotFound, RefusedForSafety


def test_a_memory_begins_a_group_and_says_where_it_is(machines):
    laptop = machines[0]
    head = laptop.write("one")
    membership = laptop.mesh.begin("laptop", "home", "http://laptop:3005/")
    assert membership == laptop.mesh.roster.membership()
    assert membership.endpoint == "http://laptop:3005"
    assert [peer.name for peer in laptop.mesh.roster.version().group.peers.values()] == ["laptop"]
    said = laptop.mesh.outbox.heads()[laptop.id].said
    assert (said.head, said.height, said.n) == (head, 1, 1)
    with pytest.raises(InvalidRequest, match="already"):
        laptop.mesh.begin("laptop", "other")


@pytest.mark.parametrize(
    ("name", "group"), [("a\nb", "home"), ("", "home"), ("x" * 65, "home"), ("laptop", " home")]
)
def test_a_name_that_nobody_could_read_begins_no_group(machines, name, group):
    laptop = machines[0]
    with pytest.raises(InvalidContent):
        laptop.mesh.begin(name, group)
    with pytest.raises(NotFound):
        laptop.mesh.roster.membership()
    assert laptop.mesh.begin("laptop", "home").name == "laptop"


def test_a_new_version_that_nobody_could_read_changes_nothing(machines):
    laptop = machines[0]
    laptop.write("one")
    laptop.mesh.begin("laptop", "home")
    before = laptop.mesh.roster.version()
    peer = before.group.peer(laptop.id)
    with pytest.raises(InvalidContent):
        laptop.mesh.roster.change(
            lambda one: (one.group.admitting(replace(peer, name="a\nb")), one.revoked)
        )
    assert laptop.mesh.roster.version() == before


def test_a_memory_of_no_group_says_so(machines):
    for ask in (
        machines[0].mesh.admission.invite,
        machines[0].mesh.roster.version,
        machines[0].mesh.outbox.announce,
    ):
        with pytest.raises(NotFound, match="group of this memory"):
            ask()


def test_only_an_owner_lets_in_and_removes(pair):
    _, desk = pair
    for ask in (desk.mesh.admission.invite, lambda: desk.mesh.roster.remove(desk.id)):
        with pytest.raises(RefusedForSafety, match="only an owner"):
            ask()


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
    laptop.mesh.roster.leave()
    assert laptop.mesh.begin("laptop", "home").group == begun.group
