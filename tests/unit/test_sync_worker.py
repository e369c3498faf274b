"""Targets in the background: none delays another or a write, and the end does not wait."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager

import pytest
from pack_connectors.sync_files import SyncFiles
from pack_servers import sync_worker
from pack_servers.sync_worker import syncing

from pack.errors import AuthFailed, Unavailable
from pack.memory import Memory
from pack.sync import Sync
from pack.sync_results import Standing
from pack.sync_routes import Destination, TargetFailed
from pack.targets import Delivered
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
def served(world, folder, routes, tell=sync_worker.log):
    states = SyncFiles(folder)
    destinations = [
        Destination(name, name, "", only_newest=True, open=lambda route=route: route)
        for name, route in routes.items()
    ]
    sync = Sync(world.connector, destinations, states, world.clock, lambda: 1.0)
    memory = Memory(
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
        written = memory.update("context/a.md", "a\n")
        assert routes["good"].done.wait(SECONDS)
        assert routes["good"].heads[-1] == written.commit
    assert routes["slow"].closed.is_set()
    assert memory.sync.is_due("slow")  # being cut off was no failure


def test_what_a_person_should_know_is_logged_once(world, tmp_path, caplog):
    told = threading.Event()

    def tell(outcome):
        sync_worker.log(outcome)
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


def test_a_mistake_of_a_target_ends_it_alone_and_quotes_nothing(world, tmp_path, caplog):
    class Mistaken(Route):
        def deliver(self, delivery, progress):
            raise KeyError("canary")

    routes = {"one": Mistaken(), "two": Route()}
    with caplog.at_level(logging.WARNING), served(world, tmp_path, routes) as memory:
        assert routes["two"].done.wait(SECONDS)
        routes["two"].done.clear()
        memory.update("context/a.md", "a\n")
        assert routes["two"].done.wait(SECONDS)
        for thread in threading.enumerate():
            if thread.name == "pack-sync-one":
                thread.join(SECONDS)
    assert "one: a mistake of PACK's own ended its copies: builtins.KeyError" in caplog.text
    assert "canary" not in caplog.text


def test_a_memory_without_targets_has_no_threads(world):
    before = threading.active_count()
    with syncing(world.memory):
        assert threading.active_count() == before
