"""The endpoints of the mesh, `/sync/v1`, for other peers of the group.

They have credentials of their own: a peer's token, which a handshake gives, and never that of MCP.
What a peer may do is decided in `pack.mesh`; bodies are read here, in pieces and within limits.
"""

from __future__ import annotations

import asyncio
import json
import logging
import zlib
from base64 import b64decode
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Final, TypeVar
from urllib.parse import parse_qs

import anyio
from anyio.to_thread import run_sync
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from pack._version import __version__
from pack.errors import (
    AdmissionPending,
    ConnectorError,
    InvalidContent,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    PackError,
    RefusedForSafety,
)
from pack.log import CommitFacts, LogQuery
from pack.memory import Memory
from pack.merge.heads import MERGE_VERSION
from pack.mesh.bundles import LARGEST as LARGEST_BUNDLE
from pack.mesh.meeting import BUNDLE_TYPE, LARGEST, Heard, heard_fields, parse_heard
from pack.mesh.members.keys import PeerId
from pack.mesh.mesh import Mesh
from pack.mesh.views import TakenIn
from pack.model import CommitId
from pack.times import format_time
from pack_servers.config.settings import Settings
from pack_servers.http.access import MESH_PREFIX
from pack_servers.mcp.wording import worded
from pack_servers.wiring.clock import clock
from pack_servers.wiring.mesh import bundle_file, safe_networks, upload_pack

_T = TypeVar("_T")
logger = logging.getLogger(__name__)
PAGE: Final = 500
MOST_EVENTS: Final = 1000
_SECONDS: Final = 60.0
_SLOWEST: Final = 16 * 1024
"""Bytes a second."""
_AT_ONCE: Final = 4
_MOST_HAVE: Final = 5000
_GIT_BODY: Final = 8 * 1024 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS
_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="PACK", charset="UTF-8"'}
_STATUS: Final[Mapping[type[PackError], int]] = {
    AdmissionPending: 202,
    NotFound: 404,
    LimitExceeded: 413,
    InvalidContent: 400,
    InvalidRequest: 400,
    RefusedForSafety: 403,
    ConnectorError: 503,
    PackError: 409,
}


@dataclass(frozen=True, slots=True)
class MeshServing:
    """What the endpoints answer from.

    Attributes:
        mesh: The memory as a peer.
        make_file: A file for a bundle, gone afterwards.
        is_safe: Whether tokens may come from an address without TLS.
        commits: The commits of a head, the oldest first.
        git_refs: Git's answer to `info/refs`, by the protocol asked for.
        git_answer: Git's answer to a request.
        on_news: Called when something new came.
        largest_bundle: The most bytes that a peer may push at once.
    """

    mesh: Mesh
    make_file: Callable[[], AbstractContextManager[str]]
    is_safe: Callable[[str], bool]
    commits: Callable[[CommitId], Sequence[CommitFacts]]
    git_refs: Callable[[str], bytes]
    git_answer: Callable[[bytes, str], Iterator[bytes]]
    on_news: Callable[[], object]
    largest_bundle: int = LARGEST_BUNDLE


def serving_of(
    settings: Settings, memory: Memory, mesh: Mesh, on_news: Callable[[], object]
) -> MeshServing:
    """What the endpoints answer from, for a memory in a folder.

    Raises:
        InvalidConfig: A setting cannot be used, or the memory is not in a folder.
    """
    git, networks = upload_pack(memory), safe_networks(settings)

    @lru_cache(maxsize=2)
    def commits(head: CommitId) -> Sequence[CommitFacts]:
        return list(memory.connector.log(LogQuery(head, with_files=True)))[::-1]

    return MeshServing(mesh, bundle_file, networks.holds, commits, git.refs, git.answer, on_news)


