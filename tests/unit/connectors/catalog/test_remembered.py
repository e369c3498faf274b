"""What is remembered of the past is bounded, shared, and outlives the commit of the catalog."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from pack_connectors.catalog import remembered
from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.catalog.schema import connect

from pack.model import CommitId

pytestmark = pytest.mark.contract("C6")


@pytest.fixture
def file(tmp_path):
    return tmp_path / "catalog.sqlite"


def test_the_next_process_finds_it_whatever_the_commit_is(file):
    with closing(SqliteCatalog(file)) as one, closing(SqliteCatalog(file)) as other:
        one.remember("a/x.md", "key", "old")
        one.remember("a/x.md", "key", "value")
        one.replace(CommitId("1"), [])
        assert other.remembered("a/x.md") == {"key": "value"}
        assert other.remembered("") == {}
        other.clear()
        assert one.remembered("a/x.md") == {}


def test_it_may_be_kept_in_memory_only():
    with closing(SqliteCatalog(None)) as catalog:
        catalog.remember("", "key", "value")
        assert catalog.remembered("") == {"key": "value"}


def test_only_the_last_keys_of_each_file_stay_the_newest_first(file):
    with closing(SqliteCatalog(file)) as catalog:
        for number in range(9):
            catalog.remember("a/x.md", str(number), "value")
        catalog.remember("a/y.md", "other", "value")
        assert list(catalog.remembered("a/x.md")) == ["8", "7", "6", "5"]


def test_a_value_that_is_too_large_is_not_kept(monkeypatch):
    monkeypatch.setattr(remembered, "_LARGEST", 5)
    with closing(SqliteCatalog(None)) as catalog:
        catalog.remember("", "key", "123456")
        assert catalog.remembered("") == {}


@pytest.mark.parametrize("bound", ["_MOST", "_MOST_CHARACTERS"])
def test_what_was_noted_first_goes_when_it_is_too_much(bound, monkeypatch):
    monkeypatch.setattr(remembered, bound, 10)
    monkeypatch.setattr(remembered, "_LOOK_EVERY", 1)
    with closing(SqliteCatalog(None)) as catalog:
        for number in range(15):
            catalog.remember(str(number), "key", "1")
        kept = [number for number in range(15) if catalog.remembered(str(number))]
        assert kept == list(range(5, 15))


def test_while_somebody_else_writes_it_comes_to_nothing(file):
    with closing(connect(file)) as other, closing(connect(file, 0)) as db:
        other.execute("BEGIN IMMEDIATE")
        remembered.note(db, "a/x.md", "key", "value")
        other.execute("ROLLBACK")
        assert remembered.read(db, "a/x.md") == {}
        remembered.note(db, "a/x.md", "key", "value")
        assert remembered.read(db, "a/x.md") == {"key": "value"}
        db.execute("DROP TABLE remembered")
        with pytest.raises(sqlite3.DatabaseError):
            remembered.note(db, "a/x.md", "key", "value")


def test_what_is_found_out_within_a_snapshot_is_kept_after_it(file):
    with closing(SqliteCatalog(file)) as catalog:
        catalog.replace(CommitId("1"), [])
        with catalog.snapshot():
            catalog.remember("a/x.md", "key", "value")
            assert catalog.remembered("a/x.md") == {}
            assert catalog.commit() == CommitId("1")
        assert catalog.remembered("a/x.md") == {"key": "value"}


def test_nobody_waits_for_filling(file):
    with closing(SqliteCatalog(file)) as catalog, ThreadPoolExecutor(1) as asking:
        found = []

        def rows():
            asking.submit(catalog.remember, "a/x.md", "key", "value").result(60)
            found.append(asking.submit(catalog.remembered, "a/x.md").result(60))
            yield from ()

        catalog.replace(CommitId("1"), rows())
        assert found == [{}]
        assert catalog.remembered("a/x.md") == {"key": "value"}
