"""What the user does with git and an editor beside PACK: never lost, never taken along."""

import threading
import time
from datetime import UTC, datetime

import pytest
from pack_connectors.local_git import index as git_index
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.index import GitIndex
from pack_connectors.local_git.repository import create_repository
from pack_connectors.local_git.swap import FileSwap
from pack_connectors.local_git.worktree import Worktree

from pack.errors import (
    BlobChanged,
    PackError,
    RefusedForSafety,
    RepositoryBusy,
    StagedChange,
    UncommittedEdit,
)
from pack.model import ABSENT, MemoryPath, Put
from tests.compat.local_git_support import (
    A,
    B,
    assert_sound,
    committed_files,
    files,
    git,
    log,
    open_memory,
    put,
)

pytestmark = pytest.mark.contract("C1")


@pytest.fixture
def folder(tmp_path, git_identity):
    create_repository(tmp_path / "memory")
    return tmp_path / "memory"


@pytest.fixture
def memory(folder):
    connector = open_memory(folder)
    put(connector, A, b"a\n")
    put(connector, B, b"b\n")
    yield connector
    connector.close()


def sha(memory, path):
    return memory.get_contents(path).sha


# --- edits, staged and untracked files ---------------------------------------------------------


def test_a_write_takes_nothing_of_the_user_along(memory, folder):
    (folder / "context/edited.md").write_bytes(b"1\n")
    (folder / "context/removed.md").write_bytes(b"1\n")
    (folder / "context/cached.md").write_bytes(b"1\n")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "by hand")
    (folder / "context/edited.md").write_bytes(b"2\n")
    (folder / "context/staged.md").write_bytes(b"staged\n")
    git(folder, "add", "context/staged.md")
    (folder / "context/staged.md").write_bytes(b"staged and edited\n")
    (folder / "context/removed.md").unlink()
    (folder / "context/untracked.md").write_bytes(b"u\n")
    (folder / "context/intended.md").write_bytes(b"i\n")
    git(folder, "add", "--intent-to-add", "context/intended.md")
    git(folder, "rm", "--quiet", "--cached", "context/cached.md")
    before, staged = git(folder, "status", "--porcelain"), git(folder, "diff", "--cached")
    for turn in range(3):
        put(memory, A, b"a %d\n" % turn)
        put(memory, "new/x.md", b"x %d\n" % turn)
        memory.delete_file(B, sha(memory, B))
        memory.put_contents(B, b"b\n", ABSENT, "again")
    assert git(folder, "diff", "--cached") == staged
    assert_sound(folder, before)
    assert set(committed_files(folder)) == {
        A, B, "new/x.md", "context/edited.md", "context/removed.md", "context/cached.md"
    }  # fmt: skip


@pytest.mark.parametrize("content", [b"a\n", b"later\n", b"new\n"], ids=["undone", "edit", "same"])
def test_a_staged_version_that_is_not_in_the_folder_is_kept(memory, folder, content):
    (folder / A).write_bytes(b"staged\n")
    git(folder, "add", A)
    (folder / A).write_bytes(content)
    before, head = git(folder, "status", "--porcelain"), memory.head()
    for call in (
        lambda: memory.put_contents(A, b"new\n", sha(memory, A), "m"),
        lambda: memory.put_contents(A, content, sha(memory, A), "m"),
        lambda: memory.delete_file(A, sha(memory, A)),
    ):
        with pytest.raises((StagedChange, UncommittedEdit)):
            call()
    assert memory.head() == head
    assert git(folder, "show", f":{A}") == "staged\n"
    assert_sound(folder, before)


def test_a_staged_removal_of_a_file_that_is_there_is_kept(memory, folder):
    git(folder, "rm", "--quiet", "--cached", A)
    before = git(folder, "status", "--porcelain")
    with pytest.raises(StagedChange):
        memory.put_contents(A, b"new\n", sha(memory, A), "m")
    assert_sound(folder, before)


def test_a_staged_version_that_is_in_the_folder_can_be_recorded(memory, folder):
    (folder / A).write_bytes(b"staged\n")
    git(folder, "add", A)
    memory.put_contents(A, b"staged\n", sha(memory, A), "by hand")
    put(memory, A, b"new\n")
    assert_sound(folder)
    assert git(folder, "show", f"HEAD~1:{A}") == "staged\n"


