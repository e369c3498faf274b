"""The ids of git, computed without it."""

import subprocess

import pytest

from pack.model import blob_id, object_id


@pytest.mark.parametrize("content", [b"", b"text\n", b"\0\xff", b"x" * 100_000])
def test_a_blob_id_is_the_one_that_git_gives(content):
    command = ["git", "hash-object", "--stdin"]
    made = subprocess.run(command, input=content, capture_output=True, check=True)
    assert blob_id(content) == object_id("blob", content) == made.stdout.decode().strip()


def test_an_object_id_depends_on_the_kind():
    assert object_id("tree", b"") == "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
