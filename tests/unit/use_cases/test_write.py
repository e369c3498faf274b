"""Conflicts and commits: nothing is lost (C1), and a write is one commit (C9)."""

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from pack_connectors.in_memory import InMemoryConnector
from pack_connectors.local_git.connector import LocalGit

from pack.errors import (
    AlreadyExists,
    BlobChanged,
    EditFailed,
    InvalidContent,
    InvalidPath,
    LimitExceeded,
    MigrationNeeded,
    NotFound,
    NotInitialised,
    PackError,
    RefusedForSafety,
    StagedChange,
)
from pack.files.edits import Append, Replace
from pack.model import Mode, blob_id
from pack.paths import INDEX
from pack.provenance import EDITOR, Origin, Source
from tests.support import World, assert_true_index, git, note

A = "projects/a.md"


def append(text):
    return Append(text=text)


def replace(old, new):
    return Replace(old=old, new=new)


@pytest.fixture
def state(world):
    """Makes a value of everything that a refused write must leave as it is."""

    def make():
        return len(world.messages()), world.files(), world.memory.whole.get()

    return make


# --- one write, one commit ----------------------------------------------------------------------


@pytest.mark.contract("C9", "C10")
def test_each_write_is_one_commit_that_names_its_path(world):
    memory = world.init()
    count = len(world.messages())
    made = memory.notes.update(A, "# A\n\nfirst\n", message="my words")
    writes = [
        (A, made),
        (A, made := memory.notes.edit(A, [replace("first", "second")], made.sha)),
        (A, made := memory.notes.update(A, "# A\n\nthird\n", made.sha)),
        ("archive/a.md", made := memory.notes.move(A, "archive/a.md", made.sha)),
        ("archive/a.md", memory.notes.delete("archive/a.md", made.sha)),
        ("context/general.md", memory.whole.add("a line")),
    ]
    messages = world.messages()
    assert len(messages) == count + len(writes)
    for message, (path, written) in zip(messages, reversed(writes), strict=False):
        assert message.startswith(f"{path}: ")
        assert written.path == path
        assert written.index_updated
        assert written.commit
    assert "(my words)" in messages[5].splitlines()[0]
    assert f"from {A}" in messages[2].splitlines()[0]
    assert writes[-1][1].commit == world.connector.head()
    assert_true_index(world)


@pytest.mark.contract("C7")
def test_what_is_stored_is_what_was_sent_and_the_stamps(world):
    memory = world.init()
    made = memory.notes.update(A, "\ufeff---\r\nmine: [1,  2]   # why\r\n---\r\nbody\r\n\tx  ")
    assert world.files()[A].decode() == (
        "\ufeff---\r\nmine: [1,  2]   # why\r\ntopic: A\r\ncreated: 2026-03-01\r\n"
        "updated: 2026-03-01\r\n---\r\nbody\r\n\tx  "
    )
    found = memory.notes.get(A)
    assert found.content.encode() == world.files()[A]
    assert found.sha == made.sha == blob_id(world.files()[A])
    world.clock.advance(days=2)
    memory.notes.update(A, "only the body\n", made.sha)
    assert world.files()[A].decode().count("mine: [1,  2]   # why\r\n") == 1
    assert world.files()[A].endswith(b"---\r\nonly the body\n")
    assert memory.notes.get(A).updated_at == "2026-03-03"


def test_writing_what_is_there_already_is_a_commit_too(world):
    memory = world.init()
    made = memory.notes.update(A, "same\n")
    count = len(world.messages())
    again = memory.notes.update(A, memory.notes.get(A).content, made.sha)
    assert again.sha == made.sha
    assert len(world.messages()) == count + 1


