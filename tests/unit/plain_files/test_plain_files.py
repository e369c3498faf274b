"""The memory as plain files: what a caller of it sees, and the commits that it makes."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pack.core.truths import TruthMode
from pack.errors import IgnoredPath, InvalidContent, InvalidPath, LimitExceeded
from pack.files import frontmatter
from pack.history.undoing.undone import UndoChoice
from pack.plain_files.plain_files import PlainEntry
from pack.plain_files.refusals import (
    FileInTheWay,
    IntoItself,
    NameTaken,
    NotAFile,
    NothingThere,
    RootStays,
    TextNotFound,
    ThroughLink,
)
from pack.results import WriteStatus
from tests.support import World, assert_true_index, git
from tests.truth_support import AGENT, PERSON


@pytest.fixture
def files(world: World):
    world.init()
    return world.memory.plain_files


def names(files, folder=""):
    return [entry.name for entry in files.look(folder)]


# --- looking ------------------------------------------------------------------------------------


def test_a_new_file_is_listed_and_read_under_the_name_that_it_was_given(files, world):
    given = {"progress.md": "a\n", "tasks.xml": "<x/>", "todo": "", "notes/index.md": "---\n"}
    for name, text in given.items():
        files.create(name, text)
    assert {name: files.read(name) for name in given} == given
    found = {entry.name: entry.size for entry in files.look("")}
    assert found.items() >= {"progress.md": 2, "tasks.xml": 4, "todo": 0, "notes": None}.items()
    assert "context/tasks.xml.md" in world.listed()
    assert_true_index(world)


def test_a_listing_goes_by_name_with_what_a_folder_holds_after_it(files):
    for name in ("b.md", "b/z.md", "b/c/deep.md", "b/c/d/deeper.md", "a.md"):
        files.create(name, "x\n")
    found = files.look("b")
    assert found == [
        PlainEntry("c", None),
        PlainEntry("c/d", None),
        PlainEntry("c/deep.md", 2),
        PlainEntry("z.md", 2),
    ]
    assert names(files) == ["a.md", "b", "b/c", "b/z.md", "b.md", "general.md"]


def test_frontmatter_is_hidden_in_text_and_size(files, world):
    world.commit({"notes/a.md": "---\ntags: [x]\n---\nbody\n"})
    assert files.read("notes/a.md") == "body\n"
    assert files.look("notes") == [PlainEntry("a.md", 5)]


def test_what_is_not_there_is_said_to_be_nothing_and_a_folder_no_file(files):
    files.create("notes/a.md", "x")
    for name in ("notes/b.md", "notes/a.md/c", "a:b", "x" * 500, "\0", "memory:/notes/a.md"):
        with pytest.raises(NothingThere):
            files.read(name)
        with pytest.raises(NothingThere):
            files.look(name)
    with pytest.raises(NotAFile):
        files.read("notes")
    assert files.look("notes/a.md") == files.read("notes/a.md") == "x"


def test_a_file_that_is_no_text_is_listed_and_refused(files, world):
    world.commit({"notes/a.md": b"\xff"})
    assert files.look("notes") == [PlainEntry("a.md", 1)]
    with pytest.raises(InvalidContent):
        files.read("notes/a.md")


# --- changing -----------------------------------------------------------------------------------


def test_each_change_is_one_commit_of_the_caller_and_a_refused_one_is_none(files, world):
    steps = [
        lambda: files.create("notes/a.md", "one\n"),
        lambda: files.replace("notes/a.md", "one", "two"),
        lambda: files.insert("notes/a.md", 0, "zero"),
        lambda: files.rename("notes/a.md", "progress"),
        lambda: files.delete("progress"),
    ]
    for step in steps:
        before = len(world.messages())
        step()
        assert len(world.messages()) == before + 1
        assert f"Pack-Origin: {AGENT.label}" in world.messages()[0]
        assert_true_index(world)
    assert world.messages()[1].startswith("context/progress.text.md: move from notes/a.md")
    before = len(world.messages())
    for error, refused in [
        (TextNotFound, lambda: files.replace("general.md", "absent", "x")),
        (NameTaken, lambda: files.create("general.md", "x")),
        (NothingThere, lambda: files.delete("notes/a.md")),
        (RootStays, lambda: files.delete("")),
        (RootStays, lambda: files.rename("", "x")),
        (FileInTheWay, lambda: files.create("general.md/x", "x")),
        (LimitExceeded, lambda: files.create("big.md", "x" * 3_000_000)),
        (InvalidContent, lambda: files.create("half.md", "\ud800")),
    ]:
        with pytest.raises(error):
            refused()
    assert len(world.messages()) == before


def test_a_folder_is_renamed_and_removed_in_one_commit_each(files, world):
    for name in ("notes/a.md", "notes/deep/b.txt", "notes/c"):
        files.create(name, name)
    before = len(world.messages())
    files.rename("notes", "archive/old")
    assert len(world.messages()) == before + 1
    assert names(files, "archive") == ["old", "old/a.md", "old/c", "old/deep"]
    assert files.read("archive/old/deep/b.txt") == "notes/deep/b.txt"
    assert "archive/old/deep/b.txt.md" in world.messages()[0]
    with pytest.raises(IntoItself):
        files.rename("archive", "archive/x")
    files.delete("archive/old")
    assert len(world.messages()) == before + 2
    assert names(files, "archive") == []
    assert_true_index(world)


def test_a_folder_stays_for_its_caller_when_its_last_file_goes(files, world):
    files.create("notes/deep/a.md", "x")
    files.delete("notes/deep/a.md")
    assert names(files, "notes") == ["deep"]
    assert names(world.memory.plain_files) == ["general.md"]  # git keeps no empty folder
    with pytest.raises(NameTaken):
        files.create("notes/deep", "x")
    before = len(world.messages())
    assert files.rename("notes", "other") is None
    assert names(files, "other") == ["deep"]
    assert files.delete("other/deep") is None
    assert names(files, "other") == []
    assert len(world.messages()) == before


def test_everything_can_be_removed_at_once_and_an_undo_brings_it_back(files, world):
    files.create("notes/a.md", "x")
    files.clear()
    assert names(files) == []
    assert files.clear() is None
    world.memory.undo.undo(UndoChoice())
    assert names(files) == ["general.md", "notes", "notes/a.md"]


@pytest.mark.parametrize(
    "name",
    [
        *"CON.md a:b.md .hidden -x.md notes/.git/x end./a legacy/a.md General.md".split(),
        *("Context/x.md", "notes\\a.md", "\0", "e\u0301.md", f"{'x' * 260}.md", "a\u200b.md"),
    ],
)
def test_a_name_that_no_memory_file_can_have_is_refused_in_plain_names(files, world, name: str):
    before = world.messages()
    with pytest.raises((InvalidPath, LimitExceeded)) as caught:
        files.create(name, "x")
    assert world.messages() == before
    if isinstance(caught.value, InvalidPath):
        assert caught.value.path == name
        assert "context/general.md" not in caught.value.reason


def test_a_name_differs_in_case_alone_from_its_own_old_one(files):
    files.create("notes/a.md", "x")
    files.rename("notes/a.md", "notes/A.md")
    files.rename("notes", "Notes")
    assert names(files, "Notes") == ["A.md"]


def test_notes_at_the_root_keep_their_place_where_they_are_memory(files, world):
    world.commit({".pack.yaml": "version: 1\nroot_notes: true\n", "own.md": "mine\n"})
    assert files.read("own.md") == "mine\n"
    files.create("new.md", "x")
    assert {"new.md", "own.md", "context/general.md"} <= set(world.listed())
    assert files.read("context/general.md")


def test_rules_of_the_repository_hold(git_world: World):
    git_world.init()
    files = git_world.memory.plain_files
    git_world.commit({".gitignore": "private/\n", ".pack.yaml": "version: 1\nexclude: [no/]\n"})
    with pytest.raises(IgnoredPath):
        files.create("private/a.md", "x")
    with pytest.raises(InvalidPath):
        files.create("no/a.md", "x")


def test_no_link_is_followed(git_world: World, tmp_path):
    git_world.init()
    files = git_world.memory.plain_files
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "a.md").write_text("secret", encoding="utf-8")
    assert git_world.folder is not None
    (git_world.folder / "link").symlink_to(tmp_path / "outside")
    for attempt in (
        lambda: files.read("link/a.md"),
        lambda: files.create("link/b.md", "x"),
        lambda: files.rename("general.md", "link/b.md"),
        lambda: files.delete("link"),
    ):
        with pytest.raises(ThroughLink):
            attempt()
    assert [file.name for file in (tmp_path / "outside").iterdir()] == ["a.md"]


def test_an_edit_made_by_hand_is_recorded_before_it_is_replaced(git_world: World):
    git_world.init()
    files = git_world.memory.plain_files
    files.create("notes/a.md", "one\n")
    text = (git_world.folder / "notes/a.md").read_text("utf-8")
    git_world.edit("notes/a.md", text.replace("one", "one\nby hand"))
    files.insert("notes/a.md", 2, "after")
    assert files.read("notes/a.md") == "one\nby hand\nafter\n"
    assert "record an edit made by hand" in git_world.messages()[1]


def test_two_callers_at_once_lose_nothing(git_world: World):
    git_world.init()
    files = git_world.memory.plain_files
    files.create("log.md", "")
    callers = [git_world.memory.written_by(PERSON).plain_files, files]

    def insert(number: int) -> None:
        callers[number % 2].insert("log.md", 0, f"line {number}")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(insert, range(12)))
    lines = files.read("log.md").split("\n")
    assert sorted(lines) == sorted(["", *(f"line {number}" for number in range(12))])
    assert git(git_world.folder, "status", "--porcelain") == b""


# --- what is hidden -----------------------------------------------------------------------------

_HEADS = (
    *("", "---\n---\n", "---\ntags: [a]\n# a comment\n---\n", "---\r\ntopic: x\r\n---\r\n"),
    *("---\rtopic: x\r---\r", "---\ntopic: x\n---"),
    *("\ufeff---\ntopic: x\n...\n", "\n\n---\nsync: false\nown: {a: 1}\n---\n", "---\na: [\n---\n"),
)
_BODIES = st.text("a\n\r-:`# \ufeff", max_size=12) | st.sampled_from(
    ["---\nb: c\n---\nx", "```\nx\n```", "---\n", "\n---\n"]
)


def test_text_comes_back_as_it_was_written_and_what_is_hidden_stays(world: World):
    world.init()
    files = world.memory.plain_files
    files.create("notes/a.md", "")

    @given(st.sampled_from(_HEADS), _BODIES, _BODIES)
    def holds(head: str, body: str, new: str) -> None:
        whole = f"{head}{body}" if head else f"text{body}"
        world.commit({"notes/a.md": whole})
        before = frontmatter.read(whole)
        assert files.read("notes/a.md") == before.body
        edited = files.replace("notes/a.md", before.body, new) if before.body else None
        if edited is None:
            return
        after = frontmatter.read(world.files()["notes/a.md"].decode())
        assert files.read("notes/a.md") == after.body == new
        kept = {**after.fields, "updated": None, "topic": None, "created": None}
        assert kept.items() >= {k: v for k, v in before.fields.items() if k != "topic"}.items()
        if before.problem:
            assert after.block == before.block

    holds()


# --- the person's text --------------------------------------------------------------------------


@pytest.fixture
def guarded(world: World) -> World:
    world.init()
    world.open(truth=TruthMode.ENFORCE)
    mine = world.memory.written_by(PERSON).notes
    mine.update("notes/mine.md", "I prefer short answers.\n")
    return world


def test_a_change_of_the_persons_words_becomes_a_proposal(guarded: World):
    files = guarded.memory.plain_files
    before = guarded.messages()
    found = files.replace("notes/mine.md", "short", "long").written
    assert (found.status, found.commit) == (WriteStatus.PROPOSED, None)
    assert guarded.messages() == before
    assert files.read("notes/mine.md") == "I prefer short answers.\n"
    guarded.memory.written_by(PERSON).proposals.reject(found.proposal, "no")
    assert files.replace("notes/mine.md", "short", "long").written.status is WriteStatus.REFUSED


def test_a_folder_with_a_file_of_the_person_goes_as_a_whole_or_not_at_all(guarded: World):
    files = guarded.memory.plain_files
    files.create("notes/ours.md", "x")
    for attempt in (
        lambda: files.delete("notes"),
        lambda: files.rename("notes", "other"),
        files.clear,
    ):
        before = guarded.messages()
        found = attempt()
        assert found is not None
        assert found.proposal
        assert guarded.messages() == before
        assert names(files, "notes") == ["mine.md", "ours.md"]


def test_the_caller_changes_its_own_words_and_adds_to_those_of_the_person(guarded: World):
    files = guarded.memory.plain_files
    files.create("notes/ours.md", "one\n")
    assert files.replace("notes/ours.md", "one", "two").written.commit
    assert files.insert("notes/mine.md", 1, "\nAlso in German.").written.commit
    assert files.read("notes/mine.md").startswith("I prefer short answers.\n")