def test_a_failed_write_leaves_the_staged_version(memory, folder, monkeypatch):
    (folder / A).write_bytes(b"staged\n")
    git(folder, "add", A)
    before = git(folder, "status", "--porcelain")
    (folder / ".git/refs/heads/main.lock").touch()
    with pytest.raises(RepositoryBusy):
        memory.put_contents(A, b"staged\n", sha(memory, A), "by hand")
    (folder / ".git/refs/heads/main.lock").unlink()
    assert_sound(folder, before)


def test_what_the_user_stages_right_after_a_write_is_seen(memory, folder, monkeypatch):
    remember = GitIndex.remember

    def late(index, *args):
        (folder / B).write_bytes(b"staged\n")
        git(folder, "add", B)
        (folder / B).write_bytes(b"b\n")
        remember(index, *args)

    monkeypatch.setattr(GitIndex, "remember", late)
    put(memory, A, b"a2\n")
    monkeypatch.undo()
    with pytest.raises(StagedChange):
        put(memory, B, b"b2\n")
    assert git(folder, "show", f":{B}") == "staged\n"


def test_the_user_stages_another_version_during_the_write(memory, folder, monkeypatch):
    put(memory, A, b"a1\n")  # from here on it is known what is staged
    prepare = GitIndex.prepare

    def late(index, entries, begun):
        user_stages(folder, b"staged\n", b"a1\n")
        return prepare(index, entries, begun)

    monkeypatch.setattr(GitIndex, "prepare", late)
    head = memory.head()
    with pytest.raises(StagedChange):
        put(memory, A, b"a2\n")
    assert memory.head() == head
    assert git(folder, "show", f":{A}") == "staged\n"
    assert (folder / A).read_bytes() == b"a1\n"


def user_stages(folder, staged, left):
    (folder / A).write_bytes(staged)
    git(folder, "add", A)
    (folder / A).write_bytes(left)


def test_the_user_commits_between_two_writes(memory, folder):
    for turn in range(3):
        put(memory, A, b"a %d\n" % turn)
        (folder / "context/mine.md").write_bytes(b"%d\n" % turn)
        git(folder, "add", "context/mine.md")
        git(folder, "commit", "--quiet", "-m", "by hand")
    assert_sound(folder)
    assert len(log(folder)) == 2 + 6
    assert committed_files(folder)["context/mine.md"] == b"2\n"


# --- states of the repository --------------------------------------------------------------------


def rebase(folder):
    git(folder, "switch", "--quiet", "-c", "other", "HEAD~1")
    (folder / A).write_bytes(b"theirs\n")
    git(folder, "commit", "--quiet", "-am", "theirs")
    git(folder, "switch", "--quiet", "main")
    (folder / A).write_bytes(b"mine\n")
    git(folder, "commit", "--quiet", "-am", "mine")


STATES = {
    "rebase": ["rebase", "other"],
    "rebase --apply": ["rebase", "--apply", "other"],
    "merge": ["merge", "other"],
    "cherry-pick": ["cherry-pick", "other"],
    "revert": ["revert", "--no-edit", "HEAD~1"],
}


@pytest.mark.parametrize("command", STATES.values(), ids=list(STATES))
def test_an_unfinished_operation_is_not_disturbed(memory, folder, command):
    rebase(folder)
    if command[0] == "revert":
        (folder / A).write_bytes(b"newer\n")
        git(folder, "commit", "--quiet", "-am", "newer")
    git(folder, *command, ok=(1,))
    before, head = git(folder, "status", "--porcelain"), git(folder, "rev-parse", "HEAD")
    with pytest.raises(RefusedForSafety, match="in progress"):
        memory.put_contents(MemoryPath("new/x.md"), b"x", ABSENT, "m")
    assert git(folder, "rev-parse", "HEAD") == head
    assert_sound(folder, before)
    assert A in files(memory)


def test_a_detached_head_gets_no_commit(memory, folder):
    git(folder, "switch", "--quiet", "--detach")
    head = memory.head()
    with pytest.raises(RefusedForSafety, match="detached"):
        memory.put_contents(A, b"x", sha(memory, A), "m")
    assert memory.head() == head
    assert_sound(folder)
    git(folder, "switch", "--quiet", "main")
    put(memory, A, b"x")


def test_an_unborn_branch_gets_its_first_commit(memory, folder):
    git(folder, "switch", "--quiet", "--orphan", "fresh")
    assert memory.head() is None
    made = put(memory, A, b"x")
    assert (log(folder), git(folder, "branch", "--show-current")) == ([made.id], "fresh\n")
    assert_sound(folder)


