"""A working tree without the files of its branch: never checked out, or emptied by hand."""

import subprocess
from contextlib import closing

import pytest
from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.local_git.repository import create_repository

from pack.errors import RefusedForSafety
from pack.memory import Memory
from pack.model import MemoryPath
from pack.provenance import Origin, Source
from tests.compat.local_git_support import (
    INDEX,
    A,
    B,
    assert_sound,
    clock,
    committed_files,
    git,
    open_memory,
    put,
)
from tests.support import SCAFFOLD

NEW = MemoryPath("context/new.md")


@pytest.fixture
def origin(tmp_path, git_identity):
    folder = tmp_path / "origin"
    create_repository(folder)
    memory = open_memory(folder)
    for path in (A, B, INDEX):
        put(memory, path, b"%s\n" % path.encode())
    memory.close()
    return folder


@pytest.fixture
def opened():
    connectors = []

    def make(folder):
        connectors.append(open_memory(folder))
        return connectors[-1]

    yield make
    for connector in connectors:
        connector.close()


def without_checkout(origin, folder):
    git(origin.parent, "clone", "--quiet", "--no-checkout", origin, folder)


def with_an_index_only(origin, folder):
    without_checkout(origin, folder)
    git(folder, "reset", "--quiet")


def with_a_failed_checkout(origin, folder):
    """A filter that fails in the middle, as one for large files does without its program."""
    (origin / ".gitattributes").write_text("context/b.md filter=broken\n")
    git(origin, "add", ".gitattributes")
    git(origin, "commit", "--quiet", "-m", "attributes")
    options = ("-c", "filter.broken.smudge=false", "-c", "filter.broken.required=true")
    done = subprocess.run(
        ["git", *options, "clone", "--quiet", origin, folder], capture_output=True, check=False
    )
    assert b"checkout failed" in done.stderr
    (folder / ".git/info/attributes").write_text("context/b.md -filter\n")


def with_an_emptied_folder(origin, folder):
    git(origin.parent, "clone", "--quiet", origin, folder)
    for path in (A, B, INDEX):
        (folder / path).unlink()


def in_a_linked_worktree(origin, folder):
    git(origin, "worktree", "add", "--quiet", "--no-checkout", "-b", "other", folder)


KINDS = [
    without_checkout,
    with_an_index_only,
    with_a_failed_checkout,
    with_an_emptied_folder,
    in_a_linked_worktree,
]


@pytest.mark.contract("C1")
@pytest.mark.parametrize("make", KINDS)
def test_nothing_is_written_until_git_has_checked_out_the_files(origin, tmp_path, opened, make):
    folder = tmp_path / "clone"
    make(origin, folder)
    before = git(folder, "rev-parse", "HEAD"), sorted(folder.rglob("*.md"))
    memory = opened(folder)
    with closing(SqliteCatalog(None)) as catalog:
        core = Memory.over(
            memory,
            catalog,
            clock=clock(),
            origin=Origin(Source.AI_CLOUD, "x"),
            new_request=lambda: "r",
        )
        for write in (
            lambda: core.lifecycle.init(SCAFFOLD),
            lambda: put(memory, NEW, b"new\n"),
        ):
            with pytest.raises(RefusedForSafety, match="not checked out") as refused:
                write()
    assert (git(folder, "rev-parse", "HEAD"), sorted(folder.rglob("*.md"))) == before
    # What the message says is what helps.
    for command in refused.value.remedy.split("`")[1::2]:
        git(folder, *command.split()[1:])
    put(memory, NEW, b"new\n")
    assert set(committed_files(folder)) >= {A, B, INDEX, NEW}
    assert_sound(folder)


def test_a_sparse_checkout_of_nothing_says_so(origin, tmp_path, opened):
    folder = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", origin, folder)
    git(folder, "sparse-checkout", "set", "--no-cone", "/elsewhere/")
    with pytest.raises(RefusedForSafety) as refused:
        put(opened(folder), NEW, b"new\n")
    assert "sparse-checkout disable" in refused.value.remedy


@pytest.mark.parametrize("gone", [[A], [INDEX], [A, B], [A, INDEX]])
def test_files_that_a_person_removed_are_an_edit(origin, opened, gone):
    for path in gone:
        (origin / path).unlink()
    memory = opened(origin)
    put(memory, NEW, b"new\n")
    assert set(committed_files(origin)) == {A, B, INDEX, NEW}


def test_a_memory_of_an_index_alone_may_lose_it(tmp_path, opened, git_identity):
    create_repository(tmp_path)
    memory = opened(tmp_path)
    put(memory, INDEX, b"x\n")
    (tmp_path / INDEX).unlink()
    put(memory, NEW, b"new\n")
    assert NEW in committed_files(tmp_path)


def test_a_branch_without_files_needs_no_checkout(tmp_path, opened, git_identity):
    create_repository(tmp_path)
    git(tmp_path, "commit", "--quiet", "--allow-empty", "-m", "empty")
    (tmp_path / ".git/index").unlink(missing_ok=True)
    put(opened(tmp_path), NEW, b"new\n")
    assert_sound(tmp_path)
