"""The threads that meet other peers: whom they ask when, and that nobody holds up the others."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import cast

import pytest
from pack_servers.background import mesh as worker
from pack_servers.background.mesh import MeshNews, meeting

from pack.errors import NotFound, RepositoryBusy, Unavailable
from pack.mesh.exchange import PeerExchange
from pack.mesh.members.keys import PeerId
from pack.mesh.mesh import Mesh
from pack.mesh.state import PeerStatus
from tests.mesh_support import public_key

SECONDS = 30.0
DESK, PHONE = (public_key(name).peer for name in ("desk", "phone"))
NAMES = {DESK: "desk", PHONE: "phone"}


class Peers:
    """A memory and its peers, which answer as they are told to."""

    def __init__(self, *peers: PeerId) -> None:
        self.peers = list(peers)
        self.at: str | None = "one"
        self.asked: list[PeerId] = []
        self.looked = 0
        self.answer: Callable[[PeerId], object] = lambda _: None
        self.looks_fail: list[Exception] = []
        self.has_name = True
        self.calls: list[Callable[[PeerId, PeerStatus], object]] = []
        self._changed = threading.Condition()

    @property
    def roster(self) -> Peers:
        return self

    @property
    def book(self) -> Peers:
        return self

    @property
    def resolver(self) -> Peers:
        return self

    def on_status_change(self, call: Callable[[PeerId, PeerStatus], object]) -> None:
        self.calls.append(call)

    @property
    def outbox(self) -> Peers:
        return self

    def head(self) -> str | None:
        return self.at

    def name_of(self, peer: PeerId) -> str:
        if not self.has_name:
            raise NotFound("a group of this memory", "Begin one.")
        return NAMES[peer]

    def due(self) -> list[PeerId]:
        with self._changed:
            self.looked += 1
            self._changed.notify_all()
        if self.looks_fail:
            raise self.looks_fail.pop(0)
        return self.peers

    def meet(self, peer: PeerId) -> None:
        with self._changed:
            self.asked.append(peer)
            self._changed.notify_all()
        self.answer(peer)

    def wait(self, until: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(until, SECONDS)

    def met(self, peer: PeerId, times: int) -> None:
        self.wait(lambda: self.asked.count(peer) >= times)


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_LOOK_SECONDS", 0.001)


@pytest.fixture
def news() -> MeshNews:
    return MeshNews()


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    yield
    assert [one.name for one in threading.enumerate() if one.name == "pack-mesh"] == []


def held(peers: Peers, news: MeshNews, heartbeat: float = 3600.0) -> AbstractContextManager[None]:
    return meeting(cast(Mesh, peers), cast(PeerExchange, peers), news, heartbeat)


def test_each_peer_is_asked_at_first_and_then_when_its_heartbeat_is_due(news: MeshNews) -> None:
    peers = Peers(DESK, PHONE)
    with held(peers, news, heartbeat=0.01):
        peers.met(DESK, 3)
        peers.met(PHONE, 3)


@pytest.mark.parametrize("what", ["write", "news"])
def test_what_is_new_is_passed_on_before_the_heartbeat(news: MeshNews, what: str) -> None:
    peers = Peers(DESK)
    with held(peers, news):
        peers.met(DESK, 1)
        if what == "write":
            peers.at = "two"
        else:
            news.tell()
        peers.met(DESK, 2)


def test_between_heartbeats_nobody_is_looked_up_more_than_once_a_second(
    news: MeshNews, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_LOOK_UP_SECONDS", 3600.0)
    peers, looks = Peers(), threading.Event()
    ticks = iter(range(50))
    head = peers.head

    def tick() -> str | None:
        if next(ticks, None) is None:
            looks.set()
        return head()

    monkeypatch.setattr(peers, "head", tick)
    with held(peers, news):
        assert looks.wait(SECONDS)
    assert peers.looked == 1


def test_a_peer_that_does_not_answer_holds_up_no_other_and_makes_nobody_ask_more(
    news: MeshNews,
) -> None:
    peers, release = Peers(DESK, PHONE), threading.Event()
    peers.answer = lambda peer: release.wait(SECONDS) if peer == DESK else None
    with held(peers, news):
        peers.met(DESK, 1)
        peers.met(PHONE, 1)
        for number in range(2, 4):
            news.tell()
            peers.met(PHONE, number)
        assert peers.asked.count(DESK) == 1
        release.set()
        peers.met(DESK, 2)  # as there was news meanwhile
    assert peers.asked.count(PHONE) == 3


def test_the_server_does_not_wait_for_a_peer_that_never_answers(
    news: MeshNews, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "_LEAVING_SECONDS", 0.01)
    peers, release = Peers(DESK), threading.Event()
    peers.answer = lambda _: release.wait(SECONDS)
    with held(peers, news):
        peers.met(DESK, 1)
    assert not release.is_set()
    release.set()


@pytest.mark.parametrize("error", [Unavailable("away"), RepositoryBusy("at work")])
def test_whoever_could_not_be_asked_is_asked_again_before_the_heartbeat(
    news: MeshNews, error: Exception
) -> None:
    peers = Peers(DESK)

    def fail(_: PeerId) -> None:
        if len(peers.asked) < 3:
            raise error

    peers.answer = fail
    with held(peers, news):
        peers.met(DESK, 3)


def test_where_the_system_starts_no_thread_peers_are_asked_later(
    news: MeshNews, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    peers, failures = Peers(DESK, PHONE), [RuntimeError("can't start new thread")] * 3

    class Scarce(threading.Thread):
        def start(self) -> None:
            if failures and self.name.startswith("pack-mesh-"):
                raise failures.pop()
            super().start()

    monkeypatch.setattr(worker, "Thread", Scarce)
    monkeypatch.setattr(worker, "_LOOK_UP_SECONDS", 0.001)
    with held(peers, news):
        peers.met(DESK, 1)
        peers.met(PHONE, 1)
    assert not failures
    (told,) = [one.getMessage() for one in caplog.records if "thread" in one.getMessage()]
    assert told == "the mesh: no peer can be asked: can't start new thread"


def test_a_problem_is_told_once_and_with_the_name_of_the_peer(
    news: MeshNews, caplog: pytest.LogCaptureFixture
) -> None:
    peers = Peers(DESK)

    def fail(_: PeerId) -> None:
        raise Unavailable("away")

    peers.answer = fail
    with caplog.at_level(logging.WARNING), held(peers, news):
        peers.met(DESK, 4)
    assert [one.getMessage() for one in caplog.records] == ["the peer desk: away"]


def test_a_peer_of_a_group_that_was_left_meanwhile_breaks_nothing(news: MeshNews) -> None:
    peers = Peers(DESK)

    def fail(_: PeerId) -> None:
        peers.has_name = False
        raise NotFound("a group of this memory", "Begin one.")

    peers.answer = fail
    with held(peers, news):
        peers.met(DESK, 2)


def test_news_that_comes_while_the_group_cannot_be_read_is_not_lost(news: MeshNews) -> None:
    peers = Peers(DESK)
    peers.looks_fail = [RepositoryBusy("at work"), NotFound("a group", "")]
    with held(peers, news):
        peers.met(DESK, 1)
        peers.looks_fail = [RepositoryBusy("at work")]
        news.tell()
        peers.met(DESK, 2)


def test_a_peer_that_becomes_unreachable_is_in_the_log(
    news: MeshNews, caplog: pytest.LogCaptureFixture
) -> None:
    peers = Peers()
    with caplog.at_level(logging.INFO), held(peers, news):
        peers.calls[0](DESK, PeerStatus.UNREACHABLE)
    assert [one.getMessage() for one in caplog.records] == ["the peer desk: unreachable"]


def test_news_is_told_once(news: MeshNews) -> None:
    assert not news.take()
    news.tell()
    news.tell()
    assert (news.take(), news.take()) == (True, False)
