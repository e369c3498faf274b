"""A kept pack holds what it was given, as git reads it, until it is released."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from pack_connectors.local_git.kept_pack import keep, release
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import create_repository, open_repository

from pack.errors import Unavailable
from pack.model import object_id

SIZES = [0, 1, 15, 16, 2_047, 2_048, 300_000]
BLOBS = [("blob", b"x" * size) for size in SIZES]
ENTRY = b"100644 a.md\0" + bytes.fromhex(object_id(*BLOBS[0]))


@pytest.fixture
def folder(tmp_path: Path, git_identity: tuple[str, str]) -> Path:
    create_repository(tmp_path / "memory")
    return tmp_path / "memory"


def test_git_reads_what_was_kept(folder: Path) -> None:
    objects = [*BLOBS, ("tree", ENTRY)]
    keep(GitRunner(open_repository(folder)), objects)
    for kind, data in objects:
        shown = subprocess.run(
            ["git", "-C", folder, "cat-file", kind, object_id(kind, data)],
            capture_output=True,
            check=True,
        )
        assert shown.stdout == data
    (mark,) = (folder / ".git/objects/pack").glob("*.keep")
    theirs = mark.with_name("pack-theirs.keep")
    theirs.write_text("mine\n", encoding="ascii")
    release(folder / ".git")
    assert [*mark.parent.glob("*.keep")] == [theirs]
    assert [*mark.parent.glob("*.pack")] == [mark.with_suffix(".pack")]


def test_a_pack_that_git_cannot_store_is_an_error(folder: Path) -> None:
    place = folder / ".git/objects/pack"
    if place.exists():
        place.rmdir()
    place.write_text("no folder", encoding="ascii")
    with pytest.raises(Unavailable):
        keep(GitRunner(open_repository(folder)), BLOBS)
