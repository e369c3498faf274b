"""Files change places, or take a place, in one step, and never replace what is there."""

import errno
import os

import pytest
from pack_connectors.local_git import atomic_rename as file_exchange
from pack_connectors.local_git.worktree import Worktree


@pytest.fixture(params=["native", "in steps", "without hard links"])
def exchange(request, monkeypatch):
    """Each way in which files change places."""
    if request.param == "native":
        if file_exchange._native_rename() is None:
            pytest.skip("this system has no exchange")
        return
    monkeypatch.setattr(file_exchange, "_native_rename", lambda: None)
    if request.param == "without hard links":

        def refuse(*args, **kwargs):
            raise OSError(errno.EPERM, "no hard links")

        monkeypatch.setattr(os, "link", refuse)


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    (folder / "a/b").mkdir(parents=True)
    (folder / "a/x.md").write_bytes(b"x")
    return folder


@pytest.fixture
def staged(tmp_path):
    file = tmp_path / "staged"
    file.write_bytes(b"new")
    file.chmod(0o640)
    return file


def test_two_files_change_places(root, staged, exchange):
    Worktree(root).exchange(staged, "a/x.md")
    assert (staged.read_bytes(), (root / "a/x.md").read_bytes()) == (b"x", b"new")
    assert (root / "a/x.md").stat().st_mode & 0o777 == 0o640
    assert sorted(file.name for file in staged.parent.iterdir()) == ["root", "staged"]


def test_nothing_to_exchange_with(root, staged, exchange):
    with pytest.raises(FileNotFoundError):
        Worktree(root).exchange(staged, "a/y.md")
    with pytest.raises(FileNotFoundError):
        Worktree(root).exchange(staged, "no/y.md")
    assert staged.read_bytes() == b"new"


def test_a_file_is_placed_where_nothing_is(root, staged, exchange):
    Worktree(root).place(staged, "n/m/y.md")
    assert (root / "n/m/y.md").read_bytes() == b"new"
    assert (root / "n/m/y.md").stat().st_mode & 0o777 == 0o640
    assert not staged.exists()


@pytest.mark.parametrize("path", ["a/x.md", "a/b"])
def test_a_file_is_not_placed_where_something_is(root, staged, exchange, path):
    with pytest.raises(FileExistsError):
        Worktree(root).place(staged, path)
    assert (staged.read_bytes(), (root / "a/x.md").read_bytes()) == (b"new", b"x")