def test_a_dry_run_says_what_would_change_and_changes_nothing(world, state):
    memory = world.init()
    sha = memory.notes.update(A, "body\n").sha
    before = state()
    plans = [
        memory.notes.update(A, "new\n", sha, dry_run=True),
        memory.notes.edit(A, [append("more\n")], dry_run=True),
        memory.notes.move(A, "b/a.md", sha, dry_run=True),
        memory.notes.delete(A, sha, dry_run=True),
    ]
    assert state() == before
    assert [plan.commit for plan in plans] == [None] * 4
    changed = [{change.path for change in plan.changes} for plan in plans]
    assert changed == [{A}, {A}, {A, "b/a.md", INDEX}, {A, INDEX}]
    moved = {change.path: change for change in plans[2].changes}
    assert moved[A].before == moved["b/a.md"].after == world.files()[A]
    assert moved[A].after is None
    with pytest.raises(BlobChanged):
        memory.notes.update(A, "x", "0" * 40, dry_run=True)


# --- conflicts ----------------------------------------------------------------------------------

WRONG = ["0" * 40, None, "", "HEAD", "main", "x", "-h", "\0", "é", "0" * 64, " ", "\ud800"]


@pytest.mark.contract("C1")
@pytest.mark.parametrize("sha", WRONG)
def test_a_wrong_sha_is_a_conflict_and_changes_nothing(world, state, sha):
    memory = world.init()
    made = memory.notes.update(A, "the only copy\n")
    before = state()
    with pytest.raises(BlobChanged) as caught:
        memory.notes.update(A, "other\n", sha)
    assert caught.value.actual == made.sha
    assert caught.value.content == world.files()[A]
    if sha is not None:
        with pytest.raises(BlobChanged):
            memory.notes.edit(A, [append("x")], sha)
        with pytest.raises(BlobChanged):
            memory.notes.delete(A, sha)
        with pytest.raises(BlobChanged):
            memory.notes.move(A, "b/a.md", sha)
    assert state() == before


@pytest.mark.contract("C1")
def test_a_stale_sha_and_one_of_another_file_are_conflicts(world, state):
    memory = world.init()
    first = memory.notes.update(A, "first\n")
    second = memory.notes.update(A, "second\n", first.sha)
    other = memory.notes.update("projects/b.md", "other\n")
    before = state()
    for sha in (first.sha, other.sha, second.commit):
        for call in (
            lambda sha=sha: memory.notes.update(A, "third\n", sha),
            lambda sha=sha: memory.notes.edit(A, [append("x")], sha),
            lambda sha=sha: memory.notes.delete(A, sha),
            lambda sha=sha: memory.notes.move(A, "b/a.md", sha),
        ):
            with pytest.raises(BlobChanged):
                call()
    assert state() == before


def test_a_sha_in_capitals_or_with_blanks_is_the_same_sha(world):
    memory = world.init()
    made = memory.notes.update(A, "first\n")
    made = memory.notes.update(A, "second\n", f" {made.sha.upper()}\n")
    memory.notes.delete(A, made.sha.upper())
    assert A not in world.listed()


@pytest.mark.contract("C1")
def test_a_file_that_is_gone_is_not_made_again_by_a_stale_update(world, state):
    memory = world.init()
    made = memory.notes.update(A, "text\n")
    memory.notes.delete(A, made.sha)
    before = state()
    with pytest.raises(BlobChanged) as caught:
        memory.notes.update(A, "text\n", made.sha)
    assert caught.value.actual is None
    for call in (
        lambda: memory.notes.edit(A, [append("x")]),
        lambda: memory.notes.delete(A, made.sha),
        lambda: memory.notes.move(A, "b/a.md", made.sha),
        lambda: memory.notes.get(A),
    ):
        with pytest.raises(NotFound):
            call()
    assert state() == before
    assert memory.notes.update(A, "new life\n").sha


@pytest.mark.contract("C1")
def test_a_move_never_lands_on_a_file(world, state):
    memory = world.init()
    sha = memory.notes.update(A, "a\n").sha
    memory.notes.update("projects/b.md", "b\n")
    before = state()
    for target in ("projects/b.md", A):
        with pytest.raises(AlreadyExists):
            memory.notes.move(A, target, sha)
    for target in ("projects/B.md", "Projects/b.md", "projects/../x.md", "legacy/a.md", "a.md"):
        with pytest.raises(InvalidPath):
            memory.notes.move(A, target, sha)
    for target in ("projects/b.md/x.md", f"{A}/x.md"):
        with pytest.raises(PackError):
            memory.notes.move(A, target, sha)
    assert state() == before