class _Refused(Exception):
    """A request that is not served."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.answer = JSONResponse({"code": code, "message": message}, status, headers)


class MeshEndpoints:
    """The ASGI application of the endpoints."""

    def __init__(self, serving: MeshServing) -> None:
        self._serving = serving
        self._mesh = serving.mesh
        self._limiter = anyio.CapacityLimiter(_AT_ONCE)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        request = Request(scope, receive)
        try:
            answer = await self._answer(request)
        except ClientDisconnect:
            return
        except _Refused as refused:
            answer = refused.answer
        except PackError as error:
            kind = next(kind for kind in type(error).__mro__ if kind in _STATUS)
            words = {"message": worded(str(error)), "remedy": worded(error.remedy)}
            fields = {"code": error.code, **words}
            if isinstance(error, AdmissionPending):
                fields["peer_id"] = error.peer
            answer = JSONResponse(fields, _STATUS[kind])
        await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        self._refuse_unsafe(request)
        path = request.url.path.removeprefix(MESH_PREFIX)
        if (request.method, path) == ("POST", "/handshake"):
            return await self._handshake(request)
        caller = await self._run(self._mesh.book.caller, _token(request))
        if (request.method, path) == ("POST", "/heartbeat"):
            return await self._heartbeat(request, caller)
        if (request.method, path) == ("POST", "/token"):
            token = await self._run(self._mesh.book.new_token, caller)
            return JSONResponse({"sync_token": token})
        return await self._of_group(request, caller, path)

    async def _of_group(self, request: Request, caller: PeerId, path: str) -> Response:
        group, _, rest = path.removeprefix("/groups/").partition("/")
        membership = await self._run(self._mesh.roster.membership)
        if not path.startswith("/groups/") or group != membership.group:
            raise _Refused(404, "not_found", "there is nothing at this path")
        serve = self._routes().get((request.method, rest))
        if serve is None:
            raise _Refused(404, "not_found", "there is nothing at this path")
        return await serve(request, caller)

    def _routes(
        self,
    ) -> Mapping[tuple[str, str], Callable[[Request, PeerId], Awaitable[Response]]]:
        return {
            ("GET", "events"): self._events,
            ("POST", "events"): self._push,
            ("POST", "bundle"): self._bundle,
            ("GET", "status"): self._status,
            ("POST", "leave"): self._leave,
            ("GET", "git/info/refs"): self._git_refs,
            ("POST", "git/git-upload-pack"): self._git_answer,
        }

    def _refuse_unsafe(self, request: Request) -> None:
        host = request.client.host if request.client else ""
        if request.url.scheme != "https" and not self._serving.is_safe(host):
            raise _Refused(403, "insecure", "tokens are not accepted over plain HTTP from there")

    async def _run(self, call: Callable[..., _T], *args: object) -> _T:
        return await run_sync(partial(call, *args), limiter=self._limiter)

    # --- meeting -------------------------------------------------------------------------------

    async def _handshake(self, request: Request) -> Response:
        body = await _body(request, LARGEST)
        answer = await self._run(self._mesh.admission.welcome, body)
        self._serving.on_news()
        return Response(answer, media_type="application/json")

    async def _heartbeat(self, request: Request, caller: PeerId) -> Response:
        body = await _body(request, LARGEST)
        theirs = parse_heard(body.decode("utf-8", "replace"))
        fields = await self._run(self._heard, caller, theirs)
        return JSONResponse(fields)

    def _heard(self, caller: PeerId, theirs: Heard) -> dict[str, object]:
        if theirs.peer != caller:
            raise RefusedForSafety("the token is another peer's", "Shake hands again.")
        mine = self._mesh.outbox.heard()
        self._mesh.book.note_heartbeat(caller, theirs)
        if self._mesh.outbox.lacks(theirs):
            self._serving.on_news()
        return {**heard_fields(mine), "seq_by_hive": {mine.group: mine.height}}

    # --- exchanging ----------------------------------------------------------------------------

    async def _push(self, request: Request, caller: PeerId) -> Response:
        with self._serving.make_file() as file:
            await _save(request, file, self._serving.largest_bundle)
            taken = await self._run(self._mesh.inbox.take, file)
        self._serving.on_news()
        standpoint = await self._run(self._mesh.outbox.standpoint)
        del caller
        return JSONResponse(_pushed(taken, standpoint.height))

    async def _bundle(self, request: Request, caller: PeerId) -> Response:
        del caller
        body = await _body(request, LARGEST)
        have = _have(body)
        opened = self._serving.make_file()
        file = opened.__enter__()
        try:
            is_written = await self._run(self._written, file, have)
        except BaseException:
            opened.__exit__(None, None, None)
            raise
        if not is_written:
            opened.__exit__(None, None, None)
            return Response(status_code=204)
        return _FileOnce(file, opened)

    def _written(self, file: str, have: Sequence[CommitId]) -> bool:
        self._mesh.outbox.heard()  # announces what is new, if it may be
        return self._mesh.outbox.export(file, have, only_said=True)

    async def _events(self, request: Request, caller: PeerId) -> Response:
        del caller
        since, limit = _paging(request)
        return JSONResponse(await self._run(self._page, since, limit))

    def _page(self, since: str, limit: int) -> dict[str, object]:
        head = self._mesh.outbox.heard().head
        commits = self._serving.commits(head) if head else ()
        start = _start(commits, since)
        shown = commits[start : start + limit]
        events = [_event(start + n, one) for n, one in enumerate(shown, 1)]
        end = start + len(shown)
        return {"events": events, "next_seq": end, "has_more": end < len(commits)}

    async def _status(self, request: Request, caller: PeerId) -> Response:
        del request, caller
        return JSONResponse(await self._run(self._health))

    def _health(self) -> dict[str, object]:
        at = self._mesh.outbox.standpoint()
        peers = [
            {
                "id": one.peer,
                "name": one.name,
                "status": one.record.status,
                "last_sync": one.record.last_sync_at or None,
                "lag": one.lag,
            }
            for one in self._mesh.overview.peers()
        ]
        return {
            "peers": peers,
            "local_seq": at.height,
            "head": at.head,
            "at": format_time(clock()),
            "version": __version__,
            "merge_version": MERGE_VERSION,
        }

    async def _leave(self, request: Request, caller: PeerId) -> Response:
        del request
        pause = partial(self._mesh.book.remember, caller, accepts="", token="")
        await self._run(pause)
        return JSONResponse({"ok": True})

    # --- git -----------------------------------------------------------------------------------

    async def _git_refs(self, request: Request, caller: PeerId) -> Response:
        del caller
        if request.query_params.get("service") != "git-upload-pack":
            raise _Refused(403, "read_only", "only git-upload-pack is served")
        await self._run(self._mesh.outbox.announce)  # what must not be said is not cloned, either
        content = await self._run(self._serving.git_refs, request.headers.get("git-protocol", ""))
        return Response(content, media_type="application/x-git-upload-pack-advertisement")

    async def _git_answer(self, request: Request, caller: PeerId) -> Response:
        del caller
        await self._run(self._mesh.outbox.announce)
        body = _unpacked(await _body(request, _GIT_BODY), request)
        blocks = self._serving.git_answer(body, request.headers.get("git-protocol", ""))
        first = await self._run(next, blocks, b"")  # a request that git refuses has no other
        whole = chain([first], _until_failure(blocks))
        return StreamingResponse(whole, media_type="application/x-git-upload-pack-result")


class _FileOnce(FileResponse):
    """A bundle that is gone once it was sent, or nobody wants it any more."""

    def __init__(self, file: str, opened: AbstractContextManager[str]) -> None:
        super().__init__(file, media_type=BUNDLE_TYPE)
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._opened.__exit__(None, None, None)


# --- reading -----------------------------------------------------------------------------------


def _token(request: Request) -> str:
    """The token that a request shows: a bearer token, or what `git clone` asks its user for."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    token = given.strip() if scheme.lower() == "bearer" else ""
    if scheme.lower() == "basic":
        with suppress(ValueError):
            token = b64decode(given).decode("latin-1").partition(":")[2]
    if not token:
        raise _Refused(401, "unauthorized", "a token of a peer is needed", _CHALLENGE)
    return token


