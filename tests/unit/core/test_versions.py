"""A sha may be copied in any form; what is said of a wrong one is true."""

from __future__ import annotations

import pytest

from pack.errors import BlobChanged
from pack.model import blob_id
from tests.support import World

A = "projects/a.md"


@pytest.fixture
def shas(world: World) -> tuple[str, str]:
    """The shas of an older and of the current version of a file."""
    memory = world.init()
    old = memory.notes.update(A, "one\n").sha
    new = memory.notes.update(A, "two\n", old).sha
    assert old
    assert new
    return old, new


FORMS = ["{}", " {}\n", '"{}"', "'{}'", "`{}`", "{:.4}", "{:.7}", "{:.8}", "{:.39}"]


@pytest.mark.parametrize("form", FORMS)
def test_the_current_version_is_named_in_any_form(
    form: str, world: World, shas: tuple[str, str]
) -> None:
    _, new = shas
    for sha in (form.format(new), form.format(new).upper()):
        assert world.memory.notes.update(A, "three\n", sha, dry_run=True)
        assert world.memory.notes.delete(A, sha, dry_run=True)
        assert world.memory.notes.move(A, "projects/b.md", sha, dry_run=True)
        assert world.memory.notes.edit(A, [], sha, dry_run=True)


@pytest.mark.contract("C1")
@pytest.mark.parametrize("form", FORMS)
def test_an_older_version_is_a_conflict_because_the_file_was_changed(
    form: str, world: World, shas: tuple[str, str]
) -> None:
    with pytest.raises(BlobChanged, match="was changed since it was read"):
        world.memory.notes.update(A, "three\n", form.format(shas[0]))


@pytest.mark.contract("C1")
@pytest.mark.parametrize(
    "sha", ["0" * 40, "f" * 64, "0000000", "HEAD", "main", "null", "", "abc", "new", "z" * 40, "\0"]
)
def test_what_is_no_version_is_said_to_be_none(
    sha: str, world: World, shas: tuple[str, str]
) -> None:
    with pytest.raises(BlobChanged, match="no known version") as caught:
        world.memory.notes.update(A, "three\n", sha)
    assert caught.value.actual == shas[1]
    assert not caught.value.is_known


@pytest.mark.contract("C1")
def test_ids_of_commits_and_of_other_files_are_of_no_version(
    world: World, shas: tuple[str, str]
) -> None:
    other = world.memory.notes.update("projects/b.md", "other\n")
    assert shas
    for sha in (other.commit, other.sha, str(other.sha)[:8]):
        with pytest.raises(BlobChanged, match="no known version"):
            world.memory.notes.delete(A, str(sha))


@pytest.mark.contract("C1")
def test_a_beginning_that_fits_an_older_version_too_is_a_conflict(world: World) -> None:
    memory = world.init()
    text = "---\ntopic: A\ncreated: 2026-01-01\nupdated: 2026-01-01\n---\n"
    world.commit({A: f"{text}0\n"})
    start = str(memory.notes.get(A).sha)[:4]
    same = next(n for n in range(1, 10**7) if blob_id(f"{text}{n}\n".encode()).startswith(start))
    world.commit({A: f"{text}{same}\n"})
    assert str(memory.notes.get(A).sha)[:4] == start
    with pytest.raises(BlobChanged, match="was changed since"):
        memory.notes.delete(A, start)
    assert memory.notes.delete(A, str(memory.notes.get(A).sha)[:8], dry_run=True)


def test_a_file_that_never_was_does_not_exist(world: World) -> None:
    memory = world.init()
    with pytest.raises(BlobChanged, match="it does not exist"):
        memory.notes.update(A, "x\n", "0" * 40)
    made = memory.notes.update(A, "x\n")
    memory.notes.delete(A, str(made.sha))
    with pytest.raises(BlobChanged, match="it no longer exists"):
        memory.notes.update(A, "x\n", made.sha)
