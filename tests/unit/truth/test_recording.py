"""What is found in a folder, and who records it."""

import pytest

from pack.core.truths import LineState, TruthMode
from pack.errors import InvalidPath
from pack.files.edits import Append
from pack.memory import Memory
from pack.provenance import EDITOR, IMPORT, Origin, Source
from pack.truth.recording import recorded_by
from pack.truth.sync_items.claims import SyncCaller
from pack.truth.sync_items.items import Choice
from tests.support import AGENT, SCAFFOLD, World, examples

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


# --- folders that an AI writes by itself ----------------------------------------------------------

INDEX = "claude-code/MEMORY.md"
TOPIC = "claude-code/testing.md"
OTHER = Origin(Source.AI_CLOUD, "cursor")
FORM = """\
---
name: testing
description: how tests are run
metadata:
  node_type: memory
  type: project
  modified: 2026-01-02T03:04:05.678Z
---

Run them with make.
"""


@pytest.fixture
def kept(git_world: World) -> World:
    """A memory in which Claude Code keeps a folder."""
    git_world.init()
    assert git_world.memory.kept_folders.add("claude-code") is not None
    return git_world


def content(world: World, path: str) -> str:
    assert world.folder is not None
    return (world.folder / path).read_bytes().decode()


def test_the_file_says_so_once(kept: World) -> None:
    before = kept.connector.head()
    assert kept.memory.kept_folders.add("claude-code/") is None
    assert kept.memory.kept_folders.add("claude-code/website") is None
    assert kept.connector.head() == before
    kept.memory.kept_folders.add("codex")
    said = content(kept, ".pack.yaml")
    assert "version: 1\n" in said
    assert "claude-code/" in said
    assert "codex/" in said
    for path in ("../x", ".git", ""):
        with pytest.raises(InvalidPath):
            kept.memory.kept_folders.add(path)


def test_a_tool_adds_nothing_to_a_file_of_the_ai(kept: World) -> None:
    kept.memory.notes.update(INDEX, "- [Testing](testing.md)\n")
    assert content(kept, INDEX) == "- [Testing](testing.md)\n"
    kept.edit(TOPIC, FORM)
    kept.memory.hand_edits.commit()
    sha = kept.memory.notes.get(TOPIC).sha
    kept.memory.notes.update(TOPIC, FORM.replace("make", "make test"), sha=sha)
    assert content(kept, TOPIC) == FORM.replace("make", "make test")
    sha = kept.memory.notes.get(TOPIC).sha
    kept.memory.notes.update(TOPIC, "Only the text.\n", sha=sha)
    assert content(kept, TOPIC) == FORM.partition("\n\n")[0] + "\nOnly the text.\n"
    kept.memory.notes.update("notes/mine.md", "Mine.\n")
    assert "updated:" in content(kept, "notes/mine.md")


def test_what_is_found_is_the_ais_and_the_rest_the_persons(kept: World) -> None:
    kept.edit(TOPIC, FORM)
    kept.edit("notes/mine.md", "# Mine\n\nBy hand.\n")
    before = len(kept.messages())
    planned = kept.memory.hand_edits.commit(dry_run=True)
    assert planned is not None
    assert len(kept.messages()) == before
    done = kept.memory.hand_edits.commit(["claude-code", "notes"])
    assert done is not None
    assert done.path == "notes/mine.md"
    newest, older, *rest = kept.messages()
    assert len(rest) == before
    assert (newest.partition(":")[0], older.partition(":")[0]) == ("notes/mine.md", TOPIC)
    assert "ai-cloud:claude-code" in older
    assert "ai-cloud" not in newest
    assert "user:editor" in newest
    assert kept.memory.hand_edits.commit() is None


def test_what_the_ai_changes_of_the_persons_lines_is_recorded_all_the_same(kept: World) -> None:
    memory = kept.open(truth=TruthMode.ENFORCE)
    kept.edit(TOPIC, FORM)
    memory.hand_edits.commit()
    memory.written_by(PERSON).proposals.accept_text(TOPIC, None, "tty")
    kept.edit(TOPIC, FORM.replace("make", "tox"))
    done = memory.hand_edits.commit()
    assert done is not None
    assert done.commit is not None
    assert memory.hand_edits.list() == []


def test_a_tool_that_replaces_an_edit_records_it_as_the_ais(kept: World) -> None:
    kept.edit(TOPIC, FORM)
    kept.memory.notes.edit(TOPIC, [Append(text="More.")])
    _, older, *_ = kept.messages()
    assert "ai-cloud:claude-code" in older
    assert content(kept, TOPIC) == f"{FORM}More.\n"


def test_a_server_records_what_rests_there_and_nothing_else(kept: World) -> None:
    resting = kept.memory.hand_edits.resting(0)
    assert resting is not None
    kept.edit(TOPIC, FORM)
    kept.edit("notes/mine.md", "Half a thou")
    assert resting.look() is None
    kept.clock.advance(seconds=4)
    assert resting.look() is None
    kept.clock.advance(seconds=2)
    done = resting.look()
    assert done is not None
    assert done.path == TOPIC
    assert kept.memory.hand_edits.list() == ["notes/mine.md"]
    assert resting.look() is None


def test_without_such_a_folder_nobody_looks(git_world: World) -> None:
    git_world.init()
    assert git_world.memory.hand_edits.resting(0) is None


def test_the_ai_and_a_tool_write_in_turn_and_nothing_is_lost(kept: World) -> None:
    """No loop: nothing is written but what one of the two has written."""
    rounds = examples(20, soak=1000)
    lines = ["# Memory"]
    kept.edit(INDEX, "# Memory\n")
    kept.memory.hand_edits.commit()
    start = len(kept.messages())
    for number in range(rounds):
        lines.append(f"- by Claude {number}")
        assert kept.folder is not None
        file = kept.folder / INDEX
        file.write_bytes(file.read_bytes() + f"{lines[-1]}\n".encode())
        kept.memory.hand_edits.commit()
        lines.append(f"- by a tool {number}")
        kept.memory.written_by(OTHER).notes.edit(INDEX, [Append(text=lines[-1])])
        assert kept.memory.hand_edits.commit() is None
    assert content(kept, INDEX) == "".join(f"{line}\n" for line in lines)
    assert len(kept.messages()) == start + 2 * rounds
