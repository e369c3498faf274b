"""The thread that commits hand edits: that it works, what it says, and that it ends."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence

import pytest
from pack_servers.background import hand_edits as worker
from pack_servers.background.hand_edits import committing

from pack.errors import RefusedForSafety, RepositoryBusy
from pack.memory import Memory
from tests.support import World

SECONDS = 30.0


class Resting:
    """Looks that end as they are told to; then there is nothing to do any more."""

    def __init__(self, endings: Sequence[Exception | None]) -> None:
        self.endings = list(endings)
        self.is_done = threading.Event()

    @property
    def hand_edits(self) -> Resting:
        return self

    def resting(self, seconds: float) -> Resting:
        return self

    def look(self) -> None:
        if not self.endings:
            self.is_done.set()
            return
        ended = self.endings.pop(0)
        if ended is not None:
            raise ended


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "_LOOK_SECONDS", 0.001)


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "pack-hand-edits"]


def test_a_person_who_is_busy_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    busy = RefusedForSafety("a rebase is in progress")
    served = Resting([busy, None, busy, RepositoryBusy("a lock"), busy])
    with caplog.at_level(logging.WARNING), committing(served, 1):  # type: ignore[arg-type]
        assert served.is_done.wait(SECONDS)
    assert [record.getMessage() for record in caplog.records] == [
        "edits made by hand are in no commit yet: a rebase is in progress; nothing was written"
    ]
    assert workers() == []


def test_an_edit_that_rests_is_committed(git_world: World) -> None:
    memory: Memory = git_world.init()
    git_world.edit("notes/new.md", "new\n")
    with committing(memory, 1e-9):
        deadline = threading.Event()
        for _ in range(3000):
            if "notes/new.md" in git_world.files() or deadline.wait(0.01):
                break
    assert git_world.files()["notes/new.md"] == b"new\n"


def test_it_is_off_unless_a_person_wants_it(git_world: World) -> None:
    with committing(git_world.init(), 0):
        assert workers() == []
