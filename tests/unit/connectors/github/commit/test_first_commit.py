"""The first commit of an empty repository: one commit, one push, and one winner."""

import pytest
from pack_connectors.github.commit.first_commit import encode_pack

from pack.errors import StaleBase
from pack.model import ABSENT, MemoryPath, Put, blob_id
from tests.github_support import NAME, GithubWorld
from tests.standins.faults import FaultKind
from tests.support import SCAFFOLD, git

A = MemoryPath("context/a.md")


def test_a_first_commit_is_one_commit_with_all_files(tmp_path):
    with GithubWorld(tmp_path) as world:
        memory, service = world.open(), world.service
        with service.log.counting() as asked:
            memory.lifecycle.init(SCAFFOLD)
        assert len(service.messages(NAME)) == 1
        assert set(service.files(NAME)) == {"index.md", *SCAFFOLD}
        assert asked.operations()["git-http/push"] == 1
        service.repository(NAME).git.git("fsck", "--strict")


@pytest.mark.contract("C1")
def test_two_begin_one_repository(tmp_path):
    with GithubWorld(tmp_path) as world:
        first, second = world.connect(), world.connect(cache_dir=tmp_path / "other")
        assert first.head() is second.head() is None
        made = first.commit(None, [Put(A, b"one", ABSENT)], "m")
        world.service.faults.add(FaultKind.STALE_READ, "repos/list-commits")
        with pytest.raises(StaleBase) as caught:
            second.commit(None, [Put(A, b"two", ABSENT)], "m")
        assert caught.value.actual == made.id
        assert world.service.files(NAME) == {A: b"one"}


@pytest.mark.contract("C1", "C9")
@pytest.mark.parametrize("kind", [FaultKind.CUT_AFTER, FaultKind.CUT, FaultKind.BAD_GATEWAY_AFTER])
def test_a_first_push_whose_answer_is_lost(tmp_path, kind):
    with GithubWorld(tmp_path) as world:
        world.service.faults.add(kind, "git-http/push")
        made = world.connect().put_contents(A, b"one", ABSENT, "m")
        assert world.service.head(NAME) == made.id
        assert len(world.service.messages(NAME)) == 1


def test_a_pack_of_ours_is_one_that_git_reads(tmp_path):
    git(tmp_path, "init", "--quiet", "--bare", ".")
    contents = [b"", b"x" * 15, b"y" * 16, b"z" * 2047, b"\0" * 2048, b"w" * 300_000, b""]
    git(
        tmp_path,
        "unpack-objects",
        "-q",
        "--strict",
        stdin=encode_pack((b"blob", c) for c in contents),
    )
    for content in contents:
        assert git(tmp_path, "cat-file", "blob", blob_id(content)) == content
