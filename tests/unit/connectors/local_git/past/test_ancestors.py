"""Which commits lead to another, asked once or often."""

import pytest
from pack_connectors.local_git.past import ancestors
from pack_connectors.local_git.past.ancestors import Ancestors
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import open_repository

from pack.model import CommitId
from tests.support import git

STREAM = b"""\
commit refs/heads/main
mark :1
committer A <a> 100 +0000
data 1
1
commit refs/heads/main
committer A <a> 50 +0000
data 1
2
commit refs/heads/main
committer A <a> 200 +0000
data 1
3
commit refs/heads/other
committer A <a> 300 +0000
data 1
4
from :1
"""


@pytest.fixture
def runner(tmp_path):
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "fast-import", "--quiet", stdin=STREAM)
    return GitRunner(open_repository(tmp_path))


@pytest.mark.parametrize("most", [ancestors._MOST, 2])
def test_every_answer_is_that_of_the_first_time(runner, monkeypatch, most):
    monkeypatch.setattr(ancestors, "_MOST", most)
    line = [CommitId(one) for one in git(runner.work_tree, "rev-list", "main").decode().split()]
    other = CommitId(git(runner.work_tree, "rev-parse", "other").decode().strip())
    known = Ancestors(runner)
    for _ in range(3):
        for head in line:
            older = line[line.index(head) :]
            assert [one for one in (*line, other) if known.holds(one, head)] == older


def test_it_is_listed_once_for_each_head(tmp_path, runner):
    class Counted(GitRunner):
        def run(self, args, *rest, **more):
            asked.append(args[0])
            return super().run(args, *rest, **more)

    asked = []
    head, middle, first = git(tmp_path, "rev-list", "main").decode().split()
    known = Ancestors(Counted(runner.repository))
    for _ in range(3):
        for one in (middle, first):
            assert known.holds(CommitId(one), CommitId(head))
    assert asked == ["merge-base", "rev-list"]
