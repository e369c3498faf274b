"""Requests are the price of a memory on GitHub: how many each use case makes."""

import pytest
from pack_connectors.github.commit.method import WriteMethod

from pack.model import ABSENT, MemoryPath, Put
from tests.github_support import NAME, GithubWorld, memory_of
from tests.standins.faults import FaultKind
from tests.support import note

WARM_READS = {
    "list": lambda memory: memory.notes.list(),
    "get": lambda memory: memory.notes.get("context/n1.md"),
    "get all": lambda memory: memory.whole.get(),
    "search": lambda memory: memory.search.find("Note"),
    "mode": lambda memory: memory.mode(),
    "status": lambda memory: memory.care.status(),
    "validate": lambda memory: memory.care.validate(),
    "expired": lambda memory: memory.care.list_expired(),
    "changes": lambda memory: memory.history.changes_since(memory.connector.head()),
}


@pytest.fixture(params=WriteMethod)
def world(request, tmp_path):
    notes = {f"context/n{n}.md": note(n, updated="2026-01-02").encode() for n in range(1, 5)}
    with GithubWorld(tmp_path, memory_of(notes), request.param) as made:
        yield made


@pytest.mark.parametrize("case", WARM_READS, ids=str)
def test_a_warm_read_is_one_conditional_request(world, case):
    if world.method is WriteMethod.GIT_DATA:
        pytest.skip("reading knows nothing of how commits are made")
    memory = world.open()
    memory.notes.list()
    world.open().notes.list()
    for again in (memory, world.open()):  # the same process, and another one
        with world.service.log.counting() as asked:
            WARM_READS[case](again)
        extra = 1 if case == "changes" else 0  # the test's own question
        fresh = 1 if case == "status" else 0  # how many proposals wait
        assert asked.not_modified == 1 + extra
        assert len(asked) == asked.not_modified + fresh
        assert asked.paid == fresh


def test_the_past_is_read_without_a_clone_and_asked_for_once(world):
    if world.method is WriteMethod.GIT_DATA:
        pytest.skip("reading knows nothing of how commits are made")
    memory = world.open()
    then = memory.connector.head()
    expected = memory.notes.list(), memory.search.find("Note"), memory.notes.get("context/n1.md")
    memory.notes.update("context/n1.md", note(7), expected[2].sha)
    for number in range(3):
        memory.notes.update(f"context/new-{number}.md", note(number))

    def read(memory):
        past = memory.as_of(then[:10])
        return past.notes.list(), past.search.find("Note"), past.notes.get("context/n1.md")

    assert read(memory) == expected
    with world.service.log.counting() as asked:
        assert read(memory) == expected
    assert len(asked) == asked.not_modified == 1
    with world.service.log.counting() as asked:
        assert read(world.open()) == expected  # another process
    assert len(asked) <= 6, asked.operations()


def test_a_write_is_two_requests_by_graphql_and_four_by_git_data(world):
    memory = world.open()
    memory.notes.list()
    most = {WriteMethod.GRAPHQL: 2, WriteMethod.GIT_DATA: 4}[world.method]
    memory.notes.update("context/n1.md", note(1), memory.notes.get("context/n1.md").sha)
    for number in range(2):
        sha = memory.notes.get("context/n2.md").sha
        cases = (
            lambda sha=sha: memory.notes.update("context/n2.md", note(20), sha),
            lambda n=number: memory.notes.update(f"context/new-{n}.md", note(30)),
            lambda: memory.whole.add("more"),
            lambda n=number: memory.notes.move(
                f"context/new-{n}.md",
                f"projects/{n}.md",
                memory.notes.get(f"context/new-{n}.md").sha,
            ),
        )
        for index, case in enumerate(cases):
            with world.service.log.counting() as asked:
                case()
            extra = 1 if index == 3 else 0  # its own look at the file
            assert len(asked) - extra <= most, asked.operations()
    with world.service.log.counting() as asked:
        world.open().notes.update("context/other-process.md", note(5))
    assert len(asked) <= most, asked.operations()


def test_a_view_is_one_state_whatever_happens_meanwhile(world):
    connector = world.connect()
    with world.service.log.counting() as asked, connector.view():
        before = connector.head()
        world.service.commit(NAME, {"context/theirs.md": b"# Theirs\n"})
        with connector.view():
            assert connector.head() == before
        tree = connector.get_tree()
        assert connector.edits(before) == {}
        assert tree == connector.get_tree(before)
        for entry in tree:
            assert connector.get_committed(entry.path) == entry.sha
    assert asked.operations()["repos/list-commits"] == 1
    assert connector.head() == world.service.head(NAME) != before


