"""Whatever is posted is a message, or is answered as one line over standard input would be."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from pack_servers.http.messages import Messages

PING = b'{"jsonrpc":"2.0","id":1,"method":"ping"}'
WRONG: dict[bytes, tuple[int, int | None]] = {
    b"": (-32700, None),
    b"garbage": (-32700, None),
    b"\xff\xfe": (-32700, None),
    PING[:-1]: (-32700, None),
    b"[" * 100_000: (-32700, None),
    b'{"jsonrpc":"2.0","id":%s,"method":"ping"}' % (b"9" * 5_000): (-32700, None),
    b"[]": (-32600, None),
    b"[{}]": (-32600, None),
    b"[%s]" % PING: (-32600, None),
    b"{}": (-32600, None),
    b"null": (-32600, None),
    b"7": (-32600, None),
    PING.replace(b"2.0", b"1.0"): (-32600, 1),
    PING.replace(b'"ping"', b"5"): (-32600, 1),
    PING.replace(b"1", b"null"): (-32600, None),
    PING.replace(b"1", b"1.5"): (-32600, None),
    PING.replace(b"1", b"true"): (-32600, None),
    PING.replace(b"}", b',"params":[1]}'): (-32600, 1),
    b'{"jsonrpc":"2.0","id":1}': (-32600, None),
    b'{"jsonrpc":"2.0","id":1,"error":{}}': (-32600, None),
    b'{"jsonrpc":"2.0","method":5}': (-32600, None),
    b'{"jsonrpc":"2.0","method":"x","params":5}': (-32600, None),
}


class Transport:
    """A transport that keeps what reaches it."""

    def __init__(self) -> None:
        self.came: list[bytes] = []

    async def __call__(self, _scope: Any, receive: Any, _send: Any) -> None:
        self.came.append((await receive())["body"])
        assert (await receive())["type"] == "http.disconnect"


def post(body: bytes, method: str = "POST") -> tuple[list[bytes], list[Any]]:
    """What reached the transport, and what was answered without it."""
    transport, sent = Transport(), list[Any]()
    coming: list[Any] = [
        {"type": "http.request", "body": body, "more_body": False},
        {"type": "http.disconnect"},
    ]

    async def receive() -> Any:
        return coming.pop(0)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(Messages(transport)({"type": "http", "method": method}, receive, send))
    return transport.came, sent


@pytest.mark.parametrize("body", WRONG, ids=range(len(WRONG)))
def test_what_is_no_message_is_answered_in_the_words_of_its_author(body: bytes) -> None:
    came, (head, answer) = post(body)
    assert came == []
    assert head["status"] == 400
    assert (b"content-type", b"application/json") in head["headers"]
    found = json.loads(answer["body"])
    assert (found["error"]["code"], found["id"]) == WRONG[body]
    said = found["error"]["message"]
    assert len(said) < 100
    assert not any(word in said for word in ("alidation", "pydantic", "JSONRPC", "line 1"))


@pytest.mark.parametrize(
    "body",
    [
        PING,
        b'{"jsonrpc":"2.0","id":"x","result":{}}',
        b'{"jsonrpc":"2.0","method":"notifications/initialized"}',
    ],
)
def test_a_message_passes_unchanged(body: bytes) -> None:
    assert post(body) == ([body], [])


def test_half_a_character_passes_as_it_was_sent() -> None:
    (came,), _ = post(PING.replace(b"ping", rb"\ud83d\ude00 \ud83d"))
    assert json.loads(came)["method"] == "\U0001f600 \\ud83d"


def test_only_what_is_posted_is_read() -> None:
    assert post(b"", "GET") == ([b""], [])
