"""The thread that fills the catalog of a memory that has none yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Event

import pytest
from pack_servers.background import cataloguing as worker
from pack_servers.background.cataloguing import cataloguing

from pack.catalog.gradual import Gradual
from pack.core.session import Session
from pack.errors import Unavailable
from pack.memory import Memory
from tests.support import AGENT, World


@pytest.fixture
def fresh() -> Iterator[World]:
    """A memory with an empty catalog."""
    world = World(None)
    world.init()
    world.commit({f"a/{n}.md": f"red {n}\n" for n in range(5)})
    world.open()
    yield world
    world.close()


def test_the_catalog_is_filled_before_it_is_asked(fresh, monkeypatch):
    monkeypatch.setattr(worker, "_LONG", 1)
    told: list[str] = []
    with cataloguing(fresh.memory, told.append):
        assert fresh.memory.search.find("red").total == 5
    assert fresh.catalog.commit() == fresh.connector.head()
    assert [line.startswith("catalogued ") for line in told] == [True]


def test_what_is_read_first_is_not_told_as_all_there_is(fresh, monkeypatch):
    monkeypatch.setattr(worker, "_LONG", 1)
    files = len(fresh.listed())
    fresh.open()
    core = replace(fresh.memory._session.core, gradual=Gradual((1, 2)))
    memory, told = Memory(Session(core, AGENT)), list[str]()
    memory.care.begin_filling()
    worker._work(memory, Event(), told.append)
    assert told == [f"catalogued {files} of {files} files"]


def test_nothing_is_said_of_a_small_memory(fresh):
    told: list[str] = []
    with cataloguing(fresh.memory, told.append):
        fresh.memory.search.find("red")
    assert told == []


def test_a_server_that_ends_does_not_wait_for_it(fresh):
    with cataloguing(fresh.memory, lambda _: None):
        pass
    assert fresh.memory.search.find("red").total == 5


def test_a_store_that_cannot_be_read_ends_no_server(fresh, monkeypatch, caplog):
    def fail() -> None:
        raise Unavailable("the store is away")

    monkeypatch.setattr(fresh.connector, "head", fail)
    with cataloguing(fresh.memory, lambda _: None):
        pass
    monkeypatch.undo()
    assert "the store is away" in caplog.text
    assert fresh.memory.search.find("red").total == 5


def test_a_store_that_is_far_away_is_left_alone(fresh, monkeypatch):
    monkeypatch.setattr(fresh.connector, "capabilities", frozenset())
    with cataloguing(fresh.memory, lambda _: None):
        fresh.memory.mode()
    assert fresh.catalog.commit() is None
