"""Imports of what the memory has already, with nothing beside the branch that says so."""

from collections.abc import Iterator, Mapping

import pytest

from pack.imports.records import ImportedPart, ImportedRecord, RecordClass, SkippedRecord
from pack.memory import Memory
from pack.model import BlobId
from pack.use_cases.imports.comparing import DELETED_HERE
from tests.support import World
from tests.unit.use_cases.imports.taking import MAY, USER, A, B, file, note, take

FILES = {
    "Root.md": b"# Root\n\nhello\n",
    "dir/B?x.md": b"# B\n\none\n\ntwo\n\nthree\n",
    "dir/c.md": b"# C\n\nsome\n",
}
PLACES = ["context/Root.md", "dir/B-x.md", "dir/c.md"]


@pytest.fixture
def memory(world: World) -> Memory:
    return world.init()


def _forget(world: World) -> None:
    """As on another machine, or after a kill between the commit and what is kept of it."""
    for name, tip in world.connector.side_refs("imports").items():
        world.connector.move_aside(f"imports/{name}", None, tip)


def _files(texts: Mapping[str, bytes] = FILES) -> list[ImportedRecord]:
    return [file(path, text) for path, text in texts.items()]


def test_files_that_came_to_another_path_do_not_come_twice(world: World, memory: Memory) -> None:
    assert sorted(take(memory, *_files()).paths) == PLACES
    _forget(world)
    before = world.files()
    done = take(memory, *_files())
    assert (done.written, done.unchanged, done.skipped) == (0, 3, ())
    assert world.files() == before
    assert take(memory, *_files()).unchanged == 3


def test_edits_stay_and_news_come_beside_them(world: World, memory: Memory) -> None:
    take(memory, *_files(), note("A", "one\n\ntwo\n\nthree\n"))
    for path in ("dir/B-x.md", A):
        found = memory.notes.get(path)
        mine = memory.written_by(USER).notes
        mine.update(path, found.content.replace("two", "TWO"), found.sha)
    _forget(world)
    newer = _files(FILES | {"dir/B?x.md": FILES["dir/B?x.md"] + b"\nfour\n"})
    done = take(memory, *newer, note("A", "one\n\ntwo\n\nthree\n\nfour\n"))
    assert sorted(done.paths) == ["dir/B-x.md", A]
    for path in done.paths:
        assert world.files()[path].endswith(b"one\n\nTWO\n\nthree\n\nfour\n")


def test_what_was_deleted_or_moved_stays_so(world: World, memory: Memory) -> None:
    records = [*_files(), note("A", "a\n"), note("B", "b\n")]
    take(memory, *records)
    mine = memory.written_by(USER).notes
    for path, moved in (("dir/c.md", "kept/c.md"), (A, "kept/a.md")):
        mine.move(path, moved, memory.notes.get(path).sha)
    for path in ("context/Root.md", B):
        mine.delete(path, memory.notes.get(path).sha)
    _forget(world)
    done = take(memory, *records)
    assert (done.written, done.unchanged) == (0, 3)
    gone = {SkippedRecord("context/Root.md", DELETED_HERE), SkippedRecord(B, DELETED_HERE)}
    assert set(done.skipped) == gone


def test_a_merged_import_is_no_base(world: World, memory: Memory) -> None:
    """It has the line of the person, too; whoever lacks that has not deleted it."""
    take(memory, note("A", "one\n\ntwo\n"))
    found = memory.notes.get(A)
    memory.written_by(USER).notes.update(A, found.content.replace("one", "mine\n\none"), found.sha)
    take(memory, note("A", "one\n\ntwo\n\nthree\n"))
    _forget(world)
    take(memory, note("A", "one\n\ntwo\n\nthree\n\nfour\n"))
    assert world.files()[A].endswith(b"mine\n\none\n\ntwo\n\nthree\n\nfour\n")


def test_another_file_of_that_path_comes_beside(world: World, memory: Memory) -> None:
    take(memory, *_files())
    _forget(world)
    done = take(memory, file("dir/c.md", b"# C\n\nof another source\n"))
    assert done.paths == ("dir/c-2.md",)
    assert world.files()["dir/c.md"] == FILES["dir/c.md"]


def test_many_of_one_title_are_read_once(
    world: World, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = [
        ImportedRecord(RecordClass.NOTE, f"id-{n}", "New", [ImportedPart(f"{n}\n")], created=MAY)
        for n in range(40)
    ]
    take(memory, *records)
    _forget(world)
    read: list[BlobId] = []
    kind = type(world.connector)
    blobs, contents = kind.read_blobs, kind.get_contents

    def counted(self: object, shas: list[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        wanted = list(shas)
        read.extend(wanted)
        return blobs(self, wanted)

    def counted_too(self: object, path: str) -> object:
        found = contents(self, path)
        read.append(path)
        return found

    monkeypatch.setattr(kind, "read_blobs", counted)
    monkeypatch.setattr(kind, "get_contents", counted_too)
    done = take(memory, *reversed(records), dry_run=True)
    assert (done.written, done.unchanged) == (0, 40)
    assert len(read) < 4 * len(records)
