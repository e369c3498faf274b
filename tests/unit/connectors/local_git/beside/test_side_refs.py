"""Commits beside the branch in a repository that people use git in, too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pack_connectors.local_git.beside.side_refs import SideRefs
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.process import GitRunner, RefUpdater
from pack_connectors.local_git.repository import create_repository, open_repository

from pack.errors import StaleBase, Unavailable
from pack.model import CommitId
from tests.support import START, git

WHO = ("-c", "user.name=A", "-c", "user.email=a@example.org")
OPEN, REFUSED = "refs/pack/proposals", "refs/pack/rejected"


class DyingUpdater(RefUpdater):
    """Git is killed once, right after it has moved the ref."""

    is_dying = False

    def swap(self, *args) -> None:
        super().swap(*args)
        if self.is_dying:
            self.is_dying = False
            raise Unavailable("git was killed")


@pytest.fixture
def folder(tmp_path: Path, git_identity) -> Path:
    create_repository(tmp_path / "memory")
    git(tmp_path / "memory", *WHO, "commit", "--quiet", "--allow-empty", "--message", "m")
    return tmp_path / "memory"


@pytest.fixture
def refs(folder: Path) -> Iterator[DyingUpdater]:
    with (folder / "lock").open("w") as lock:
        made = DyingUpdater(GitRunner(open_repository(folder)), lock.fileno)
        yield made
        made.close()


@pytest.fixture
def aside(folder: Path, refs: DyingUpdater) -> Iterator[SideRefs]:
    repository = open_repository(folder)
    runner = GitRunner(repository)
    store = ObjectStore(runner)
    yield SideRefs(repository, runner, lambda: START, store=store, refs=refs)
    store.close()


def commit(aside: SideRefs, folder: Path) -> CommitId:
    base = CommitId(git(folder, "rev-parse", "HEAD").decode().strip())
    return aside.commit("proposals/one", None, base, [], "m", None)


def test_a_ref_that_moved_before_git_died_is_no_conflict(aside, refs, folder):
    refs.is_dying = True
    made = commit(aside, folder)
    assert aside.list("proposals") == {"one": made}
    with pytest.raises(StaleBase):
        commit(aside, folder)


def test_a_rename_that_got_half_way_is_finished_by_the_next(aside, folder):
    made = commit(aside, folder)
    git(folder, "update-ref", f"{REFUSED}/one", made)
    aside.move("proposals/one", "rejected/one", made)
    assert (aside.list("proposals"), aside.list("rejected")) == ({}, {"one": made})


def test_a_rename_does_not_replace_another(aside, folder):
    made = commit(aside, folder)
    git(folder, "update-ref", f"{REFUSED}/one", "HEAD")
    with pytest.raises(StaleBase):
        aside.move("proposals/one", "rejected/one", made)
    assert aside.list("proposals") == {"one": made}


def test_a_ref_of_a_person_that_leads_to_no_commit_is_left_alone(aside, folder):
    made = commit(aside, folder)
    git(folder, *WHO, "tag", "--annotate", "--message", "m", "t")
    git(folder, "update-ref", f"{OPEN}/tag", "refs/tags/t")
    git(folder, "update-ref", f"{OPEN}/tree", "HEAD^{tree}")
    assert aside.list("proposals") == {"one": made}
