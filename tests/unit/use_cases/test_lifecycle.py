"""A memory's beginning, and its migration from v1."""

import pytest

from pack.errors import (
    AlreadyExists,
    ConfirmationNeeded,
    InvalidPath,
    InvalidPlan,
    NotFound,
    PackError,
)
from pack.imports.left_out import OTHER_TYPE
from pack.model import Mode
from pack.paths import DATES, INDEX
from pack.use_cases.adoption import Adoption, FolderOfNotes
from pack.v1 import divide as migration
from pack.v1.plan import parse_plan
from tests.support import SCAFFOLD, World, assert_true_index, drift, git, note

V1 = (
    "Preamble\n\n# Me\n\n## Projects\n\n- one\n\n## Contacts\n\n- two\n```\n## not a heading\n```\n"
)


def sha(world, path):
    return world.memory.notes.get(path).sha


# --- init ---------------------------------------------------------------------------------------


@pytest.mark.contract("C9", "C10")
def test_an_empty_place_becomes_a_memory_in_one_commit(world):
    made = world.memory.lifecycle.init(SCAFFOLD)
    assert made.mode is Mode.EMPTY
    assert made.written.commit == world.connector.head()
    assert len(world.messages()) == 1
    assert world.messages()[0].startswith(f"{INDEX}: begin a memory")
    assert set(world.files()) == {INDEX, "context/general.md"}
    assert b"created: 2026-03-01\n" in world.files()["context/general.md"]
    assert_true_index(world)
    assert world.memory.care.validate() == []
    if world.folder is not None:
        assert git(world.folder, "status", "--porcelain") == b""


def test_a_second_init_does_nothing(world):
    world.init()
    before = world.files()
    made = world.memory.lifecycle.init(SCAFFOLD)
    assert (made.written, made.mode) == (None, Mode.V2)
    assert world.files() == before
    assert len(world.messages()) == 1


def test_init_leaves_a_v1_memory_alone(world):
    world.commit({"MEMORY.md": V1})
    made = world.memory.lifecycle.init(SCAFFOLD)
    assert (made.written, made.mode) == (None, Mode.V1)
    assert set(world.files()) == {"MEMORY.md"}


@pytest.mark.contract("C1")
def test_a_repository_with_history_keeps_what_it_has(world):
    kept = {"README.md": "# Mine\n", "notes/a.md": "a\n", "context/general.md": "mine\n"}
    world.commit(kept)
    world.memory.lifecycle.init(SCAFFOLD)
    assert len(world.messages()) == 2
    files = world.files()
    assert {path: files[path].decode() for path in kept} == kept
    assert world.listed() == ["context/general.md", "notes/a.md"]
    assert_true_index(world)


def test_starters_do_not_become_twins(world):
    world.commit({"Context/notes.md": "a\n"})
    world.memory.lifecycle.init(SCAFFOLD)
    assert set(world.files()) == {INDEX, "Context/notes.md"}
    assert [f for f in world.memory.care.validate() if f.code == "twin"] == []


@pytest.mark.contract("C1")
def test_a_folder_of_notes_is_adopted(git_world):
    git_world.edit("notes/a.md", b"a\r\n")
    git_world.edit("b.md", "not in a folder\n")
    git_world.edit("notes/picture.png", b"\x89PNG")
    made = git_world.memory.lifecycle.init(SCAFFOLD)
    assert made.adopted == ("notes/a.md",)
    assert set(git_world.files()) == {INDEX, DATES, "notes/a.md"}
    assert made.outside == ("b.md",)
    assert [(one.path, one.reason) for one in made.left] == [("notes/picture.png", OTHER_TYPE)]
    assert git_world.files()["notes/a.md"] == b"a\r\n"
    assert len(git_world.messages()) == 1
    status = git(git_world.folder, "status", "--porcelain", "-uall").split(b"\n")
    assert status == [b"?? b.md", b"?? notes/picture.png", b""]
    assert_true_index(git_world)


