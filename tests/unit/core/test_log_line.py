"""What happened to one file, from a log of all of them."""

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
    line = LogLine(tuple(world.connector.log(LogQuery(head, with_files=True))))
    newest, *_, oldest = line.commits
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
