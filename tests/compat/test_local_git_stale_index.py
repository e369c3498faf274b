"""A `git commit` that read the index before a write of PACK and wrote it afterwards.

The person's own fsmonitor hook, which git runs between the two, makes the write at that moment.
"""

import contextlib
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from pack_connectors.local_git.repository import create_repository

from pack.model import ABSENT, Delete, MemoryPath, Put
from pack.provenance import Origin, Source, commit_message
from tests.compat.local_git_support import (
    A,
    B,
    assert_sound,
    committed_files,
    git,
    open_memory,
    put,
)

pytestmark = pytest.mark.contract("C1", "C9")
ROOT = Path(__file__).parents[2]
NEW = MemoryPath("own/new.md")
INDEX = MemoryPath("index.md")
PERSON = "context/person.md"


def write(folder, what):
    """What PACK does while the person's git is at work."""
    with contextlib.closing(open_memory(folder)) as memory:
        listing = memory.get_committed(INDEX)
        changes = {
            "add": [Put(NEW, b"new\n", ABSENT)],
            "edit": [Put(A, b"edited\n", memory.get_contents(A).sha)],
            "delete": [Delete(A, memory.get_contents(A).sha)],
            "move": [Put(NEW, b"start\n", ABSENT), Delete(A, memory.get_contents(A).sha)],
        }[what]
        listed = Put(INDEX, what.encode(), listing or ABSENT)
        memory.commit(memory.head(), [*changes, listed], message(what))


def message(subject):
    return commit_message(subject, Origin(Source.AI_CLOUD, "agent"), "request")


@pytest.fixture
def folder(tmp_path, git_identity):
    create_repository(tmp_path / "memory")
    with contextlib.closing(open_memory(tmp_path / "memory")) as memory:
        put(memory, A, b"start\n")
        put(memory, B, b"beside\n")
    (tmp_path / "memory" / PERSON).write_text("1\n")
    git(tmp_path / "memory", "add", PERSON)
    return tmp_path / "memory"


def commit_around(folder, what):
    """The person commits, and PACK writes between git's reading the index and locking it."""
    hook, done = folder.parent / "hook", folder.parent / "done"
    program = shlex.join(
        [sys.executable, "-m", "tests.compat.test_local_git_stale_index", str(folder), what]
    )
    hook.write_text(
        f"#!/bin/sh\nif mkdir {shlex.quote(str(done))} 2>/dev/null; then\n"
        f"cd {shlex.quote(str(ROOT))} && {program} >&2 || exit 1\nfi\nprintf 'token\\0/\\0'\n"
    )
    hook.chmod(0o755)
    found = subprocess.run(
        ["git", "-C", folder, "-c", f"core.fsmonitor={hook}", "commit", "-m", "by hand"],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert found.returncode != 0, found.stdout
    assert "cannot lock ref" in found.stderr, found.stderr
    return committed_files(folder)


@pytest.mark.parametrize("what", ["add", "edit", "delete", "move"])
def test_the_next_write_takes_nothing_back_with_it(folder, what):
    wanted = commit_around(folder, what)
    assert git(folder, "diff", "--cached", "--name-only").splitlines() != [PERSON]  # git did it
    with contextlib.closing(open_memory(folder)) as memory:
        put(memory, B, b"next\n")
    git(folder, "commit", "-m", "by hand, again")
    assert committed_files(folder) == wanted | {B: b"next\n", PERSON: b"1\n"}
    assert_sound(folder)


def test_a_process_that_stays_sees_it_at_its_next_look(folder):
    with contextlib.closing(open_memory(folder)) as memory:
        put(memory, B, b"mine\n")
        wanted = commit_around(folder, "add")
        memory.get_contents(B)
        git(folder, "commit", "-m", "by hand, again")
        assert committed_files(folder) == wanted | {PERSON: b"1\n"}
    assert_sound(folder)


def test_what_is_taken_back_before_anybody_looks_is_still_in_the_folder(folder):
    commit_around(folder, "add")
    git(folder, "commit", "-m", "by hand, again")
    assert NEW not in committed_files(folder)
    with contextlib.closing(open_memory(folder)) as memory:
        found = memory.get_contents(NEW)
        assert found.content == b"new\n"
        assert memory.edits(memory.head()) == {NEW: found.sha}  # the next write can record it


def staged_as_before(folder):
    with contextlib.closing(open_memory(folder)) as memory:
        before = memory.head()
    write(folder, "edit")
    git(folder, "reset", "--quiet", before, "--", A)


def test_what_a_person_staged_later_stays(folder):
    staged_as_before(folder)
    os.utime(folder / A, (0, 0))  # the file is of long ago
    with contextlib.closing(open_memory(folder)) as memory:
        put(memory, B, b"next\n")
    assert A in git(folder, "diff", "--cached", "--name-only").splitlines()


@pytest.mark.parametrize("what", ["add", "edit", "delete"])
def test_what_a_person_staged_of_one_file_of_a_write_stays(folder, what):
    with contextlib.closing(open_memory(folder)) as memory:
        before = put(memory, B, b"mine\n").id
        write(folder, what)
        path = NEW if what == "add" else A
        git(folder, "reset", "--quiet", before, "--", path)
        memory.get_contents(B)
    assert path in git(folder, "diff", "--cached", "--name-only").splitlines()


@pytest.mark.parametrize("undone", [[], ["merge", "--quit"]])
def test_a_conflict_of_a_person_stays_one(folder, undone):
    git(folder, "commit", "--quiet", "-m", "by hand")
    with contextlib.closing(open_memory(folder)) as memory:
        git(folder, "branch", "other")
        write(folder, "add")
        git(folder, "checkout", "--quiet", "-b", "mine")
        git(folder, "checkout", "--quiet", "other")
        (folder / NEW).parent.mkdir()
        (folder / NEW).write_text("theirs\n")
        git(folder, "add", NEW)
        git(folder, "commit", "--quiet", "-m", "theirs")
        git(folder, "checkout", "--quiet", "mine")
        put(memory, B, b"mine\n")
        git(folder, "merge", "other", ok=(1,))
        git(folder, "checkout", "--ours", NEW)
        if undone:
            git(folder, *undone)
        memory.get_contents(B)
    assert NEW in git(folder, "ls-files", "--unmerged")


def test_an_index_that_cannot_be_read_is_no_reason_to_read_nothing(folder):
    with contextlib.closing(open_memory(folder)) as memory:
        put(memory, B, b"mine\n")
        (folder / ".git" / "index").write_bytes(b"damaged")
        assert memory.get_contents(B).content == b"mine\n"


@pytest.mark.parametrize("content", [b"something else\n", None])
def test_what_a_person_staged_and_has_in_the_folder_stays(folder, content):
    write(folder, "edit")
    if content is None:
        git(folder, "rm", "--quiet", A)
    else:
        (folder / A).write_bytes(content)
        git(folder, "add", A)
    with contextlib.closing(open_memory(folder)) as memory:
        put(memory, B, b"next\n")
    assert A in git(folder, "diff", "--cached", "--name-only").splitlines()


def test_a_commit_of_the_person_that_is_taken_back_is_their_affair(folder):
    (folder / A).write_bytes(b"by hand\n")
    git(folder, "commit", "--quiet", "-am", "by hand")
    git(folder, "reset", "--quiet", "HEAD~1", "--", A)
    with contextlib.closing(open_memory(folder)) as memory:
        put(memory, B, b"next\n")
    assert A in git(folder, "diff", "--cached", "--name-only").splitlines()


if __name__ == "__main__":
    write(sys.argv[1], sys.argv[2])
