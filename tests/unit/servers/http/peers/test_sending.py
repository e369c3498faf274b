"""Long answers: whatever becomes of one, what it held is released."""

import asyncio
from contextlib import ExitStack

import pytest
from pack_servers.http.peers import sending
from pack_servers.http.peers.sending import HeldFile, HeldStream

SCOPE = {"type": "http", "method": "GET", "headers": [], "extensions": {}}


class Slow:
    """A client that reads nothing more after a while."""

    def __init__(self, reads):
        self.reads, self.got = reads, []

    async def send(self, message):
        if len(self.got) >= self.reads:
            await asyncio.Event().wait()
        self.got.append(message)

    async def receive(self):
        await asyncio.Event().wait()


def answers(folder, let_go):
    file = folder / "file"
    file.write_bytes(b"x" * 300_000)
    for answer in (HeldFile(file), HeldStream(b"x" * 1000 for _ in range(9))):
        answer.held = ExitStack()
        answer.held.callback(let_go.append, 1)
        yield answer


@pytest.mark.parametrize(("reads", "is_whole"), [(99, True), (2, False)])
def test_whoever_reads_too_slowly_holds_nothing(tmp_path, monkeypatch, reads, is_whole):
    monkeypatch.setattr(sending, "SECONDS", 0.05)
    monkeypatch.setattr(sending, "SLOWEST", 10**9)
    let_go = []
    for number, answer in enumerate(answers(tmp_path, let_go), 1):
        client = Slow(reads)
        asyncio.run(answer(SCOPE, client.receive, client.send))
        assert len(let_go) == number
        assert (client.got[-1].get("more_body", True) is False) is is_whole


def test_whoever_goes_away_holds_nothing(tmp_path):
    let_go = []

    async def gone(message):
        raise OSError

    for number, answer in enumerate(answers(tmp_path, let_go), 1):
        with pytest.raises((OSError, Exception)):
            asyncio.run(answer(SCOPE, Slow(0).receive, gone))
        assert len(let_go) == number