def test_a_file_may_be_renamed_to_its_own_twin(world):
    memory = world.init()
    sha = memory.notes.update(A, "a\n").sha
    moved = memory.notes.move(A, "projects/A.md", sha)
    assert world.listed() == ["context/general.md", "projects/A.md"]
    assert moved.sha == sha
    assert_true_index(world)


@pytest.mark.parametrize(
    "path", ["Projects/b.md", "projects/A.md", "PROJECTS/a.md", "projects/ä.md"]
)
def test_a_twin_of_a_path_in_use_is_refused(world, path):
    memory = world.init()
    memory.notes.update(A, "a\n")
    memory.notes.update("projects/Ä.md", "a\n")
    with pytest.raises(InvalidPath):
        memory.notes.update(path, "twin\n")


def test_edits_are_all_made_or_none(world, state):
    memory = world.init()
    memory.notes.update(A, "one two\n")
    before = state()
    with pytest.raises(EditFailed):
        memory.notes.edit(A, [replace("one", "1"), replace("three", "3")])
    with pytest.raises(InvalidContent):
        memory.notes.edit(A, [append("\ud800")])
    with pytest.raises(LimitExceeded):
        memory.notes.edit(A, [append("x" * 2_200_000)])
    assert state() == before


@pytest.mark.contract("C1")
def test_a_write_that_the_store_refuses_leaves_everything_as_it_was(world, state, monkeypatch):
    memory = world.init()
    memory.notes.update(A, "a\n")
    before = state()

    def refuse(*args, **kwargs):
        raise RefusedForSafety("a rebase is in progress")

    with monkeypatch.context() as patch:
        patch.setattr(type(world.connector), "commit", refuse)
        with pytest.raises(RefusedForSafety):
            memory.notes.update("projects/b.md", "b\n")
    assert state() == before
    memory.notes.update("projects/b.md", "b\n")
    assert_true_index(world)


# --- other writers ------------------------------------------------------------------------------


@pytest.mark.contract("C1")
def test_a_write_of_somebody_else_to_another_file_is_no_conflict(world, monkeypatch):
    memory = world.init()
    made = memory.notes.update(A, "a\n")
    commits = iter([{"projects/b.md": note(1)}, {"projects/c.md": note(2)}])
    _before_commit(monkeypatch, world, lambda: world.commit(next(commits, {})))
    made = memory.notes.update(A, "b\n", made.sha)
    assert made.commit == world.connector.head()
    assert {A, "projects/b.md", "projects/c.md"} <= world.files().keys()
    assert_true_index(world)


@pytest.mark.contract("C1")
def test_a_write_of_somebody_else_to_the_same_file_is_a_conflict(world, monkeypatch):
    memory = world.init()
    made = memory.notes.update(A, "a\n")
    _before_commit(monkeypatch, world, lambda: world.commit({A: "theirs\n"}), times=1)
    with pytest.raises(BlobChanged) as caught:
        memory.notes.update(A, "mine\n", made.sha)
    assert caught.value.content == b"theirs\n"
    assert world.files()[A] == b"theirs\n"


def test_an_edit_without_a_sha_is_made_on_what_somebody_else_wrote(world, monkeypatch):
    memory = world.init()
    memory.notes.update(A, "a\n")
    _before_commit(monkeypatch, world, lambda: world.commit({A: "theirs\n"}), times=1)
    memory.notes.edit(A, [append("mine\n")])
    assert world.files()[A].endswith(b"theirs\n\nmine\n") or world.files()[A].endswith(
        b"theirs\nmine\n"
    )


