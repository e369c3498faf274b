"""Cloning a memory: what git is told, what is kept, and what a person is told where it fails."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pack_connectors.local_git.remote.clone import clone_repository

from pack.errors import InvalidConfig, SeveralBranches, Unavailable
from tests.compat.remote_support import git

CANARY = "not-a-real-token"


@pytest.fixture
def origin(tmp_path: Path, git_identity: tuple[str, str]) -> Path:
    """A repository with a branch `main`; HEAD is there."""
    folder = tmp_path / "origin"
    git(tmp_path, "init", "--quiet", "--initial-branch=main", str(folder))
    (folder / "notes").mkdir()
    (folder / "notes/a.md").write_text("# A\n", encoding="utf-8")
    (folder / "index.md").write_text("---\nversion: 2\n---\n", encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "by hand")
    return folder


def test_a_clone_is_what_git_would_make(origin: Path, tmp_path: Path) -> None:
    git(origin, "tag", "first")
    folder = tmp_path / "clone"
    clone_repository(os.path.relpath(origin), folder)
    assert git(folder, "status", "--porcelain", "--branch") == "## main...origin/main"
    assert git(folder, "config", "remote.origin.url") == str(origin)
    assert git(folder, "tag") == "first"
    assert git(folder, "log", "--format=%s") == "by hand"
    git(folder, "pull", "--quiet")


def test_a_clone_has_the_proposals_and_takes_none_for_a_branch(
    origin: Path, tmp_path: Path
) -> None:
    git(origin, "update-ref", "refs/pack/proposals/one", "HEAD")
    for branch in ("proposals/one", "rejected/two", "rejected/No"):  # as GitHub keeps them
        git(origin, "branch", f"pack/{branch}")
    folder = tmp_path / "clone"
    clone_repository(str(origin), folder, marks=["index.md"])
    assert git(folder, "for-each-ref", "--format=%(refname)", "refs/pack").split() == [
        "refs/pack/proposals/one",
        "refs/pack/rejected/two",
    ]
    assert git(folder, "symbolic-ref", "HEAD") == "refs/heads/main"


def test_a_clone_of_nothing_is_empty_and_ready(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet", "--bare", "empty.git")
    clone_repository(str(tmp_path / "empty.git"), tmp_path / "clone")
    assert git(tmp_path / "clone", "symbolic-ref", "HEAD") == "refs/heads/main"


@pytest.mark.parametrize("was_there", [False, True])
def test_what_fails_leaves_nothing(origin: Path, tmp_path: Path, was_there: bool) -> None:
    git(origin, "branch", "other")
    git(origin, "symbolic-ref", "HEAD", "refs/heads/nowhere")
    folder = tmp_path / "clone"
    if was_there:
        folder.mkdir()
    with pytest.raises(SeveralBranches, match="main, other"):
        clone_repository(str(origin), folder, marks=["index.md"])
    assert [*tmp_path.glob("clone/*")] == []
    assert folder.exists() is was_there


def test_no_secret_reaches_an_argument_a_file_or_a_message(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, log = tmp_path / "bin/git", tmp_path / "arguments"
    program.parent.mkdir()
    real = os.environ["PATH"]
    program.write_text(
        f'#!/bin/sh\nprintf "%s\\n" "$@" >> {log}\nPATH="{real}"\nexec git "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{real}")
    url = f"https://user-{CANARY}:{CANARY}@127.0.0.1:1/memory.git"
    with pytest.raises(Unavailable) as refusal:
        clone_repository(url, tmp_path / "clone")
    assert CANARY not in log.read_text(encoding="utf-8")
    assert CANARY not in f"{refusal.value} {refusal.value.remedy}"
    assert "https://127.0.0.1:1/memory.git" in str(refusal.value)
    assert "git ls-remote" in refusal.value.remedy


def test_a_secret_is_used_and_not_stored(
    origin: Path, tmp_path: Path, home: Path, git_identity: tuple[str, str]
) -> None:
    with (home / ".gitconfig").open("a", encoding="utf-8") as config:
        config.write(f'[url "{origin.parent}/"]\n\tinsteadOf = https://git.example.org/\n')
    url = f"https://me:{CANARY}@git.example.org/origin"
    cloned = clone_repository(url, tmp_path / "clone")
    assert (cloned.username, cloned.password) == ("me", CANARY)
    assert (
        git(tmp_path / "clone", "config", "remote.origin.url") == "https://git.example.org/origin"
    )
    for file in (tmp_path / "clone/.git").rglob("*"):
        assert not file.is_file() or CANARY.encode() not in file.read_bytes(), file


def test_the_message_is_what_git_said_first(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="does not appear to be a git repository"):
        clone_repository(str(tmp_path / "nothing.git"), tmp_path / "clone")


def test_an_address_that_runs_a_program_is_none(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="not an address"):
        clone_repository("ext::sh -c true", tmp_path / "clone")
    assert not (tmp_path / "clone").exists()
