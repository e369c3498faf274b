from __future__ import annotations

from collections.abc import Iterator

import pytest

from pack.core.core import Core
from pack.core.truths import TruthMode
from pack.files.note import Note
from pack.model import CommitId, MemoryPath
from pack.provenance import Origin, Source
from pack.truth.authority import authority_of, truth_at
from tests.support import World

A = MemoryPath("a/n.md")
PERSON = Origin(Source.USER, "cli")


@pytest.fixture
def world() -> Iterator[World]:
    made = World(None)
    made.open(truth=TruthMode.ENFORCE)
    made.init().written_by(PERSON).notes.update(A, "---\ntopic: T\n---\n\nmine\n")
    yield made
    made.close()


def core_of(world: World) -> Core:
    return world.memory.events._core


def head_of(world: World) -> CommitId:
    return CommitId(world.connector.head() or "")


def test_the_strongest_of_those_who_changed_a_file_and_when(world: World) -> None:
    base = head_of(world)
    world.clock.advance(hours=2)
    note = world.memory.notes.get(A)
    made = world.memory.notes.update(A, note.content + "its\n", note.sha)
    found = authority_of(core_of(world), base, head_of(world), A, made.sha)
    assert (found.level, found.at, found.commit) == (5, world.clock.now, head_of(world)[:7])
    assert (found.lines[-3:], found.strongest) == ((1, 5, 5), 1)
    assert found.keys["topic"] == 1
    since_ever = authority_of(core_of(world), None, head_of(world), A, made.sha)
    assert since_ever.level == 1


def test_a_deletion_has_the_level_of_who_deleted(world: World) -> None:
    base = head_of(world)
    note = world.memory.notes.get(A)
    world.memory.written_by(PERSON).notes.delete(A, note.sha)
    found = authority_of(core_of(world), base, head_of(world), A, None)
    assert (found.level, found.lines, found.tie) == (1, (), "")


def test_the_truth_of_a_version_in_the_past(world: World) -> None:
    then = head_of(world)
    note = world.memory.notes.get(A)
    world.memory.written_by(PERSON).notes.delete(A, note.sha)
    truth = truth_at(core_of(world), then, Note(A, note.content.encode()))
    assert truth is not None
    assert {line.level for line in truth.lines} == {1}
    assert truth_at(core_of(world), then, Note(A, b"\xff")) is None
