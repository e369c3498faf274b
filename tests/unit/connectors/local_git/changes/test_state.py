import contextlib
import errno
import json
import os
import shutil
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from pack_connectors.local_git.changes import scan as worktree_scan
from pack_connectors.local_git.changes import state as worktree_state
from pack_connectors.local_git.changes.events import FileEvents, Inotify, open_events

from pack.catalog.row import is_catalogued
from pack.errors import Unavailable
from pack.limits import MAX_FILE_BYTES
from pack.model import blob_id
from tests.support import examples
from tests.unit.connectors.local_git.changes.worktree_folders import Repository

if sys.platform == "linux":
    from inotify_simple import Event, flags

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel reports nothing here")
WATCH = [False, pytest.param(True, marks=linux)]


@pytest.fixture
def repository(tmp_path):
    (tmp_path / "root").mkdir()
    made = Repository(tmp_path / "root")
    made.write("a/x.md", "x")
    made.write("a/b/y.md", "y")
    made.write("index.md", "i")
    made.commit_all()
    yield made
    made.close()


@pytest.fixture(params=WATCH, ids=lambda on: "watching" if on else "scanning")
def asked(request, repository):
    """A state that was asked before, so that what happens now is what it has to notice."""
    state = repository.state(watch=request.param)
    state.edits(repository.head())
    return state


def check(repository, *states):
    head = repository.head()
    wanted = repository.edits(head)
    for state in states:
        assert dict(state.edits(head)) == wanted
    return wanted


def test_a_clean_folder_has_no_edits(repository, asked):
    assert check(repository, asked, repository.state()) == {}


def test_every_kind_of_edit_is_seen(repository, asked):
    repository.write("a/x.md", "X")
    (repository.root / "a/b/y.md").unlink()
    repository.write("new/z.MD", "z")
    repository.write("index.md", "not memory")
    repository.write("legacy/o.md", "nor this")
    assert check(repository, asked, repository.state()) == {
        "a/x.md": blob_id(b"X"),
        "a/b/y.md": None,
        "new/z.MD": blob_id(b"z"),
    }


@pytest.mark.parametrize("second", [-(2**31), 2**33, 2**40])
def test_files_of_any_time_are_seen(repository, asked, second):
    """Archives and clocks that are wrong leave such files; a file system may not keep them all."""
    for text in ("one", "two"):
        repository.write("a/x.md", text)
        os.utime(repository.root / "a/x.md", (second, second))
        assert check(repository, asked, repository.state()) == {"a/x.md": blob_id(text.encode())}


def test_the_answer_is_the_same_object_until_something_changes(repository, asked):
    head = repository.head()
    first = asked.edits(head)
    repository.write("a/x.txt", "no memory file")
    assert asked.edits(head) is first
    repository.write("a/x.md", "2")
    assert asked.edits(head) is not first
    with pytest.raises(TypeError):
        asked.edits(head)["a/x.md"] = None


def test_edits_of_the_same_size_in_the_same_moment_are_seen(repository, asked):
    file = repository.root / "a/x.md"
    times = (file.stat().st_atime_ns, file.stat().st_mtime_ns)
    for content in (b"1", b"2", b"x", b"3"):
        with file.open("r+b") as stream:
            stream.write(content)
        os.utime(file, ns=times)
        check(repository, asked, repository.state(watch=False))


def test_a_file_that_was_just_changed_is_read_again(repository, monkeypatch):
    """Even when all its stat data is what it was: the clock of the file system has steps."""
    file = repository.root / "a/x.md"
    kept = file.stat()
    fields = worktree_scan._fields
    monkeypatch.setattr(
        worktree_scan,
        "_fields",
        lambda found: fields(kept if found.st_ino == kept.st_ino else found),
    )
    state = repository.state(watch=False)
    assert state.edits(repository.head()) == {}
    with file.open("r+b") as stream:
        stream.write(b"2")
    assert state.edits(repository.head()) == {"a/x.md": blob_id(b"2")}


def test_an_old_file_is_not_read_again(repository, monkeypatch):
    monkeypatch.setattr(worktree_state, "_RACY_NS", -(10**12))
    repository.state(watch=False).edits(repository.head())
    monkeypatch.setattr(worktree_scan, "_blob_of", lambda _: pytest.fail("read"))
    assert repository.state(watch=False).edits(repository.head()) == {}


@linux
def test_a_watched_folder_is_not_scanned(repository, monkeypatch):
    state = repository.state()
    assert state.edits(repository.head()) == state.edits(repository.head()) == {}
    monkeypatch.setattr(worktree_state, "scan", lambda *_: pytest.fail("scanned"))
    repository.write("a/x.md", "2")
    assert state.edits(repository.head()) == {"a/x.md": blob_id(b"2")}


