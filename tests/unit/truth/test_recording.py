"""What is found in a folder, and who records it."""

import pytest

from pack.core.truths import LineState, TruthMode
from pack.memory import Memory
from pack.provenance import EDITOR, IMPORT, Origin, Source
from pack.truth.recording import recorded_by
from pack.truth.sync_items.claims import SyncCaller
from pack.truth.sync_items.items import Choice
from tests.support import AGENT, SCAFFOLD, World

A = "notes/a.md"
PERSON, RULE = Origin(Source.USER, "cli"), Origin(Source.AUTOMATION, "nightly")
CLAUDE = Origin(Source.AI_CLOUD, "claude-code")


def opened(world, origin, at_work=None):
    guard = recorded_by(origin, lambda: at_work)
    return Memory.over(
        world.connector,
        world.catalog,
        clock=world.clock,
        origin=origin,
        new_request=lambda: "request",
        truth=TruthMode.ENFORCE,
        guards=(guard,),
    )


@pytest.fixture
def world(git_world):
    git_world.init()
    git_world.edit(A, "found\n")
    return git_world


def truth(memory, path=A):
    core = memory._session.core
    return core.truths.of(core.reader.find(path)).lines[-1]


@pytest.mark.parametrize(
    ("origin", "at_work", "state"),
    [
        (PERSON, None, LineState.WRITTEN),
        (RULE, None, LineState.WRITTEN),
        (CLAUDE, None, LineState.UNATTRIBUTED),
        (PERSON, "cursor", LineState.UNATTRIBUTED),
        (RULE, "cursor", LineState.UNATTRIBUTED),
    ],
)
def test_hand_edits_are_the_persons_unless_an_agent_is_about(world, origin, at_work, state):
    memory = opened(world, origin, at_work)
    assert memory.hand_edits.commit() is not None
    found = truth(memory)
    assert (found.level, found.state) == (1, state)
    assert f"Pack-Origin: {EDITOR.label}" in world.messages()[0]


def test_what_a_write_records_before_it_is_the_same(world):
    memory = opened(world, PERSON, "cursor")
    agent = memory.written_by(AGENT)
    agent.notes.update(A, f"{agent.notes.get(A).content}more\n", agent.notes.get(A).sha)
    assert "Pack-Recorded-By: ai-cloud:cursor" in world.messages()[1]
    assert "Pack-Recorded-By" not in world.messages()[0]


@pytest.mark.parametrize(
    ("origin", "state"),
    [
        (PERSON, LineState.WRITTEN),
        (RULE, LineState.WRITTEN),
        (CLAUDE, LineState.UNATTRIBUTED),
    ],
)
def test_a_first_import_is_the_persons_unless_an_agent_makes_it(origin, state, git_identity):
    world = World(None)
    memory = opened(world, origin)
    memory.lifecycle.init({}, {"a/b.md": b"theirs\n"})
    found = truth(memory, "a/b.md")
    assert (found.level, found.state) == (1, state)
    assert f"Pack-Origin: {IMPORT.label}" in world.messages()[0]
    world.close()


@pytest.mark.contract("C12")
@pytest.mark.parametrize("way", ["update", "settle"])
def test_what_a_machine_stores_as_it_found_it_stays_the_persons(git_world, way):
    memory = opened(git_world, RULE)
    memory.lifecycle.init(SCAFFOLD)
    memory.notes.update(A, "---\ntopic: A\n---\n\n# A\n")
    git_world.edit(A, git_world.files()[A] + b"by hand\n")
    note = memory.notes.get(A)
    if way == "update":
        memory.notes.update(A, note.content, note.sha)
    else:
        memory.sync_items.resolve(A, Choice.OURS, note.sha, SyncCaller(Source.AI_CLOUD, "x"))
    assert (truth(memory).level, truth(memory).origin) == (1, EDITOR.label)
