"""Refs beside the branch: whatever moves one, and wherever git keeps it, is seen at once."""

import os
from contextlib import closing
from importlib import import_module
from pathlib import Path

import pytest
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import create_repository

from pack.errors import StaleBase, Unavailable
from pack.model import ABSENT, CommitId, MemoryPath, Put
from tests.support import START, git, make_again

USER = ("-c", "user.name=x", "-c", "user.email=x@example.org")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "memory"
    make_again(create_repository, folder)
    for text in ("one", "two"):
        git(folder, *USER, "commit", "-q", "--allow-empty", "-m", text)
    return folder


@pytest.mark.parametrize("is_at_hand", [False, True])
def test_every_change_by_whomever_is_seen(folder: Path, is_at_hand: bool) -> None:
    one, two = (CommitId(c) for c in git(folder, "rev-parse", "HEAD~1", "HEAD").decode().split())
    import_module("git")  # or its children answer later only
    local = LocalGit(folder, lambda: START)
    if is_at_hand:
        local._store.read_commit(one)
    blob = git(folder, "hash-object", "-w", "--stdin", stdin=b"text").decode().strip()
    group, desk = "refs/pack/group", "refs/pack/peers/desk"

    def listed() -> list[dict[str, str]]:
        local.side_refs("peers").clear()  # what was given out is the caller's
        return [dict(local.side_refs(name)) for name in ("group", "peers")]

    assert listed() == [{}, {}]
    git(folder, "update-ref", group, one)
    assert listed() == [{"": one}, {}]
    git(folder, "update-ref", desk, one)
    assert listed() == [{"": one}, {"desk": one}]
    git(folder, "pack-refs", "--all")
    assert listed() == [{"": one}, {"desk": one}]
    git(folder, "update-ref", desk, two)
    assert listed() == [{"": one}, {"desk": two}]
    git(folder, "update-ref", "refs/pack/peers/attic/phone", one)
    assert listed() == [{"": one}, {"attic/phone": one, "desk": two}]
    git(folder, "update-ref", "-d", "refs/pack/peers/attic/phone")
    git(folder, "update-ref", "refs/pack/peers/blob", blob)
    git(folder, "symbolic-ref", "refs/pack/peers/link", desk)
    assert listed() == [{"": one}, {"desk": two, "link": two}]
    git(folder, "update-ref", "-d", "refs/pack/peers/blob")
    git(folder, "symbolic-ref", "-d", "refs/pack/peers/link")
    (folder / ".git" / "refs" / "pack" / "peers" / "phone.lock").write_text(f"{one}\n")
    assert listed() == [{"": one}, {"desk": two}]
    git(folder, "update-ref", "-d", desk)
    git(folder, "pack-refs", "--all")
    assert listed() == [{"": one}, {}]
    git(folder, "update-ref", "-d", group)
    assert listed() == [{}, {}]
    local.close()


def test_folders_that_lead_back_to_themselves_are_told_of(folder: Path) -> None:
    """An archive of a stranger's may have them; git follows two of them some 2^40 times."""
    for name in ("a", "b"):
        link = folder / ".git/refs/pack/kits" / name
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(".")
    with (
        closing(LocalGit(folder, lambda: START)) as local,
        pytest.raises(Unavailable, match="is a link to a folder; remove it"),
    ):
        local.side_refs("kits")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes")
def test_a_pipe_among_refs_is_not_waited_for(folder: Path) -> None:
    pipe = folder / ".git/refs/pack/kits/observer"
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    with (
        closing(LocalGit(folder, lambda: START)) as local,
        pytest.raises(Unavailable, match="observer is not a file; remove it"),
    ):
        local.side_refs("kits")


def test_a_ref_that_is_written_is_seen_without_another_git(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = (CommitId(c) for c in git(folder, "rev-parse", "HEAD~1", "HEAD").decode().split())
    import_module("git")
    with closing(LocalGit(folder, lambda: START)) as local:
        local._store.read_commit(one)
        git(folder, "update-ref", "refs/pack/peers/desk", one)
        assert local.side_refs("peers") == {"desk": one}
        monkeypatch.setattr(GitRunner, "start", None)
        (folder / ".git" / "refs" / "pack" / "peers" / "desk").write_text(f"{two}\n")
        (folder / ".git" / "refs" / "pack" / "peers" / "attic").write_text(f"{one}\n")
        assert local.side_refs("peers") == {"attic": one, "desk": two}
        monkeypatch.undo()


def test_a_view_looks_once_and_again_after_a_write(folder: Path) -> None:
    one, two = (CommitId(c) for c in git(folder, "rev-parse", "HEAD~1", "HEAD").decode().split())
    with closing(LocalGit(folder, lambda: START)) as local:
        with local.view():
            assert local.side_refs("kits") == {}
            git(folder, "update-ref", "refs/pack/kits/a", one)
            assert local.side_refs("kits") == {}
            made = local.commit_aside("kits/b", None, two, [], "b")
            assert local.side_refs("kits") == {"a": one, "b": made}
            git(folder, "update-ref", "refs/pack/kits/c", one)
            with local.exclusive():  # others had their turn until now
                assert local.side_refs("kits") == {"a": one, "b": made, "c": one}
            local.move_aside("kits/b", None, made)
            assert local.side_refs("kits") == {"a": one, "c": one}
        git(folder, "update-ref", "-d", "refs/pack/kits/a")
        assert local.side_refs("kits") == {"c": one}


def test_where_the_branch_is_is_looked_for_once_while_the_lock_is_held(folder: Path) -> None:
    def commit() -> str:
        git(folder, *USER, "commit", "-q", "--allow-empty", "-m", "more")
        return git(folder, "rev-parse", "HEAD").decode().strip()

    with closing(LocalGit(folder, lambda: START)) as local, local.view():
        assert local.head() != commit()
        three = commit()
        assert local.head() == three  # another thread may have told the catalog of it
        with local.exclusive():
            assert local.head() == three
            four = commit()
            assert local.head() == three
            with pytest.raises(StaleBase):
                local.commit(CommitId(three), [Put(MemoryPath("a.md"), b"a", ABSENT)], "a")
            assert local.head() == four
