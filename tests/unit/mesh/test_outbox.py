"""What a peer says of itself and sends."""

import pytest

from pack.errors import RefusedForSafety
from pack.model import MemoryPath
from tests.finding_machines import Net
from tests.sim.machine import MemoryHead
from tests.sim.world import MERGE
from tests.support import git


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
def test_what_was_said_is_not_left_out_of_what_is_said_next(pair):
    laptop, _ = pair
    before, said = laptop.memory.head(), laptop.write("said")
    announced = laptop.mesh.outbox.announce()
    git(laptop.folder, "reset", "-q", "--hard", before)
    laptop.write("after the backup")
    assert laptop.mesh.outbox.announce() == announced
    assert not laptop.mesh.inbox.settle()
    assert laptop.memory.contains(said, laptop.memory.head())
    assert laptop.mesh.outbox.heads()[laptop.id].said.head == laptop.memory.head()


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
