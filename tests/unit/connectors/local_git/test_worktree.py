import errno
import os
import shutil

import pytest
from pack_connectors.local_git import atomic_rename as file_exchange
from pack_connectors.local_git.worktree import Worktree

from pack.errors import LimitExceeded, RefusedForSafety, Unavailable
from pack.limits import MAX_FILE_BYTES
from pack.model import EntryType, blob_id

needs_links = pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links here")


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


def test_a_file_system_that_refuses_leaves_no_new_folder(root, staged, monkeypatch):
    def refuse(*args, **kwargs):
        raise OSError(errno.EIO, "broken")

    monkeypatch.setattr("pack_connectors.local_git.worktree.move_to_free_name", refuse)
    with pytest.raises(Unavailable):
        Worktree(root).place(staged, "n/m/y.md")
    assert not (root / "n").exists()


def test_a_copy_that_fails_leaves_nothing(root, staged, monkeypatch):
    monkeypatch.setattr(file_exchange, "_native_rename", lambda: None)

    def refuse(*args, **kwargs):
        raise OSError(errno.EPERM, "no")

    monkeypatch.setattr(os, "link", refuse)
    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(Unavailable):
        Worktree(root).place(staged, "a/y.md")
    assert not (root / "a/y.md").exists()
    assert staged.read_bytes() == b"new"


def test_a_save_in_the_middle_of_an_exchange_in_steps_stays(root, staged, monkeypatch):
    monkeypatch.setattr(file_exchange, "_native_rename", lambda: None)
    rename = os.rename

    def rename_and_save(*args, **kwargs):
        rename(*args, **kwargs)
        if args[0] == "x.md":
            (root / "a/x.md").write_bytes(b"saved")

    monkeypatch.setattr(os, "rename", rename_and_save)
    with pytest.raises(Unavailable):
        Worktree(root).exchange(staged, "a/x.md")
    assert (root / "a/x.md").read_bytes() == b"saved"
    assert staged.read_bytes() == b"x"


def test_a_file_is_taken_out_and_its_empty_folders_go(root, tmp_path):
    tree, out = Worktree(root), tmp_path / "out"
    (root / "a/b/c").mkdir()
    (root / "a/b/c/y.md").write_bytes(b"y")
    tree.take_out("a/b/c/y.md", out)
    assert (out.read_bytes(), (root / "a/b").exists(), (root / "a").exists()) == (b"y", False, True)
    with pytest.raises(FileNotFoundError):
        tree.take_out("a/b/c/y.md", out)


@needs_links
@pytest.mark.parametrize("target", ["a", "../outside", "nowhere", "/"])
def test_no_link_is_followed(root, staged, tmp_path, target):
    (tmp_path / "outside").mkdir()
    (root / "link").symlink_to(target)
    tree = Worktree(root)
    assert tree.read("link/x.md") is None
    assert tree.read("link") is None
    assert tree.list_names("link") == []
    assert tree.type_at("link") is EntryType.SYMLINK
    assert tree.type_at("link/x.md") is None
    with pytest.raises(RefusedForSafety):
        tree.place(staged, "link/new.md")
    with pytest.raises(FileNotFoundError):
        tree.exchange(staged, "link/x.md")
    with pytest.raises(FileNotFoundError):
        tree.take_out("link/x.md", tmp_path / "out")
    assert list((tmp_path / "outside").iterdir()) == []
    assert [(found.path, found.type) for found in tree.scan()] == [
        ("link", EntryType.SYMLINK), ("a/x.md", EntryType.FILE)
    ]  # fmt: skip


@needs_links
def test_the_folders_are_checked_where_they_cannot_be_opened(root, staged, monkeypatch):
    monkeypatch.setattr("pack_connectors.local_git.worktree.HAS_DIR_FD", False)
    monkeypatch.setattr(file_exchange, "_native_rename", lambda: None)
    (root / "link").symlink_to("a")
    tree = Worktree(root)
    with pytest.raises(RefusedForSafety):
        tree.place(staged, "link/new.md")
    tree.place(staged, "n/y.md")
    assert tree.read("n/y.md").content == b"new"
    assert tree.list_names("n") == [("y.md", EntryType.FILE)]
    assert sorted(found.path for found in tree.scan()) == ["a/x.md", "link", "n/y.md"]