async def _body(request: Request, most: int) -> bytes:
    return b"".join([block async for block in _blocks(request, most)])


def _unpacked(body: bytes, request: Request) -> bytes:
    """A body as it was before git compressed it, which it does with long ones."""
    if request.headers.get("content-encoding") not in ("gzip", "x-gzip"):
        return body
    unpacking = zlib.decompressobj(wbits=_GZIP)
    try:
        content = unpacking.decompress(body, _GIT_BODY)
    except zlib.error as error:
        raise InvalidContent("the body is not what its encoding says") from error
    if not unpacking.eof:
        raise _Refused(413, "body_too_large", "the request body is too large, or cut off")
    return content


async def _save(request: Request, file: str, most: int) -> None:
    with Path(file).open("wb") as opened:
        async for block in _blocks(request, most):
            await run_sync(opened.write, block)


async def _blocks(request: Request, most: int) -> AsyncIterator[bytes]:
    """The body as it comes, within its limit and not slower than any network is."""
    too_large = _Refused(413, "body_too_large", "the request body is too large")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most:
        raise too_large
    stream, size = request.stream().__aiter__(), 0
    begun = asyncio.get_running_loop().time()
    while True:
        try:
            async with asyncio.timeout_at(begun + _SECONDS + size / _SLOWEST):
                block = await anext(stream)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise _Refused(408, "request_timeout", "the request did not arrive in time") from error
        size += len(block)
        if size > most:
            raise too_large
        yield block


