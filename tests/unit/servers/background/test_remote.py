"""The thread that exchanges: when it acts, what it says, and that it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import cast

import pytest
from pack_servers.background import remote as remote_worker
from pack_servers.background.remote import exchanging

from pack.errors import RepositoryBusy, Unavailable
from pack.memory import Memory
from pack.remote.remote import Exchange, Outcome, Stop, StopKind

SECONDS = 30.0
FINE = Exchange(Outcome.UP_TO_DATE)
STOPPED = Exchange(Outcome.STOPPED, stop=Stop(StopKind.VANISHED, "it is gone", "remedy"))


Ending = Exchange | Exception


class Served:
    """A memory whose exchanges end as they are told to; then nothing is due any more."""

    def __init__(self, **endings: Sequence[Ending]) -> None:
        self.endings = {name: list(each) for name, each in endings.items()}
        self.is_done = threading.Event()
        self.hangs = threading.Event()

    @property
    def remotes(self) -> Served:
        return self

    def due(self, interval: float) -> list[str]:
        names = [name for name, endings in self.endings.items() if endings]
        if not names:
            self.is_done.set()
        return names

    def sync(self, name: str) -> Exchange:
        if name == "hangs":
            self.hangs.wait(SECONDS)
        ended = self.endings[name].pop(0)
        if isinstance(ended, Exception):
            raise ended
        return ended


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_worker, "_LOOK_SECONDS", 0.001)


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("pack-remote")]


def said(caplog: pytest.LogCaptureFixture, **endings: Sequence[Ending]) -> list[str]:
    served = Served(**endings)
    leaving = threading.Event()
    with exchanging(cast("Memory", served), 0.001, leaving):
        assert served.is_done.wait(SECONDS)
    assert leaving.is_set()
    assert workers() == []
    return [record.getMessage() for record in caplog.records]


def test_a_problem_is_said_once_and_again_when_it_comes_back(
    caplog: pytest.LogCaptureFixture,
) -> None:
    offline, busy = Unavailable("offline"), RepositoryBusy("another process")
    endings = [offline, busy, offline, FINE, offline, STOPPED, STOPPED, FINE]
    lines = said(caplog, origin=endings)
    assert lines == ["the remote origin: offline"] * 2 + ["the remote origin: it is gone"]


def test_what_is_said_of_one_remote_does_not_hide_another(caplog: pytest.LogCaptureFixture) -> None:
    offline = Unavailable("offline")
    lines = said(caplog, one=[offline, offline], two=[offline, FINE], three=[FINE])
    assert sorted(lines) == ["the remote one: offline", "the remote two: offline"]


def test_a_remote_that_does_not_answer_holds_up_no_other() -> None:
    served = Served(hangs=[FINE], origin=[FINE] * 5)
    with exchanging(cast("Memory", served), 0.001, threading.Event()):
        end = time.monotonic() + SECONDS
        while served.endings["origin"]:
            assert time.monotonic() < end
            time.sleep(0.001)
        assert served.endings["hangs"] == [FINE]
        served.hangs.set()
        assert served.is_done.wait(SECONDS)
    assert workers() == []


def test_a_memory_without_a_remote_is_asked_again_later(caplog: pytest.LogCaptureFixture) -> None:
    assert said(caplog) == []


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
