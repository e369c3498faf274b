"""PACK's own commits carry the machine's signature, and none is lost for want of one."""

import pytest
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.repository import create_repository
from pack_connectors.peers.commit_signer import CommitSigner
from pack_connectors.peers.key_file import KeyFile
from pack_connectors.peers.signed_commits import signer_of

from pack.errors import NotFound, RefusedForSafety
from pack.mesh.members.keys import PublicKey
from pack.model import ABSENT, MemoryPath, Put
from tests.support import START, git, make_again

COMMIT = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\nx\n"


@pytest.fixture
def key_file(tmp_path):
    return KeyFile(tmp_path / "key")


def test_a_commit_gets_the_signature_of_the_machine(key_file):
    key = key_file.load_or_make("x")
    signer = CommitSigner(key_file)
    assert signer_of(signer(COMMIT)) == PublicKey(key.public_key().public_bytes_raw())
    assert signer.problem is None


def test_without_a_key_it_stays_as_it_is_until_there_is_one(key_file):
    signer = CommitSigner(key_file)
    assert signer(COMMIT) == COMMIT
    assert isinstance(signer.problem, NotFound)
    key_file.load_or_make("x")
    key_file.path.chmod(0o644)
    assert signer(COMMIT) == COMMIT
    assert isinstance(signer.problem, RefusedForSafety)
    key_file.path.chmod(0o600)
    assert signer_of(signer(COMMIT)) is not None
    assert signer.problem is None


def test_a_write_is_signed_and_git_reads_it_as_before(key_file, tmp_path):
    key_file.load_or_make("x")
    folder = tmp_path / "memory"
    make_again(create_repository, folder)
    connector = LocalGit(folder, lambda: START, sign=CommitSigner(key_file))
    path = MemoryPath("a/b.md")
    first = connector.commit(None, [Put(path, b"one\n", ABSENT)], "a/b.md: one")
    sha = connector.get_contents(path).sha
    second = connector.commit(first.id, [Put(path, b"two\n", sha)], "a/b.md: two")
    connector.close()
    for commit in (first, second):
        content = git(folder, "cat-file", "commit", commit.id)
        assert signer_of(content) == PublicKey.parse(key_file.public_path.read_text())
    assert git(folder, "log", "--format=%s").decode().split("\n")[:2] == [
        "a/b.md: two",
        "a/b.md: one",
    ]
    git(folder, "fsck", "--strict")
    assert git(folder, "status", "--porcelain") == b""
