"""Edits made by hand: which there are, and how they are recorded."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from pack.errors import NothingEdited, PackError, RefusedForSafety, StagedChange
from pack.limits import MAX_FILE_BYTES
from pack.use_cases.hand_edits import RestingEdits
from tests.support import World, git, note

A, B, C = "notes/a.md", "notes/b.md", "notes/c.md"


@pytest.fixture
def edited(git_world: World) -> World:
    """A memory in which a person has changed `a`, moved `b`, removed `c` and added `new`."""
    git_world.init()
    for number, path in enumerate((C, B, A)):
        git_world.memory.notes.update(path, note(number))
    folder = git_world.folder
    assert folder is not None
    git_world.edit(A, "by hand\n")
    (folder / "plans").mkdir()
    (folder / B).rename(folder / "plans/moved.md")
    (folder / C).unlink()
    git_world.edit("notes/new.md", "new\n")
    return git_world


def order_of(world: World) -> list[str]:
    index = world.files()["index.md"].decode()
    listed = [line[4:] for line in index.splitlines() if line.startswith("  - ")]
    return [path for path in listed if path.startswith(("notes/", "plans/"))]


@pytest.mark.contract("C9")
@pytest.mark.contract("C10")
def test_all_of_them_and_the_index_are_one_commit_of_the_user(edited: World) -> None:
    before = len(edited.messages())
    hand_edits = edited.memory.hand_edits
    assert hand_edits.list() == [A, B, C, "notes/new.md", "plans/moved.md"]
    assert hand_edits.commit(message="tidied up") is not None
    assert hand_edits.list() == []
    messages = edited.messages()
    assert len(messages) == before + 1
    assert messages[0].startswith(f"{A}: record what was changed by hand and 4 more (tidied up)")
    assert "Pack-Origin: user:editor" in messages[0]
    files = edited.files()
    assert files[A] == b"by hand\n"
    assert not {B, C} & files.keys()
    assert order_of(edited) == ["plans/moved.md", A, "notes/new.md"]
    assert edited.memory.care.validate() == []
    assert edited.memory.care.correct_index() is None
    assert git(edited.folder, "status", "--porcelain") == b""
    assert hand_edits.commit() is None
    assert len(edited.messages()) == before + 1


@pytest.mark.parametrize(
    ("paths", "left"),
    [
        ([A], [B, C, "notes/new.md", "plans/moved.md"]),
        (["./plans/", C], [A, B, "notes/new.md"]),
        (["."], []),
    ],
)
def test_a_person_chooses_what_is_recorded(
    edited: World, paths: list[str], left: list[str]
) -> None:
    edited.memory.hand_edits.commit(paths)
    assert edited.memory.hand_edits.list() == left
    with pytest.raises(NothingEdited, match="context"):
        edited.memory.hand_edits.commit([*left[:1], "context"])
    assert edited.memory.hand_edits.list() == left


def test_a_dry_run_changes_nothing(edited: World) -> None:
    before = edited.messages()
    done = edited.memory.hand_edits.commit(dry_run=True)
    assert done is not None
    assert {change.path for change in done.changes} >= {A, B, C, "index.md"}
    assert edited.messages() == before


def test_what_is_too_large_is_left_and_named(edited: World) -> None:
    edited.edit("notes/large.md", b"x" * (MAX_FILE_BYTES + 1))
    done = edited.memory.hand_edits.commit()
    assert done is not None
    assert "notes/large.md" in done.warnings[0]
    assert edited.memory.hand_edits.list() == ["notes/large.md"]
    with pytest.raises(PackError, match="exceeds the limit"):
        edited.memory.hand_edits.commit()


@pytest.mark.contract("C1")
def test_another_version_that_is_staged_is_not_lost(edited: World) -> None:
    git(edited.folder, "add", A)
    edited.edit(A, "after staging\n")
    with pytest.raises(StagedChange):
        edited.memory.hand_edits.commit()


def test_a_v1_memory_has_one_file_to_record(git_world: World) -> None:
    git_world.commit({"MEMORY.md": "# Everything\n"})
    git_world.edit("MEMORY.md", "# More\n")
    assert git_world.memory.hand_edits.list() == ["MEMORY.md"]
    git_world.memory.hand_edits.commit()
    assert git_world.files() == {"MEMORY.md": b"# More\n"}


# --- at rest -------------------------------------------------------------------------------------


def resting(world: World) -> RestingEdits:
    """As a server has it, which asks the store whether the person is busy."""
    memory = world.memory
    core = memory._session.core
    object.__setattr__(core, "refuse_unfinished", world.connector.refuse_unfinished)  # type: ignore[union-attr]
    found = memory.hand_edits.resting(60)
    assert found is not None
    return found


def wait(world: World, seconds: float) -> None:
    world.clock.now += timedelta(seconds=seconds)


def test_an_edit_is_recorded_once_it_has_rested(edited: World) -> None:
    edits = resting(edited)
    assert edits.look() is None
    wait(edited, 50)
    edited.edit(A, "still at it\n")
    assert edits.look() is None
    wait(edited, 50)
    assert edits.look() is None
    wait(edited, 50)
    assert edits.look() is not None
    assert edited.files()[A] == b"still at it\n"
    assert edits.look() is None


def rebase(world: World) -> None:
    assert world.folder is not None
    (world.folder / ".git/rebase-merge").mkdir()


def apply(world: World) -> None:
    assert world.folder is not None
    (world.folder / ".git/rebase-apply").mkdir()


def unfinished(state: str) -> Callable[[World], None]:
    """A merge, cherry-pick or revert that stopped at a conflict."""

    def begin(world: World) -> None:
        assert world.folder is not None
        head = git(world.folder, "rev-parse", "HEAD").decode()
        (world.folder / ".git" / state).write_text(head, encoding="ascii")

    return begin


def bisect(world: World) -> None:
    assert world.folder is not None
    (world.folder / ".git/BISECT_LOG").touch()


def stage(world: World) -> None:
    world.edit("README.md", "mine\n")
    git(world.folder, "add", "README.md")


def hold_the_index(world: World) -> None:
    assert world.folder is not None
    (world.folder / ".git/index.lock").touch()


@pytest.mark.parametrize(
    "is_busy",
    [
        *(rebase, apply, bisect, stage, hold_the_index),
        *map(unfinished, ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD")),
    ],
)
def test_nothing_is_recorded_while_the_person_is_in_the_middle_of_something(
    edited: World, is_busy: Callable[[World], None]
) -> None:
    edits = resting(edited)
    edits.look()
    is_busy(edited)
    wait(edited, 100)
    before = edited.messages()
    with pytest.raises(RefusedForSafety):
        edits.look()
    assert edits.look() is None  # it asks again after a while
    assert edited.messages() == before


@pytest.mark.parametrize(
    "name",
    [".a.md.swp", ".#a.md", "#a.md#", "a.md~", ".~lock.a.md#", "~$plan.docx", "4913", "a.md.tmp"],
)
def test_nothing_is_recorded_while_an_editor_is_open(edited: World, name: str) -> None:
    assert edited.folder is not None
    edits = resting(edited)
    edits.look()
    left = edited.folder / "notes" / name
    left.touch()
    wait(edited, 100)
    with pytest.raises(RefusedForSafety, match="an editor"):
        edits.look()
    left.unlink()
    wait(edited, 100)
    assert edits.look() is not None


def test_a_link_of_an_editor_counts_wherever_it_leads(edited: World) -> None:
    assert edited.folder is not None
    edits = resting(edited)
    edits.look()
    (edited.folder / "notes/.#a.md").symlink_to("me@host.1:2")
    wait(edited, 100)
    with pytest.raises(RefusedForSafety, match="an editor"):
        edits.look()


def test_a_store_without_a_folder_has_no_edits() -> None:
    world = World(None)
    world.init()
    assert world.memory.hand_edits.list() == []
    assert world.memory.hand_edits.resting(60) is None
    world.close()
