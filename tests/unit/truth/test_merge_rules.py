"""What history says of the sides of a merge, on a line of commits: no setting of it counts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pack.core.truths import TruthMode
from pack.merge.heads import Point
from pack.merge.moves import SideFile, Trio
from pack.model import BlobId, CommitId, MemoryPath, blob_id
from pack.provenance import Origin, Source
from pack.truth.merge_rules import CommitRules
from tests.support import World

pytestmark = pytest.mark.contract("C12")

A = MemoryPath("context/a.md")
COPY = MemoryPath("context/a.conflict-01234567.md")
RULE = "Never deploy on Fridays."
TEXT = f"---\ntopic: Rules\n---\n\n# Rules\n\n{RULE}\nAsk before you delete.\n"
AGENT = "agent\n\nCo-authored-by: Claude <noreply@anthropic.com>"
PERSON = Origin(Source.USER, "cli")


@pytest.fixture(params=list(TruthMode))
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """A memory that holds what the person wrote, whatever levels do on this machine."""
    made = World(None)
    made.open(truth=request.param)
    made.init().written_by(PERSON).notes.update(A, TEXT)
    yield made
    made.close()


def point(world: World) -> Point:
    """Where the memory is."""
    head = CommitId(world.connector.head() or "")
    files = {path: blob_id(content) for path, content in world.files().items()}
    return Point((head,), {MemoryPath(path): blob for path, blob in files.items()}, 1, head)


def rules_of(world: World) -> CommitRules:
    rules = world.memory.events._core.merge_rules()
    assert isinstance(rules, CommitRules)
    return rules


def read_from(world: World, blob: BlobId) -> bytes:
    ((_, content),) = world.connector.read_blobs([blob])
    return content


def test_what_a_machine_did_to_the_persons_text_is_not_lawful(world: World) -> None:
    base = point(world)
    world.commit({A: TEXT.replace("Never", "Rarely") + "- a fact\n"}, AGENT)
    side = point(world)
    found = rules_of(world).lawful(base.commits, side)
    content = found.made[found.files[A]].decode()
    assert RULE in content
    assert "- a fact" in content
    (aside,) = found.asides
    assert (aside.path, aside.content) == (A, read_from(world, side.files[A]))
    assert rules_of(world).lawful((), side).files == side.files
    several = Point((*side.commits, *base.commits), side.files, 2, "virtual")
    assert rules_of(world).lawful(base.commits, several).files == side.files


def test_what_a_folder_of_the_base_only_records_is_lawful(world: World) -> None:
    world.commit({".pack.yaml": "version: 1\ntruth: {context/: record}\n"}, "mine")
    base = point(world)
    world.commit({A: TEXT.replace("Never", "Rarely")}, AGENT)
    assert rules_of(world).lawful(base.commits, point(world)).asides == ()


def test_the_weight_of_a_side_is_that_of_its_commits(world: World) -> None:
    base = point(world)
    world.commit({A: TEXT + "- a fact\n"}, AGENT)
    machine = point(world)
    note = "Pack-Truth-Level: 1\nPack-Origin: user:cli\n"
    world.connector.write_notes(None, {machine.commits[0]: note}, "assign")  # of this machine only
    world.commit({A: TEXT + "- a fact\n- mine\n"}, "mine")
    person = point(world)
    weigh = rules_of(world).weigh(
        base.commits, person, machine, lambda blob: read_from(world, blob)
    )
    places = [SideFile(A, side.files[A]) for side in (person, machine)]
    found = weigh(Trio(A, base.files[A], *places))
    assert found is not None
    assert (found.ours.level, found.theirs.level) == (1, 5)
    assert found.ours.rank > found.theirs.rank
    assert found.theirs.lines[-1] == 5
    gone = weigh(Trio(A, base.files[A], places[0], None))
    assert gone is not None
    assert (gone.theirs.level, gone.theirs.lines) == (1, ())  # nobody is known to have deleted it


def test_who_deleted_a_copy_has_settled_it(world: World) -> None:
    world.commit({COPY: "lost\n"}, "a copy")
    other = point(world)
    world.commit({COPY: None}, "settled")
    side = point(world)
    rules = rules_of(world)
    assert rules.is_settled(COPY, blob_id(b"lost\n"), side, other)
    assert not rules.is_settled(COPY, blob_id(b"another\n"), side, other)
    assert not rules.is_settled(A, blob_id(b"lost\n"), side, other)
    assert not rules.is_settled(COPY, blob_id(b"lost\n"), side, side)  # the other side knows it
