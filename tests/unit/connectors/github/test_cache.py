"""What is kept between two runs: believed as far as its hash goes, bounded, and never needed."""

import os
import sqlite3
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pack_connectors.github.cache import GithubCache
from pack_connectors.github.trees import Item, Tree

from pack.errors import BlobChanged
from pack.model import ABSENT, CommitId, LastChange, MemoryPath, blob_id
from tests.github_support import GithubWorld, memory_of

A = MemoryPath("context/a.md")
START = datetime(2026, 1, 2, tzinfo=UTC)
COMMIT = CommitId("1" * 40)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def opened():
    caches = []
    yield caches
    for cache in caches:
        cache.close()


def make(opened, file: Path | None, clock=lambda: START, **options) -> GithubCache:
    opened.append(GithubCache(file, clock, **options))
    return opened[-1]


def fill(cache: GithubCache) -> None:
    cache.keep_blobs([b"one", b""])
    cache.keep_tree(COMMIT, Tree({"ä b.md": Item("100755", "2" * 40, 3)}))
    cache.keep_fact("name", "value")
    cache.keep_changes([(LastChange(A, COMMIT, START), blob_id(b"one"))])


def is_full(cache: GithubCache) -> bool:
    found = cache.tree(COMMIT)
    return (
        (cache.blob(blob_id(b"one")), cache.blob(blob_id(b""))) == (b"one", b"")
        and found is not None
        and found.items == {"ä b.md": Item("100755", "2" * 40, 3)}
        and cache.fact("name") == "value"
        and cache.change(A, blob_id(b"one")) == LastChange(A, COMMIT, START)
        and cache.held([blob_id(b"one"), blob_id(b"two")]) == {blob_id(b"one")}
    )


def is_empty(cache: GithubCache) -> bool:
    return (
        cache.blob(blob_id(b"one")) is None
        and cache.tree(COMMIT) is None
        and cache.fact("name") is None
        and cache.change(A, blob_id(b"one")) is None
        and cache.held([blob_id(b"one")]) == set()
    )


