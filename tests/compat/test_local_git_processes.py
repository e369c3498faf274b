"""Several processes and threads write, a person commits beside them, and processes are killed."""

import contextlib
import itertools
import json
import os
import random
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from pack_connectors.local_git.cat_file import FEW
from pack_connectors.local_git.repository import create_repository

from pack.errors import NotFound, PackError
from pack.model import MemoryPath
from tests.compat.local_git_support import (
    A,
    assert_sound,
    committed_files,
    files,
    git,
    log,
    open_memory,
    put,
)
from tests.compat.local_git_writer import append
from tests.stories.prepared import start

pytestmark = [
    pytest.mark.contract("C1", "C9"),
    pytest.mark.skipif(os.name != "posix", reason="it kills process groups"),
]
ROOT = Path(__file__).resolve().parents[2]
WRITER = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from tests.compat.local_git_writer import main
main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
"""


@pytest.fixture
def folder(tmp_path, git_identity):
    create_repository(tmp_path / "memory")
    memory = open_memory(tmp_path / "memory")
    put(memory, A, b"start\n")
    memory.close()
    return tmp_path / "memory"


# --- the writer process --------------------------------------------------------------------------


def start_writer(folder, number, count=0):
    words = [str(folder), str(number), str(count)]
    return start(words, program=WRITER, start_new_session=True)


def acknowledged(out):
    """What a writer was told is stored; its last line may be cut off."""
    return [json.loads(line) for line in out.splitlines(keepends=True) if line.endswith(b"\n")]


# --- the person ----------------------------------------------------------------------------------


class Person(threading.Thread):
    """Commits a file by hand again and again, and remembers which commits succeeded."""

    def __init__(self, folder):
        super().__init__()
        self.folder, self.stop, self.commits = folder, threading.Event(), []

    def run(self):
        for turn in itertools.count():
            if self.stop.is_set() and self.commits:
                return
            name = f"context/person-{turn % 5}.md"
            (self.folder / name).write_text(f"{turn}\n")
            done = [
                subprocess.run(["git", "-C", self.folder, *args], capture_output=True, check=False)
                for args in (["add", name], ["commit", "--quiet", "-m", f"by hand {turn}"])
            ]
            if all(step.returncode == 0 for step in done):
                self.commits.append(turn)
            time.sleep(0.02)


def settle_person(folder):
    """Commit what the person's last failed attempt left, as the person would.

    If it met the very last write, it may have taken that one out of the commit (see the tests of
    the stale index), but never out of the folder.
    """
    git(folder, "add", "context", "own")
    git(folder, "commit", "--quiet", "-m", "by hand, the rest", ok=(0, 1))


@pytest.mark.parametrize(
    ("processes", "writes"),
    [(4, 5), pytest.param(8, 100, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])],
)
def test_processes_write_while_a_person_commits(folder, processes, writes):
    """Half of the writes go to distinct files, half are appends to one file."""
    person = Person(folder)
    person.start()
    writers = [start_writer(folder, number, writes) for number in range(processes)]
    results = [process.communicate(timeout=1000) for process in writers]
    person.stop.set()
    person.join()
    assert [(process.returncode, err) for process, (_, err) in zip(writers, results, strict=True)
            ] == [(0, b"")] * processes  # fmt: skip
    rows = [row for out, _ in results for row in acknowledged(out)]
    subjects = git(folder, "log", "--format=%H %s").splitlines()
    ours = {row.split()[0] for row in subjects if "by hand" not in row}
    assert len(rows) == processes * writes
    assert ours - {log(folder)[-1]} == {commit for commit, _, _ in rows}  # each is one commit
    assert len([row for row in subjects if "by hand" in row]) >= len(person.commits) > 0
    with contextlib.closing(open_memory(folder)) as memory:
        check_nothing_lost(files(memory), rows)
    check_nothing_taken_along(folder, {commit: path for commit, path, _ in rows})
    settle_person(folder)
    check_nothing_lost(committed_files(folder), rows)
    assert_sound(folder)


def check_nothing_lost(now, rows):
    lines = now[A].decode().splitlines(keepends=True)
    assert len(set(lines)) == len(lines)
    for _, path, line in rows:
        if path == A:
            assert line in lines
        else:
            assert now[path].decode() == line


def check_nothing_taken_along(folder, expected):
    out = git(folder, "log", "--format=%x00%H", "--name-only")
    rows = [row.split() for row in out.split("\0")[1:]]
    while rows[0][0] not in expected:  # after the very last write nobody may look
        rows.pop(0)
    for commit, *paths in rows:
        if commit in expected:
            assert paths == [expected[commit]]
        elif commit != log_root(folder):
            assert all(path.startswith("context/person-") for path in paths)


def log_root(folder):
    return git(folder, "rev-list", "--max-parents=0", "HEAD").strip()


# --- kills ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("group", [False, True], ids=["process", "process group"])
@pytest.mark.parametrize(
    "kills", [3, pytest.param(100, marks=[pytest.mark.soak, pytest.mark.timeout(1200)])]
)
def test_a_killed_writer_loses_nothing_that_was_acknowledged(folder, group, kills):
    chance, rows = random.Random(kills), []
    for number in range(kills):
        process = start_writer(folder, number)
        first = process.stdout.readline()
        time.sleep(chance.random() * 0.03)
        if group:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
        out, err = process.communicate(timeout=60)
        assert err == b""
        rows += acknowledged(first + out)
        with contextlib.closing(open_memory(folder)) as memory:
            append(memory, A, b"next %d\n" % number)
            assert files(memory) == committed_files(folder)
        assert_sound(folder, fsck=number % 10 == 0)
    assert len(rows) >= kills
    assert {commit for commit, _, _ in rows} <= set(log(folder))
    assert len(log(folder)) <= 1 + len(rows) + 2 * kills  # at most one each was not told any more
    check_nothing_lost(committed_files(folder), rows)
    assert_sound(folder)


@pytest.mark.parametrize("name", ["index.lock", "HEAD.lock", "refs/heads/main.lock"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_lock_of_a_killed_writer_goes(folder, monkeypatch, name, moment):
    """The locks as a process group leaves them that is killed while git moves the branch."""
    child = os.fork()
    if child == 0:
        die_with_lock(folder, name, moment)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    assert (folder / ".git" / name).exists()
    with contextlib.closing(open_memory(folder)) as memory:
        wanted = b"start\n" if moment == "before" else b"killed\n"
        assert files(memory) == {A: wanted}
        put(memory, A, b"next\n")
    assert_sound(folder)
    assert len(log(folder)) == (2 if moment == "before" else 3)


def die_with_lock(folder, name, moment):
    from pack_connectors.local_git.process import RefUpdater  # noqa: PLC0415

    exchange = RefUpdater._exchange

    def die(process, request, lines):
        if request.startswith(b"commit") == (moment == "after"):
            if moment == "after":
                exchange(process, request, lines)
            process.kill()
            process.wait()
            new = git(folder, "rev-parse", "HEAD") if moment == "after" else intended(folder)
            lock = folder / ".git" / name
            if not lock.exists():
                lock.write_text(new if name.startswith("refs") else "")
            os._exit(9)
        return exchange(process, request, lines)

    try:
        RefUpdater._exchange = staticmethod(die)
        put(open_memory(folder), A, b"killed\n")
    finally:
        os._exit(1)


def intended(folder):
    return json.loads((folder / ".git/pack/journal.json").read_text())["new"] + "\n"


def test_a_child_of_a_killed_writer_is_waited_for(folder):
    """The `git update-ref` of a killed process holds PACK's lock until it has ended."""
    memory = open_memory(folder)
    put(memory, A, b"a\n")
    child = memory._refs._process
    with contextlib.closing(open_memory(folder, lock_seconds=0)) as other:
        memory._lock.acquire()
        memory._lock.close()  # as when the process is killed: the child alone holds it now
        with pytest.raises(PackError, match="another PACK process"):
            put(other, A, b"b\n")
        child.stdin.close()
        child.wait(60)
        put(other, A, b"b\n")
    memory._lock._threads.release()
    memory.close()
    assert_sound(folder)


