"""Bundles in both directions."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from pack.errors import InvalidRequest, PackError
from pack.mesh.meeting import BUNDLE_TYPE, LARGEST
from pack.mesh.members.keys import PeerId
from pack.mesh.views import TakenIn
from pack.model import CommitId
from pack_servers.http.peers.bodies import read_body, save_body
from pack_servers.http.peers.limits import Places, push_rate
from pack_servers.http.peers.sending import HeldFile
from pack_servers.http.peers.serving import MeshServing, Routes, Threads

_MOST_HAVE: Final = 5000


class TransferRoutes:
    """Takes bundles in, and gives them out."""

    def __init__(self, serving: MeshServing, threads: Threads, places: Places) -> None:
        self._serving = serving
        self._mesh = serving.mesh
        self._threads = threads
        self._places = places
        self._rate = push_rate(serving.seconds)

    def group_routes(self) -> Routes:
        """The paths below a group."""
        return {("POST", "events"): self._push, ("POST", "bundle"): self._bundle}

    async def _push(self, request: Request, caller: PeerId) -> Response:
        self._rate.check(caller)
        with self._places.of(caller), self._serving.make_file() as file:
            await save_body(request, file, self._serving.largest_bundle)
            try:
                taken = await self._threads.run(self._mesh.take_from, caller, file)
            except PackError:
                self._rate.charge(caller, 1)
                raise
        self._rate.charge(caller, taken.commits)
        self._serving.on_news()
        standpoint = await self._threads.run(self._mesh.outbox.standpoint)
        return JSONResponse(_pushed(taken, standpoint.height))

    async def _bundle(self, request: Request, caller: PeerId) -> Response:
        have = _have(await read_body(request, LARGEST))
        with ExitStack() as held:
            held.enter_context(self._places.of(caller))
            file = held.enter_context(self._serving.make_file())
            if not await self._threads.run(self._written, file, have):
                return Response(status_code=204)
            answer = HeldFile(file, media_type=BUNDLE_TYPE)
            answer.held = held.pop_all()
            return answer

    def _written(self, file: str, have: Sequence[CommitId]) -> bool:
        self._mesh.outbox.speak_to(have)
        return self._mesh.outbox.export(file, have, only_said=True)


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
