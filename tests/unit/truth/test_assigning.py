"""The person says of commits made before whose they are."""

from datetime import timedelta

import pytest

from pack.core.truths import TruthMode
from pack.errors import AskThePerson, InvalidRequest, NotFound, NothingToUndo, StaleBase
from pack.history.undoing.choice import UndoChoice
from pack.provenance import EDITOR
from pack.times import format_time
from tests.support import START
from tests.truth_support import AGENT, PERSON, Writers, truth_of

pytestmark = pytest.mark.contract("C12")

RULE, MADE = "Never deploy on a Friday.", "The machine deployed version 7."


@pytest.fixture
def writers(world):
    return Writers(world)


def assign(world, commits, level, origin=PERSON):
    assigning = world.memory.written_by(origin).assigning
    plan = assigning.plan(commits, level, "tty")
    assigning.carry_out(plan)
    return plan


def clear(world, commits):
    assigning = world.memory.written_by(PERSON).assigning
    assigning.carry_out(assigning.plan_clearing(commits))


def test_a_line_has_the_level_that_the_person_gives_its_commit(writers):
    mine = writers.person(f"{RULE}\n")
    writers.agent(f"{RULE}\n{MADE}\n")
    assert writers.levels() == {RULE: 1, MADE: 5}
    for level, shown in ((5, 5), (2, 2), (None, "?"), (1, 1)):
        plan = assign(writers.world, mine, level)
        assert (plan.found, plan.changed) == (1, 1)
        assert writers.levels() == {RULE: shown, MADE: 5}
    clear(writers.world, mine)
    assert writers.levels() == {RULE: 1, MADE: 5}


def test_what_was_trusted_less_is_accepted_and_can_be_taken_back(writers):
    writers.person(f"{RULE}\n")
    made = writers.agent(f"{RULE}\n{MADE}\n")
    head = writers.world.connector.head()
    assign(writers.world, made, 1)
    assert writers.levels() == {RULE: 1, MADE: "+"}
    assert truth_of(writers.world).lines[1].origin == "user:cli"
    clear(writers.world, made)
    assert writers.levels() == {RULE: 1, MADE: 5}
    assert writers.world.connector.head() == head


def test_undo_a_visit_and_sync_items_heed_it(writers):
    memory = writers.world.memory.written_by(PERSON)
    memory.visits.seen("a", writers.world.connector.head())
    made = writers.agent(f"{MADE}\n")
    assign(writers.world, made, 4)
    (step,) = memory.undo.undo(UndoChoice(by="ai-lan"), dry_run=True).undone
    assert (step.commit, step.origin) == (made, "ai-lan:test-client")
    with pytest.raises(NothingToUndo):
        memory.undo.undo(UndoChoice(by="ai-cloud"), dry_run=True)
    assert [file.by for file in memory.visits.news("a").files] == ["ai-lan:test-client"]
    (item,) = [one for one in memory.sync_items.pull().items if one.entity_id == writers.path]
    assert item.origin_source == "ai-lan:test-client"


def test_the_write_rule_and_the_log_heed_it_at_once(writers):
    world = writers.world
    world.open(truth=TruthMode.ENFORCE)
    mine = writers.person(f"{RULE}\n")
    agent = world.memory.written_by(AGENT)
    sha = agent.notes.get("a/x.md").sha
    assert agent.notes.update("a/x.md", "Deploy on Fridays.\n", sha).proposal is not None
    assign(world, mine, 5)
    (entry,) = agent.commits.page("a/x.md").commits
    assert (entry.level, entry.origin) == (5, "ai-cloud:cli")
    assert agent.commits.page("a/x.md", by="ai-cloud").commits == (entry,)
    assert agent.notes.update("a/x.md", "Deploy on Fridays.\n", sha).proposal is None


def test_ranges_are_read_as_the_log_reads_commits(writers):
    world = writers.world
    beginning = world.connector.head()
    ids = [writers.person(f"{RULE} {number}\n") for number in range(4)]
    assigning = world.memory.written_by(PERSON).assigning

    def found(commits):
        return {*assigning.plan(commits, 5, "tty").notes}

    assert found(ids[1][:12]) == {ids[1]}
    assert found(f"{ids[0]}..{ids[2]}") == {ids[1], ids[2]}
    assert found(f"{ids[1]}..") == {ids[2], ids[3]}
    assert found(f"..{ids[1]}") >= {beginning, ids[0], ids[1]}
    assert not found(f"..{ids[1]}") & {ids[2], ids[3]}
    assert found("..") == found("now") == found(format_time(START + timedelta(days=999)))
    for words, error in (
        (f"{ids[3]}..{ids[0]}", NotFound),
        ("0123456789", NotFound),
        ("1999-01-01", NotFound),
        (f"{ids[0]}...{ids[1]}", InvalidRequest),
        ("", InvalidRequest),
        ("everything", InvalidRequest),
    ):
        with pytest.raises(error):
            assigning.plan(words, 5, "tty")


def test_a_plan_says_whose_commits_change_and_changes_nothing(writers):
    writers.person(f"{RULE}\n")
    writers.agent(f"{RULE}\n{MADE}\n")
    last = writers.agent(f"{RULE}\n{MADE}\n\n{MADE}\n")
    assigning = writers.world.memory.written_by(PERSON).assigning
    plan = assigning.plan("..", 1, "tty")
    told = {(one.origin, one.level): one.commits for one in plan.writers}
    assert told["ai-cloud:test-client", 5] == 3  # with the one that made the memory
    assert sum(told.values()) == plan.changed == plan.found
    assert plan.notes[last].endswith("Pack-Accepted-By: user:cli\nPack-Accepted-Via: tty\n")
    assert writers.world.connector.notes_head() is None
    assert assigning.plan_clearing("..").changed == 0
    assign(writers.world, "..", 1)
    assert assigning.plan("..", 1, "tty").changed == 0
    with pytest.raises(StaleBase):
        assigning.carry_out(plan)


@pytest.mark.parametrize("level", [0, 6, -1])
def test_there_are_five_levels(writers, level):
    with pytest.raises(InvalidRequest):
        assign(writers.world, "..", level)


def test_nobody_but_the_person_assigns_anything(writers):
    mine = writers.person(f"{RULE}\n")
    plan = writers.world.memory.written_by(EDITOR).assigning.plan(mine, 5, "tty")
    assigning = writers.world.memory.written_by(AGENT).assigning
    for act in (
        lambda: assigning.plan(mine, 5, "tty"),
        lambda: assigning.plan_clearing(mine),
        lambda: assigning.carry_out(plan),
    ):
        with pytest.raises(AskThePerson):
            act()
    assert writers.world.connector.notes_head() is None
    assert writers.levels() == {RULE: 1}


def test_a_store_without_notes_is_refused(writers, monkeypatch):
    monkeypatch.setattr(writers.world.connector, "capabilities", frozenset())
    with pytest.raises(InvalidRequest, match="assign levels in a clone"):
        assign(writers.world, "..", 5)