# --- threads -------------------------------------------------------------------------------------


@pytest.mark.parametrize("turns", [15, pytest.param(200, marks=pytest.mark.soak)])
def test_threads_share_a_connector(folder, turns):
    memory, wrong, made = open_memory(folder), [], []

    def work(number):
        path = MemoryPath(f"t/{number}.md")
        for turn in range(turns):
            content = b"%d %d\n" % (number, turn) * (1 + 500 * number)
            made.append(put(memory, path, content).id)
            found = memory.get_contents(path)
            blobs = dict(memory.read_blobs([found.sha]))
            tree = {entry.path: entry.sha for entry in memory.get_tree(memory.head())}
            if not found.content == blobs[found.sha] == content or tree[path] != found.sha:
                wrong.append((number, turn))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert sorted(made) == sorted(log(folder)[:-1])
    assert len(made) == 4 * turns
    memory.close()
    assert_sound(folder)


@pytest.mark.parametrize("is_one", [True, False], ids=["a new git", "an old git"])
def test_children_that_die_are_replaced(folder, is_one):
    memory = open_memory(folder)
    memory._store._cat_file._is_one = is_one
    for turn in range(3):
        put(memory, A, b"%d\n" % turn)
        memory._refs._process.kill()
        for _ in range(FEW):
            memory._store.find_id("HEAD")
        memory._store.read(memory._store.find_id("HEAD"), "commit")
        git_children = memory._store._cat_file._git
        at_work = [git_children.cat_file_all, git_children.cat_file_header]
        assert (at_work[1] is None) == is_one
        for child in filter(None, at_work):
            child.proc.kill()
            child.proc.wait()
        assert memory._store.find_id("HEAD") == memory.head() == log(folder)[0]
        with pytest.raises(NotFound):
            memory.get_contents(MemoryPath("no/file.md"))
    memory.close()
    assert len(log(folder)) == 4
    assert_sound(folder)
