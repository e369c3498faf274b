"""Every line that a client may send is a message, is answered, or needs no answer."""

from __future__ import annotations

import json
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp.types import JSONRPCError, JSONRPCMessage, JSONRPCRequest, JSONRPCResponse
from pack_servers.mcp.lines import LineRefusal, Unanswered, parse_line, parse_message


def message(**fields: Any) -> bytes:
    return json.dumps({"jsonrpc": "2.0", **fields}).encode()


REFUSED: dict[str, tuple[bytes, int, str | int | None]] = {
    "garbage": (b"garbage", -32700, None),
    "not UTF-8": (b"\xff\xfe", -32700, None),
    "a byte order mark": (b"\xef\xbb\xbf" + message(id=1, method="ping"), -32700, None),
    "half a message": (b'{"jsonrpc":"2.0","id":3,"method":"ping"', -32700, None),
    "too deep": (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, -32700, None),
    "too deep a list": (b"[" * 100_000, -32700, None),
    "a batch": (b"[" + message(id=1, method="ping") + b"]", -32600, None),
    "an empty batch": (b"[]", -32600, None),
    "null": (b"null", -32600, None),
    "a number": (b"7", -32600, None),
    "another version": (b'{"jsonrpc":"1.0","id":1,"method":"ping"}', -32600, 1),
    "no version": (b'{"id":"x","method":"ping"}', -32600, "x"),
    "a method that is none": (message(id=1, method=5), -32600, 1),
    "parameters in a list": (message(id=1, method="ping", params=[]), -32600, 1),
    "a null id": (message(id=None, method="ping"), -32600, None),
    "a float id": (message(id=1.5, method="ping"), -32600, None),
    "a truth as id": (message(id=True, method="ping"), -32600, None),
    "a list as id": (message(id=[1], method="ping"), -32600, None),
    "an endless id": (b'{"jsonrpc":"2.0","id":1e400,"method":"ping"}', -32600, None),
    "one bad byte": (b'{"jsonrpc":"2.0","id":4,"method":"x\xff"}', -32600, 4),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_message_is_answered(case: str) -> None:
    line, code, number = REFUSED[case]
    refusal = parse_line(line)
    assert isinstance(refusal, LineRefusal)
    answer = refusal.line()
    assert answer.count(b"\n") == 1
    found = json.loads(answer)
    assert (found["jsonrpc"], found["error"]["code"]) == ("2.0", code)
    assert found["id"] == number
    assert found["error"]["message"]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b" \t\r",
        b"{}",
        b'{"jsonrpc":"2.0"}',
        b'{"jsonrpc":"2.0","method":5}',
        b'{"jsonrpc":"2.0","result":7,"id":1.5}',
        b'{"jsonrpc":"2.0","id":1,"error":{}}',
    ],
)
def test_what_nobody_waits_for_is_passed_over(line: bytes) -> None:
    assert parse_line(line) is None
    assert isinstance(parse_message(line), LineRefusal)  # over HTTP, each is answered


@pytest.mark.parametrize("number", [0, -1, 10**30, "", "x", "žluť"])
def test_ids_of_every_kind_are_kept(number: str | int) -> None:
    found = parse_line(message(id=number, method="ping"))
    assert isinstance(found, JSONRPCRequest)
    assert found.id == number


def test_a_notification_may_speak_of_an_id() -> None:
    found = parse_line(message(method="notifications/x", params={"id": None}))
    assert not isinstance(found, LineRefusal)
    assert found is not None


def asked(escaped: str) -> str:
    """A parameter of a request as it is understood, from the JSON it is sent as."""
    line = f'{{"jsonrpc":"2.0","id":1,"method":"x","params":{{"text":"{escaped}"}}}}'
    found = parse_line(line.encode())
    assert isinstance(found, JSONRPCRequest)
    assert found.params is not None
    return str(found.params["text"])


@pytest.mark.contract("C2")
@pytest.mark.parametrize(
    ("sent", "understood"),
    [
        (r"\ud83d", "\\ud83d"),
        (r"\uDC00 x", "\\uDC00 x"),
        (r"\ud83d\ud83d\ude00", "\\ud83d😀"),
        (r"\ude00\ud83d", "\\ude00\\ud83d"),
        (r"\ud83d\u0041", "\\ud83dA"),
        (r"\\ud83d", "\\ud83d"),
        (r"\\\ud83d", "\\\\ud83d"),
        (r"\ud83d\n", "\\ud83d\n"),
    ],
)
def test_half_a_character_is_kept_as_it_was_sent(sent: str, understood: str) -> None:
    assert asked(sent) == understood


@given(st.text(st.characters(codec="utf-8")))
def test_text_is_understood_as_any_parser_does(text: str) -> None:
    for line in (json.dumps(text), json.dumps(text, ensure_ascii=False)):
        assert asked(line[1:-1]) == text


@given(st.text(st.sampled_from("\ud83d\ude00\\uaAd8")))
def test_whatever_is_escaped_arrives(text: str) -> None:
    assert "\ud83d" not in asked(json.dumps(text)[1:-1])


@given(st.binary() | st.text().map(str.encode))
def test_no_line_makes_trouble(line: bytes) -> None:
    found = parse_line(line)
    if isinstance(found, LineRefusal):
        json.loads(found.line())


def parsed(**fields: Any) -> JSONRPCMessage:
    found = parse_line(message(**fields))
    assert found is not None
    assert not isinstance(found, LineRefusal)
    return found


def waits(pending: Unanswered) -> bool:
    async def wait() -> bool:
        with anyio.move_on_after(0.01) as scope:
            await pending.wait_for_none()
        return scope.cancelled_caught

    return anyio.run(wait)


def test_requests_are_pending_until_they_are_answered_or_cancelled() -> None:
    pending = Unanswered()
    for number in (1, "1", 2):
        pending.came(parsed(id=number, method="ping"))
    pending.came(parsed(id="news", method="subscriptions/listen"))
    pending.came(parsed(method="notifications/other"))
    pending.went(JSONRPCResponse(jsonrpc="2.0", id=1, result={}))
    pending.went(parsed(method="notifications/x"))
    assert waits(pending)
    refusal = JSONRPCError.model_validate(json.loads(LineRefusal("1", -1, "x").line()))
    pending.went(refusal)
    assert waits(pending)
    pending.came(parsed(method="notifications/cancelled", params={"requestId": 2}))
    assert not waits(pending)
