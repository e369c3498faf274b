"""Reading many blobs at once, from a git for each question and from children that stay."""

import os
import sys
import threading

import git as git_python
import pytest
from pack_connectors.local_git.cat_file import FEW, CatFile
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.process import GitRunner, find_git
from pack_connectors.local_git.repository import open_repository

from pack.errors import NotFound, Unavailable
from pack.model import BlobId, blob_id
from tests.support import git


@pytest.fixture
def runner(tmp_path):
    git(tmp_path, "init", "--quiet")
    return GitRunner(open_repository(tmp_path))


OLD_GIT = """#!/bin/sh
case "$*" in *--batch-command*) echo "error: unknown option" >&2; exit 129;; esac
exec "{}" "$@"
"""


@pytest.fixture
def old_git(tmp_path_factory, monkeypatch):
    """What GitPython starts does not know what git knows since 2.36."""
    program = tmp_path_factory.mktemp("old") / "git"
    program.write_text(OLD_GIT.format(find_git()))
    program.chmod(0o755)
    monkeypatch.setattr(git_python.Git, "GIT_PYTHON_GIT_EXECUTABLE", str(program))


@pytest.fixture(params=["few", "many", "many, of an old git"])
def store(runner, request):
    if request.param.endswith("old git"):
        if os.name != "posix":
            pytest.skip("the old git is a shell script")
        request.getfixturevalue("old_git")
    made = ObjectStore(runner)
    made._cat_file = CatFile(runner, few=10_000 if request.param == "few" else 0)
    yield made
    made.close()


def test_one_child_answers_all_where_git_can(runner):
    (one,) = stored(runner, [b"one"])
    made = CatFile(runner, few=0)
    assert made.header(one).kind == "blob"
    assert made.contents([one])[one].data == b"one"
    assert made.heads([one]) == {one: ("blob", 3)}
    assert made._git.cat_file_header is None
    made.close()


def test_an_old_git_answers_with_two(runner, old_git):
    (one,) = stored(runner, [b"one"])
    made = CatFile(runner, few=0)
    for _ in range(2):
        assert made.contents([one])[one].data == b"one"
        assert made.header(one).kind == "blob"
        assert made._git.cat_file_header is not None
        made.close()


def stored(runner, contents):
    """All of them by one git, as a thousand would take most of the time."""
    stream = b"".join(
        b"blob\nmark :%d\ndata %d\n%b\n" % (number, len(content), content)
        for number, content in enumerate(contents, start=1)
    )
    marks = runner.git_dir / "marks"
    git(runner.work_tree, "fast-import", "--quiet", f"--export-marks={marks}", stdin=stream)
    found = dict(line.split() for line in marks.read_text("ascii").splitlines())
    return [BlobId(found[f":{number}"]) for number in range(1, len(contents) + 1)]


CONTENTS = [b"", b"one", b"line\nline\n", b"missing\n", b"\0\xff" * 500_000, "é\r\n".encode()]


def test_blobs_come_in_the_order_asked_for(runner, store):
    wanted = stored(runner, CONTENTS)
    asked = [*wanted, *reversed(wanted), wanted[1]]
    by_id = dict(zip(wanted, CONTENTS, strict=True))
    assert list(store.read_blobs(asked)) == [(blob, by_id[blob]) for blob in asked]
    assert list(store.read_blobs([])) == []


def test_more_questions_than_a_pipe_holds(runner, store):
    (one,) = stored(runner, [b"x" * 100])
    found = list(store.read_blobs([one] * 30_000))
    assert len(found) == 30_000
    assert set(found) == {(one, b"x" * 100)}


@pytest.mark.parametrize("few", [0, 100])
def test_kind_and_size_of_many_at_once(runner, few):
    asked = stored(runner, [b"%d" % number for number in range(1000)])
    found, missing = CatFile(runner, few), "0" * 40
    try:
        assert found.heads([*asked, missing]) == {
            name: ("blob", len(str(number))) for number, name in enumerate(asked)
        }
    finally:
        found.close()


def test_what_is_missing_or_no_blob_is_not_found(runner, store):
    (one,) = stored(runner, [b"one"])
    tree = BlobId(
        git(runner.work_tree, "hash-object", "-t", "tree", "-w", "--stdin").decode().strip()
    )
    for other in (blob_id(b"never stored"), tree):
        stream = store.read_blobs([one, other])
        assert next(stream) == (one, b"one")
        with pytest.raises(NotFound, match=other):
            next(stream)


def test_only_ids_are_asked_for(runner, store):
    (runner.work_tree / "a.md").write_bytes(b"a")
    git(runner.work_tree, "add", "a.md")
    with pytest.raises(NotFound):
        list(store.read_blobs([BlobId(":a.md")]))


def test_a_revision_names_a_file_or_nothing(runner, store):
    names = ["a b.md", "is missing", "two  blanks", "caf\udce9"]
    for name in names:
        (runner.work_tree / name).write_bytes(name.encode("utf-8", "surrogateescape"))
    git(runner.work_tree, "add", ".")
    for name in names:
        blob = blob_id(name.encode("utf-8", "surrogateescape"))
        assert store.find_id(f":{name}", "blob") == blob
        assert store.find_id(f":{name}", "tree") is None
        assert store.find_id(f":{name}x") is None


@pytest.mark.parametrize("is_imported", [False, True])
def test_few_questions_leave_no_child_behind_while_gitpython_is_not_imported(
    runner, is_imported, monkeypatch
):
    monkeypatch.setitem(sys.modules, "git", git_python)
    if not is_imported:
        monkeypatch.delitem(sys.modules, "git")
    made = CatFile(runner)
    for _ in range(FEW):
        assert made.header("HEAD") is None
    assert (made._git is not None) == is_imported
    monkeypatch.setitem(sys.modules, "git", git_python)
    assert made.header("HEAD") is None
    assert made._git is not None
    made.close()


def test_the_first_questions_are_not_asked_twice(runner, monkeypatch):
    monkeypatch.delitem(sys.modules, "git", raising=False)
    made = ObjectStore(runner)
    (one,) = stored(runner, [b"one"])
    missing = blob_id(b"another")
    assert made.find_id(missing) is None
    stored(runner, [b"another"])
    for _ in range(2 * FEW):
        assert made.find_id(one, "blob") == one
    assert made.find_id(missing) == missing
    assert not made.is_at_hand
    made.close()


def test_others_read_while_a_stream_is_paused_or_left(runner, store):
    wanted = stored(runner, [b"%d" % number * 1000 for number in range(100)])
    other = stored(runner, [b"other"])[0]
    stream = store.read_blobs(wanted)
    found = [next(stream)]
    for row in stream:
        assert store.read(other, "blob") == b"other"
        assert next(store.read_blobs(wanted))[0] == wanted[0]
        found.append(row)
    assert [blob for blob, _ in found] == wanted


def test_threads_share_one_reader(runner, store):
    wanted = stored(runner, [b"%d" % number for number in range(100)])
    found = {}

    def read(number):
        found[number] = list(store.read_blobs(wanted[number:]))

    threads = [threading.Thread(target=read, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(8):
        assert found[number] == [(blob, b"%d" % at) for at, blob in enumerate(wanted)][number:]


def test_a_repository_that_is_gone_is_unavailable(runner, store, tmp_path):
    (one,) = stored(runner, [b"one"])
    (tmp_path / ".git" / "HEAD").unlink()
    with pytest.raises(Unavailable):
        list(store.read_blobs([one]))
