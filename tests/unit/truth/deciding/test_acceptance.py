"""An acceptance is a write like any other: stamped, guarded, in one commit with a true index."""

from pack.core.truths import TruthMode
from pack.provenance import Origin, Source
from tests.support import World, assert_true_index

PERSON = Origin(Source.USER, "cli")
A, B = "a/x.md", "b/y.md"


def test_an_acceptance_is_stamped_with_its_own_day(world: World) -> None:
    world.init()
    world.open(truth=TruthMode.ENFORCE)
    mine = world.memory.written_by(PERSON)
    mine.notes.update(A, "---\ntags: [old]\n---\n# T\n\none\n")
    world.clock.advance(days=3)
    read = world.memory.notes.get(A)
    text = read.content.replace("[old]", "[new]").replace("one", "two")
    made = world.memory.notes.update(A, text, read.sha).proposal
    assert made is not None
    world.clock.advance(days=3)
    before = len(world.messages())
    mine.proposals.accept(made, mine.proposals.show(made).shown, "tty")
    text = mine.notes.get(A).content
    assert ("tags: [new]" in text, "\ntwo\n" in text) == (True, True)
    assert "updated: 2026-03-07" in text
    assert "truth_level" not in text
    assert len(world.messages()) == before + 1
    assert_true_index(world)


def test_a_move_that_was_accepted_keeps_every_byte(world: World) -> None:
    world.init()
    world.open(truth=TruthMode.ENFORCE)
    mine = world.memory.written_by(PERSON)
    mine.notes.update(A, "# T\n\none\n")
    content, read = world.files()[A], world.memory.notes.get(A)
    made = world.memory.notes.move(A, B, read.sha).proposal
    assert made is not None
    mine.proposals.accept(made, mine.proposals.show(made).shown, "tty")
    assert world.files()[B] == content
    assert A not in world.files()
    assert_true_index(world)
