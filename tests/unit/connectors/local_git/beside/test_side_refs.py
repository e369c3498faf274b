"""Refs beside the branch: whatever moves one, and wherever git keeps it, is seen at once."""

from pathlib import Path

import pytest
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.repository import create_repository

from tests.support import START, git, make_again

USER = ("-c", "user.name=x", "-c", "user.email=x@example.org")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "memory"
    make_again(create_repository, folder)
    for text in ("one", "two"):
        git(folder, *USER, "commit", "-q", "--allow-empty", "-m", text)
    return folder


def test_every_change_by_whomever_is_seen(folder: Path) -> None:
    one, two = git(folder, "rev-parse", "HEAD~1", "HEAD").decode().split()
    local = LocalGit(folder, lambda: START)
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
    git(folder, "update-ref", "-d", desk)
    git(folder, "pack-refs", "--all")
    assert listed() == [{"": one}, {}]
    git(folder, "update-ref", "-d", group)
    assert listed() == [{}, {}]
    local.close()
