"""Peers that meet: handshakes, heartbeats, tokens, how the group stands, leaving."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pack._version import __version__
from pack.errors import PackError
from pack.merge.heads import MERGE_VERSION
from pack.mesh.meeting import LARGEST, Heard, heard_fields, parse_heard
from pack.mesh.members.keys import PeerId, PublicKey
from pack.times import format_time
from pack_servers.http.peers.bodies import check_digest, expect_digest, read_body
from pack_servers.http.peers.refusal import NotServed
from pack_servers.http.peers.serving import MeshServing, Routes, Threads
from pack_servers.http.peers.signatures import SignedRequests
from pack_servers.wiring.clock import clock


class MeetingRoutes:
    """Answers what peers say of themselves."""

    def __init__(self, serving: MeshServing, threads: Threads, signed: SignedRequests) -> None:
        self._serving = serving
        self._signed = signed
        self._mesh = serving.mesh
        self._threads = threads

    def routes(self) -> Routes:
        """The paths below `/sync/v1`."""
        return {("POST", "heartbeat"): self._heartbeat, ("POST", "token"): self._token}

    def group_routes(self) -> Routes:
        """The paths below a group."""
        return {("GET", "status"): self._status, ("POST", "leave"): self._leave}

    async def handshake(self, request: Request) -> Response:
        """Give a token to a member, or to whoever an invitation lets in."""
        body = await read_body(request, LARGEST)
        key, endpoint = await self._threads.run(self._asker, body)
        nonce = self._signed.check(request, key, endpoint)
        try:
            expect_digest(request, self._signed.digest(request))
            check_digest(request, body)
            answer = await self._threads.run(self._mesh.admission.welcome, body)
        except (PackError, NotServed):
            self._signed.give_back(nonce)
            raise
        self._serving.on_news()
        return Response(answer, media_type="application/json")

    def _asker(self, body: bytes) -> tuple[PublicKey, str]:
        membership = self._mesh.roster.membership()
        return self._mesh.admission.asker(body), membership.endpoint

    async def _heartbeat(self, request: Request, caller: PeerId) -> Response:
        body = await read_body(request, LARGEST)
        theirs = parse_heard(body.decode("utf-8", "replace"))
        fields = await self._threads.run(self._heard, caller, theirs)
        return JSONResponse(fields)

    def _heard(self, caller: PeerId, theirs: Heard) -> dict[str, object]:
        mine = self._mesh.hear(caller, theirs)
        if self._mesh.outbox.lacks(theirs):
            self._serving.on_news()
        return {**heard_fields(mine), "seq_by_hive": {mine.group: mine.height}}

    async def _token(self, request: Request, caller: PeerId) -> Response:
        del request
        token = await self._threads.run(self._mesh.book.new_token, caller)
        return JSONResponse({"sync_token": token})

    async def _status(self, request: Request, caller: PeerId) -> Response:
        del request, caller
        return JSONResponse(await self._threads.run(self._health))

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
        await self._threads.run(self._mesh.book.note_leaving, caller)
        return JSONResponse({"ok": True})
