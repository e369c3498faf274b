"""Who wrote what, of all notes."""

import hashlib

import pytest

from pack.core.truths import LineState
from pack.errors import NotFound
from tests.truth_support import Writers

RULE, MADE = "Never deploy on a Friday.", "The machine deployed version 7."


@pytest.fixture
def writers(world):
    return Writers(world)


def test_lines_that_were_written_together_are_one_run(writers):
    writers.person(f"{RULE}\n{RULE} Or Sunday.\n")
    head = writers.agent(f"{RULE}\n{RULE} Or Sunday.\n{MADE}\n")
    attribution = writers.world.memory.attribution
    (found,) = attribution.of(["a/x"])
    assert (found.path, found.level, found.origin) == ("a/x.md", 5, "ai-cloud:test-client")
    mine, its = found.runs
    assert (mine.first, mine.last, mine.truth.level, mine.truth.state) == (1, 2, 1, "written")
    assert (its.first, its.last, its.truth.commit, its.model) == (3, 3, head, None)
    assert its.digest == hashlib.sha256(MADE.encode()).hexdigest()
    assert attribution.revision() == head


def test_all_notes_or_those_that_are_named(writers):
    writers.agent(f"{MADE}\n")
    assert [one.path for one in writers.world.memory.attribution.of()] == [
        "a/x.md",
        "context/general.md",
    ]
    with pytest.raises(NotFound):
        list(writers.world.memory.attribution.of(["a/none.md"]))


def test_it_can_be_asked_without_truth_levels(world):
    world.init().notes.update("a/x.md", "one\n")
    found = next(world.memory.attribution.of(["a/x"]))
    assert {one.truth.state for one in found.runs} == {LineState.WRITTEN}
    assert {one.truth.level for one in found.runs} == {5}
