"""What is remembered of what happened in a group."""

from pack_connectors.peers.state_files import MeshFiles

from pack.mesh.journal import MOST_EVENTS
from pack.mesh.state import MeshEventKind
from tests.mesh_support import public_key
from tests.support import git


def state(machine):
    return MeshFiles(machine.git.repository.state_dir / "mesh")


def events(machine):
    """What happened, the oldest first."""
    known = state(machine).events()
    return [(one.kind, one.name) for one in known]


def test_who_came_went_or_got_a_new_key_is_remembered_by_everybody(pair, machines):
    laptop, desk = pair
    before = len(events(desk))
    laptop.lets_in(machines[2])
    desk.mesh.rekeying.renew()
    desk.send(laptop)
    laptop.mesh.roster.remove(machines[2].mesh.me)
    laptop.send(desk)
    assert events(laptop)[1:] == [
        (MeshEventKind.ADMITTED, "phone"),
        (MeshEventKind.REKEYED, "desk"),
        (MeshEventKind.REMOVED, "phone"),
    ]
    assert events(desk)[before:] == [  # phone had come and gone before it heard anything
        (MeshEventKind.REKEYED, "desk"),
    ]


def test_what_is_refused_is_remembered_once(pair):
    laptop, desk = pair
    before = desk.git.side_refs("peers")[desk.id]
    desk.write("here")
    desk.send(laptop)
    git(desk.folder, "update-ref", f"refs/pack/peers/{desk.id}", before)
    desk.write("and elsewhere")
    for _ in range(2):
        desk.send(laptop)
    assert events(laptop)[1:] == [(MeshEventKind.CLONED, "desk")]


def test_a_machine_that_was_restored_knows_it(pair):
    laptop, desk = pair
    head, said = desk.memory.head(), desk.git.side_refs("peers")[desk.id]
    desk.write("after the backup")
    desk.send(laptop)
    git(desk.folder, "reset", "-q", "--hard", head)
    git(desk.folder, "update-ref", f"refs/pack/peers/{desk.id}", said)
    theirs = desk.mesh.outbox.heard()
    for _ in range(2):
        laptop.mesh.book.note_heartbeat(desk.id, theirs)
    assert events(laptop)[1:] == [(MeshEventKind.ROLLBACK, "desk")]
    laptop.send(desk)
    assert events(desk)[-1] == (MeshEventKind.RESTORED, "desk")


def test_the_oldest_go(pair):
    laptop, _ = pair
    peer = public_key("phone").peer
    state(laptop).set_events([state(laptop).events()[0]] * MOST_EVENTS)
    laptop.mesh.journal.note(MeshEventKind.ERROR, peer)
    known = state(laptop).events()
    assert (len(known), known[-1].kind) == (MOST_EVENTS, MeshEventKind.ERROR)
    assert known[-1].name.replace(" ", "") == peer


def test_what_is_done_again_and_again_is_told_once(pair):
    """So that it drives nothing else out."""
    laptop, desk = pair
    for kit in ("a 1.0.0", "b 1.0.0", "a 1.0.0", "b 1.0.0", "a 1.1.0"):
        laptop.mesh.book.note_fetched(desk.id, kit)
    told = [one.detail for one in state(laptop).events() if one.kind is MeshEventKind.FETCHED]
    assert told == ["a 1.0.0", "b 1.0.0", "a 1.1.0"]