@linux
def test_what_moved_out_of_the_folder_is_not_watched_any_more(repository, tmp_path):
    state = repository.state(watch=True)
    check(repository, state)
    (repository.root / "a").rename(tmp_path / "outside")
    assert len(check(repository, state)) == 2
    assert list(state._events._watches) == [""]


@linux
@pytest.mark.parametrize(("watch", "questions"), [(None, 2), (True, 1), (False, None)])
def test_watches_are_made_when_they_are_of_use(repository, watch, questions):
    opened = []

    def open_watches(root):
        opened.append(questions_asked)
        return open_events(root)

    state = repository.state(watch=watch, open_watches=open_watches)
    for questions_asked in range(1, 5):  # noqa: B007 - `open_watches` reads it
        state.edits(repository.head())
    assert opened == ([] if questions is None else [questions])


def test_commits_are_followed(repository, asked):
    first = repository.head()
    repository.write("a/x.md", "2")
    check(repository, asked)
    second = repository.commit_all()
    check(repository, asked, repository.state())
    for commit in (first, second, first, None):
        assert asked.edits(commit) == repository.edits(commit)
    repository.git("checkout", "--quiet", first)
    check(repository, asked, repository.state())


def test_an_unknown_commit_in_the_cache_is_not_compared_with(repository):
    repository.state().edits(repository.head())
    repository.write("a/x.md", "2")
    again = repository.state(diff=lambda *_: None)
    repository.write("c/new.md", "committed")
    repository.commit_all()
    repository.write("a/x.md", "3")
    assert check(repository, again) == {"a/x.md": blob_id(b"3")}


def test_a_step_of_our_own_needs_no_comparison(repository, monkeypatch):
    first = repository.head()
    state = repository.state(diff=lambda *_: pytest.fail("compared"))
    state.edits(first)
    for content in ("2", "3"):
        repository.write("a/x.md", content)
        old, new = repository.head(), repository.commit_all()
        state.advance(old, new, {"a/x.md": blob_id(content.encode())})
    assert check(repository, state) == {}


def test_a_step_from_elsewhere_is_not_taken(repository):
    state = repository.state()
    state.edits(repository.head())
    repository.write("a/x.md", "2")
    new = repository.commit_all()
    state.advance("f" * 40, new, {"a/b/y.md": blob_id(b"wrong")})
    assert check(repository, state) == {}


def test_large_files_stand_out(repository, asked):
    repository.write("a/x.md", bytes(MAX_FILE_BYTES + 1))
    assert check(repository, asked, repository.state()) == {"a/x.md": ""}


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links here")
def test_links_are_not_files(repository, asked, tmp_path):
    repository.write("a/b/z.md", "z")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/y.md").write_bytes(b"secret")
    (repository.root / "a/x.md").unlink()
    (repository.root / "a/x.md").symlink_to(tmp_path / "outside/y.md")
    check(repository, asked, repository.state())
    (repository.root / "a/b").rename(repository.root / "moved")
    (repository.root / "a/b").symlink_to(tmp_path / "outside")
    assert "a/b/z.md" not in check(repository, asked, repository.state())


@pytest.mark.skipif(not hasattr(os, "symlink"), reason="no symbolic links here")
def test_what_became_a_link_while_it_was_looked_at_is_not_followed(repository):
    root = repository.root
    (root / "link").symlink_to("a")
    assert list(worktree_scan.scan(root, "link")) == []
    assert list(worktree_scan.scan(root, "link/b")) == []
    for folder in worktree_scan.scan(root, "a/b"):
        (root / "a/b/y.md").unlink()
        (root / "a/b/y.md").symlink_to("../x.md")
        assert [file.name for file in folder.files()] == ["y.md"]
        assert folder.blob("y.md") is None


def test_a_nested_repository_is_not_memory(repository, asked):
    (repository.root / "a/b/.git").mkdir()
    assert check(repository, asked, repository.state()) == {"a/b/y.md": None}
    repository.write("a/b/y.md", "hidden")
    check(repository, asked, repository.state())
    (repository.root / "a/b/.git").rmdir()
    assert check(repository, asked, repository.state()) == {"a/b/y.md": blob_id(b"hidden")}


