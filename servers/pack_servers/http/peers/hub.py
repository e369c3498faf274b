"""What a hub answers: who belongs to the group, and where each was last seen."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pack.mesh.members.keys import PeerId
from pack.mesh.resolving.listing import LARGEST, listed_fields, parse_registration
from pack_servers.http.peers.bodies import read_body
from pack_servers.http.peers.serving import MeshServing, Routes, Threads


class HubRoutes:
    """Answers peers that say where they are, and ask where others are."""

    def __init__(self, serving: MeshServing, threads: Threads) -> None:
        self._mesh = serving.mesh
        self._threads = threads

    def routes(self) -> Routes:
        """The paths below `/sync/v1`."""
        return {("POST", "peers"): self._register}

    async def _register(self, request: Request, caller: PeerId) -> Response:
        body = await read_body(request, LARGEST)
        address = parse_registration(body.decode("utf-8", "replace"))
        listed = await self._threads.run(self._mesh.hub.register, caller, address)
        return JSONResponse({"peers": list(map(listed_fields, listed))})