def test_a_branch_that_the_user_leaves_during_a_write_is_not_written(memory, folder, monkeypatch):
    apply = FileSwap.apply

    def leave(swap, step):
        apply(swap, step)
        git(folder, "symbolic-ref", "HEAD", "refs/heads/other")

    git(folder, "branch", "other")
    head = memory.head()
    monkeypatch.setattr(FileSwap, "apply", leave)
    with pytest.raises(PackError):
        memory.commit(head, [Put(A, b"x", sha(memory, A))], "m")
    monkeypatch.undo()
    assert git(folder, "rev-parse", "main", "other").split() == [head, head]
    assert_sound(folder)


# --- locks of somebody else ----------------------------------------------------------------------


@pytest.mark.parametrize("name", ["index.lock", "HEAD.lock", "refs/heads/main.lock"])
@pytest.mark.parametrize("content", [b"", b"somebody else's"])
def test_a_lock_of_somebody_else_is_respected(memory, folder, monkeypatch, name, content):
    monkeypatch.setattr(git_index, "_LOCK_WAIT_SECONDS", 0.05)
    lock, head, before = folder / ".git" / name, memory.head(), files(memory)
    lock.write_bytes(content)
    for _ in range(2):
        with pytest.raises(RepositoryBusy):
            put(memory, A, b"x")
        assert lock.read_bytes() == content
        assert (memory.head(), files(memory)) == (head, before)
    lock.unlink()
    assert_sound(folder)
    put(memory, A, b"x")
    assert_sound(folder)


def test_a_lock_of_somebody_else_is_waited_for(memory, folder):
    lock = folder / ".git/index.lock"
    lock.touch()
    timer = threading.Timer(0.1, lock.unlink)
    timer.start()
    put(memory, A, b"x")
    timer.join()
    assert_sound(folder)


# --- editors -------------------------------------------------------------------------------------


def kept_copies(folder):
    return {file.read_bytes() for file in folder.rglob("*.kept-*")}


def save_during(monkeypatch, name, save):
    """Let the user save at the last moment before a file changes places."""
    original = getattr(Worktree, name)

    def after_save(*args):
        monkeypatch.undo()
        save()
        return original(*args)

    monkeypatch.setattr(Worktree, name, after_save)


def by_rename(file, content):
    new = file.with_name(".editor~")
    new.write_bytes(content)
    new.replace(file)


def in_place(file, content):
    with file.open("r+b") as stream:
        stream.truncate()
        stream.write(content)


def write(memory, call, now):
    if call == "exchange":
        memory.put_contents(A, b"x", now, "m")
    else:
        memory.delete_file(A, now)


@pytest.mark.parametrize("save", [by_rename, in_place])
@pytest.mark.parametrize("call", ["exchange", "take_out"])
def test_a_save_just_before_the_exchange_wins(memory, folder, monkeypatch, save, call):
    head, now = memory.head(), sha(memory, A)
    save_during(monkeypatch, call, lambda: save(folder / A, b"by hand\n"))
    with pytest.raises(BlobChanged) as caught:
        write(memory, call, now)
    assert caught.value.path == A
    assert (memory.head(), (folder / A).read_bytes()) == (head, b"by hand\n")
    assert_sound(folder, f" M {A}\n")


@pytest.mark.parametrize("call", ["exchange", "take_out"])
@pytest.mark.parametrize("kind", ["folder", "link", "nothing"])
def test_something_else_just_before_the_exchange_stays(memory, folder, monkeypatch, call, kind):
    head, now = memory.head(), sha(memory, A)

    def replace():
        (folder / A).unlink()
        if kind == "folder":
            (folder / A).mkdir()
            (folder / A / "inner.md").write_bytes(b"inner")
        elif kind == "link":
            (folder / A).symlink_to("b.md")

    save_during(monkeypatch, call, replace)
    with pytest.raises(PackError):
        write(memory, call, now)
    assert memory.head() == head
    if kind == "folder":
        assert (folder / A / "inner.md").read_bytes() == b"inner"
    elif kind == "link":
        assert (folder / A).readlink().name == "b.md"
    else:
        assert not (folder / A).exists()


def test_a_new_file_of_the_user_just_before_ours_stays(memory, folder, monkeypatch):
    save_during(monkeypatch, "place", lambda: (folder / "context/c.md").write_bytes(b"theirs"))
    with pytest.raises(BlobChanged):
        memory.put_contents(MemoryPath("context/c.md"), b"ours", ABSENT, "m")
    assert (folder / "context/c.md").read_bytes() == b"theirs"
    assert_sound(folder, "?? context/c.md\n")