def test_folders_move_and_come_back(repository, asked):
    root = repository.root
    repository.write("a/b/c/deep.md", "d")
    check(repository, asked)
    (root / "a").rename(root / "z")
    (root / "z/b/y.md").write_bytes(b"after the move")
    assert "z/b/c/deep.md" in check(repository, asked, repository.state())
    (root / "z/b/y.md").write_bytes(b"in its new place")
    check(repository, asked)
    (root / "z").rename(root / "q")
    (root / "q").rename(root / "a")
    (root / "a/b/y.md").write_bytes(b"y")
    check(repository, asked, repository.state())
    shutil.rmtree(root / "a")
    repository.write("a/x.md", "x")
    assert check(repository, asked, repository.state()) == {"a/b/y.md": None}


def test_what_has_no_unicode_name_is_left_out(repository, asked):
    try:
        repository.write(os.fsdecode(b"a/\xff.md"), "?")
        repository.write(os.fsdecode(b"\xff/n.md"), "?")
    except OSError:
        pytest.skip("this file system has Unicode names only")
    assert check(repository, asked, repository.state()) == {}


def test_another_name_of_the_same_file_is_looked_at(repository, asked, tmp_path):
    (repository.root / "a/x.md").unlink()
    outside = tmp_path / "outside.md"
    outside.write_bytes(b"x")
    try:
        (repository.root / "a/x.md").hardlink_to(outside)
    except OSError:
        pytest.skip("no hard links here")
    check(repository, asked)
    outside.write_bytes(b"written by its other name")
    assert check(repository, asked, repository.state()) != {}


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is unreadable")
def test_an_unreadable_file_is_an_error_and_then_seen(repository, asked):
    (repository.root / "a/x.md").chmod(0)
    with pytest.raises(Unavailable):
        asked.edits(repository.head())
    (repository.root / "a/x.md").chmod(0o644)
    check(repository, asked)


def test_a_failed_question_loses_nothing(repository, asked, monkeypatch):
    repository.write("a/x.md", "2")
    repository.write("c/new.md", "n")

    def fail(*_):
        raise Unavailable("cannot be read")

    with monkeypatch.context() as patch:
        patch.setattr(worktree_scan, "_blob_of", fail)
        patch.setattr("pack_connectors.local_git.worktree.Worktree.read", fail)
        with pytest.raises(Unavailable):
            asked.edits(repository.head())
    check(repository, asked)


@pytest.mark.parametrize("watch", WATCH)
def test_a_missing_root_is_an_error_and_is_not_made(repository, watch):
    head = repository.head()
    committed = list(repository.walk(head))
    state = repository.state(watch=watch, walk=lambda _: committed)
    state.edits(head)
    elsewhere = repository.root.with_name("elsewhere")
    repository.root.rename(elsewhere)
    with pytest.raises(Unavailable):
        state.edits(head)
    elsewhere.rename(repository.root)
    repository.write("a/x.md", "2")
    check(repository, state)


# --- the cache file ------------------------------------------------------------------------------


