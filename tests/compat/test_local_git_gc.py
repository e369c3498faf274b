"""Git's housekeeping beside a write: what was acknowledged stays, and a damaged history is left."""

import fcntl
import itertools
import os
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from pack_connectors.local_git.gc_lock import wait_for_gc
from pack_connectors.local_git.repository import create_repository

from pack.errors import PackError, RefusedForSafety
from pack.model import MemoryPath
from tests.compat.local_git_support import (
    A,
    B,
    Steps,
    assert_sound,
    committed_files,
    git,
    log,
    open_memory,
    put,
)

STEPS = Steps()
_ENOUGH = 400


@pytest.fixture
def folder(tmp_path, git_identity):
    create_repository(tmp_path / "memory")
    return tmp_path / "memory"


@pytest.fixture
def memory(folder):
    opened = open_memory(folder)
    put(opened, A, b"one\n")
    yield opened
    opened.close()


def object_file(folder, name):
    return folder / f".git/objects/{name[:2]}/{name[2:]}"


@pytest.mark.contract("C1")
def test_objects_that_are_pruned_at_any_step_are_stored_again(folder, memory, monkeypatch):
    def prune(_):
        STEPS._active = False
        git(folder, "prune", "--expire=now")

    written = 1
    for number in itertools.count(1):
        with STEPS.watched(monkeypatch, number, prune):
            put(memory, A, b"%d\n" % number)
        written += 1
        if STEPS.count < number:
            break
        assert number < _ENOUGH
    assert number > 20
    assert len(log(folder)) == written
    assert_sound(folder)


@pytest.mark.contract("C1")
def test_a_write_beside_a_gc_in_a_loop_is_there_afterwards(folder, memory):
    stop = threading.Event()

    def collect():
        while not stop.is_set():
            subprocess.run(
                ["git", "-C", folder, "gc", "--quiet", "--prune=now"],
                capture_output=True,
                check=False,
            )

    collector = threading.Thread(target=collect)
    collector.start()
    try:
        for turn in range(15):
            put(memory, A, b"%d\n" % turn)
            put(memory, MemoryPath(f"t/{turn}.md"), b"%d" % turn)
    finally:
        stop.set()
        collector.join()
    assert len(log(folder)) == 31
    assert len(committed_files(folder)) == 16
    assert_sound(folder)