def _before_commit(monkeypatch, world, action, times=2):
    """Do something just before each of the first commits that PACK tries to make."""
    kind = InMemoryConnector if world.folder is None else LocalGit
    commit, left = kind.commit, [times]

    def late(connector, base, changes, message, **rest):
        if message != "by hand" and left[0]:
            left[0] -= 1
            action()
        return commit(connector, base, changes, message, **rest)

    monkeypatch.setattr(kind, "commit", late)


@pytest.mark.contract("C1")
@pytest.mark.parametrize("path", [INDEX, "context/general.md"])
def test_a_hand_edit_in_the_last_moment_is_no_conflict_on_another_file(
    git_world, monkeypatch, path
):
    """The index and general.md are PACK's to merge: nobody named a sha of theirs."""
    memory = git_world.init()
    edited = git_world.files()[path] + b"\nby hand\n"
    _before_commit(monkeypatch, git_world, lambda: git_world.edit(path, edited), times=1)
    if path == INDEX:
        memory.notes.update(A, "a\n")
    else:
        memory.whole.add("a line")
        assert b"by hand" in git_world.files()[path]
    assert any(git(git_world.folder, "show", f"HEAD~{back}:{path}") == edited for back in (0, 1))
    assert_true_index(git_world)


@pytest.mark.contract("C1", "C9")
def test_writers_on_threads_lose_nothing(world):
    memory = world.init()
    memory.notes.update("shared/log.md", "# Log\n")
    count = len(world.messages())

    def work(name):
        for number in range(6):
            yield memory.notes.update(f"own/{name}-{number}.md", f"{name} {number}\n")
            yield memory.notes.edit("shared/log.md", [append(f"{name} {number}\n")])

    with ThreadPoolExecutor(4) as pool:
        acknowledged = [made for each in pool.map(lambda n: list(work(n)), "abcd") for made in each]
    assert len(world.messages()) == count + len(acknowledged) == count + 48
    assert len({made.commit for made in acknowledged}) == 48
    log = world.files()["shared/log.md"].decode().splitlines()
    for name in "abcd":
        for number in range(6):
            assert f"{name} {number}\n" in world.files()[f"own/{name}-{number}.md"].decode()
            assert log.count(f"{name} {number}") == 1
    assert_true_index(world)


@pytest.mark.contract("C1")
def test_two_writers_with_the_same_sha_one_wins(world):
    memory = world.init()
    made = memory.notes.update(A, "start\n")

    def work(name):
        try:
            return memory.notes.update(A, f"{name}\n", made.sha)
        except BlobChanged as error:
            return error

    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(work, "abcd"))
    assert sorted(type(result).__name__ for result in results) == ["BlobChanged"] * 3 + ["Written"]


# --- hand edits ---------------------------------------------------------------------------------


@pytest.mark.contract("C1")
def test_a_hand_edit_between_read_and_write_is_a_conflict(git_world):
    memory = git_world.init()
    made = memory.notes.update(A, "a\n")
    git_world.edit(A, "by hand\n")
    count = len(git_world.messages())
    with pytest.raises(BlobChanged) as caught:
        memory.notes.update(A, "b\n", made.sha)
    assert caught.value.content == b"by hand\n"
    with pytest.raises(BlobChanged):
        memory.notes.delete(A, made.sha)
    assert (git_world.folder / A).read_bytes() == b"by hand\n"
    assert len(git_world.messages()) == count