DAMAGE = {
    "removed": lambda file: file.unlink(),
    "emptied": lambda file: os.truncate(file, 0),
    "cut off": lambda file: os.truncate(file, file.stat().st_size // 2),
    "no JSON": lambda file: file.write_bytes(b"garbage" * 1000),
    "another form": lambda file: file.write_bytes(b'{"version": 1, "files": {"a": {"x.md": 1}}}'),
    "nested deeply": lambda file: file.write_bytes(b"[" * 100_000),
    "a folder": lambda file: (file.unlink(), file.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_cache_is_no_reason_to_fail(repository, asked, damage):
    asked.close()
    DAMAGE[damage](repository.cache)
    repository.write("a/x.md", "2")
    fresh = repository.state()
    assert check(repository, asked, fresh) == {"a/x.md": blob_id(b"2")}
    repository.write("a/x.md", "x")
    assert check(repository, asked, fresh, repository.state()) == {}


def test_a_cache_that_is_removed_or_replaced_under_us_is_not_relied_on(repository, asked):
    repository.write("a/x.md", "2")
    check(repository, asked)
    for new in (False, True):
        for file in repository.cache.parent.iterdir():
            file.unlink()
        if new:
            repository.state().edits(None)
        repository.write("a/b/y.md", f"{new}")
        assert len(check(repository, asked)) == 2
        assert repository.cache.exists()
    check(repository, asked, repository.state())


def test_a_cache_of_another_version_is_replaced(repository):
    repository.state().edits(repository.head())
    stored = json.loads(repository.cache.read_bytes())
    wrong = {**stored, "version": 99, "committed": {"a/x.md": None}}
    repository.cache.write_text(json.dumps(wrong), "ascii")
    check(repository, repository.state())
    assert json.loads(repository.cache.read_bytes())["version"] == stored["version"]


def test_a_cache_that_cannot_be_stored_is_done_without(repository, asked, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EROFS, "read-only file system")

    monkeypatch.setattr("pack_connectors.local_git.changes.seen.write_durably", refuse)
    repository.write("a/x.md", "2")
    check(repository, asked, repository.state())


def test_a_few_changes_are_not_worth_storing(repository):
    """In a large memory; the next process finds them by their stat data."""
    for number in range(100):
        repository.write(f"n/{number}.md", str(number))
    state = repository.state(watch=False)
    state.edits(repository.head())
    stored = repository.cache.read_bytes()
    repository.write("n/1.md", "changed")
    check(repository, state, repository.state(watch=False))
    assert repository.cache.read_bytes() == stored
    for number in range(10):
        repository.write(f"n/{number}.md", "changed")
    check(repository, state, repository.state(watch=False))
    assert repository.cache.read_bytes() != stored


def test_a_folder_that_has_come_to_rest_is_compared_once(repository, monkeypatch):
    """Where a file was just written, its folder must be looked at once more, but not for ever."""
    for number in range(100):
        repository.write(f"n/{number}.md", str(number))
    head = repository.commit_all()
    monkeypatch.setattr(worktree_state, "_RACY_NS", -(10**12))
    repository.state(watch=False).edits(head)
    seen = json.loads(repository.cache.read_bytes())
    seen["digests"] = dict.fromkeys(seen["digests"], "")  # as if each had such a file then
    repository.cache.write_text(json.dumps(seen))
    assert repository.state(watch=False).edits(head) == {}
    monkeypatch.setattr(worktree_scan.Folder, "files", lambda _: pytest.fail("compared again"))
    assert repository.state(watch=False).edits(head) == {}


def test_without_a_cache_file(repository):
    state = repository.state(cache_file=None)
    repository.write("a/x.md", "2")
    check(repository, state, repository.state(cache_file=repository.root / "index.md/no.json"))
    assert not repository.cache.exists()


def test_another_process_that_stored_meanwhile_does_no_harm(repository, monkeypatch):
    slow, quick = repository.state(watch=False), repository.state(watch=False)
    head = repository.head()
    slow.edits(head)
    real = worktree_state.scan
    rounds = []

    def interrupted(*args, **kwargs):
        rounds.append(args)
        if len(rounds) == 1:
            repository.write("a/x.md", "newer")
            quick.edits(head)
        return real(*args, **kwargs)

    monkeypatch.setattr(worktree_state, "scan", interrupted)
    repository.write("a/b/y.md", "older")
    assert slow.edits(head) == repository.edits(head)
    assert len(rounds) == 2
    check(repository, slow, quick, repository.state(watch=False))


# --- where the kernel does not help ---------------------------------------------------------------


class LimitedInotify(Inotify):
    """Has watches for so many folders only, or loses what happened."""

    def __init__(self, folders=10**6, overflow=False, local=True):
        super().__init__()
        self.folders, self.overflow, self.local = folders, overflow, local

    def add_watch(self, place):
        self.folders -= 1
        if self.folders < 0:
            raise OSError(28, "no space left on device")
        return super().add_watch(place)

    def is_local(self, place):
        return self.local

    def read(self):
        yield from (() if self.overflow else super().read())
        if self.overflow:
            yield Event(-1, flags.Q_OVERFLOW, 0, "")


@linux
@pytest.mark.parametrize(
    "limits", [{"folders": 0}, {"folders": 2}, {"overflow": True}, {"local": False}], ids=str
)
def test_without_help_of_the_kernel(repository, limits):
    state = repository.state(
        watch=True, open_watches=lambda root: FileEvents(root, LimitedInotify(**limits))
    )
    for content in ("1", "2"):
        repository.write("a/x.md", content)
        repository.write(f"n{content}/m.md", content)
        check(repository, state)


@linux
def test_watches_that_run_out_later_are_noticed(repository):
    state = repository.state(
        watch=True, open_watches=lambda root: FileEvents(root, LimitedInotify(folders=4))
    )
    check(repository, state)
    for name in "pqrs":
        repository.write(f"{name}/m.md", name)
        check(repository, state)
        repository.write(f"{name}/m.md", name * 2)
        check(repository, state)


def test_no_inotify_at_all(repository):
    state = repository.state(watch=True, open_watches=lambda _: None)
    repository.write("a/x.md", "2")
    check(repository, state)
    repository.write("a/x.md", "3")
    check(repository, state)


# --- together -------------------------------------------------------------------------------------


def test_threads_share_one_state(repository, asked):
    head = repository.head()
    wrong = []

    def work(number):
        for content in "abcdefgh":
            repository.write(f"t{number}/n.md", content)
            if asked.edits(head).get(f"t{number}/n.md") != blob_id(content.encode()):
                wrong.append((number, content))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    check(repository, asked)


FOLDERS = st.sampled_from(["a", "b", "a/b", "b/a", "a/.h", "legacy", "a/b/c"])
FILES = st.builds("{}/{}".format, FOLDERS, st.sampled_from(["x.md", "y.MD", "ü.md", "z.txt"]))
CONTENTS = st.sampled_from([b"1", b"2", b"", b"longer"])


class EditedFolder(RuleBasedStateMachine):
    """Random work of people, git and PACK; every kind of state must know what is edited."""

    def __init__(self):
        super().__init__()
        self.top = Path(tempfile.mkdtemp())
        (self.top / "root").mkdir()
        self.repository = Repository(self.top / "root")
        self.repository.write("a/x.md", "1")
        self.commits = [self.repository.commit_all()]
        self.watching = self.repository.state(watch=sys.platform == "linux")
        self.scanning = self.repository.state(watch=False)
        self.alone = self.repository.state(cache_file=None)

    def teardown(self):
        self.repository.close()
        shutil.rmtree(self.top)

    @rule(path=FILES, content=CONTENTS)
    def write(self, path, content):
        with contextlib.suppress(OSError):
            self.repository.write(path, content)

    @rule(path=FILES, content=CONTENTS)
    def replace(self, path, content):
        with contextlib.suppress(OSError):
            (self.repository.write("new.tmp", content)).replace(self.repository.root / path)

    @rule(path=FILES)
    def delete(self, path):
        with contextlib.suppress(OSError):
            (self.repository.root / path).unlink()

    @rule(old=FOLDERS | FILES, new=FOLDERS | FILES)
    def move(self, old, new):
        with contextlib.suppress(OSError):
            (self.repository.root / old).rename(self.repository.root / new)

    @rule(folder=FOLDERS)
    def remove_folder(self, folder):
        shutil.rmtree(self.repository.root / folder, ignore_errors=True)

    @rule(path=FOLDERS | FILES, to=FOLDERS | FILES)
    def link(self, path, to):
        with contextlib.suppress(OSError):
            (self.repository.root / path).symlink_to(self.repository.root / to)

    @rule(path=FILES, to=FILES)
    def hard_link(self, path, to):
        with contextlib.suppress(OSError):
            (self.repository.root / path).hardlink_to(self.repository.root / to)

    @rule(folder=FOLDERS)
    def nest(self, folder):
        place = self.repository.root / folder / ".git"
        with contextlib.suppress(OSError):
            place.rmdir() if place.exists() else place.mkdir()

    @rule()
    def commit(self):
        for place in sorted(self.repository.root.rglob(".git"))[1:]:
            place.rmdir()
        old, new = self.repository.head(), self.repository.commit_all()
        if len(self.commits) % 2:
            changes = dict(self.repository.diff(old, new))
            self.watching.advance(old, new, changes)
            self.scanning.advance(old, new, changes)
        self.commits.append(new)

    @rule(data=st.data(), hard=st.booleans())
    def go_to(self, data, hard):
        for place in sorted(self.repository.root.rglob(".git"))[1:]:
            place.rmdir()
        commit = data.draw(st.sampled_from(self.commits))
        command = ["reset", "--hard"] if hard else ["reset", "--soft"]
        self.repository.git(*command, "--quiet", commit)

    @rule(damage=st.sampled_from(sorted(DAMAGE)))
    def damage(self, damage):
        self.scanning.close()
        with contextlib.suppress(OSError):
            DAMAGE[damage](self.repository.cache)

    @rule()
    def ask_one(self):
        head = self.repository.head()
        assert self.watching.edits(head) == self.repository.edits(head)

    @rule()
    def ask_all(self):
        fresh = self.repository.state(watch=False)
        check(self.repository, self.watching, fresh, self.scanning, self.alone)
        fresh.close()

    @invariant()
    def a_watching_state_is_right_after_every_second_step(self):
        if len(self.commits) % 2 == 0:
            self.ask_one()


TestEditedFolder = EditedFolder.TestCase
TestEditedFolder.settings = settings(
    max_examples=examples(5),
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_names_are_judged_as_elsewhere():
    """The short cut for plain names answers what the rules of paths answer."""
    for name in ["x.md", "git~1:x.md", "a\\b.md", ".x.md", "ü.md", "-.md", "\udcff.md", "a b.md"]:
        slow = worktree_scan._is_path(name) and is_catalogued(f"f/{name}")
        assert worktree_scan._is_nameable(name) == slow, name
