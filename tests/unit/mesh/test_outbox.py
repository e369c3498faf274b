"""What a peer says of itself and sends."""

import pytest

from pack.errors import RefusedForSafety
from pack.kits.bases import KitBases
from pack.kits.lock import LOCK, Lock, locked, write_lock
from pack.model import CommitId, MemoryPath
from tests.finding_machines import Net
from tests.sim.machine import Machine, MemoryHead
from tests.sim.world import MERGE
from tests.support import git
from tests.unit.kits.test_kits import kit


@pytest.mark.contract("C14")
def test_nothing_is_sent_twice_and_nothing_new_is_said(pair):
    laptop, desk = pair
    first = laptop.write("more")
    laptop.send(desk)
    said = desk.mesh.outbox.announce()
    assert said == desk.mesh.outbox.announce()
    again = laptop.send(desk)
    assert again.received == 0
    assert not again.quarantined
    laptop.write("even more")
    announced = laptop.mesh.outbox.heads()[laptop.id].id
    assert laptop.send(desk, [announced, first]).received == 1
    assert desk.memory.head() == laptop.memory.head()


@pytest.mark.contract("C14")
def test_a_restored_machine_says_nothing_before_it_has_taken_in_what_it_had_said(pair):
    laptop, desk = pair
    before, old = laptop.memory.head(), laptop.mesh.outbox.announce()
    said = laptop.write("said")
    announced = laptop.mesh.outbox.announce()
    laptop.send(desk)
    git(laptop.folder, "reset", "-q", "--hard", before)
    git(laptop.folder, "update-ref", f"refs/pack/peers/{laptop.id}", old)
    laptop.write("after the backup")
    take_in, laptop.memory.take_in = laptop.memory.take_in, lambda *_, **__: "it died here"
    assert desk.send(laptop).is_restored
    assert laptop.mesh.outbox.announce() == announced
    laptop.memory.take_in = take_in
    assert not laptop.mesh.inbox.settle()
    assert laptop.memory.contains(said, laptop.memory.head())
    assert laptop.mesh.outbox.heads()[laptop.id].said.head == laptop.memory.head()


@pytest.mark.contract("C14")
def test_what_the_person_took_back_by_hand_is_not_brought_back_by_what_was_said(pair):
    laptop, _ = pair
    before = laptop.memory.head()
    laptop.write("refused by all")
    laptop.mesh.outbox.announce()
    git(laptop.folder, "reset", "-q", "--hard", before)
    better = laptop.write("better")
    assert not laptop.mesh.inbox.settle()
    assert laptop.memory.head() == better
    assert laptop.mesh.outbox.heads()[laptop.id].said.head == better


def test_what_the_person_hides_is_not_announced_nor_sent(pair, tmp_path):
    laptop, _ = pair
    laptop.write("more")
    laptop.memory.secret = "it would show what a filter hides"
    for ask in (laptop.mesh.outbox.announce, lambda: laptop.mesh.outbox.export(tmp_path / "file")):
        with pytest.raises(RefusedForSafety, match="what a filter hides"):
            ask()
    assert not (tmp_path / "file").exists()
    said = laptop.mesh.outbox.heads()[laptop.id].said
    assert (laptop.mesh.outbox.heard().head, laptop.mesh.outbox.heard().height) == (
        said.head,
        said.height,
    )
    (why,) = laptop.mesh.inbox.settle()
    assert "what a filter hides" in why
    assert laptop.mesh.outbox.export(tmp_path / "file", only_said=True)
    assert laptop.memory.head() != said.head


def test_a_newcomer_is_not_told_of_a_peer_that_was_removed(machines, pair):
    laptop, desk = pair
    laptop.mesh.roster.remove(desk.id)
    assert not laptop.lets_in(machines[2]).quarantined
    assert desk.id not in machines[2].git.side_refs("peers")
    assert not machines[2].mesh.outbox.lacks(laptop.mesh.outbox.heard())
    assert not laptop.mesh.outbox.has_more(machines[2].mesh.outbox.heard())


def test_a_new_address_is_told_while_what_is_new_is_kept_back(monkeypatch):
    net = Net("a", "b")
    mesh = net.machines["a"].mesh
    before = mesh.outbox.last(mesh.me).said
    content = [net.world.blob(b"hidden")]
    made = net.world.commit([before.head], {MemoryPath("b.md"): content[0]}, "b", MERGE, 1)
    net.machines["a"].disk.head = made
    net.machines["a"].disk.has |= net.world.mask[made]
    monkeypatch.setattr(MemoryHead, "refuse_outgoing", lambda *_: "it would show what is hidden")
    net.move("a", "http://new:1")
    said = mesh.outbox.last(mesh.me).said
    assert (said.n, said.head, said.endpoint) == (before.n + 1, before.head, "http://new:1")
    assert mesh.outbox.heard().head == before.head
    with pytest.raises(RefusedForSafety, match="hidden"):
        mesh.outbox.announce()
    assert mesh.outbox.last(mesh.me).said == said


