"""What is open for as long as there is reason for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from pack_servers.background import following as module
from pack_servers.background.following import following

from pack.errors import Unavailable

SECONDS = 30.0


class Opening:
    """Something to be opened, and a wait for what the thread does."""

    def __init__(self) -> None:
        self.why: str | None = None
        self.fails = 0
        self.open: list[str] = []
        self.looked = threading.Semaphore(0)

    def reason(self) -> str | None:
        self.looked.release()
        return self.why

    @contextmanager
    def opened(self) -> Iterator[str]:
        if self.fails:
            self.fails -= 1
            raise Unavailable("it is busy")
        made = self.why or ""
        self.open.append(made)
        yield made
        self.open.remove(made)

    def two_looks(self) -> None:
        """Go on once the thread has looked, and acted on it."""
        while self.looked.acquire(blocking=False):
            pass
        for _ in range(2):
            assert self.looked.acquire(timeout=SECONDS)


@pytest.fixture
def opening(monkeypatch: pytest.MonkeyPatch) -> Opening:
    monkeypatch.setattr(module, "_LOOK_SECONDS", 0.001)
    return Opening()


def test_it_opens_closes_and_opens_again_for_another_reason(opening: Opening) -> None:
    with following(opening.reason, opening.opened) as current:
        assert current() is None
        for why in ("home", "work", None, "home"):
            opening.why = why
            opening.two_looks()
            assert current() == why
            assert opening.open == ([why] if why else [])
    assert opening.open == []


def test_it_is_open_from_the_start_where_there_is_reason(opening: Opening) -> None:
    opening.why = "home"
    with following(opening.reason, opening.opened) as current:
        assert current() == "home"
    opening.fails = 1
    with pytest.raises(Unavailable), following(opening.reason, opening.opened):
        pytest.fail("it cannot be opened")


def test_what_cannot_be_opened_later_is_tried_again(opening: Opening) -> None:
    with following(opening.reason, opening.opened) as current:
        opening.fails, opening.why = 2, "home"
        while current() is None:
            opening.two_looks()
        assert current() == "home"
