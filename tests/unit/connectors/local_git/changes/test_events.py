import errno
import mmap
import os
import sys

import pytest
from pack_connectors.local_git.changes.events import FileEvents, FolderChanges, Inotify, open_events

if sys.platform != "linux":
    pytest.skip("inotify exists on Linux only", allow_module_level=True)


@pytest.fixture
def root(tmp_path):
    (tmp_path / "root/a").mkdir(parents=True)
    (tmp_path / "root/a/x.md").write_bytes(b"x")
    return tmp_path / "root"


@pytest.fixture
def events(root):
    made = open_events(root)
    made.watch("")
    made.watch("a")
    assert made.usable
    yield made
    made.close()
    made.close()


def taken(events):
    changes = FolderChanges()
    events.take(changes)
    return changes


def test_nothing_happened(events):
    assert not taken(events)


def test_each_kind_of_change_of_a_file_is_told(root, events):
    file = root / "a/x.md"

    def changes_made():
        yield file.write_bytes(b"2")
        yield os.truncate(file, 0)
        yield file.chmod(0o600)
        yield (root / "a/x.md").unlink()
        yield file.touch()
        yield (root.parent / "new").write_bytes(b"n")
        yield (root.parent / "new").rename(file)
        yield file.rename(root.parent / "away")
        yield file.symlink_to("nowhere")

    for number, _ in enumerate(changes_made()):
        assert taken(events).files == (set() if number == 5 else {"a/x.md"}), number


def test_a_write_is_told_before_the_file_is_closed(root, events):
    with (root / "a/x.md").open("r+b", buffering=0) as file:
        taken(events)
        file.write(b"2")
        assert taken(events).files == {"a/x.md"}
        taken(events)
        os.pwrite(file.fileno(), b"3", 0)
        assert taken(events).files == {"a/x.md"}


def test_a_write_through_memory_is_told_when_it_is_closed(root, events):
    with (root / "a/x.md").open("r+b") as file, mmap.mmap(file.fileno(), 1) as memory:
        memory[0:1] = b"m"
    assert taken(events).files == {"a/x.md"}


def test_folders_come_and_go(root, events):
    (root / "b/c").mkdir(parents=True)
    assert taken(events) == FolderChanges(appeared={"b"})
    (root / "a").rename(root / "z")
    assert taken(events) == FolderChanges(appeared={"z"}, gone={"a"})
    (root / "b/c").rmdir()
    (root / "b").rmdir()
    assert taken(events) == FolderChanges(gone={"b"})


def test_a_folder_that_moved_speaks_for_its_new_path(root, events):
    (root / "a").rename(root / "z")
    events.watch("z")
    taken(events)
    events.unwatch("a")
    (root / "z/x.md").write_bytes(b"2")
    assert taken(events).files == {"z/x.md"}
    events.unwatch("z")
    (root / "z/x.md").write_bytes(b"3")
    assert not taken(events)


def test_unwatching_takes_all_that_is_below(root, events):
    (root / "a/b").mkdir()
    (root / "ab").mkdir()
    for folder in ("a/b", "ab"):
        events.watch(folder)
    taken(events)
    events.unwatch("a")
    for folder in ("a", "a/b", "ab"):
        (root / folder / "n.md").touch()
    assert taken(events).files == {"ab/n.md"}


def test_a_repository_of_its_own_begins_and_ends(root, events):
    (root / ".git").mkdir()
    assert not taken(events).lost
    (root / "a/.git").mkdir()
    assert taken(events).lost
    events.watch("a", closed=True)
    (root / "a/x.md").write_bytes(b"2")
    assert not taken(events)
    (root / "a/.git").rmdir()
    assert taken(events).lost


def test_the_end_of_the_root_is_told(root, events):
    root.rename(root.with_name("elsewhere"))
    assert taken(events).lost


def test_more_than_the_queue_holds(root):
    """What the kernel says when it dropped events."""

    class Overflowing(Inotify):
        def read(self):
            for event in super().read():
                yield event._replace(wd=-1, mask=0x4000, name="")

    events = FileEvents(root, Overflowing())
    events.watch("a")
    (root / "a/x.md").write_bytes(b"2")
    assert taken(events).lost
    events.close()


def test_a_queue_that_cannot_be_read_may_hide_anything(root, events):
    events.close()
    assert taken(events).lost


@pytest.mark.parametrize(
    ("code", "usable"),
    [(errno.ENOSPC, False), (errno.ENOMEM, False), (errno.EACCES, False), (errno.ENOENT, True)],
)
def test_a_folder_that_cannot_be_watched(root, code, usable):
    class Refusing(Inotify):
        def add_watch(self, place):
            raise OSError(code, os.strerror(code))

    events = FileEvents(root, Refusing())
    events.watch("a")
    assert events.usable == usable
    events.close()


def test_one_program_does_not_take_all_watches(root, monkeypatch):
    monkeypatch.setattr("pack_connectors.local_git.changes.events._MAX_FOLDERS", 1)
    events = open_events(root)
    events.watch("")
    assert events.usable
    events.watch("a")
    assert not events.usable
    events.close()


def test_a_file_system_that_others_change_is_not_watched(root):
    events = open_events(root)
    assert not events._kernel.is_local("/proc")
    events._root = "/proc"
    events.watch("self")
    assert not events.usable
    events.close()


def test_links_are_not_watched(root, events):
    (root / "link").symlink_to("a")
    events.watch("link")
    taken(events)
    (root / "a/x.md").write_bytes(b"2")
    assert taken(events).files == {"a/x.md"}
    assert events.usable


def test_no_inotify_to_be_had(root, monkeypatch):
    def refuse(self):
        raise OSError(errno.EMFILE, "too many")

    monkeypatch.setattr(Inotify, "__init__", refuse)
    assert open_events(root) is None


def test_names_that_are_no_unicode_do_no_harm(root, events):
    name = os.fsdecode(b"\xff.md")
    (root / "a" / name).touch()
    assert taken(events).files == {f"a/{name}"}