@contextmanager
def stalled_prune(folder, tmp_path):
    """A `git prune` that knows already what it will delete, and has not got far.

    It says what it deletes, and what nobody reads fills the pipe.
    """
    left = [tmp_path / f"left/{number}" for number in range(600)]
    left[0].parent.mkdir()
    for number, file in enumerate(left):
        file.write_text(f"nobody needs {number}\n")
    names = "".join(f"{file}\n" for file in left)
    options = ["git", "-C", folder, "hash-object", "-w", "--stdin-paths"]
    made = subprocess.run(options, input=names, text=True, capture_output=True, check=True)
    objects = [object_file(folder, name) for name in made.stdout.split()]
    command = ["git", "-C", folder, "prune", "--expire=now", "--verbose"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as pruning:
        fcntl.fcntl(pruning.stdout, fcntl.F_SETPIPE_SZ, 4096)
        while all(file.exists() for file in objects):
            assert pruning.poll() is None
        yield pruning
        assert pruning.poll() is None
        pruning.communicate()


@pytest.mark.contract("C1")
@pytest.mark.skipif(sys.platform != "linux", reason="the size of a pipe can be set there")
@pytest.mark.parametrize("host", ["", "elsewhere.invalid"])
def test_a_write_beside_a_gc_that_goes_on_is_there_afterwards(folder, memory, tmp_path, host):
    lock = folder / ".git/gc.pid"
    kept = folder / ".git/objects/pack"
    hasty = open_memory(folder, gc_seconds=0)
    with stalled_prune(folder, tmp_path) as pruning:
        lock.write_text(f"{pruning.pid} {host or socket.gethostname()}")
        for number in range(5):
            put(hasty, MemoryPath(f"t/{number}.md"), b"%d" % number)
        assert len(list(kept.glob("*.keep"))) == 5
    assert len(log(folder)) == 6
    assert len(committed_files(folder)) == 6
    lock.unlink()
    put(hasty, A, b"two\n")
    assert list(kept.glob("*.keep")) == []  # nothing is kept from the next gc
    hasty.close()
    assert_sound(folder)


# --- a history with holes -------------------------------------------------------------------------


def head_commit(folder):
    return git(folder, "rev-parse", "HEAD").strip()


def head_tree(folder):
    return git(folder, "rev-parse", "HEAD^{tree}").strip()


def parent(folder):
    return git(folder, "rev-parse", "HEAD^").strip()


@pytest.mark.contract("C1")
@pytest.mark.parametrize("lost", [head_commit, head_tree, parent])
def test_a_damaged_history_is_not_written_on(folder, memory, lost):
    put(memory, A, b"two\n")
    memory.close()
    before = head_commit(folder)
    object_file(folder, lost(folder)).unlink()
    again = open_memory(folder)
    with pytest.raises(PackError, match="fsck" if lost is head_commit else "damaged"):
        put(again, B, b"b\n")
    again.close()
    assert (folder / ".git/refs/heads/main").read_text().strip() == before
    assert not (folder / B).exists()


@pytest.mark.parametrize("lost", [head_commit, head_tree])
def test_nor_by_the_process_that_made_it(folder, memory, lost):
    put(memory, A, b"two\n")
    before = head_commit(folder)
    object_file(folder, lost(folder)).unlink()
    with pytest.raises(RefusedForSafety, match="damaged"):
        put(memory, B, b"b\n")
    assert (folder / ".git/refs/heads/main").read_text().strip() == before


def test_a_shallow_clone_has_an_end_and_no_hole(folder, memory, tmp_path):
    put(memory, A, b"two\n")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{folder}", "shallow")
    again = open_memory(tmp_path / "shallow")
    put(again, B, b"b\n")
    again.close()
    assert git(tmp_path / "shallow", "rev-list", "--count", "HEAD") == "2\n"
    assert_sound(tmp_path / "shallow")


# --- waiting --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        "",
        "junk",
        f"{os.getpid()} elsewhere.invalid",
        f"999999999999999999999 {socket.gethostname()}",
        f"4194305 {socket.gethostname()}",  # larger than a process number can be
        f"{os.getpid()} {socket.gethostname()}",  # this is no git
    ],
    ids=["empty", "junk", "elsewhere", "no-number", "too-large", "no-git"],
)
def test_what_is_no_gc_of_this_machine_is_not_waited_for(tmp_path, content):
    assert not wait_for_gc(tmp_path, 600)
    (tmp_path / "gc.pid").write_text(content)
    if sys.platform == "linux" or str(os.getpid()) not in content:
        assert wait_for_gc(tmp_path, 600) is ("elsewhere" in content)


def test_what_another_machine_left_long_ago_is_over(tmp_path):
    file = tmp_path / "gc.pid"
    file.write_text("17 elsewhere.invalid")
    before = file.stat().st_mtime - 13 * 3600
    os.utime(file, (before, before))
    assert not wait_for_gc(tmp_path, 600)


def test_a_gc_that_runs_is_waited_for_but_not_for_ever(tmp_path):
    running = subprocess.Popen(
        ["git", "hash-object", "--stdin"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    program = Path(f"/proc/{running.pid}/comm")
    while program.exists() and program.read_text() != "git\n":
        assert running.poll() is None
    file = tmp_path / "gc.pid"
    file.write_text(f"{running.pid} {socket.gethostname()}")
    assert wait_for_gc(tmp_path, 0.05)
    assert running.poll() is None
    ender = threading.Timer(0.05, file.unlink)
    ender.start()
    assert not wait_for_gc(tmp_path, 600)
    assert not file.exists()
    running.communicate(b"")