def _until_failure(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks of an answer that has begun; git at the other end sees that the rest is missing."""
    try:
        yield from blocks
    except PackError as error:
        logger.info("git upload-pack: %s", error)


def _have(body: bytes) -> list[CommitId]:
    try:
        have = json.loads(body)["have"]
        is_known = isinstance(have, list) and all(isinstance(one, str) for one in have)
    except (ValueError, TypeError, KeyError, RecursionError):
        is_known = False
    if not is_known or len(have) > _MOST_HAVE or not all(map(_is_id, have)):
        raise InvalidRequest("the body is not a list of the commits that the caller has")
    return [CommitId(one) for one in have]


def _is_id(text: str) -> bool:
    return len(text) == 40 and all(c in "0123456789abcdef" for c in text)


def _paging(request: Request) -> tuple[str, int]:
    query = parse_qs(request.url.query)
    since = query.get("since", ["0"])[-1]
    text = query.get("limit", [str(PAGE)])[-1]
    if not (text.isascii() and text.isdecimal() and 0 < len(text) < 7):
        raise InvalidRequest("limit must be a whole number")
    return since, max(1, min(int(text), MOST_EVENTS))


def _start(commits: Sequence[CommitFacts], since: str) -> int:
    """How many of the commits the caller has."""
    if since.isascii() and since.isdecimal() and len(since) < 10:
        return min(int(since), len(commits))
    for number, one in enumerate(commits, 1):
        if one.id == since:
            return number
    raise NotFound("the commit to go on after", "Begin with since=0.")


# --- answers -----------------------------------------------------------------------------------


def _event(seq: int, commit: CommitFacts) -> dict[str, object]:
    origin = commit.trailers.get("Pack-Origin")
    level = commit.trailers.get("Pack-Truth-Level", "")
    return {
        "seq": seq,
        "id": commit.id,
        "parents": list(commit.parents),
        "at": format_time(commit.at),
        "origin": origin,
        "level": int(level) if level in tuple("12345") else None,
        "subject": commit.message.partition("\n")[0][:200],
        "paths": [change.path for change in commit.files or ()],
    }


def _pushed(taken: TakenIn, height: int) -> dict[str, object]:
    return {
        "received_seq": height,
        "received_head": taken.head,
        "quarantined": [
            {"peer_id": one.peer, "commit": one.commit, "reason": one.reason}
            for one in taken.quarantined
        ],
        "pending": list(taken.pending),
    }
