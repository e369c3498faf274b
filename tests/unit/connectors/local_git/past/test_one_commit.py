"""A commit that is read alone is what git's own log says of it."""

import pytest
from pack_connectors.local_git.cat_file import CatFile
from pack_connectors.local_git.log import read_log
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.past.one_commit import read_new, read_one
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


# --- what is new after a commit ------------------------------------------------------------------


@pytest.fixture
def at_hand(runner):
    """A store for which no question costs a new git."""
    store = ObjectStore(runner)
    store._cat_file = CatFile(runner, few=0)
    store.find_id("HEAD")
    yield store
    store.close()


def changed(runner, write):
    """The commit before a change of some files, and the one after it."""
    folder = runner.work_tree
    for name in ("a.md", "b.md", "x/c.md", "x/y/d.md"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n" * 9)
    heads = []
    for step in (lambda _: None, write):
        step(folder)
        git(folder, "add", "--all")
        words = ("-c", "user.name=A", "-c", "user.email=a@b", "commit", "--quiet", "-m", "m")
        git(folder, *words, "--allow-empty")
        heads.append(CommitId(git(folder, "rev-parse", "HEAD").decode().strip()))
    return heads


def _move(folder):
    (folder / "a.md").rename(folder / "x/z.md")


def _link(folder):
    (folder / "a.md").unlink()
    (folder / "a.md").symlink_to("b.md")


def _many(folder):
    for number in range(200):
        (folder / f"{number}.md").write_text("new")


FOUND = {
    "nothing": lambda _: None,
    "an edit": lambda folder: (folder / "x/c.md").write_text("new"),
    "edits": lambda folder: [(folder / name).write_text("new") for name in ("a.md", "x/y/d.md")],
    "a new file": lambda folder: (folder / "x/new.md").write_text("new"),
    "a file less": lambda folder: (folder / "x/y/d.md").unlink(),
    "rights": lambda folder: (folder / "a.md").chmod(0o755),
}
LEFT = {"a move": _move, "a link": _link, "many files": _many}


def says(log):
    return [(one, [change.old_shas for change in one.files]) for one in log]


@pytest.mark.parametrize("write", FOUND.values(), ids=FOUND)
def test_what_new_commits_changed_is_what_git_says(runner, at_hand, write):
    old, new = changed(runner, write)
    _, newest = changed(runner, write)
    for head in (old, new, newest):
        for limit in (None, 1, 100):
            query = LogQuery(head, old, with_files=True, limit=limit)
            found = read_new(at_hand, runner.repository, query)
            assert says(found) == says(read_log(runner, query))


@pytest.mark.parametrize("write", LEFT.values(), ids=LEFT)
def test_what_may_be_more_than_a_change_is_left_to_git(runner, at_hand, write):
    old, new = changed(runner, write)
    query = LogQuery(new, old, with_files=True)
    assert read_new(at_hand, runner.repository, query) is None


def test_what_is_no_short_line_is_left_to_git(runner, at_hand, store):
    first, old = changed(runner, FOUND["an edit"])
    words = ("-c", "user.name=A", "-c", "user.email=a@b", "commit", "--quiet", "-m", "m")
    for _ in range(9):
        git(runner.work_tree, *words, "--allow-empty")
    new = CommitId(git(runner.work_tree, "rev-parse", "HEAD").decode().strip())
    merge = made(runner, BODIES["plain"], [new, first])
    for query in (
        LogQuery(new, first, with_files=True),
        LogQuery(merge, new, with_files=True),
        LogQuery(first, old, with_files=True),
        LogQuery(old, first),
        LogQuery(old, first, with_files=True, path="a.md"),
        LogQuery(old, first, with_files=True, first_parent=True),
        LogQuery(old, first, with_files=True, skip=1),
        LogQuery(old, first, with_files=True, limit=0),
    ):
        assert read_new(at_hand, runner.repository, query) is None
    query = LogQuery(old, first, with_files=True)
    assert read_new(store, runner.repository, query) is None, "it would take a git for each tree"
    (runner.git_dir / "shallow").write_text(f"{old}\n")
    assert read_new(at_hand, runner.repository, query) is None