def test_a_write_after_somebody_elses_costs_their_tree_and_files(world):
    memory = world.open()
    memory.notes.update("context/new.md", note(9))
    world.service.commit(NAME, {"context/theirs.md": b"# Theirs\n"})
    with world.service.log.counting() as asked:
        memory.notes.update("context/mine.md", note(7))
    operations = asked.operations()
    assert operations.pop("git/get-tree") == 1
    assert sum(operations.values()) <= {"graphql": 3, "git-data": 5}[world.method]


def test_a_write_that_was_overtaken_is_made_again_on_what_is_there(world):
    memory = world.open()
    memory.notes.update("context/mine.md", note(7))
    sha = memory.notes.get("context/mine.md").sha
    world.service.service.other_writer = lambda repository: world.service.commit(
        NAME, {"context/theirs.md": b"# Theirs\n"}
    )
    world.service.faults.add(FaultKind.OTHER_WRITER)
    before = len(world.service.messages(NAME))
    written = memory.notes.update("context/mine.md", note(8), sha)
    assert world.service.files(NAME)["context/theirs.md"] == b"# Theirs\n"
    assert len(world.service.messages(NAME)) == before + 2
    assert world.service.head(NAME) == written.commit
    assert "context/theirs.md" in [file.path for file in memory.notes.list().files]


@pytest.mark.parametrize("serves_graphql", [True, False])
def test_a_cold_start_of_a_thousand_files_is_four_requests(tmp_path, serves_graphql):
    notes = {f"context/{n % 9}/n{n}.md": note(n).encode() for n in range(1000)}
    with GithubWorld(tmp_path, memory_of(notes)) as world:
        world.service.service.serves_graphql = serves_graphql
        memory, told, log = world.open(), [], world.service.log
        with log.counting() as asked:
            assert memory.notes.list().total == 1000
        assert len(asked) <= 4, asked.operations()
        with log.counting() as asked:
            memory.care.reindex(lambda done, of: told.append((done, of)))
        assert len(asked) == asked.not_modified
        assert told == [(500, 1000), (1000, 1000)]
        with log.counting() as asked:  # a catalog of its own, the blobs of the machine
            assert world.open("another.sqlite").notes.list().total == 1000
        assert len(asked) == asked.not_modified == 1


def test_somebody_elses_many_files_come_by_one_query(world):
    memory = world.open()
    memory.notes.list()
    world.service.commit(NAME, {f"context/m{n}.md": note(n).encode() for n in range(60)})
    with world.service.log.counting() as asked:
        assert memory.notes.list().total == 64
    expected = {"graphql": 3, "git-data": 4}[world.method]  # or the archive, and its redirect
    assert len(asked) == expected, asked.operations()


def test_the_date_of_a_file_without_one_is_asked_for_once(world):
    world.service.clock.advance(60)
    world.service.commit(NAME, {"context/plain.md": b"# Plain\n"})
    at = world.service.clock()
    world.service.clock.advance(3600)
    world.service.commit(NAME, {"context/later.md": b"# Later\n"})
    memory = world.open()
    memory.notes.list()
    with world.service.log.counting() as asked:
        found = memory.notes.get("context/plain.md")
    assert found.updated_at == at.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert asked.operations()["repos/list-commits"] == 2
    with world.service.log.counting() as asked:
        assert memory.notes.get("context/plain.md").updated_at == found.updated_at
    assert len(asked) == asked.not_modified == 1


@pytest.mark.parametrize("expected", WriteMethod)
def test_which_way_commits_are_made_is_found_out_once(tmp_path, expected):
    with GithubWorld(tmp_path, memory_of({})) as world:
        world.service.service.serves_graphql = expected is WriteMethod.GRAPHQL
        connector = world.connect()
        connector.commit(connector.head(), [Put(MemoryPath("a/b.md"), b"x", ABSENT)], "m")
        with world.service.log.counting() as asked:
            assert connector.write_method is expected
            assert world.connect().write_method is expected
        assert len(asked) == 0
        world.service.clock.advance(2 * 24 * 3600)  # a server is replaced now and then
        with world.service.log.counting() as asked:
            assert world.connect().write_method is expected
        assert len(asked) == 1
