"""The endpoints of the mesh: who calls, and what answers.

They have credentials of their own: a peer's token, which a handshake gives, and never that of MCP.
"""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pack.mesh.members.keys import PeerId, PublicKey
from pack_servers.http.access import MESH_PREFIX
from pack_servers.http.peers.bodies import expect_digest
from pack_servers.http.peers.events import EventRoutes
from pack_servers.http.peers.git import GitRoutes
from pack_servers.http.peers.hub import HubRoutes
from pack_servers.http.peers.kits import KitRoutes
from pack_servers.http.peers.limits import Places
from pack_servers.http.peers.meeting import MeetingRoutes
from pack_servers.http.peers.refusal import NotServed, nothing_here, respond
from pack_servers.http.peers.serving import MeshServing, Routes, Serve, Threads
from pack_servers.http.peers.signatures import SignedRequests
from pack_servers.http.peers.transfers import TransferRoutes

_CHALLENGE: Final = {"WWW-Authenticate": 'Basic realm="PACK", charset="UTF-8"'}
_GROUPS: Final = "groups/"


class MeshEndpoints:
    """The ASGI application of the endpoints."""

    def __init__(self, serving: MeshServing) -> None:
        threads, places = Threads(), Places()
        self._serving = serving
        self._mesh = serving.mesh
        self._threads = threads
        self._signed = SignedRequests(serving)
        self._meeting = MeetingRoutes(serving, threads, self._signed)
        self._routes: Routes = {
            **self._meeting.routes(),
            **HubRoutes(serving, threads).routes(),
        }
        self._group_routes: Routes = {
            **self._meeting.group_routes(),
            **EventRoutes(serving, threads).group_routes(),
            **TransferRoutes(serving, threads, places).group_routes(),
            **GitRoutes(serving, threads, places).group_routes(),
            **KitRoutes(serving, threads, places).group_routes(),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        await respond(scope, receive, send, self._answer)

    async def _answer(self, request: Request) -> Response:
        self._refuse_unsafe(request)
        path = request.url.path.removeprefix(f"{MESH_PREFIX}/")
        if (request.method, path) == ("POST", "handshake"):
            return await self._meeting.handshake(request)
        caller, endpoint = await self._threads.run(self._who, _token(request))
        is_signed = self._signed.is_needed(request, endpoint, self._mesh.roster.key)
        if is_signed:
            key = await self._threads.run(self._key_of, caller)
            self._signed.check(request, key, endpoint)
            expect_digest(request, self._signed.digest(request))
        serve = self._routes.get((request.method, path)) or await self._of_group(request, path)
        answer = await serve(request, caller)
        if is_signed:
            answer.headers.update(self._signed.challenge(caller))
        return answer

    def _who(self, token: str) -> tuple[PeerId, str]:
        """Whose token that is, and where this peer itself is reached."""
        return self._mesh.book.caller(token), self._mesh.roster.membership().endpoint

    def _key_of(self, peer: PeerId) -> PublicKey:
        return self._mesh.roster.version().group.peer(peer).key

    async def _of_group(self, request: Request, path: str) -> Serve:
        group, _, rest = path.removeprefix(_GROUPS).partition("/")
        membership = await self._threads.run(self._mesh.roster.membership)
        serve = self._group_routes.get((request.method, rest))
        if serve is None or not path.startswith(_GROUPS) or group != membership.group:
            raise nothing_here()
        return serve

    def _refuse_unsafe(self, request: Request) -> None:
        host = request.client.host if request.client else ""
        if request.url.scheme != "https" and not self._serving.is_safe(host):
            raise NotServed(403, "insecure", "tokens are not accepted over plain HTTP from there")


def _token(request: Request) -> str:
    """The token that a request shows: a bearer token, or what `git clone` asks its user for."""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    token = given.strip() if scheme.lower() == "bearer" else ""
    if scheme.lower() == "basic":
        with suppress(ValueError):
            token = b64decode(given).decode("latin-1").partition(":")[2]
    if not token:
        raise NotServed(401, "unauthorized", "a token of a peer is needed", _CHALLENGE)
    return token
