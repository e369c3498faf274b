"""The truth of what a commit brought."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pack.core.truths import LineState, TruthMode
from pack.history.assigned import AssignedLevel
from pack.imports.records import ImportedPart, ImportedRecord, RecordClass
from pack.log import CommitFacts
from pack.memory import Memory
from pack.model import CommitId, Identity
from pack.provenance import Origin, Source, commit_message
from pack.truth.credit import credit_of
from pack.truth.seals import SEAL, seal_of
from tests.support import START, World
from tests.unit.use_cases.imports.test_importing import TOOL, USER, Reader

AGENT = Origin(Source.AI_CLOUD, "cursor")
PERSON = Identity("Mia", "mia@example.org")


def facts(origin=AGENT, *, trailers=(), parents=1):
    message = commit_message("a/x.md: write", origin, "r1", trailers=trailers)
    ids = (CommitId("0" * 40),) * parents
    author = origin.author or PERSON
    return CommitFacts(CommitId("1" * 40), ids, message, START, None, author, START, ())


def read(_blob):
    return b""


def made_again(commit):
    return replace(commit, at=START + timedelta(days=1))


def test_a_line_is_its_writers():
    found = credit_of(facts(), read)
    assert (found.level, found.origin, found.state) == (5, "ai-cloud:cursor", LineState.WRITTEN)
    plain = replace(facts(), message="by hand", author=PERSON)
    assert credit_of(plain, read).origin == "user:Mia"


def test_what_the_person_accepted_is_the_persons():
    accepted = facts(Origin(Source.USER, "cli"), trailers=[("Pack-Accepted-By", "user:cli")])
    found = credit_of(accepted, read)
    assert (found.level, found.state) == (1, LineState.ACCEPTED)


def test_a_commit_made_again_is_believed_if_it_brought_what_it_says():
    seal = [(SEAL, seal_of([]))]
    assert credit_of(made_again(facts()), read).state is LineState.UNATTRIBUTED
    assert credit_of(made_again(facts(trailers=seal)), read).level == 5
    other = [(SEAL, "0123456789abcdef")]
    for commit in (facts(trailers=other), made_again(facts(trailers=other))):
        found = credit_of(commit, read)
        assert (found.level, found.state) == (1, LineState.UNATTRIBUTED)
        assert found.origin.startswith("unattributed:")


def test_a_seal_alone_makes_nobody_believed():
    plain = replace(facts(), message=f"x\n\n{SEAL}: {seal_of([])}", author=PERSON)
    assert credit_of(made_again(plain), read).state is LineState.UNATTRIBUTED


def test_a_persons_commit_of_a_history_that_began_elsewhere_is_nobodys():
    plain = CommitFacts(CommitId("1" * 40), (), "words", START, None, PERSON, START, ())
    assert credit_of(plain, read).state is LineState.WRITTEN
    found = credit_of(plain, read, is_joined=True)
    assert (found.level, found.state, found.origin) == (
        1,
        LineState.UNATTRIBUTED,
        "unattributed:Mia",
    )
    assert credit_of(facts(), read, is_joined=True) == credit_of(facts(), read)


@pytest.mark.parametrize("trailers", [[], [("Pack-Accepted-By", "user:cli")]])
def test_so_is_what_pack_recorded_of_a_person_there(trailers):
    """It was somebody's memory; what it says of machines lowers only what it brings itself."""
    theirs = facts(Origin(Source.USER, "cli"), trailers=trailers)
    found = credit_of(theirs, read, is_joined=True)
    assert (found.level, found.state) == (1, LineState.UNATTRIBUTED)
    assert found.origin.startswith("unattributed:")


def test_what_the_person_says_of_a_commit_outweighs_all_else():
    plain = replace(facts(), message="by hand", author=PERSON)
    for commit, is_joined in ((facts(), False), (plain, True), (made_again(facts()), False)):
        mine = credit_of(commit, read, AssignedLevel(1, "user:cli"), is_joined=is_joined)
        assert (mine.level, mine.origin, mine.state) == (1, "user:cli", LineState.ACCEPTED)
        lan = credit_of(commit, read, AssignedLevel(4, "ai-lan:x"), is_joined=is_joined)
        assert (lan.level, lan.state) == (4, LineState.WRITTEN)
        lost = credit_of(commit, read, AssignedLevel(1, "unattributed:x"), is_joined=is_joined)
        assert (lost.level, lost.state) == (1, LineState.UNATTRIBUTED)
    kept = credit_of(plain, read, AssignedLevel(1, "user:Mia"))
    assert kept.state is LineState.WRITTEN


# --- imports ---------------------------------------------------------------------------------

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
