"""The thread that exchanges: when it acts, what it says, and that it ends."""

from __future__ import annotations

import threading
from typing import cast

import pytest
from pack_servers.background import remote as remote_worker
from pack_servers.background.remote import exchanging

from pack.errors import RepositoryBusy, Unavailable
from pack.memory import Memory
from pack.remote.remote import Exchange, Outcome, Stop, StopKind

SECONDS = 30.0
STOPPED = Exchange(Outcome.STOPPED, stop=Stop(StopKind.VANISHED, "it is gone", "remedy"))


class Served:
    """A memory whose exchanges end as they are told to; then nothing is due any more."""

    def __init__(self, *endings: Exchange | Exception) -> None:
        self.endings = list(endings)
        self.is_done = threading.Event()

    def is_exchange_due(self, interval: float) -> bool:
        if not self.endings:
            self.is_done.set()
        return bool(self.endings)

    def sync_remote(self) -> Exchange:
        ended = self.endings.pop(0)
        if isinstance(ended, Exception):
            raise ended
        return ended


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_worker, "_LOOK_SECONDS", 0.001)


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "pack-remote"]


def said(caplog: pytest.LogCaptureFixture, *endings: Exchange | Exception) -> list[str]:
    served = Served(*endings)
    leaving = threading.Event()
    with exchanging(cast("Memory", served), 0.001, leaving):
        assert served.is_done.wait(SECONDS)
    assert leaving.is_set()
    assert workers() == []
    return [record.getMessage() for record in caplog.records]


def test_a_problem_is_said_once_and_again_when_it_comes_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    offline, fine = Unavailable("offline"), Exchange(Outcome.UP_TO_DATE)
    busy = RepositoryBusy("another process")
    lines = said(caplog, offline, busy, offline, fine, offline, STOPPED, STOPPED, fine)
    assert lines == ["the remote: offline"] * 2 + ["the remote: it is gone"]


def test_a_memory_without_a_remote_is_asked_again_later(caplog: pytest.LogCaptureFixture) -> None:
    assert said(caplog, Exchange(Outcome.NO_REMOTE), Exchange(Outcome.NO_REMOTE)) == []


@pytest.mark.parametrize(("interval", "expected"), [(0, 0), (300, 1)])
def test_an_interval_of_zero_switches_it_off(interval: float, expected: int) -> None:
    with exchanging(cast("Memory", Served()), interval, threading.Event()):
        assert len(workers()) == expected
    assert workers() == []


def test_it_ends_when_the_block_fails() -> None:
    def fail() -> None:
        with exchanging(cast("Memory", Served()), 300, threading.Event()):
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert workers() == []