@pytest.mark.contract("C1", "C9")
@pytest.mark.parametrize("action", ["update", "edit", "delete", "move"])
def test_a_hand_edit_that_was_read_is_recorded_as_the_users_first(git_world, action):
    memory = git_world.init()
    memory.notes.update(A, "a\n")
    git_world.edit(A, "by hand\n")
    git_world.edit("projects/other.md", "not touched\n")
    sha = memory.notes.get(A).sha
    count = len(git_world.messages())
    if action == "update":
        memory.notes.update(A, "b\n", sha)
    elif action == "edit":
        memory.notes.edit(A, [append("more\n")])
    elif action == "delete":
        memory.notes.delete(A, sha)
    else:
        memory.notes.move(A, "b/a.md", sha)
    assert len(git_world.messages()) == count + 2
    assert git(git_world.folder, "show", f"HEAD~1:{A}") == b"by hand\n"
    names = git(git_world.folder, "log", "-2", "--format=%an").decode().split("\n")[:2]
    assert names == ["test client", "Test User"]
    assert EDITOR.label in git_world.messages()[1]
    assert b"projects/other.md" not in git(git_world.folder, "ls-files")
    assert git(git_world.folder, "status", "--porcelain", "-uall") == b"?? projects/other.md\n"
    assert_true_index(git_world)


@pytest.mark.contract("C1")
def test_a_file_that_was_never_committed_can_be_changed_and_stays_in_history(git_world):
    memory = git_world.init()
    git_world.edit(A, "by hand\n")
    assert A in git_world.listed()
    with pytest.raises(BlobChanged):
        memory.notes.update(A, "overwritten\n")
    memory.notes.delete(A, memory.notes.get(A).sha)
    assert git(git_world.folder, "show", f"HEAD~1:{A}") == b"by hand\n"
    assert A not in git_world.listed()


@pytest.mark.contract("C1")
def test_a_deletion_by_hand_is_never_swept_along(git_world):
    memory = git_world.init()
    made = memory.notes.update(A, "a\n")
    git_world.edit(A, None)
    memory.notes.update("projects/b.md", "b\n")
    assert A in git_world.files()
    assert_true_index(git_world)
    with pytest.raises(BlobChanged):
        memory.notes.update(A, "again\n", made.sha)
    memory.notes.update(A, "again\n")
    assert b"again" in git_world.files()[A]
    assert git(git_world.folder, "status", "--porcelain") == b""


@pytest.mark.contract("C1")
def test_a_staged_version_is_not_lost(git_world):
    memory = git_world.init()
    memory.notes.update(A, "a\n")
    git_world.edit(A, "staged\n")
    git(git_world.folder, "add", A)
    git_world.edit(A, "edited again\n")
    with pytest.raises(StagedChange):
        memory.notes.update(A, "b\n", memory.notes.get(A).sha)
    assert git(git_world.folder, "show", f":{A}") == b"staged\n"
    assert (git_world.folder / A).read_bytes() == b"edited again\n"


@pytest.mark.contract("C10")
def test_a_recorded_hand_edit_of_a_file_with_index_in_its_name_has_a_true_index(git_world):
    memory = git_world.init()
    memory.notes.update("projects/my-index.md", "a\n")
    git_world.edit("projects/my-index.md", note(1, topic="Another topic"))
    memory.notes.update("projects/my-index.md", "b\n", memory.notes.get("projects/my-index.md").sha)
    git(git_world.folder, "checkout", "-q", "HEAD~1")
    assert b"Another topic" in git_world.files()[INDEX]
    assert_true_index(git_world)


# --- modes --------------------------------------------------------------------------------------


@pytest.mark.contract("C2")
def test_a_v1_memory_takes_its_one_file_and_asks_for_migration_for_others(world):
    world.commit({"MEMORY.md": "# Me\n"})
    memory = world.memory
    assert memory.mode() is Mode.V1
    sha = memory.notes.get("MEMORY.md").sha
    count = len(world.messages())
    for call in (
        lambda: memory.notes.update(A, "a\n"),
        lambda: memory.notes.edit(A, [append("x")]),
        lambda: memory.notes.delete(A, sha),
        lambda: memory.notes.move("MEMORY.md", A, sha),
    ):
        with pytest.raises(MigrationNeeded):
            call()
    assert len(world.messages()) == count
    made = memory.notes.update("MEMORY.md", "# Me\n\nmore\n", sha)
    assert world.files() == {"MEMORY.md": b"# Me\n\nmore\n"}
    assert not made.index_updated
    with pytest.raises(BlobChanged):
        memory.notes.update("MEMORY.md", "stale\n", sha)
    assert [row.path for row in memory.notes.list().files] == ["MEMORY.md"]
    assert memory.search.find("more").matches[0].path == "MEMORY.md"
    memory.notes.delete("MEMORY.md", made.sha)
    assert memory.mode() is Mode.EMPTY


