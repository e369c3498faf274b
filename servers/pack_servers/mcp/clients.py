"""Telling the clients of a server apart, and what is remembered about each."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from sys import maxsize
from threading import Lock
from typing import Any, Final

from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context

from pack.callers import ClientOrigins, Transport
from pack.files.losses import Span
from pack.provenance import Origin, Source
from pack.results import Excerpt
from pack.v1.whole_memory import Base, additions

_REMEMBERED_CHARACTERS: Final = 8_000_000
_REMEMBERED_CLIENTS: Final = 1024
_REMEMBERED_FILES: Final = 4096
_LOCAL_CLIENT: Final = "local"


def client_key(ctx: ServerRequestContext[Any, Any]) -> str | None:
    """What identifies a client; `None` where nothing does (HTTP without sessions)."""
    request = ctx.request
    if request is None:
        return _LOCAL_CLIENT  # stdio: one process serves one client
    session = request.headers.get("mcp-session-id") or request.query_params.get("session_id")
    return session if isinstance(session, str) else None


def writer_of(ctx: Context[Any, Any], counts_as: Source | ClientOrigins) -> Origin:
    """Who writes when this client calls a tool.

    Args:
        ctx: The call.
        counts_as: What the clients of the server count as.
    """
    params = ctx.session.client_params
    name = params.client_info.name if params is not None else "unknown"
    if isinstance(counts_as, Source):
        return Origin(counts_as, name)
    request = ctx.request_context.request
    if request is None:
        return counts_as.of(name, Transport.STDIO)
    scheme, _, token = (request.headers.get("authorization") or "").partition(" ")
    sent = token.lstrip(" ") if scheme.lower() == "bearer" else None
    return counts_as.of(name, Transport.HTTP, sent)


def reader_key(ctx: ServerRequestContext[Any, Any], *, sees_all: bool) -> str | None:
    """Who is shown something: a client, or all those that nothing tells apart.

    What one of them was shown counts as shown to each, so nobody is refused who has read. That
    takes a server that sees all reads: one of several does not, and there it is `None`.

    Args:
        ctx: A request.
        sees_all: Whether this server sees all reads of its clients.
    """
    known = client_key(ctx)
    if known is not None or not sees_all or ctx.request is None:
        return known
    address = ctx.request.client.host if ctx.request.client else ""
    params = ctx.session.client_params
    name = params.client_info.name if params is not None else ""
    alike = repr((address, name, ctx.request.headers.get("authorization")))
    return f"like {hashlib.sha256(alike.encode()).hexdigest()}"


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

    def add(self, client: str | None, text: str) -> None:
        """Remember that a client has read one more part."""
        if client is not None:
            with self._lock:
                self._put(client, f"{self._texts.get(client, '')}\n{text}")

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


class PartsRead:
    """What each client was shown of a file: all of a version, or only some of its lines.

    The oldest is forgotten when space runs out. Any method may be called from any thread.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._shown: OrderedDict[tuple[str, str], tuple[str, list[Span]]] = OrderedDict()

    def put(self, client: str | None, path: str, sha: str, shown: Excerpt | None = None) -> None:
        """Remember what a client was shown of a version; `None` is all of it."""
        if client is None:
            return
        lines = _ALL[0] if shown is None else _lines_of(shown)
        with self._lock:
            known, before = self._shown.pop((client, path), (sha, []))
            spans = _merged([*before, lines]) if known == sha else [lines]
            self._shown[client, path] = (sha, spans)
            if len(self._shown) > _REMEMBERED_FILES:
                self._shown.popitem(last=False)

    def edited(self, client: str | None, path: str, sha: str) -> None:
        """Remember that a client has made a version by an edit: it knows no more than before."""
        if client is not None:
            with self._lock:
                if (client, path) in self._shown:
                    self._shown[client, path] = (sha, self._shown[client, path][1])

    def lines(self, client: str | None, path: str, sha: str) -> Sequence[Span] | None:
        """The lines of a version that a client was shown, in order; `None` for all, or if unknown.

        After an edit, they are about where they were.
        """
        if client is None:
            return None
        with self._lock:
            known, spans = self._shown.get((client, path), (sha, _ALL))
            return spans if known == sha and spans != _ALL else None


_ALL: Final = [(1, maxsize)]


def _lines_of(shown: Excerpt) -> Span:
    """The lines that were shown whole; up to the end of the file if its last line was."""
    if shown.is_cut:
        return shown.first, shown.last - 1
    return shown.first, maxsize if shown.last == shown.total else shown.last


def _merged(spans: list[Span]) -> list[Span]:
    """The spans of lines in order, those that touch as one."""
    merged: list[Span] = []
    for first, last in sorted(spans):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
