"""Parts of the log that are known already."""

import pytest

from pack.core.known_log import KnownLog
from pack.errors import NotFound
from pack.log import LogQuery
from tests.support import git


class Counting:
    """A connector whose calls of the log are counted."""

    def __init__(self, connector):
        self._connector = connector
        self.asked = []

    def __getattr__(self, name):
        return getattr(self._connector, name)

    def log(self, query):
        self.asked.append(query)
        return self._connector.log(query)


QUERIES = [
    {"limit": 3},
    {"with_files": True, "limit": 2},
    {"path": "notes/a.md", "with_files": True, "only_path": True},
    {"path": "notes/a.md"},
    {"first_parent": True},
]


@pytest.mark.parametrize("asked", QUERIES)
def test_only_new_commits_are_read(world, asked):
    memory = world.init()
    note = memory.notes.update("notes/a.md", "a\n" * 9)
    connector = Counting(world.connector)
    log = KnownLog(connector)
    for _ in range(2):
        log.read(LogQuery(connector.head(), **asked))
    assert len(connector.asked) == 1
    memory.notes.update("notes/b.md", "b\n")
    memory.notes.move("notes/a.md", "notes/c.md", note.sha)
    query = LogQuery(connector.head(), **asked)
    assert log.read(query) == tuple(world.connector.log(query))
    assert connector.asked[1].since == connector.asked[0].head
    assert log.read(query) is log.read(query)
    assert len(connector.asked) == 2


def test_a_merge_and_a_rewritten_branch_are_read_again(git_world):
    memory, folder = git_world.init(), git_world.folder
    log, first = KnownLog(git_world.connector), git_world.connector.head()
    git(folder, "checkout", "--quiet", "-b", "side")
    git_world.commit({"notes/theirs.md": "theirs\n"})
    git(folder, "checkout", "--quiet", "-")
    memory.notes.update("notes/ours.md", "ours\n")
    log.read(LogQuery(git_world.connector.head()))
    git(folder, "merge", "--quiet", "--no-edit", "side")
    for _ in range(2):
        query = LogQuery(git_world.connector.head())
        assert log.read(query) == tuple(git_world.connector.log(query))
        git(folder, "reset", "--quiet", "--hard", first)
    with pytest.raises(NotFound):
        log.read(LogQuery("1" * 40))


def test_what_was_read_first_is_forgotten_when_there_is_too_much(world, monkeypatch):
    monkeypatch.setattr("pack.core.known_log._MOST_FILES", 4)
    memory = world.init()
    for number in range(3):
        memory.notes.update(f"notes/{number}.md", "x\n")
    connector = Counting(world.connector)
    log, head = KnownLog(connector), connector.head()
    for limit in (2, 3, 3, 2):
        log.read(LogQuery(head, limit=limit))
    assert [query.limit for query in connector.asked] == [2, 3, 2]


def test_once_all_of_it_was_read_each_file_is_known(git_world):
    memory = git_world.init()
    note = memory.notes.update("notes/a.md", "a\n" * 9)
    memory.notes.update("notes/b.md", "b\n")
    since = git_world.connector.head()
    moved = memory.notes.move("notes/a.md", "notes/c.md", note.sha)
    memory.notes.update("notes/a.md", "another\n")
    before = git_world.connector.head()
    memory.notes.delete("notes/c.md", moved.sha)
    connector = Counting(git_world.connector)
    log, head = KnownLog(connector), connector.head()
    assert log.read_whole(head)
    for path in ("notes/a.md", "notes/c.md", "index.md", "none.md"):
        for asked in (
            {"with_files": True},
            {"with_files": True, "only_path": True, "limit": 2},
            {"skip": 1, "limit": 1},
            {"since": since, "with_files": True},
            {"head": before, "with_files": True},
        ):
            query = LogQuery(**{"head": head, "path": path} | asked)
            assert log.read(query) == tuple(git_world.connector.log(query))
    assert len(connector.asked) == 1


def test_but_git_is_asked_where_it_has_a_merge_or_lacks_a_commit(git_world):
    git_world.init()
    folder, first = git_world.folder, git_world.connector.head()
    git(folder, "checkout", "--quiet", "-b", "side")
    git_world.commit({"notes/a.md": "theirs\n"})
    side = git_world.connector.head()
    git(folder, "checkout", "--quiet", "-")
    git_world.commit({"notes/a.md": "ours\n"})
    ours = git_world.connector.head()
    git(folder, "merge", "--quiet", "--no-edit", "--strategy", "ours", "side")
    log = KnownLog(git_world.connector)
    assert not log.read_whole(git_world.connector.head())
    assert log.read_whole(ours)
    for whole, asked in (
        (git_world.connector.head(), {"head": git_world.connector.head()}),
        (ours, {"head": side}),
        (ours, {"head": ours, "since": side}),
        (first, {"head": ours}),
    ):
        log.read(LogQuery(whole, with_files=True))
        query = LogQuery(path="notes/a.md", with_files=True, **asked)
        assert log.read(query) == tuple(git_world.connector.log(query))
