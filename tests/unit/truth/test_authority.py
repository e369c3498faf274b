from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from pack.core.core import Core
from pack.core.truths import TruthMode
from pack.files.note import Note
from pack.merge.two_sides import Authority
from pack.model import BlobId, CommitId, MemoryPath
from pack.provenance import Origin, Source
from pack.truth.authority import authority_by_time, authority_of, later, truth_at
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


def authority(world: World, bases: list[CommitId], blob: BlobId | None) -> Authority:
    """Of what is there now; the bytes of a blob are asked for where they are needed."""

    def read(wanted: BlobId) -> bytes:
        ((_, content),) = world.connector.read_blobs([wanted])
        return content

    return authority_of(core_of(world), bases, [head_of(world)], A, blob, read, (7.0, ""))


def test_the_strongest_of_those_who_changed_a_file_and_when(world: World) -> None:
    base = head_of(world)
    world.clock.advance(hours=2)
    note = world.memory.notes.get(A)
    made = world.memory.notes.update(A, note.content + "its\n", note.sha)
    found = authority(world, [base], made.sha)
    assert (found.level, found.rank) == (5, (7.0, ""))
    assert (found.lines[-3:], found.strongest) == ((1, 5, 5), 1)
    assert found.keys["topic"] == 1
    assert authority(world, [], made.sha).level == 1
    by_time = authority_by_time(core_of(world), base, head_of(world), A, made.sha)
    assert by_time == replace(found, rank=later(world.clock.now, made.sha))
    assert by_time.rank < later(world.clock.now + timedelta(hours=1), None)


def test_what_either_base_has_is_no_change(world: World) -> None:
    bases = [head_of(world)]
    note = world.memory.notes.get(A)
    made = world.memory.notes.update(A, note.content + "its\n", note.sha)
    bases.append(head_of(world))
    assert authority(world, bases, made.sha).level == 1  # nobody has, since the second
    assert authority(world, bases[::-1], made.sha).level == 1


def test_a_deletion_has_the_level_of_who_deleted(world: World) -> None:
    base = head_of(world)
    note = world.memory.notes.get(A)
    world.memory.written_by(PERSON).notes.delete(A, note.sha)
    found = authority(world, [base], None)
    assert (found.level, found.lines) == (1, ())


def test_the_truth_of_a_version_in_the_past(world: World) -> None:
    then = head_of(world)
    note = world.memory.notes.get(A)
    world.memory.written_by(PERSON).notes.delete(A, note.sha)
    truth = truth_at(core_of(world), then, Note(A, note.content.encode()))
    assert truth is not None
    assert {line.level for line in truth.lines} == {1}
    assert truth_at(core_of(world), then, Note(A, b"\xff")) is None
