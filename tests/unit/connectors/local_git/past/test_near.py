"""How two commits lie to each other: what is said without git is what git says."""

from importlib import import_module
from itertools import product

import pytest
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.past import near
from pack_connectors.local_git.remote.history import GitHistory

from pack.model import CommitId
from tests.support import START, git

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
mark :3
committer A <a> 200 +0000
data 1
3
commit refs/heads/other
mark :4
committer A <a> 10 +0000
data 1
4
from :1
commit refs/heads/main
committer A <a> 20 +0000
data 1
5
from :3
merge :4
commit refs/heads/main
committer A <a> 30 +0000
data 1
6
"""


@pytest.fixture
def folder(tmp_path):
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "fast-import", "--quiet", stdin=STREAM)
    return tmp_path


@pytest.fixture
def commits(folder):
    return [CommitId(one) for one in git(folder, "rev-list", "--all").decode().split()]


@pytest.fixture
def local(folder, commits):
    import_module("git")  # or its children answer later only
    local = LocalGit(folder, lambda: START)
    yield local
    local.close()


def asked(folder, *words):
    return git(folder, *words, check=False).decode().strip()


@pytest.mark.parametrize("is_at_hand", [True, False])
@pytest.mark.parametrize("farthest", [near._FARTHEST, 1])
def test_every_answer_is_that_of_git(folder, commits, local, monkeypatch, is_at_hand, farthest):
    monkeypatch.setattr(near, "_FARTHEST", farthest)
    history = GitHistory(local)
    if is_at_hand:
        local._store.read_commit(commits[0])
    assert local._store.is_at_hand is is_at_hand
    known = 0
    for one, other in product(commits, repeat=2):
        base = asked(folder, "merge-base", one, other)
        assert history.merge_base(one, other) == base
        assert history.is_ancestor(one, other) is (base == one)
        assert history.count(other, one) == int(
            asked(folder, "rev-list", "--count", other, f"^{one}")
        )
        known += local.distance(one, other) is not None
    assert bool(known) is is_at_hand


def test_nothing_is_said_of_a_clone_that_is_cut_off(folder, commits, local):
    local._store.read_commit(commits[0])
    assert local.distance(commits[0], commits[0]) == 0
    (folder / ".git" / "shallow").write_text(f"{commits[0]}\n")
    assert local.distance(commits[0], commits[0]) is None


def test_where_a_commit_is_missing_git_is_asked(commits, local):
    local._store.read_commit(commits[0])
    assert local.distance(commits[0], CommitId("1" * 40)) is None
    assert [local.holds_commit(one) for one in (commits[0], CommitId("1" * 40))] == [True, False]