def test_what_is_no_file_is_not_read(root):
    tree = Worktree(root)
    os.mkfifo(root / "pipe.md")
    for path in ("a", "a/b", "pipe.md", "a/x.md/y", "missing"):
        assert tree.read(path) is None
    assert [found.path for found in tree.scan()] == ["a/x.md"]


def test_a_file_is_read_up_to_the_limit(root):
    tree = Worktree(root)
    (root / "big.md").write_bytes(b"x" * MAX_FILE_BYTES)
    assert len(tree.read("big.md").content) == MAX_FILE_BYTES
    (root / "big.md").write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    with pytest.raises(LimitExceeded):
        tree.read("big.md")


def test_names_that_no_path_can_have_are_left_out(root):
    for name in (b"\xff.md", b"back\\slash.md", b".GIT", b"git~1"):
        (root / os.fsdecode(name)).write_bytes(b"x")
    tree = Worktree(root)
    assert [found.path for found in tree.scan()] == ["a/x.md"]
    assert tree.list_names(None) == [("a", EntryType.DIR)]


def test_a_repository_inside_is_not_entered(root):
    (root / "sub/.git").mkdir(parents=True)
    (root / "sub/x.md").write_bytes(b"x")
    found = {row.path: row.type for row in Worktree(root).scan()}
    assert found == {"a/x.md": EntryType.FILE, "sub": EntryType.SUBMODULE}


def test_a_folder_that_vanishes_is_said_so(root):
    tree = Worktree(root.parent / "gone")
    with pytest.raises(Unavailable):
        tree.read("a/x.md")
    with pytest.raises(Unavailable):
        list(tree.scan())
    with pytest.raises(Unavailable):
        tree.list_names(None)


def test_a_view_opens_a_folder_once_and_still_sees_what_came_and_went(root, staged):
    tree = Worktree(root)
    with tree.view():
        assert tree.read("a/x.md").content == b"x"
        assert tree.read("a/y.md") is None
        (root / "a/y.md").write_bytes(b"y")
        assert tree.read("a/y.md").content == b"y"
        shutil.rmtree(root / "a")
        assert tree.read("a/x.md") is None
        (root / "a").mkdir()
        (root / "a/x.md").write_bytes(b"x, again")
        assert tree.read("a/x.md").content == b"x, again"
        tree.exchange(staged, "a/x.md")
        assert tree.read("a/x.md").content == b"new"
        tree.take_out("a/x.md", staged)
        assert tree.read("a/x.md") is None
        tree.place(staged, "a/x.md")
        found = tree.read("a/x.md")
        assert (found.content, found.blob) == (b"new", blob_id(b"new"))


@needs_links
def test_a_view_follows_no_link_that_took_the_place_of_a_folder(root, tmp_path):
    tree, secret = Worktree(root), tmp_path / "secret"
    secret.mkdir()
    (secret / "z.md").write_bytes(b"secret")
    with tree.view():
        assert tree.read("a/x.md").content == b"x"
        (root / "a").rename(tmp_path / "moved")
        (root / "a").symlink_to(secret)
        assert tree.read("a/z.md") is None


def test_changes_together_are_made_in_the_folder_that_is_there(root, staged, tmp_path):
    tree, other = Worktree(root), tmp_path / "other"
    other.write_bytes(b"other")
    (root / "a/y.md").write_bytes(b"y")
    with tree.together():
        tree.exchange(staged, "a/x.md")
        tree.exchange(other, "a/y.md")
        assert (root / "a/x.md").read_bytes() == b"new"
        assert (root / "a/y.md").read_bytes() == b"other"
        tree.take_out("a/x.md", tmp_path / "out")
        tree.place(other, "n/m/z.md")
        tree.exchange(staged, "n/m/z.md")
        assert (root / "n/m/z.md").read_bytes() == b"x"
        with pytest.raises(FileNotFoundError):
            tree.exchange(staged, "gone/x.md")