@pytest.mark.contract("C14")
def test_two_machines_with_one_key_do_not_correct_each_other_for_ever():
    net = Net("a", "b")
    machine, other = net.machines["a"], net.machines["b"]
    twin = Machine(net.world, net.files, "twin", "a")
    twin.copy_of(machine)
    twin.mesh.place(twin.id, "http://elsewhere:1")

    def numbers():
        for number in range(3):
            for sender, receiver in ((machine, twin), (twin, machine), (twin, other)):
                sender.mesh.outbox.export(f"{number}{sender.name}{receiver.name}")
                receiver.mesh.inbox.take(f"{number}{sender.name}{receiver.name}")
            yield twin.mesh.outbox.last(twin.id).said.n

    assert len(set(numbers())) == 1
    assert machine.mesh.outbox.last(twin.id) == other.mesh.outbox.last(twin.id)
    net.move("a", "http://new:1")  # what either says of itself is said all the same
    assert machine.mesh.outbox.last(twin.id).said.endpoint == "http://new:1"


# --- what kits were installed from goes along --------------------------------------------------


def install(machine, one):
    """Have a lock name a kit, and keep what it ships."""
    KitBases(machine.git).add(one)
    name(machine, one)


def name(machine, one):
    file = machine.folder / LOCK
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(write_lock(Lock().with_kit(locked(one))))
    git(machine.folder, "add", "--force", LOCK)
    machine.write(f"kit {one.manifest.version}")


def kept(machine):
    return [base.version for base in KitBases(machine.git).chain("observer")]


def refs(machine, other):
    """The kits in a bundle for another machine, given what that one has."""
    file = machine.files / f"{machine.name}-{machine.memory.head()}"
    if not machine.mesh.outbox.export(file, other.mesh.outbox.heard().commits):
        return []
    heads = git(machine.folder, "bundle", "list-heads", str(file)).decode().split()
    return [ref for ref in heads if ref.startswith("refs/pack/kits/")]


@pytest.mark.contract("C14", "C15")
def test_a_machine_gets_what_its_lock_names_once(pair):
    laptop, desk = pair
    assert refs(laptop, desk) == []
    install(laptop, kit())
    assert refs(laptop, desk) == ["refs/pack/kits/observer"]
    laptop.send(desk, desk.mesh.outbox.heard().commits)
    assert kept(desk) == ["1.0.0"]
    laptop.write("more")
    assert refs(laptop, desk) == []
    install(laptop, kit("1.1.0"))
    laptop.send(desk, desk.mesh.outbox.heard().commits)
    assert kept(desk) == ["1.1.0", "1.0.0"]


@pytest.mark.contract("C14", "C15")
def test_one_that_has_the_memory_from_elsewhere_gets_the_rest(pair):
    laptop, desk = pair
    install(laptop, kit())
    laptop.send(desk)
    git(desk.folder, "update-ref", "-d", "refs/pack/kits/observer")
    assert refs(laptop, desk) == []
    assert laptop.send(desk).received == 0
    assert kept(desk) == ["1.0.0"]


@pytest.mark.contract("C14", "C15")
def test_what_no_lock_names_is_not_kept(pair):
    laptop, desk = pair
    install(laptop, kit())
    KitBases(laptop.git).add(kit("9.0.0"))
    laptop.send(desk)
    assert kept(desk) == ["1.0.0"]
    forged = git(laptop.folder, "rev-parse", "HEAD").decode().strip()
    git(laptop.folder, "update-ref", "refs/pack/kits/observer", forged)
    name(laptop, kit("1.1.0"))
    laptop.send(desk)
    assert kept(desk) == ["1.0.0"]


@pytest.mark.contract("C14")
def test_nothing_new_is_said_in_a_process_before_a_peer_tells_what_it_knows(pair):
    laptop, desk = pair
    said = laptop.mesh.outbox.announce()
    laptop.write("new")
    laptop.mesh = laptop.with_key("laptop")  # another process
    outbox = laptop.mesh.outbox
    assert outbox.heard(announces=False).announced[laptop.id] == said
    outbox.speak_to([CommitId("0" * 40)])  # it may be what this machine said since a backup
    assert laptop.git.side_refs("peers")[laptop.id] == said
    outbox.speak_to([said])
    assert laptop.git.side_refs("peers")[laptop.id] != said
    assert desk.mesh.outbox.knows_all_of_me(outbox.heard())
