"""The truth of versions is found out once, for all processes."""

import pytest

from pack.core.truths import LineState, LineTruth, TruthMode
from pack.model import MemoryPath
from pack.truth import versions as versions_module
from pack.truth.acceptances import acceptance_trailer
from pack.truth.kept import read_back, written_down
from tests.support import git
from tests.truth_support import PERSON, Writers, levels, put_exactly

PATH = MemoryPath("a/x.md")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "catalog.sqlite"


@pytest.fixture
def writers(world, file):
    made = Writers(world)
    world.open(file, truth=TruthMode.RECORD)
    return made


class Asked:
    """What a store is asked, counted: all commits, and those that were asked for by a path."""

    def __init__(self, connector, monkeypatch):
        self.all = self.commits = self.blobs = 0
        log, read_blobs = connector.log, connector.read_blobs

        def counted_log(query):
            for commit in log(query):
                self.all += 1
                self.commits += query.path is not None
                yield commit

        def counted_blobs(shas):
            self.blobs += len(shas)
            return read_blobs(shas)

        monkeypatch.setattr(connector, "log", counted_log)
        monkeypatch.setattr(connector, "read_blobs", counted_blobs)


def next_process(world, file, monkeypatch):
    world.open(file, truth=TruthMode.RECORD)
    return Asked(world.connector, monkeypatch)


def write_in_turn(writers, versions):
    for number in range(versions):
        text = "".join(f"This is what line {line} says.\n" for line in range(number + 1))
        (writers.person if number % 3 else writers.agent)(text)


def test_the_next_process_does_not_walk_again(writers, file, monkeypatch):
    write_in_turn(writers, 30)
    first = next_process(writers.world, file, monkeypatch)
    found = levels(writers.world)
    asked = next_process(writers.world, file, monkeypatch)
    assert levels(writers.world) == found
    assert asked.all == 0 < first.all
    assert asked.blobs <= 1  # the note itself


def test_one_more_commit_is_one_more_step(writers, file, monkeypatch):
    write_in_turn(writers, 30)
    before = levels(writers.world)
    writers.world.open(truth=TruthMode.RECORD)  # one that keeps nothing for others
    text = "".join(f"{one}\n" for one in before if one)
    writers.agent(f"{text}One more sentence.\n")
    asked = next_process(writers.world, file, monkeypatch)
    assert levels(writers.world) == {**before, "One more sentence.": 5}
    assert asked.commits < 10
    assert asked.blobs < 10


def test_what_happens_to_other_files_costs_nothing(writers, file, monkeypatch):
    write_in_turn(writers, 5)
    found = levels(writers.world)
    writers.agent("Something else.\n", "b/other.md")
    asked = next_process(writers.world, file, monkeypatch)
    assert levels(writers.world) == found
    assert asked.commits == 0


def test_a_version_of_the_same_words_by_another_is_not_taken_for_it(writers, file):
    writers.person("These are the same words.\n")
    assert set(writers.levels().values()) >= {1}
    put_exactly(writers.world.memory, {PATH: None})
    writers.agent("These are the same words.\n")
    writers.world.open(file, truth=TruthMode.RECORD)
    assert writers.levels()["These are the same words."] == 5


def test_what_is_kept_does_not_change_what_is_found(writers, file):
    write_in_turn(writers, 4)
    levels(writers.world)
    core = writers.world.memory._session.core
    sha = core.reader.find(PATH).sha
    trailers = [("Pack-Accepted-By", "user:cli"), acceptance_trailer(PATH, sha, [(1, 4)])]
    put_exactly(writers.world.memory.written_by(PERSON), {"b/other.md": "x\n"}, trailers)
    writers.world.open(file, truth=TruthMode.RECORD)
    found = levels(writers.world)
    writers.world.open(truth=TruthMode.RECORD)
    assert levels(writers.world) == found
    assert "+" in found.values()


def test_reading_the_past_keeps_nothing_and_reindex_forgets(writers, file):
    write_in_turn(writers, 3)
    head = writers.world.connector.head()
    write_in_turn(writers, 2)
    writers.world.memory.care.reindex()
    memory = writers.world.open(file, truth=TruthMode.RECORD)
    catalog = writers.world.catalog
    assert (catalog.remembered(PATH), catalog.remembered("")) == ({}, {})
    past = memory.as_of(head)._session.core
    assert len(past.truths.of(past.reader.find(PATH)).lines) == 3
    assert (catalog.remembered(PATH), catalog.remembered("")) == ({}, {})
    levels(writers.world)
    assert (len(catalog.remembered(PATH)), len(catalog.remembered(""))) == (2, 1)
    memory.care.reindex()
    assert (catalog.remembered(PATH), catalog.remembered("")) == ({}, {})


def test_a_long_walk_that_ends_early_is_not_in_vain(writers, file, monkeypatch):
    write_in_turn(writers, 10)
    writers.world.memory.care.reindex()
    writers.world.open(file, truth=TruthMode.RECORD)
    monkeypatch.setattr(versions_module, "_READ_AT_ONCE", 4)
    step = versions_module._Walk._step

    def stop_at_last(self, commit, change, parents, depth):
        if commit.id == writers.world.connector.head():
            raise KeyboardInterrupt
        return step(self, commit, change, parents, depth)

    with monkeypatch.context() as patch:
        patch.setattr(versions_module._Walk, "_step", stop_at_last)
        with pytest.raises(KeyboardInterrupt):
            levels(writers.world)
    asked = next_process(writers.world, file, monkeypatch)
    levels(writers.world)
    assert asked.blobs < 8


def test_rows_that_are_no_truths_are_ignored(writers, file):
    write_in_turn(writers, 3)
    found = levels(writers.world)
    catalog = writers.world.catalog
    for about in (PATH, ""):
        for key in catalog.remembered(about):
            catalog.remember(about, key, '[[[7,"x","written","y"]],[[0,1]]]')
    writers.world.open(file, truth=TruthMode.RECORD)
    assert levels(writers.world) == found


def test_a_shallow_clone_keeps_nothing(git_world, tmp_path):
    writers = Writers(git_world)
    write_in_turn(writers, 3)
    git(git_world.folder, "fetch", "-q", "--depth=1", f"file://{git_world.folder}", "HEAD")
    head = git(git_world.folder, "rev-parse", "HEAD").decode().strip()
    (git_world.folder / ".git" / "shallow").write_text(f"{head}\n")
    git_world.open(truth=TruthMode.RECORD)
    assert set(levels(git_world).values()) >= {"?"}
    assert git_world.catalog.remembered(PATH) == {}


@pytest.mark.parametrize(
    "text",
    ["", "{}", "[]", "[[],[[0,1]]]", "[[[1]],[]]", '[[[1,"a","odd","c"]],[[0,1]]]', "[1,2]"],
)
def test_what_is_no_truth_is_not_read(text):
    assert read_back(text) is None


def test_what_is_written_down_is_read_back():
    lines = [
        LineTruth(1, "user:Zo\u00eb \U0001f600", LineState.WRITTEN, "1" * 40),
        LineTruth(1, "unattributed:x", LineState.UNATTRIBUTED, "2" * 40),
        LineTruth(1, "user:cli", LineState.ACCEPTED, "3" * 40),
        LineTruth(5, "ai-cloud:a", LineState.WRITTEN, "4" * 40),
    ]
    truth = (*lines, *lines[:1] * 3, lines[2])
    assert read_back(written_down(truth)) == truth
    assert read_back(written_down(())) == ()
