"""What a connection remembers about terms, and when it forgets it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pack_connectors.catalog import known
from pack_connectors.catalog.known import KnowingConnection
from pack_connectors.catalog.schema import connect


class Asked:
    """Counts what is read."""

    def __init__(self, db: KnowingConnection) -> None:
        self.db = db
        self.keys: list[str] = []

    def __call__(self, *keys: str, kind: str = "count") -> dict[str, int]:
        found = self.db.known(kind, keys, self._read, 0)
        return {key: found[key] for key in keys}

    def _read(self, keys: list[str]) -> Iterator[tuple[str, int]]:
        self.keys += keys
        return ((key, len(key)) for key in keys if key != "none")


@pytest.fixture
def asked(tmp_path) -> Iterator[Asked]:
    db = connect(tmp_path / "catalog.sqlite")
    assert isinstance(db, KnowingConnection)
    yield Asked(db)
    db.close()


def test_each_key_is_read_once(asked):
    assert asked("a", "none") == {"a": 1, "none": 0}
    assert asked("none", "bb", "a") == {"none": 0, "bb": 2, "a": 1}
    assert asked.keys == ["a", "none", "bb"]


def test_each_kind_is_known_by_itself(asked):
    asked("a")
    asked("a", kind="forms")
    assert asked.keys == ["a", "a"]


def test_a_change_of_its_own_makes_it_forget(asked):
    asked("a")
    asked.db.execute("INSERT INTO unverified VALUES ('folder')")
    asked("a")
    assert asked.keys == ["a", "a"]


def test_a_change_by_another_makes_it_forget(asked, tmp_path):
    asked("a")
    other = connect(tmp_path / "catalog.sqlite")
    other.execute("INSERT INTO unverified VALUES ('folder')")
    other.close()
    asked("a")
    assert asked.keys == ["a", "a"]


def test_it_remembers_only_so_much(asked, monkeypatch):
    monkeypatch.setattr(known, "_MOST", 2)
    asked("a", "b")
    asked("c")
    asked("a")
    assert asked.keys == ["a", "b", "c", "a"]


def test_what_comes_along_with_something_else_is_not_read(asked):
    asked.db.note("count", {"a": 7})
    assert asked("a", "b") == {"a": 7, "b": 1}
    assert asked.keys == ["b"]


def test_nothing_is_remembered_of_what_could_not_be_read(asked):
    def fail(_keys):
        raise OSError

    with pytest.raises(OSError):
        asked.db.known("count", ["a"], fail, 0)
    assert asked("a") == {"a": 1}
