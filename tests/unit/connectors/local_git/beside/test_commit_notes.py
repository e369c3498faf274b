"""Notes beside commits in a repository that people use git in, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pack_connectors.local_git.beside.commit_notes import REF, CommitNotes
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import create_repository, open_repository
from pack_connectors.local_git.rules.person import STAND_IN

from pack.errors import StaleBase
from pack.model import CommitId
from tests.support import START, git

WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    create_repository(tmp_path / "memory")
    return tmp_path / "memory"


@pytest.fixture
def notes(folder: Path) -> Iterator[CommitNotes]:
    repository = open_repository(folder)
    runner = GitRunner(repository)
    store = ObjectStore(runner)
    yield CommitNotes(repository, runner, lambda: START, store=store, user=lambda: STAND_IN)
    store.close()


def commit(folder: Path, message: str = "m") -> CommitId:
    git(folder, *WHO, "commit", "--quiet", "--allow-empty", "--message", message)
    return CommitId(git(folder, "rev-parse", "HEAD").decode().strip())


def test_the_state_is_known_wherever_git_keeps_the_ref(folder: Path, notes: CommitNotes) -> None:
    made = commit(folder)
    assert notes.head() is None
    first = notes.write(None, {made: "one\n"}, "why")
    assert notes.head() == first
    git(folder, "pack-refs", "--all")
    assert not (folder / ".git" / REF).exists()
    assert [notes.head(), notes.head()] == [first, first]
    second = notes.write(first, {made: "two\n"}, "why")
    assert notes.head() == second
    git(folder, "pack-refs", "--all")
    assert notes.head() == second
    git(folder, "update-ref", "-d", REF)
    assert [notes.head(), notes.head()] == [None, None]


def test_git_reads_them_and_its_own_are_read(folder: Path, notes: CommitNotes) -> None:
    made, other = commit(folder), commit(folder, "n")
    state = notes.write(None, {made: "Pack-Truth-Level: 5\n"}, "why")
    shown = git(folder, "notes", "--ref", "pack-truth", "show", made)
    assert shown == b"Pack-Truth-Level: 5\n"
    git(folder, *WHO, "notes", "--ref", "pack-truth", "add", "-m", "by hand", other)
    with pytest.raises(StaleBase):
        notes.write(state, {made: "x\n"}, "why")
    now = notes.head()
    assert now is not None
    assert notes.read(now) == {made: "Pack-Truth-Level: 5\n", other: "by hand\n"}


def test_many_are_spread_over_folders_and_none_is_lost(folder: Path, notes: CommitNotes) -> None:
    stream = "".join(
        f"commit refs/heads/many\ncommitter A <a@example.org> {number} +0000\ndata 1\nm\n"
        for number in range(1, 301)
    )
    git(folder, "fast-import", "--quiet", stdin=stream.encode())
    ids = [CommitId(one) for one in git(folder, "rev-list", "refs/heads/many").decode().split()]
    state = notes.write(None, {one: f"{one[:7]}\n" for one in ids}, "why")
    assert notes.read(state) == {one: f"{one[:7]}\n" for one in ids}
    left = notes.write(state, dict.fromkeys(ids[:299]), "why")
    assert notes.read(left) == {ids[299]: f"{ids[299][:7]}\n"}


def test_what_is_no_note_is_none(folder: Path, notes: CommitNotes) -> None:
    made, other = commit(folder), commit(folder)
    state = notes.write(None, {made: "one\n"}, "why")
    tree = git(folder, "ls-tree", state) + f"160000 commit {made}\t{other}\n".encode()
    tree += (
        f"100644 blob {git(folder, 'hash-object', '-w', '--stdin').decode().strip()}\tx\n".encode()
    )
    changed = git(folder, "mktree", stdin=tree).decode().strip()
    git(
        folder,
        *WHO,
        "update-ref",
        REF,
        git(folder, *WHO, "commit-tree", "-mx", changed).decode().strip(),
    )
    head = notes.head()
    assert head is not None
    assert notes.read(head) == {made: "one\n"}
