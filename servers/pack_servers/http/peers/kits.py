"""Kits that the person at this machine gives to other peers.

A kit that a peer may not have is answered exactly as one that does not exist, after the same work.
The name is in the body, so none stands in the log of a proxy.
"""

from __future__ import annotations

from contextlib import ExitStack
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from pack.kits.sharing.parcel import PARCEL_TYPE, parse_wanted
from pack.mesh.members.keys import PeerId
from pack_servers.http.peers.bodies import read_body
from pack_servers.http.peers.limits import Places, kit_rate
from pack_servers.http.peers.refusal import nothing_here
from pack_servers.http.peers.sending import HeldStream
from pack_servers.http.peers.serving import MeshServing, Routes, Threads

_LARGEST: Final = 4096


class KitRoutes:
    """Tells of kits, and gives them out."""

    def __init__(self, serving: MeshServing, threads: Threads, places: Places) -> None:
        self._mesh = serving.mesh
        self._giving = serving.kits
        self._threads = threads
        self._places = places
        self._rate = kit_rate(serving.seconds)

    def group_routes(self) -> Routes:
        """The paths below a group."""
        return {("GET", "kits"): self._listed, ("POST", "kit"): self._given}

    async def _listed(self, request: Request, caller: PeerId) -> Response:
        del request
        self._count(caller)
        with self._places.of(caller):  # each kit is looked at, and they may be large
            listed = await self._threads.run(self._giving.listed, caller)
        return Response(listed, media_type="application/json")

    async def _given(self, request: Request, caller: PeerId) -> Response:
        self._count(caller)
        body = await read_body(request, _LARGEST)
        membership = await self._threads.run(self._mesh.roster.membership)
        wanted = parse_wanted(body, membership.group, self._mesh.me)
        with ExitStack() as held:
            held.enter_context(self._places.of(caller))
            given = await self._threads.run(self._giving.given, caller, wanted)
            if given is None:
                raise nothing_here()
            await self._threads.run(self._mesh.book.note_fetched, caller, given.called)
            answer = HeldStream(given.blocks, media_type=PARCEL_TYPE)
            answer.held = held.pop_all()
            return answer

    def _count(self, caller: PeerId) -> None:
        self._rate.check(caller)
        self._rate.charge(caller, 1)
