"""A proposal is carried over to today's text; its hash is that of what a person is shown."""

import pytest

from pack.core.truths import TruthMode
from pack.errors import StaleProposal
from pack.model import ABSENT, MemoryPath, Put
from pack.provenance import Origin, Source
from tests.support import World

PERSON = Origin(Source.USER, "cli")
A = "a/x.md"
TEXT = "# T\n\none\n\ntwo\n\nthree\n\nfour\n\nfive\n\nsix\n"


def proposed(world, old, new):
    read = world.memory.notes.get(A)
    done = world.memory.notes.update(A, read.content.replace(old, new), read.sha)
    assert done.proposal is not None
    return done.proposal


def rewrite(world, old, new):
    mine = world.memory.written_by(PERSON).notes
    read = mine.get(A)
    mine.update(A, read.content.replace(old, new), read.sha)


def test_the_hash_is_that_of_what_is_shown():
    world = World(None)
    world.init()
    world.open(truth=TruthMode.ENFORCE)
    world.memory.written_by(PERSON).notes.update(A, TEXT)
    made = proposed(world, "six", "6")
    show = world.memory.proposals.show
    first = show(made)
    world.clock.advance(days=1)
    rewrite(world, "one", "1")
    assert show(made).shown == first.shown
    rewrite(world, "five", "5")
    assert show(made).shown != first.shown
    assert not show(made).is_stale
    rewrite(world, "six", "VI")
    assert show(made).is_stale
    world.close()


def test_it_follows_a_file_that_the_person_has_moved():
    world = World(None)
    world.init()
    world.open(truth=TruthMode.ENFORCE)
    mine = world.memory.written_by(PERSON)
    sha = mine.notes.update(A, TEXT).sha
    made = proposed(world, "six", "6")
    mine.notes.move(A, "b/y.md", sha)
    offer = mine.proposals.show(made)
    assert [file.diff.path for file in offer.files] == ["b/y.md"]
    mine.proposals.accept(made, offer.shown, "tty")
    assert "\n6\n" in mine.notes.get("b/y.md").content
    world.close()


@pytest.mark.parametrize("rules", ["exclude: [a/]", "include: [b/]"])
def test_what_is_no_memory_any_more_is_not_shown_and_cannot_be_accepted(rules):
    world = World(None)
    world.init()
    world.open(truth=TruthMode.ENFORCE)
    mine = world.memory.written_by(PERSON)
    mine.notes.update(A, TEXT)
    made = proposed(world, "six", "6")
    project = Put(MemoryPath(".pack.yaml"), f"version: 1\n{rules}\n".encode(), ABSENT)
    world.connector.commit(world.connector.head(), [project], "leave it out")
    offer = mine.proposals.show(made)
    assert (offer.files, offer.is_stale) == ((), True)
    with pytest.raises(StaleProposal):
        mine.proposals.accept(made, offer.shown, "tty")
    mine.proposals.reject(made)
    world.close()