def test_an_empty_store_says_how_to_begin(world):
    memory = world.memory
    calls = (
        lambda: memory.notes.update(A, "a\n"),
        lambda: memory.notes.edit(A, []),
        memory.whole.get,
        lambda: memory.notes.get(A),
        memory.notes.list,
        lambda: memory.search.find("x"),
        lambda: memory.whole.add("x"),
        memory.care.validate,
        memory.care.list_expired,
    )
    for call in calls:
        with pytest.raises(NotInitialised):
            call()
    assert memory.care.status().mode is Mode.EMPTY
    assert world.connector.head() is None


def test_the_mode_is_decided_at_each_request(world):
    world.commit({"MEMORY.md": "# Me\n"})
    assert world.memory.whole.get().content == "# Me\n"
    world.commit({INDEX: "---\nversion: 2\n---\n", "a/b.md": "# B\n"})
    assert world.memory.mode() is Mode.V2
    world.memory.notes.update(A, "a\n")
    assert_true_index(world)
    world.commit({INDEX: None})
    assert world.memory.mode() is Mode.V1


@pytest.mark.contract("C10")
def test_a_v1_file_that_lies_in_a_folder_is_a_memory_file_of_a_v2_memory(tmp_path):
    world = World(None, v1_path="notes/memory.md")
    world.init()
    made = world.memory.notes.update("notes/memory.md", "text\n")
    assert made.index_updated
    assert_true_index(world)
    moved = world.memory.notes.move("notes/memory.md", "notes/other.md", made.sha)
    made = world.memory.notes.update("notes/memory.md", "text\n")
    world.memory.notes.delete("notes/memory.md", made.sha)
    assert_true_index(world)
    assert moved.sha


def test_a_v1_file_need_not_be_called_md():
    world = World(None, v1_path="memory.txt")
    world.commit({"memory.txt": "# Me\n"})
    assert world.memory.whole.get().content == "# Me\n"
    assert world.memory.notes.get("memory.txt").content == "# Me\n"
    with pytest.raises(InvalidPath):
        world.memory.notes.get("other.txt")


# --- writers ------------------------------------------------------------------------------------


def test_a_memory_can_be_written_by_somebody_else(world):
    world.init().written_by(Origin(Source.USER, "cli")).notes.update(A, "a\n")
    assert "Pack-Origin: user:cli\nPack-Truth-Level: 1\n" in world.messages()[0]
    world.memory.notes.update("projects/b.md", "b\n")
    assert "Pack-Origin: ai-cloud:test-client\nPack-Truth-Level: 5\n" in world.messages()[0]


def test_each_write_has_a_request_id_of_its_own(world):
    memory = world.init()
    memory.notes.update(A, "a\n")
    memory.whole.add("b")
    ids = [message.rpartition("Pack-Request: ")[2] for message in world.messages()]
    assert len(set(ids)) == len(ids) == 3


@pytest.mark.contract("C6", "C10")
def test_a_catalog_that_is_lost_at_any_moment_costs_nothing_but_time(world, monkeypatch):
    memory = world.init()
    for number in range(3):
        memory.notes.update(f"a/{number}.md", note(number))
    numbers = random.Random(1)
    for name in "lines folders find rows page_starts newest unverified".split():
        method = getattr(world.catalog, name)

        def forget(*args, method=method):
            if numbers.random() < 0.05:
                world.catalog.close()  # it is in memory only: everything is gone
            return method(*args)

        monkeypatch.setattr(world.catalog, name, forget)
    for number in range(12):
        memory.notes.update(f"b/{number}.md", note(number))
        assert_true_index(world)
    assert len(world.listed()) == 16