def test_what_is_kept_is_there_for_the_next_run_and_for_others(tmp_path, opened):
    file = tmp_path / "new folder" / "cache.sqlite"
    fill(make(opened, file))
    assert is_full(make(opened, file))
    assert is_full(opened[0])


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps no such modes")
def test_nobody_else_can_read_it(tmp_path, opened):
    file = tmp_path / "new" / "cache.sqlite"
    fill(make(opened, file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(one.stat().st_mode) == 0o600 for one in file.parent.iterdir())


@pytest.mark.parametrize(
    "damage", [b"", b"not a database" * 1000, b"SQLite format 3\0" + b"x" * 999]
)
def test_a_damaged_file_is_made_anew(tmp_path, opened, damage):
    file = tmp_path / "cache.sqlite"
    file.write_bytes(damage)
    cache = make(opened, file)
    assert is_empty(cache)
    fill(cache)
    assert is_full(make(opened, file))


def test_a_file_of_another_version_is_made_anew(tmp_path, opened):
    file = tmp_path / "cache.sqlite"
    db = sqlite3.connect(file)
    db.execute("PRAGMA user_version = 99")
    db.close()
    cache = make(opened, file)
    fill(cache)
    assert is_full(cache)


def test_pages_that_are_damaged_while_it_is_used(tmp_path, opened):
    file = tmp_path / "cache.sqlite"
    cache = make(opened, file)
    cache.keep_blobs(b"%d" % number * 3000 for number in range(300))
    cache.close()
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(os.urandom(size - 4096))
    for number in range(300):
        data = b"%d" % number * 3000
        assert cache.blob(blob_id(data)) in (None, data)
    fill(cache)
    assert is_full(cache)


def test_a_damaged_entry_is_dropped(tmp_path, opened):
    file = tmp_path / "cache.sqlite"
    fill(make(opened, file))
    opened[0].close()
    db = sqlite3.connect(file)
    db.execute("UPDATE blob SET data = 'text' WHERE size = 3")
    db.execute("UPDATE tree SET data = x'00'")
    db.commit()
    db.close()
    assert opened[0].blob(blob_id(b"one")) is None
    assert opened[0].held([blob_id(b"one")]) == set()
    assert opened[0].tree(COMMIT) is None


def test_no_place_for_a_file_is_done_without(tmp_path, opened):
    (tmp_path / "a file").write_bytes(b"")
    cache = make(opened, tmp_path / "a file" / "cache.sqlite")
    assert is_empty(cache)
    fill(cache)
    assert is_full(cache)
    assert (tmp_path / "a file").read_bytes() == b""


def test_a_folder_in_its_place_is_done_without(tmp_path, opened):
    (tmp_path / "cache.sqlite" / "inner").mkdir(parents=True)
    cache = make(opened, tmp_path / "cache.sqlite")
    fill(cache)
    assert is_full(cache)
    assert (tmp_path / "cache.sqlite" / "inner").is_dir()


def test_it_holds_no_more_than_it_may_and_keeps_what_was_used_last(tmp_path, opened):
    clock = Clock()
    cache = make(opened, tmp_path / "cache.sqlite", clock, max_bytes=100_000)
    contents = [b"%04d" % number * 1000 for number in range(40)]
    for content in contents:
        clock.now += timedelta(hours=2)
        cache.keep_blobs([content])
        cache.blob(blob_id(contents[0]))  # used all the time
    held = cache.held(map(blob_id, contents))
    assert blob_id(contents[0]) in held
    assert blob_id(contents[-1]) in held
    assert blob_id(contents[1]) not in held
    assert 10 <= len(held) <= 25


def test_a_few_trees_are_kept(tmp_path, opened):
    cache = make(opened, tmp_path / "cache.sqlite")
    commits = [CommitId(f"{number:040x}") for number in range(40)]
    for commit in commits:
        cache.keep_tree(commit, Tree({}))
    assert [cache.tree(commit) is not None for commit in commits[-10:]] == [True] * 10
    assert cache.tree(commits[0]) is None


def test_what_another_process_deletes_is_made_anew(tmp_path):
    with GithubWorld(tmp_path, memory_of({A: b"# A\n"})) as world:
        for turn in range(3):
            memory = world.open()
            for file in (tmp_path / "cache").glob("*"):
                file.unlink()
            assert memory.notes.get(A).content == "# A\n"
            assert memory.notes.update(f"context/n{turn}.md", "# N\n").commit == world.service.head(
                "ada/memory"
            )
        assert world.open().care.validate() == []


@pytest.mark.parametrize("state", ["none", "damaged", "no folder"])
def test_a_memory_works_without_a_cache(tmp_path, state):
    with GithubWorld(tmp_path, memory_of({A: b"# A\n"})) as world:
        folder = tmp_path / "cache"
        if state == "damaged":
            world.open().notes.list()
            for file in folder.glob("*.sqlite*"):
                file.write_bytes(b"damaged" * 5000)
        if state == "no folder":
            folder.write_bytes(b"")
        memory = world.open(**({"cache_dir": None} if state == "none" else {}))
        sha = memory.notes.get(A).sha
        memory.notes.update(A, "# A2\n", sha)
        memory.notes.update("context/b.md", "# B\n")
        assert [file.path for file in memory.notes.list().files] == [A, "context/b.md"]
        assert memory.care.validate() == []


@pytest.mark.contract("C1")
def test_a_wrong_tree_in_the_cache_is_not_written_on(tmp_path):
    with GithubWorld(tmp_path, memory_of({A: b"# A\n"})) as world:
        connector = world.connect()
        forged = Tree({A: Item("100644", blob_id(b"# Forged\n"), 9)})
        connector.get_tree()
        cache = GithubCache(next((tmp_path / "cache").glob("*.sqlite")), world.service.clock)
        cache.keep_tree(connector.head(), forged)
        cache.close()
        later = world.connect()
        with pytest.raises(BlobChanged):
            later.put_contents(A, b"x", blob_id(b"# Forged\n"), "m")
        assert later.get_contents(A).content == b"# A\n"


def test_a_wrong_answer_in_the_cache_is_not_believed(tmp_path):
    with GithubWorld(tmp_path, memory_of({A: b"# A\n"})) as world:
        world.open().notes.get(A)
        (file,) = (tmp_path / "cache").glob("*.sqlite")
        db = sqlite3.connect(file)
        db.execute("UPDATE blob SET data = ?", (b"# Forged\n",))
        db.commit()
        db.close()
        assert world.connect().get_contents(A).content == b"# A\n"
        made = world.connect().put_contents(MemoryPath("context/b.md"), b"b", ABSENT, "m")
        assert world.connect().head() == made.id
