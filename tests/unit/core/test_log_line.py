"""What happened to one file, from a log of all of them."""

from dataclasses import replace
from datetime import timedelta

from pack.core.log_line import LogLine
from pack.log import LogQuery
from pack.model import CommitId


def test_it_answers_for_the_commits_that_it_has(world):
    memory, sha = world.init(), None
    for text in ("a\n", "b\n", "c\n"):
        memory.notes.update("notes/a.md", text, sha)
        sha = memory.notes.get("notes/a.md").sha
    head = world.connector.head()
    commits = tuple(world.connector.log(LogQuery(head, with_files=True)))
    line, (newest, *_, oldest) = LogLine(commits), commits
    for asked in (
        {"made_until": newest.at - timedelta(seconds=1)},
        {"made_from": newest.at, "limit": 1},
        {"head": oldest.id, "since": newest.id},
        {"head": newest.id, "since": newest.id},
    ):
        query = LogQuery(**{"head": head, "path": "notes/a.md"} | asked)
        assert line.answer(query) == tuple(world.connector.log(query))
    assert line.answer(LogQuery(head)) is None  # it is about one file
    assert line.answer(LogQuery(CommitId("1" * 40), path="notes/a.md")) is None
    assert line.answer(LogQuery(head, CommitId("1" * 40), path="notes/a.md")) is None


def test_what_is_new_is_added_to_what_is_known(world):
    memory, commits = world.init(), ()
    line = LogLine(commits)
    for number in range(4):
        memory.notes.update(f"notes/{number % 2}.md", f"{number}\n", reads(world, number))
        new = tuple(world.connector.log(LogQuery(world.connector.head(), with_files=True)))
        commits = (*new[: len(new) - len(commits)], *commits)
        assert line.brought_up(commits) is line
        for head in commits:
            query = LogQuery(head.id, path="notes/0.md", with_files=True)
            assert line.answer(query) == tuple(world.connector.log(query))


def reads(world, number):
    return world.memory.notes.get(f"notes/{number % 2}.md").sha if number > 1 else None


def test_a_line_that_was_rewritten_is_another(world):
    memory = world.init()
    first = tuple(world.connector.log(LogQuery(world.connector.head(), with_files=True)))
    memory.notes.update("notes/a.md", "a\n")
    second = tuple(world.connector.log(LogQuery(world.connector.head(), with_files=True)))
    line = LogLine(second)
    for commits in (first, (second[0], *first[1:])):
        other = line.brought_up(commits)
        assert other is not line
        query = LogQuery(commits[0].id, path="notes/a.md")
        assert other.answer(query) == LogLine(commits).answer(query)


def test_a_merge_ends_what_is_known(world):
    world.init()
    commits = tuple(world.connector.log(LogQuery(world.connector.head(), with_files=True)))
    line, merge = LogLine(commits), replace(commits[0], id=CommitId("2" * 40), parents=("1", "2"))
    assert line.is_line
    assert not line.brought_up((merge, *commits)).is_line
    assert line.answer(LogQuery(merge.id, path="notes/a.md")) is None
