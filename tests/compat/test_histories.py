"""Histories of months: what PACK tells of them is what the model and git know."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.local_git.connector import LocalGit

from pack.errors import NotFound
from pack.memory import Memory
from tests.histories import History, Step, build_history
from tests.support import AGENT, Clock, examples, git

pytestmark = pytest.mark.contract("C1", "C9")
_COMMITS = examples(600, 2_000)
_ASKED = examples(8, 400)


@pytest.fixture(scope="module", params=[1, 2])
def history(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> History:
    return build_history(tmp_path_factory.mktemp("history") / "m", request.param, _COMMITS)


@pytest.fixture(scope="module")
def memory(history: History) -> Iterator[Memory]:
    clock = Clock()
    clock.advance(days=30)
    connector, catalog = LocalGit(history.folder, clock), SqliteCatalog(None)
    yield Memory.over(connector, catalog, clock=clock, origin=AGENT, new_request=lambda: "request")
    catalog.close()
    connector.close()


def some(steps: list[Step], seed: int = 7) -> list[Step]:
    return random.Random(seed).sample(steps, min(_ASKED, len(steps)))


def notes(step: Step) -> dict[str, bytes]:
    return {path: content for path, content in step.files.items() if path != "index.md"}


def test_the_same_seed_gives_the_same_commits(tmp_path: Path) -> None:
    one, other = (build_history(tmp_path / name, 3, 50) for name in ("a", "b"))
    assert one.ids == other.ids
    assert len(one.ids) == 50


def test_every_state_can_be_read(history: History, memory: Memory) -> None:
    for step in some(history.line()):
        then = memory.as_of(history.ids[step.mark])
        assert [file.path for file in then.notes.list(limit=1000).files] == sorted(notes(step))
        path, content = random.Random(step.mark).choice(sorted(notes(step).items()))
        assert then.notes.get(path).content.encode() == content


def test_a_time_means_the_newest_commit_made_by_then(history: History, memory: Memory) -> None:
    for step in some(history.line(), seed=9):
        when = git(history.folder, "show", "-s", "--format=%cI", history.ids[step.mark])
        past = memory.as_of(when.decode().strip()).past
        assert past is not None
        assert past.commit == history.ids[step.mark]


def test_the_log_tells_every_commit_and_who_made_it(history: History, memory: Memory) -> None:
    told, cursor = [], None
    while True:
        page = memory.commits.page(limit=500, cursor=cursor, everything=True)
        told += page.commits
        if (cursor := page.next_cursor) is None:
            break
    known = git(history.folder, "rev-list", "HEAD").decode().split()
    assert sorted(commit.commit for commit in told) == sorted(known)
    by = {history.ids[step.mark]: step.by for step in history.steps}
    persons = {commit.commit for commit in told if commit.level == 1}
    assert persons == {commit for commit in known if by[commit] == "person"}
    assert all(commit.origin == by[commit.commit] for commit in told if commit.level > 1)


def test_a_line_was_there_when_its_commit_was_made(history: History, memory: Memory) -> None:
    steps = {history.ids[step.mark]: step for step in history.steps}
    for path in random.Random(5).sample(sorted(notes(history.steps[-1])), examples(8, 100)):
        found = memory.blame.of(path)
        for line, writing in zip(found.lines, found.writings, strict=True):
            assert writing.commit is not None
            step = steps[writing.commit]
            texts = [content.decode() for content in step.files.values()]
            assert any(line in text for text in texts)
            before = [
                content.decode()
                for parent in step.parents
                for content in steps[history.ids[parent]].files.values()
            ]
            # A line that only one of a merge's sides had was not written by the merge.
            assert step.kind in ("merge", "split", "begin") or sum(
                text.count(line) for text in texts
            ) > sum(text.count(line) for text in before)


def test_what_was_deleted_comes_back_as_it_was(tmp_path: Path) -> None:
    made = build_history(tmp_path / "m", 4, 200)
    clock = Clock()
    clock.advance(days=30)
    connector, catalog = LocalGit(made.folder, clock), SqliteCatalog(None)
    memory = Memory.over(
        connector, catalog, clock=clock, origin=AGENT, new_request=lambda: "request"
    )
    last = notes(made.steps[-1])
    line = made.line()
    gone = {
        path: notes(before)[path]
        for before, step in pairwise(line)
        for path in notes(before).keys() - step.files.keys()
        if step.kind == "delete" and path not in last
    }
    for path, content in random.Random(1).sample(sorted(gone.items()), 3):
        with pytest.raises(NotFound):
            memory.notes.get(path)
        memory.undo.restore(path)
        assert memory.notes.get(path).content.encode() == content
    git(made.folder, "fsck", "--strict")
    catalog.close()
    connector.close()
