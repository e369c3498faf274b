from datetime import UTC, datetime

import pytest

from pack.core.truths import TruthMode
from pack.imports.records import ImportedPart, ImportedRecord, RecordClass
from pack.memory import Memory
from pack.provenance import Origin, Source
from tests.support import World
from tests.unit.use_cases.imports.test_importing import TOOL, USER, Reader

AT = datetime(2024, 5, 1, tzinfo=UTC)
CHAT = "archive/chatgpt/2024/trip.md"


def _chat(*more: ImportedPart) -> ImportedRecord:
    parts = [ImportedPart("Where to?\n"), ImportedPart("## You\nRome.\n", TOOL), *more]
    return ImportedRecord(RecordClass.TRANSCRIPT, "c", "Trip", parts, created=AT)


@pytest.fixture
def memory(world: World) -> Memory:
    world.open(truth=TruthMode.ENFORCE)
    return world.init()


def _levels(memory: Memory, path: str) -> dict[str, tuple[int, str]]:
    found = memory.blame.of(path)
    return {
        text: (one.level, one.origin)
        for text, one in zip(found.lines, found.writings, strict=True)
        if text
    }


def test_each_line_has_the_level_of_who_wrote_it(memory: Memory) -> None:
    memory.written_by(USER).importing.take(Reader([_chat(ImportedPart("Thanks.\n"))]))
    found = _levels(memory, CHAT)
    assert found["Where to?"] == found["Thanks."] == (1, "user:import")
    assert found["Rome."] == found["\\## You"] == (5, "ai-cloud:chatgpt")


def test_what_a_later_import_brings_has_the_same_levels(world: World, memory: Memory) -> None:
    mine = memory.written_by(USER)
    mine.importing.take(Reader([_chat()]))
    found = mine.notes.get(CHAT)
    mine.notes.update(CHAT, found.content.replace("Where to?", "Where to go?"), found.sha)
    more = [ImportedPart("And then?\n"), ImportedPart("Naples.\n", TOOL)]
    mine.importing.take(Reader([_chat(*more)]))
    found = _levels(memory, CHAT)
    assert found["Where to go?"] == (1, "user:cli")
    assert found["And then?"] == (1, "user:import")
    assert found["Rome."] == found["Naples."] == (5, "ai-cloud:chatgpt")


def test_no_note_of_an_agent_gains_by_the_marks(memory: Memory) -> None:
    agent = memory.written_by(Origin(Source.AI_CLOUD, "agent"))
    agent.notes.update("notes/x.md", "## You\n\nI may.\n")
    assert {level for level, _ in _levels(memory, "notes/x.md").values()} == {5}


def test_memories_of_a_tool_can_be_changed_by_agents_and_the_persons_words_cannot(
    memory: Memory,
) -> None:
    notes = [
        ImportedRecord(RecordClass.MEMORY, "m", "M", [ImportedPart("- Bakes.\n", TOOL)]),
        ImportedRecord(RecordClass.INSTRUCTION, "i", "I", [ImportedPart("Be brief.\n")]),
    ]
    memory.written_by(USER).importing.take(Reader(notes))
    agent = memory.written_by(Origin(Source.AI_CLOUD, "agent")).notes
    for path, old, is_written in (
        ("profiles/m.md", "Bakes", True),
        ("profiles/i.md", "Be brief", False),
    ):
        found = agent.get(path)
        done = agent.update(path, found.content.replace(old, "Changed"), found.sha)
        assert (done.commit is not None) is is_written