@pytest.mark.contract("C1")
def test_a_copied_memory_without_history_is_adopted(git_world):
    other = World(None)
    other.init()
    other.memory.notes.update("a/x.md", note(1))
    for path, content in other.files().items():
        git_world.edit(path, content)
    made = git_world.memory.lifecycle.init(SCAFFOLD)
    assert made.mode is Mode.V2
    assert set(made.adopted) == {"a/x.md", "context/general.md"}
    adopted = git_world.files()
    assert DATES in adopted
    assert {path: adopted[path] for path in other.files()} == other.files()
    assert_true_index(git_world)
    assert git(git_world.folder, "status", "--porcelain") == b""


@pytest.mark.contract("C1", "C9")
def test_notes_are_taken_over_in_one_commit(world):
    notes = {
        "activeContext.md": b"# Active\r\n",
        "sub/Progress note.md": b"\xef\xbb\xbf---\ntopic: P\n---\n",
        "con.md": b"reserved\n",
        "index.md": b"# Index of the notes\n",
        "image.png": b"x",
        "latin.md": b"\xff\n",
        ".obsidian/x.md": b"x",
        "large.md": b"x" * 3_000_000,
    }
    made = world.memory.lifecycle.init(SCAFFOLD, notes)
    assert len(world.messages()) == 1
    assert dict(made.skipped).keys() == {"image.png", "latin.md", ".obsidian/x.md", "large.md"}
    files = world.files()
    assert "context/general.md" not in files
    for path in ("activeContext.md", "con.md", "index.md"):
        assert files[dict(made.renamed)[path]] == notes[path]
    assert files["sub/Progress note.md"] == notes["sub/Progress note.md"]
    assert len(made.taken_over) == 4
    assert_true_index(world)


@pytest.mark.contract("C1")
@pytest.mark.parametrize("path", ["notes/a.md", "Notes/b.md", "notes/A.md"])
def test_notes_never_replace_what_is_there(world, path):
    world.init()
    world.memory.notes.update("notes/a.md", "mine\n")
    before = world.files()
    with pytest.raises((AlreadyExists, InvalidPath)):
        world.memory.lifecycle.init(SCAFFOLD, {path: b"theirs\n", "other/c.md": b"c\n"})
    assert world.files() == before
    same = world.files()["notes/a.md"]
    made = world.memory.lifecycle.init(SCAFFOLD, {"notes/a.md": same, "other/c.md": b"c\n"})
    assert made.written is not None
    assert world.files()["notes/a.md"] == same
    assert world.files()["other/c.md"] == b"c\n"
    assert_true_index(world)


def test_a_dry_run_of_init_changes_nothing(world):
    made = world.memory.lifecycle.init(SCAFFOLD, dry_run=True)
    assert {change.path for change in made.written.changes} == {INDEX, "context/general.md"}
    assert world.connector.head() is None
    assert world.memory.mode() is Mode.EMPTY


def test_a_memory_without_files_works(world):
    memory = world.memory
    memory.lifecycle.init({})
    assert set(world.files()) == {INDEX}
    assert memory.notes.list().total == memory.search.find("x").total == 0
    assert memory.whole.get().content == ""
    assert memory.care.validate() == memory.care.list_expired() == []
    assert memory.care.prune([]) is None
    assert memory.care.status().files == 0
    made = memory.notes.update("a/b.md", "x\n")
    memory.notes.delete("a/b.md", made.sha)
    assert set(world.files()) == {INDEX}
    assert_true_index(world)


def refuse(adoption):
    raise ConfirmationNeeded(repr(adoption), "--yes")


