"""Telling the clients of a server apart, and what is remembered about each."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Any, Final

from mcp.server.context import ServerRequestContext

from pack.v1.whole_memory import Base, additions

_REMEMBERED_CHARACTERS: Final = 8_000_000
_REMEMBERED_CLIENTS: Final = 1024
_LOCAL_CLIENT: Final = "local"


def client_key(ctx: ServerRequestContext[Any, Any]) -> str | None:
    """What identifies a client; `None` where nothing does (HTTP without sessions)."""
    request = ctx.request
    if request is None:
        return _LOCAL_CLIENT  # stdio: one process serves one client
    session = request.headers.get("mcp-session-id") or request.query_params.get("session_id")
    return session if isinstance(session, str) else None


class LastRead:
    """What each client without paths last read (C2). The oldest is forgotten when space runs out.

    Tools run on worker threads, so any method may be called from any thread.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._texts: OrderedDict[str, str] = OrderedDict()
        self._characters = 0

    def get(self, client: str | None) -> str | None:
        """What a client last read, if known."""
        with self._lock:
            return None if client is None else self._texts.get(client)

    def put(self, client: str | None, text: str) -> None:
        """Remember what a client has read."""
        if client is not None:
            with self._lock:
                self._put(client, text)

    def extend(self, client: str | None, text: str) -> None:
        """Remember that a client also knows a text: what it adds counts as read."""
        if client is None:
            return
        with self._lock:
            known = self._texts.get(client)
            if known is None:
                return
            added = additions(text, Base(known, was_read=True))
            if added:
                more = "".join(line for addition in added for line in addition.lines)
                self._put(client, f"{known}\n{more}")

    def _put(self, client: str, text: str) -> None:
        self._characters += len(text) - len(self._texts.pop(client, ""))
        self._texts[client] = text
        while self._characters > _REMEMBERED_CHARACTERS or len(self._texts) > _REMEMBERED_CLIENTS:
            _, dropped = self._texts.popitem(last=False)
            self._characters -= len(dropped)