def test_an_editor_that_had_the_file_open_loses_nothing(memory, folder, monkeypatch):
    monkeypatch.setattr("pack_connectors.local_git.replaced_files._LOOK_EVERY_SECONDS", 0)
    with (folder / A).open("r+b") as editor:
        put(memory, A, b"x\n")
        assert kept_copies(folder) == set()
        editor.truncate()
        editor.write(b"written into the old file\n")
    memory.head()
    assert kept_copies(folder) == {b"written into the old file\n"}
    assert (folder / A).read_bytes() == b"x\n"
    put(memory, A, b"y\n")
    assert list((folder / ".git/pack/displaced").iterdir()) == []


def test_an_editor_that_wrote_nothing_leaves_no_copy(memory, folder, monkeypatch):
    monkeypatch.setattr("pack_connectors.local_git.replaced_files._LOOK_EVERY_SECONDS", 0)
    with (folder / A).open("rb"):
        put(memory, A, b"x\n")
        assert len(list((folder / ".git/pack/displaced").glob("*.kept"))) == 1
    put(memory, A, b"y\n")
    memory.head()
    assert kept_copies(folder) == set()
    assert_sound(folder)


def test_a_displaced_file_is_found_by_the_next_process(memory, folder):
    with (folder / A).open("r+b") as editor:
        put(memory, A, b"x\n")
        editor.write(b"late")
    memory.close()
    other = open_memory(folder)
    assert b"late" in b"".join(files(other).values())
    other.close()


class Editor(threading.Thread):
    """A user who appends a line to a file again and again, and remembers what was saved."""

    def __init__(self, file, save, stop):
        super().__init__()
        self.file, self.save, self.stop, self.lines = file, save, stop, []

    def run(self):
        number = 0
        while not self.stop.is_set():
            number += 1
            line = b"%s %d" % (self.save.__name__.encode(), number)
            try:
                content = self.file.read_bytes()
                self.save(self.file, content + line + b"\n")
            except FileNotFoundError:
                continue
            self.lines.append(line)
            time.sleep(0.005)


@pytest.mark.parametrize("writes", [12, pytest.param(400, marks=pytest.mark.soak)])
@pytest.mark.parametrize("save", [by_rename, in_place])
def test_every_line_an_editor_saves_is_somewhere(memory, folder, monkeypatch, save, writes):
    monkeypatch.setattr("pack_connectors.local_git.replaced_files._LOOK_EVERY_SECONDS", 0)
    stop = threading.Event()
    editor = Editor(folder / A, save, stop)
    editor.start()
    acknowledged = []
    while len(acknowledged) < writes or len(editor.lines) < writes:
        try:
            found = memory.get_contents(A)
            if found.sha != memory.get_committed(A):
                acknowledged.append(memory.put_contents(A, found.content, found.sha, "hand"))
            line = b"pack %d\n" % len(acknowledged)
            acknowledged.append(memory.put_contents(A, found.content + line, found.sha, "pack"))
        except PackError:
            continue
    stop.set()
    editor.join()
    memory.head()
    assert len(log(folder)) == 2 + len(acknowledged)
    history = git(folder, "log", "--patch", "--format=", "-U0", "--", A).encode()
    everywhere = set((history + (folder / A).read_bytes()).replace(b"\n+", b"\n").split(b"\n"))
    everywhere |= {line for copy in kept_copies(folder) for line in copy.split(b"\n")}
    assert [line for line in editor.lines if line not in everywhere] == []


def test_commits_of_a_clock_that_went_back_are_not_missed(folder, memory):
    first = memory.head()
    with_slow_clock = LocalGit(folder, lambda: datetime(2001, 1, 1, tzinfo=UTC))
    for number in range(12):
        path = MemoryPath(f"context/{number}.md")
        last = with_slow_clock.put_contents(path, b"b\n", ABSENT, "by a slow one").id
    with_slow_clock.close()
    assert memory.find_commits(first, last) == [first]
    lineage = memory.lineage(first, last)
    assert (len(lineage.commits), lineage.is_rewritten) == (12, False)
    assert len(list(memory.last_changes(first, last))) == 12


def test_a_clock_before_1970_makes_a_commit_that_git_accepts(folder):
    with_old_clock = LocalGit(folder, lambda: datetime(1969, 7, 20, tzinfo=UTC))
    with_old_clock.put_contents(A, b"a\n", ABSENT, "on the moon")
    with_old_clock.close()
    git(folder, "fsck", "--strict")
    assert git(folder, "log", "--format=%ct").strip() == "0"