def test_twenty_files_are_adopted_without_asking_and_more_only_if_a_person_agrees(git_world):
    asked = []
    for number in range(20):
        git_world.edit(f"notes/{number}.md", "x\n")
    git_world.memory.lifecycle.init(SCAFFOLD, agree=refuse, dry_run=True)
    git_world.edit("other/more.md", "x\n")
    with pytest.raises(ConfirmationNeeded):
        git_world.memory.lifecycle.init(SCAFFOLD, agree=refuse)
    assert git_world.connector.head() is None
    git_world.memory.lifecycle.init(SCAFFOLD, agree=asked.append)
    assert asked == [Adoption((FolderOfNotes("notes", 20, 40), FolderOfNotes("other", 1, 2)))]
    assert len(git_world.listed()) == 21


def test_committed_files_are_asked_about_too(world):
    world.commit({f"src/{number}.md": "x\n" for number in range(21)})
    with pytest.raises(ConfirmationNeeded):
        world.memory.lifecycle.init(SCAFFOLD, agree=refuse)
    assert world.memory.mode() is Mode.EMPTY


@pytest.mark.contract("C1")
def test_an_index_of_the_person_is_only_replaced_if_they_agree(world):
    world.commit({INDEX: "# Home\n", "notes/a.md": "a\n"})
    with pytest.raises(ConfirmationNeeded):
        world.memory.lifecycle.init(SCAFFOLD, agree=refuse)
    assert world.files()[INDEX] == b"# Home\n"
    asked = []
    world.memory.lifecycle.init(SCAFFOLD, agree=asked.append)
    assert asked == [Adoption((FolderOfNotes("notes", 1, 2),), replaces_index=True)]
    assert world.files()["legacy/index.md"] == b"# Home\n"
    assert_true_index(world)


def test_starters_are_only_for_a_memory_without_files(world):
    world.commit({"notes/a.md": "a\n"})
    world.memory.lifecycle.init(SCAFFOLD)
    assert set(world.files()) == {INDEX, "notes/a.md"}


def test_ignored_files_are_neither_adopted_nor_counted(git_world):
    for number in range(30):
        git_world.edit(f"private/{number}.md", "x\n")
    git_world.edit("notes/a.md", "a\n")
    git_world.edit("notes/.gitignore", "b.md\n")
    git_world.edit("notes/b.md", "b\n")
    git_world.edit(".gitignore", "private/\n")
    made = git_world.memory.lifecycle.init(SCAFFOLD, agree=refuse)
    assert made.adopted == ("notes/a.md",)
    assert set(git_world.files()) == {INDEX, DATES, "notes/a.md"}


def test_imported_files_that_would_be_ignored_are_left_out_with_the_rule(world):
    world.init()
    world.commit({".gitignore": "private/\n"})
    made = world.memory.lifecycle.init({}, {"private/s.md": b"s\n", "notes/a.md": b"a\n"})
    assert made.taken_over == ("notes/a.md",)
    ((path, reason),) = made.skipped
    assert path == "private/s.md"
    assert ".gitignore:1: private/" in reason


# --- migrate ------------------------------------------------------------------------------------


@pytest.mark.contract("C1", "C9")
def test_a_migration_keeps_the_original_twice(world):
    world.commit({"MEMORY.md": V1})
    plan = world.memory.lifecycle.plan_migration()
    made = world.memory.lifecycle.migrate(plan)
    files = world.files()
    assert files["MEMORY.md"] == files["legacy/MEMORY.md"] == V1.encode()
    assert len(world.messages()) == 2
    assert all(path in world.messages()[0] for path in (file.path for file in plan.files))
    assert made.index_updated
    assert world.memory.mode() is Mode.V2
    assert_true_index(world)
    assert drift(world.memory.care.validate()) == []
    whole = world.memory.whole.get().content
    assert all(line in whole for line in V1.splitlines())
    with pytest.raises(PackError):
        world.memory.lifecycle.migrate(plan)
    assert len(world.messages()) == 2


def test_a_dry_run_of_a_migration_changes_nothing(world):
    world.commit({"MEMORY.md": V1})
    plan = world.memory.lifecycle.plan_migration()
    made = world.memory.lifecycle.migrate(plan, dry_run=True)
    assert "legacy/MEMORY.md" in {change.path for change in made.changes}
    assert set(world.files()) == {"MEMORY.md"}


