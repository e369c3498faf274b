"""A commit that is read alone is what git's own log says of it."""

import pytest
from pack_connectors.local_git.log import read_log
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.past.one_commit import read_one
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import open_repository

from pack.log import LogQuery
from pack.model import CommitId
from tests.support import git

ADA = b"Ada <ada@example.org> 1767225600 +0100"
BODIES = {
    "plain": b"author %b\ncommitter %b\n\nSubject\n\nBody\n\nPack-Origin: user:cli\n" % (ADA, ADA),
    "without a subject": b"author %b\ncommitter %b\n\n" % (ADA, ADA),
    "blank lines first": b"author %b\ncommitter %b\n\n\n\nLate\n" % (ADA, ADA),
    "no line end": b"author %b\ncommitter %b\n\nSubject" % (ADA, ADA),
    "not UTF-8": b"author J\xf6rg <j@example.org> 1 +0000\ncommitter %b\n\nGr\xfc\xdfe\n" % ADA,
    "spaces in names": b"author  Ada  L. < a b > 12 -0330\ncommitter %b\n\nx\n" % ADA,
    "signed": b"author %b\ncommitter %b\ngpgsig one\n two\n \n three\n\nSubject\n" % (ADA, ADA),
    "far away": b"author Ada <a> 99999999999 +0000\ncommitter Ada <a> 0 +0000\n\nx\n",
}
ASKED = {
    "another encoding": b"author %b\ncommitter %b\nencoding latin1\n\n\xe9\n" % (ADA, ADA),
    "another header": b"author %b\ncommitter %b\nmood good\n\nx\n" % (ADA, ADA),
    "no name": b"author <a@example.org> 1 +0000\ncommitter %b\n\nx\n" % ADA,
    "blanks after a name": b"author Ada  <a> 1 +0000\ncommitter %b\n\nx\n" % ADA,
    "no time": b"author Ada <a@example.org>\ncommitter %b\n\nx\n" % ADA,
    "before 1970": b"author Ada <a> -5 +0000\ncommitter %b\n\nx\n" % ADA,
}


@pytest.fixture
def runner(tmp_path):
    git(tmp_path, "init", "--quiet")
    return GitRunner(open_repository(tmp_path))


@pytest.fixture
def store(runner):
    made = ObjectStore(runner)
    yield made
    made.close()


def made(runner, body, parents=()):
    tree = git(runner.work_tree, "hash-object", "-t", "tree", "-w", "--stdin").strip()
    head = b"tree %b\n" % tree + b"".join(b"parent %b\n" % one.encode() for one in parents)
    words = ["hash-object", "-t", "commit", "-w", "--literally", "--stdin"]
    return CommitId(git(runner.work_tree, *words, stdin=head + body).decode().strip())


def test_it_is_what_git_says(runner, store):
    first = [made(runner, body) for body in BODIES.values()]
    merge = made(runner, BODIES["plain"], first[:3])
    for commit in (*first, merge):
        query = LogQuery(commit, limit=1)
        assert [read_one(store, runner.repository, query)] == list(read_log(runner, query))


@pytest.mark.parametrize("body", ASKED.values(), ids=ASKED)
def test_where_git_would_say_more_it_is_asked(runner, store, body):
    query = LogQuery(made(runner, body), limit=1)
    assert read_one(store, runner.repository, query) is None


def test_where_a_shallow_clone_ends_git_is_asked(runner, store):
    first = made(runner, BODIES["plain"])
    query = LogQuery(made(runner, BODIES["plain"], [first]), limit=1)
    (runner.git_dir / "shallow").write_text(f"{query.head}\n")
    assert read_one(store, runner.repository, query) is None
    (runner.git_dir / "shallow").write_text(f"{first}\n")
    assert [read_one(store, runner.repository, query)] == list(read_log(runner, query))


def test_grafts_change_nothing(runner, store):
    """As with replacements: what a commit was made on is part of it."""
    first = made(runner, BODIES["plain"])
    query = LogQuery(made(runner, BODIES["plain"], [first]), limit=1)
    (runner.git_dir / "info").mkdir(exist_ok=True)
    (runner.git_dir / "info" / "grafts").write_text(f"{query.head}\n")
    (found,) = read_log(runner, query)
    assert found.parents == (first,)
    assert read_one(store, runner.repository, query) == found


def test_any_other_question_is_for_git(runner, store):
    commit = made(runner, BODIES["plain"])
    for more in ({"limit": 2}, {"skip": 1}, {"with_files": True}, {"since": commit}):
        assert read_one(store, runner.repository, LogQuery(commit, **{"limit": 1} | more)) is None
