"""Targets in the background: none delays another or a write, and the end does not wait."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager

import pytest
from pack_connectors.sync_states import SyncFiles
from pack_servers.background import sync as sync_worker
from pack_servers.background.sync import syncing

from pack.errors import AuthFailed, RateLimited, RepositoryBusy, Unavailable
from pack.memory import Memory
from pack.sync.engine import Sync
from pack.sync.results import Standing
from pack.sync.routes import Destination, TargetFailed
from pack.sync.target import Delivered
from tests.support import AGENT, World

SECONDS = 20.0


class Route:
    """Hangs, fails or delivers, and says when it was asked."""

    def __init__(self, fault=None, *, hangs=False):
        self.fault, self.hangs = fault, hangs
        self.asked, self.done = threading.Event(), threading.Event()
        self.closed = threading.Event()
        self.heads = []

    def deliver(self, delivery, progress):
        self.asked.set()
        if self.hangs:
            assert self.closed.wait(SECONDS)
            raise TargetFailed(Unavailable("closed"))
        if self.fault is not None:
            raise TargetFailed(self.fault)
        self.heads.append(delivery.head)
        self.done.set()
        return Delivered("", True, ("look at this",))

    def close(self):
        self.closed.set()


@pytest.fixture
def world():
    found = World(None)
    found.init()
    yield found
    found.close()


@contextmanager
def served(world, folder, routes, tell=None, *, only_newest=True):
    states = SyncFiles(folder)
    destinations = [
        Destination(name, name, "", only_newest=only_newest, open=lambda route=route: route)
        for name, route in routes.items()
    ]
    sync = Sync(world.connector, destinations, states, world.clock, lambda: 1.0)
    memory = Memory.over(
        world.connector, world.catalog, clock=world.clock, origin=AGENT,
        new_request=lambda: "1", sync=sync,
    )  # fmt: skip
    with syncing(memory, tell):
        yield memory
    states.close()


@pytest.mark.contract("C1")
def test_a_target_that_hangs_delays_no_other_one_and_no_write(world, tmp_path):
    routes = {"slow": Route(hangs=True), "good": Route()}
    with served(world, tmp_path, routes) as memory:
        assert routes["slow"].asked.wait(SECONDS)
        assert routes["good"].done.wait(SECONDS)
        routes["good"].done.clear()
        written = memory.notes.update("context/a.md", "a\n")
        assert routes["good"].done.wait(SECONDS)
        assert routes["good"].heads[-1] == written.commit
    assert routes["slow"].closed.is_set()
    assert memory.sync.is_due("slow")  # being cut off was no failure


def test_what_a_person_should_know_is_logged_once(world, tmp_path, caplog):
    told, log = threading.Event(), sync_worker.Log()

    def tell(outcome):
        log(outcome)
        if outcome.standing is Standing.PARKED:
            told.set()

    routes = {"one": Route(AuthFailed("the token was revoked")), "two": Route()}
    with caplog.at_level(logging.WARNING), served(world, tmp_path, routes, tell):
        assert told.wait(SECONDS)
        assert routes["two"].done.wait(SECONDS)
    said = sorted(record.getMessage() for record in caplog.records)
    assert said == ["one: parked: the token was revoked", "two: look at this"]


def test_a_store_that_cannot_be_read_ends_no_thread(world, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(sync_worker, "_REST_SECONDS", 0.001)
    monkeypatch.setattr(sync_worker, "_NEAR_SECONDS", 0.001)
    route, faults = Route(), [Unavailable("the disk is away")] * 3
    is_due = Sync.is_due

    def broken(sync, name):
        if faults:
            raise faults.pop()
        return is_due(sync, name)

    monkeypatch.setattr(Sync, "is_due", broken)
    with caplog.at_level(logging.WARNING), served(world, tmp_path, {"one": route}):
        assert route.done.wait(SECONDS)
    assert faults == []
    said = [record.getMessage() for record in caplog.records]
    assert said.count("one: the disk is away") == 1


class Mistaken(Route):
    """Fails as nobody expects, as often as it is told to, then delivers."""

    def __init__(self, times):
        super().__init__()
        self.times = times

    def deliver(self, delivery, progress):
        if self.times:
            self.times -= 1
            raise KeyError("canary")
        return super().deliver(delivery, progress)


@pytest.mark.contract("C1")
def test_a_mistake_in_a_target_stops_no_other_and_is_tried_again(
    world, tmp_path, caplog, monkeypatch
):
    monkeypatch.setattr(sync_worker, "_NEAR_SECONDS", 0.001)
    attempts, log = [], sync_worker.Log()

    def tell(outcome):
        log(outcome)
        if outcome.name == "one":
            attempts.append(outcome)
            world.clock.advance(days=1)  # whatever pause that was

    routes = {"one": Mistaken(3), "two": Route()}
    with caplog.at_level(logging.WARNING), served(world, tmp_path, routes, tell) as memory:
        assert routes["two"].done.wait(SECONDS)
        assert routes["one"].done.wait(SECONDS)
        for route in routes.values():
            route.done.clear()
        written = memory.notes.update("context/a.md", "a\n")
        for route in routes.values():
            assert route.done.wait(SECONDS)
            assert route.heads[-1] == written.commit
    assert [one.standing for one in attempts[:4]] == [Standing.WAITING] * 3 + [Standing.DELIVERED]
    said = [record.getMessage() for record in caplog.records]
    (told,) = (text for text in said if text.startswith("one: a bug in PACK"))
    assert "builtins.KeyError at background/test_sync.py:" in told
    assert "canary" not in caplog.text


def test_a_mistake_in_telling_of_it_ends_no_thread(world, tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(sync_worker, "_REST_SECONDS", 0.001)
    monkeypatch.setattr(sync_worker, "_NEAR_SECONDS", 0.001)
    mistakes, raised, told = [KeyError("canary")], threading.Event(), threading.Event()

    def tell(outcome):
        if mistakes:
            raised.set()
            raise mistakes.pop()
        told.set()

    with (
        caplog.at_level(logging.WARNING),
        served(world, tmp_path, {"one": Route()}, tell) as memory,
    ):
        assert raised.wait(SECONDS)
        memory.notes.update("context/a.md", "a\n")
        assert told.wait(SECONDS)
    assert [record.getMessage()[:20] for record in caplog.records] == ["one: a bug in PACK: "]
    assert "canary" not in caplog.text


@pytest.mark.contract("C1", "C8")
def test_what_is_written_before_the_first_look_is_delivered_too(world, tmp_path, monkeypatch):
    gate, deliver, route = threading.Event(), Sync.deliver, Route()

    def late(sync, name, **options):
        assert gate.wait(SECONDS)
        return deliver(sync, name, **options)

    monkeypatch.setattr(Sync, "deliver", late)
    with served(world, tmp_path, {"hook": route}, only_newest=False) as memory:
        commits = [memory.notes.update(f"context/{name}.md", "a\n").commit for name in "abc"]
        gate.set()
        while route.done.clear() or len(route.heads) < len(commits):
            assert route.done.wait(SECONDS)
    assert route.heads == commits


def test_another_process_that_lets_a_target_begin_is_waited_for(world, tmp_path, monkeypatch):
    begin, busy = Sync.begin, [RepositoryBusy("held")] * 3

    def held(sync, name):
        if busy:
            raise busy.pop()
        return begin(sync, name)

    monkeypatch.setattr(Sync, "begin", held)
    monkeypatch.setattr(sync_worker, "_BUSY_SECONDS", 0.001)
    with served(world, tmp_path, {"hook": Route()}, only_newest=False) as memory:
        assert busy == []
        assert memory.sync.status()[0].backlog == 0


def test_a_target_that_cannot_begin_ends_no_server(world, tmp_path, caplog):
    (tmp_path / "file").write_text("")
    hooks = {"hook": Route()}
    with (
        caplog.at_level(logging.WARNING),
        served(world, tmp_path / "file", hooks, only_newest=False) as memory,
    ):
        memory.notes.update("context/a.md", "a\n")
    assert "Not a directory" in caplog.text


def test_a_memory_without_targets_has_no_threads(world):
    before = threading.active_count()
    with syncing(world.memory):
        assert threading.active_count() == before


def test_a_store_that_names_a_time_is_not_asked_before(world):
    def rest(seconds):
        return sync_worker._rest_after(RateLimited("GitHub", seconds, world.clock()))

    assert rest(100.0) == 100.0
    assert rest(1.0) == sync_worker._rest_after(Unavailable("down")) == 30.0
    assert rest(1e9) == 24 * 3600.0
