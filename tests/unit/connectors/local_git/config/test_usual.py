"""Which repositories are opened without asking git, and that git would say the same of them."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from pack_connectors.local_git import repository
from pack_connectors.local_git.config.usual import is_usual
from pack_connectors.local_git.repository import create_repository, open_repository

from tests.support import git

pytestmark = pytest.mark.skipif(os.name != "posix", reason="git is always asked")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_repository(tmp_path.resolve() / "memory")
    return tmp_path.resolve() / "memory"


def places(folder: Path) -> tuple[Path, Path, Path]:
    found = open_repository(folder)
    return found.work_tree, found.git_dir, found.common_dir


def test_a_usual_one_is_where_git_finds_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(folder, "remote", "add", "origin", "https://example.org/ada/memory.git")
    assert is_usual(folder)
    monkeypatch.setattr(repository, "is_usual", lambda _: False)
    as_git = places(folder)
    monkeypatch.undo()
    monkeypatch.setattr(repository, "_git", None)  # nobody asks it
    assert places(folder) == as_git


def test_a_detached_one_and_a_clone_are_usual(folder: Path, git_identity: object) -> None:
    git(folder, "commit", "--quiet", "--allow-empty", "-m", "x")
    git(folder.parent, "clone", "--quiet", str(folder), "clone")
    git(folder, "checkout", "--quiet", "--detach")
    assert is_usual(folder)
    assert is_usual(folder.parent / "clone")


def _is_a_link(folder: Path) -> None:
    (folder / ".git").rename(folder / "elsewhere")
    (folder / ".git").symlink_to("elsewhere")


def _is_a_file(folder: Path) -> None:
    (folder / ".git").rename(folder / "elsewhere")
    (folder / ".git").write_text("gitdir: elsewhere\n")


def _config(*args: str) -> Callable[[Path], object]:
    return lambda folder: git(folder, "config", *args)


def _written(name: str, text: str) -> Callable[[Path], object]:
    return lambda folder: (folder / ".git" / name).write_text(text)


ODD: dict[str, Callable[[Path], object]] = {
    "no repository": lambda folder: shutil.rmtree(folder / ".git"),
    "a link": _is_a_link,
    "a file": _is_a_file,
    "no objects": lambda folder: shutil.rmtree(folder / ".git/objects"),
    "no refs": lambda folder: shutil.rmtree(folder / ".git/refs"),
    "no HEAD": lambda folder: (folder / ".git/HEAD").unlink(),
    "an odd HEAD": _written("HEAD", "junk\n"),
    "a HEAD elsewhere": _written("HEAD", "ref: ../x\n"),
    "no configuration": lambda folder: (folder / ".git/config").unlink(),
    "a comment in it": lambda folder: (folder / ".git/config").write_text("# [core]\n"),
    "another working tree": _config("core.worktree", "/elsewhere"),
    "a bare one": _config("core.bare", "true"),
    "an extension": _config("extensions.noop", "true"),
    "sha256": _config("extensions.objectformat", "sha256"),
    "another format": _config("core.repositoryformatversion", "2"),
    "another file": _config("include.path", "more"),
    "another file perhaps": _config("includeIf.gitdir:/.path", "more"),
    "a configuration of its working tree": _written("config.worktree", ""),
    "another common directory": _written("commondir", "../elsewhere\n"),
    "refs in tables": lambda folder: (folder / ".git/reftable").mkdir(),
}


@pytest.mark.parametrize("make_odd", ODD.values(), ids=ODD)
def test_of_any_other_git_is_asked(folder: Path, make_odd: Callable[[Path], object]) -> None:
    assert is_usual(folder)
    make_odd(folder)
    assert not is_usual(folder)


def test_of_what_belongs_to_somebody_else_git_is_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = folder.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    assert not is_usual(folder)


@pytest.mark.parametrize("part", ["", ".git"])
def test_both_folders_have_to_be_the_users(folder: Path, part: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a folder away")
    os.chown(folder / part, 12345, 12345)
    assert not is_usual(folder)


@pytest.mark.parametrize("part", ["objects", "refs"])
def test_what_cannot_be_entered_is_left_to_git(
    folder: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    closed = folder / ".git" / part
    monkeypatch.setattr(os, "access", lambda path, _: path != closed)
    assert not is_usual(folder)
