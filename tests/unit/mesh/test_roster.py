"""Who belongs to a group, and who may change that."""

from dataclasses import replace

import pytest
from pack_connectors.peers.state_files import MeshFiles

from pack.errors import InvalidContent, InvalidRequest, NotFound, RefusedForSafety
from pack.mesh.members.endpoints import pin_of
from pack.mesh.members.group import Role
from tests.mesh_support import public_key


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


def roles(machine):
    group = machine.mesh.roster.version().group
    return {one.name: set(one.roles) for one in group.peers.values()}


def test_an_owner_says_what_a_peer_may_do(pair):
    laptop, desk = pair
    roster = laptop.mesh.roster
    made = roster.grant(desk.id, frozenset({Role.READER, Role.HUB}), None)
    assert (made.roles, made.levels) == ({Role.READER, Role.HUB}, {1, 2, 3, 4, 5})
    assert roster.grant(desk.id, None, frozenset({3, 4})).levels == {3, 4}
    assert roles(laptop)["desk"] == {"reader", "hub"}
    laptop.send(desk)
    assert roles(desk) == roles(laptop)
    with pytest.raises(RefusedForSafety, match="only an owner"):
        desk.mesh.roster.grant(desk.id, frozenset({Role.OWNER}), None)


def test_owners_come_in_an_order_and_one_always_stays(pair):
    laptop, desk = pair
    roster = laptop.mesh.roster
    roster.grant(desk.id, frozenset({Role.OWNER, Role.MEMBER}), None)
    assert roster.version().group.owners == (laptop.id, desk.id)
    roster.set_owners([desk.id, laptop.id])
    assert roster.version().group.owners == (desk.id, laptop.id)
    laptop.send(desk)
    desk.mesh.roster.grant(laptop.id, frozenset({Role.MEMBER}), None)
    assert desk.mesh.roster.version().group.owners == (desk.id,)
    assert roles(desk) == {"laptop": {"member"}, "desk": {"owner", "member"}}
    for ask in (
        lambda: desk.mesh.roster.grant(desk.id, frozenset({Role.MEMBER}), None),
        lambda: desk.mesh.roster.set_owners([]),
    ):
        with pytest.raises(InvalidRequest, match="needs an owner"):
            ask()
    with pytest.raises(NotFound):
        desk.mesh.roster.set_owners([public_key("stranger").peer])


def test_https_with_a_port_is_told_with_the_hash_of_the_key_that_the_machine_has_now(machines):
    laptop = machines[0]
    laptop.write("one")
    at = "https://192.168.1.10:3006"
    pinned = f"{at}#sha256={pin_of(public_key('laptop'))}"
    assert laptop.mesh.begin("laptop", "home", at).endpoint == pinned
    assert laptop.mesh.admission.invite().endpoints == (pinned,)
    assert laptop.mesh.outbox.heads()[laptop.id].said.endpoint == pinned
    assert MeshFiles(laptop.git.repository.state_dir / "mesh").membership().endpoint == at
    asked = machines[1].mesh.admission.ask(laptop.mesh.admission.invite(), "desk", at)
    assert pin_of(public_key("desk")) in asked.decode()
    another = laptop.with_key("tablet")
    assert another.roster.membership().endpoint == f"{at}#sha256={pin_of(public_key('tablet'))}"


@pytest.mark.parametrize("port", ["", ":3006"])
def test_an_address_that_is_too_long_for_an_announcement_is_refused_before_it_is_kept(
    machines, port
):
    laptop = machines[0]
    laptop.write("one")
    hashed = 51 if port else 0
    longest = f"https://a{port}/" + "x" * (400 - 10 - len(port) - hashed)
    with pytest.raises(InvalidContent, match="at most 400 characters"):
        laptop.mesh.begin("laptop", "home", longest + "x")
    laptop.mesh.begin("laptop", "home", longest)
    with pytest.raises(InvalidContent, match="at most 400 characters"):
        laptop.mesh.place(laptop.id, longest + "x")
    laptop.mesh.place(laptop.id, "")
    assert laptop.mesh.overview.verify().problems == ()


def test_https_that_a_proxy_serves_is_told_as_it_is(machines):
    laptop = machines[0]
    laptop.write("one")
    laptop.mesh.roster._ports = replace(laptop.mesh.roster._ports, serves_tls=False)
    at = "https://192.168.1.10:3006"
    assert laptop.mesh.begin("laptop", "home", at).endpoint == at
