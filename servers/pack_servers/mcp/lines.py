"""Reading what a client sends: it is a message, or it is answered with an error."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Final

import anyio
from mcp.types import (
    INVALID_REQUEST,
    PARSE_ERROR,
    JSONRPCError,
    JSONRPCMessage,
    JSONRPCNotification,
    JSONRPCRequest,
    JSONRPCResponse,
    jsonrpc_message_adapter,
)
from pydantic import ValidationError

# Answered only when the client leaves.
_ENDLESS: Final = "subscriptions/listen"

# Half of a surrogate pair: models cut characters in two, and JavaScript escapes what is left. The
# first alternatives match the complete escapes, so that the last one finds only halves.
_ESCAPE = re.compile(
    rb"\\(?:[^u]|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|u(?P<half>[dD][89a-fA-F][0-9a-fA-F]{2})|u)"
)


@dataclass(frozen=True, slots=True)
class LineRefusal:
    """The answer to what is not a message.

    Attributes:
        id: The id of the request, where it can be read.
        code: The error code of JSON-RPC.
        reason: For the author of the client.
        is_awaited: Whether it may be a request; nobody waits for an answer to anything else.
    """

    id: str | int | None
    code: int
    reason: str
    is_awaited: bool = True

    @classmethod
    def too_long(cls, limit: int) -> LineRefusal:
        """The answer to a line that is too long to read."""
        return cls(None, INVALID_REQUEST, f"a message is larger than {limit:,} bytes")

    def answer(self) -> bytes:
        """The answer as JSON."""
        error = {"code": self.code, "message": self.reason}
        return json.dumps({"jsonrpc": "2.0", "id": self.id, "error": error}).encode()

    def line(self) -> bytes:
        """The answer as a line."""
        return self.answer() + b"\n"


def parse_line(line: bytes) -> JSONRPCMessage | LineRefusal | None:
    """The message on a line; `None` where there is nothing to do."""
    if not line.strip():
        return None
    found = parse_message(whole(line))
    return None if isinstance(found, LineRefusal) and not found.is_awaited else found


def whole(content: bytes) -> bytes:
    """What was sent, with the six characters of an escape in place of half a surrogate pair.

    Text cannot hold such a half, and JSON parsers refuse it.
    """
    if b"\\ud" not in content and b"\\uD" not in content:
        return content
    return _ESCAPE.sub(lambda m: rb"\\u" + m["half"] if m["half"] else m[0], content)


def parse_message(content: bytes) -> JSONRPCMessage | LineRefusal:
    """The message that a client sent, or the answer to what is none."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return _refusal(content.decode("utf-8", "replace"), "a message is not UTF-8")
    try:
        message = jsonrpc_message_adapter.validate_json(content, by_name=False)
    except ValidationError:
        return _refusal(text, "this is not a JSON-RPC 2.0 request, notification or response")
    if isinstance(message, JSONRPCNotification) and '"id"' in text:
        # The SDK ignores an invalid id, and the client would wait for an answer.
        refusal = _refusal(text, "the id of a request must be a string or an integer")
        return refusal if refusal.is_awaited else message
    return message


def _refusal(text: str, reason: str) -> LineRefusal:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return LineRefusal(None, PARSE_ERROR, "a message is not JSON")
    if isinstance(found, list):
        return LineRefusal(
            None, INVALID_REQUEST, "batches are not supported; send one message at a time"
        )
    if not isinstance(found, dict):
        return LineRefusal(None, INVALID_REQUEST, reason)
    if "method" not in found or "id" not in found:
        return LineRefusal(None, INVALID_REQUEST, reason, is_awaited=False)
    number = found["id"]
    known = isinstance(number, str | int) and not isinstance(number, bool)
    return LineRefusal(number if known else None, INVALID_REQUEST, reason)


class Unanswered:
    """The requests that have not been answered yet."""

    def __init__(self) -> None:
        self._ids: set[str | int] = set()
        self._changed = anyio.Event()

    def came(self, message: JSONRPCMessage) -> None:
        """Record a message from the client."""
        if isinstance(message, JSONRPCRequest) and message.method != _ENDLESS:
            self._ids.add(message.id)
        elif isinstance(message, JSONRPCNotification) and message.method.endswith("/cancelled"):
            self._drop((message.params or {}).get("requestId"))

    def went(self, message: JSONRPCMessage) -> None:
        """Record a message from the server."""
        if isinstance(message, JSONRPCResponse | JSONRPCError):
            self._drop(message.id)

    async def wait_for_none(self) -> None:
        """Wait until everything is answered."""
        while self._ids:
            self._changed = anyio.Event()
            await self._changed.wait()

    def _drop(self, number: object) -> None:
        if isinstance(number, str | int):
            self._ids.discard(number)
            self._changed.set()
