"""What history says of the sides of a merge, on a line of commits: no setting of it counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from pack.core.truths import TruthMode
from pack.log import CommitFacts
from pack.merge.heads import Point
from pack.merge.moves import SideFile, Trio
from pack.merge.tree import MachineWriter
from pack.model import BlobId, CommitId, Identity, MemoryPath, blob_id
from pack.provenance import Origin, Source
from pack.truth.merge_rules import CommitRules
from tests.support import START, World

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
    assert aside.writer == MachineWriter("ai-cloud:claude-code", side.commits[0])
    assert aside.before == found.made[found.files[A]]
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


def test_a_version_is_the_weakest_machines_that_had_a_hand_in_it(world: World) -> None:
    base = point(world)
    world.commit({A: TEXT + "- a fact\n"}, AGENT)
    agents = point(world).commits[0]
    world.commit({A: TEXT + "- a fact\n- by a bot\n"}, "x\n\nCo-authored-by: Bot <bot[bot]@x>")
    world.commit({A: TEXT + "- a fact\n- mine\n", "context/b.md": "mine\n"}, "mine")
    rules, side = rules_of(world), point(world)
    assert rules.writer(base.commits, side, A) == MachineWriter("ai-cloud:claude-code", agents)
    assert rules.writer(base.commits, side, MemoryPath("context/b.md")) is None
    assert rules.writer(side.commits, side, A) is None
    assert rules.writer((), side, A) == MachineWriter("ai-cloud:claude-code", agents)


@pytest.mark.parametrize(
    "path", ["index.md", "README.md", "code.py", "drafts/x.md", "hidden/x.md", "legacy/x.md"]
)
def test_nobody_is_shown_a_proposal_for_what_is_no_memory(world: World, path: str) -> None:
    """It is in a copy then, as for two people."""
    rules = "version: 1\nexclude: [drafts/]\n"
    world.commit({".pack.yaml": rules, ".gitignore": "hidden/\n"}, "mine")
    base = point(world)
    world.commit({path: "by a machine\n"}, AGENT)
    assert rules_of(world).writer(base.commits, point(world), MemoryPath(path)) is None
    world.commit({".pack.yaml": f"{rules}# its\n"}, AGENT)
    assert rules_of(world).writer(base.commits, point(world), MemoryPath(".pack.yaml")) is not None


def said(*trailers: str) -> CommitFacts:
    own = ("Pack-Truth-Level: 1", "Pack-Request: r", "Pack-Proposal: zaaaaaaaaa", *trailers)
    message = "\n".join(("m", "", "Pack-Origin: user:cli", *own))
    return CommitFacts(CommitId("1" * 40), (), message, START, author=None)


def test_a_proposal_is_accepted_where_the_person_took_over_all_of_it(world: World) -> None:
    rules, accepted = rules_of(world), "Pack-Accepted-By: user:cli"
    assert rules.accepted([said(accepted)]) == {"zaaaaaaaaa"}
    assert rules.accepted([said(), said(accepted, "Pack-Proposal-Status: open")]) == set()
    by_a_machine = replace(said(accepted), author=Identity("x", "ai-cloud.x@pack.invalid"))
    assert rules.accepted([by_a_machine]) == set()
