"""Git's smart HTTP, for reading only: `git clone` with a token works."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import chain
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from pack.errors import PackError
from pack.mesh.members.keys import PeerId
from pack_servers.http.peers.bodies import read_body, unpacked
from pack_servers.http.peers.limits import Places
from pack_servers.http.peers.refusal import NotServed
from pack_servers.http.peers.sending import HeldStream
from pack_servers.http.peers.serving import MeshServing, Routes, Threads

logger = logging.getLogger(__name__)
_LARGEST: Final = 8 * 1024 * 1024
_SERVICE: Final = "git-upload-pack"


class GitRoutes:
    """Answers git."""

    def __init__(self, serving: MeshServing, threads: Threads, places: Places) -> None:
        self._serving = serving
        self._mesh = serving.mesh
        self._threads = threads
        self._places = places

    def group_routes(self) -> Routes:
        """The paths below a group."""
        return {
            ("GET", "git/info/refs"): self._refs,
            ("POST", f"git/{_SERVICE}"): self._answer,
        }

    async def _refs(self, request: Request, caller: PeerId) -> Response:
        del caller
        if request.query_params.get("service") != _SERVICE:
            raise NotServed(403, "read_only", f"only {_SERVICE} is served")
        await self._threads.run(self._refuse_untold)
        protocol = request.headers.get("git-protocol", "")
        content = await self._threads.run(self._serving.git_refs, protocol)
        return Response(content, media_type=f"application/x-{_SERVICE}-advertisement")

    async def _answer(self, request: Request, caller: PeerId) -> Response:
        await self._threads.run(self._refuse_untold)
        body = unpacked(await read_body(request, _LARGEST), request, _LARGEST)
        with ExitStack() as held:
            held.enter_context(self._places.of(caller))
            blocks = self._serving.git_answer(body, request.headers.get("git-protocol", ""))
            first = await self._threads.run(next, blocks, b"")  # a refused request has no other
            whole = chain([first], _until_failure(blocks))
            answer = HeldStream(whole, media_type=f"application/x-{_SERVICE}-result")
            answer.held = held.pop_all()
            return answer

    def _refuse_untold(self) -> None:
        """Do nothing, unless what is not told, or not sent, could be cloned."""
        self._mesh.outbox.announce()
        self._mesh.outbox.refuse_part()


def _until_failure(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Blocks of an answer that has begun; git at the other end sees that the rest is missing."""
    try:
        yield from blocks
    except PackError as error:
        logger.info("git upload-pack: %s", error)