def test_an_edited_plan_is_followed(world):
    world.commit({"MEMORY.md": V1})
    plan = world.memory.lifecycle.plan_migration()
    text = plan.to_json().replace(plan.files[-1].path, "people/friends.md")
    world.memory.lifecycle.migrate(parse_plan(text))
    assert b"- two\n" in world.files()["people/friends.md"]


@pytest.mark.contract("C1")
def test_a_plan_that_does_not_fit_changes_nothing(world):
    world.commit({"MEMORY.md": V1})
    plan = world.memory.lifecycle.plan_migration()
    first, *rest = plan.files
    bad = [
        plan.model_copy(update={"files": tuple(rest)}),
        plan.model_copy(update={"files": (*plan.files, first)}),
        plan.model_copy(update={"source_sha": "0" * 40}),
        plan.model_copy(update={"files": (first.model_copy(update={"path": "../x.md"}), *rest)}),
        plan.model_copy(update={"files": (first.model_copy(update={"path": INDEX}), *rest)}),
        plan.model_copy(
            update={"files": (first.model_copy(update={"path": "legacy/x.md"}), *rest)}
        ),
    ]
    for tampered in bad:
        with pytest.raises(InvalidPlan):
            world.memory.lifecycle.migrate(tampered)
    world.commit({"MEMORY.md": f"{V1}more\n"})
    with pytest.raises(InvalidPlan):
        world.memory.lifecycle.migrate(plan)
    assert set(world.files()) == {"MEMORY.md"}


@pytest.mark.contract("C1")
def test_a_path_that_was_taken_since_is_not_replaced(world):
    world.commit({"MEMORY.md": V1})
    plan = world.memory.lifecycle.plan_migration()
    taken = plan.files[0].path
    world.commit({taken: "mine\n"})
    with pytest.raises(InvalidPlan):
        world.memory.lifecycle.migrate(plan)
    fresh = world.memory.lifecycle.plan_migration()
    assert taken not in [file.path for file in fresh.files]
    world.memory.lifecycle.migrate(fresh)
    assert world.files()[taken] == b"mine\n"
    assert_true_index(world)


@pytest.mark.contract("C1")
def test_another_original_in_legacy_is_not_replaced(world):
    world.commit({"MEMORY.md": V1, "legacy/MEMORY.md": "older\n"})
    with pytest.raises(AlreadyExists):
        world.memory.lifecycle.migrate(world.memory.lifecycle.plan_migration())
    assert world.files()["legacy/MEMORY.md"] == b"older\n"


def test_an_uncommitted_v1_file_is_migrated_as_it_is(git_world):
    git_world.edit("MEMORY.md", V1)
    git_world.memory.lifecycle.migrate(git_world.memory.lifecycle.plan_migration())
    assert git_world.files()["legacy/MEMORY.md"] == V1.encode()
    assert (git_world.folder / "MEMORY.md").read_text() == V1
    assert_true_index(git_world)


def test_nothing_to_migrate_is_said(world):
    world.init()
    with pytest.raises(NotFound):
        world.memory.lifecycle.plan_migration()
    assert migration.plan(b"", "MEMORY.md").files == ()


# --- history ------------------------------------------------------------------------------------


def test_the_history_of_a_moved_file_can_be_followed(git_world):
    git_world.init()
    text = "".join(f"line {number}\n" for number in range(30))
    git_world.memory.notes.update("a/x.md", text, message="first")
    git_world.memory.notes.move("a/x.md", "b/y.md", sha(git_world, "a/x.md"))
    out = git(git_world.folder, "log", "--follow", "--format=%s", "--", "b/y.md").decode()
    assert out.splitlines() == ["b/y.md: move from a/x.md", "a/x.md: add (first)"]
