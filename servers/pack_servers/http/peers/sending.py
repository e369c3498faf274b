"""Long answers: what they need is held until they are sent, and nobody reads them too slowly."""

from __future__ import annotations

import asyncio
import logging
from contextlib import ExitStack

from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from pack_servers.http.peers.bodies import SECONDS, SLOWEST

logger = logging.getLogger(__name__)


class _Held(Response):
    """An answer that lets go of what it needs once it was sent, or nobody wants it any more."""

    held: ExitStack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self.held:
            try:
                await super().__call__(scope, receive, _Paced(send))
            except TimeoutError:
                logger.info("a peer reads its answer too slowly, and gets no more of it")


class HeldFile(_Held, FileResponse):
    """A file as an answer."""


class HeldStream(_Held, StreamingResponse):
    """Blocks as an answer."""


class _Paced:
    """A `send` that is not slower than any network is, seen over the whole answer."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._begun = asyncio.get_running_loop().time()
        self._size = 0

    async def __call__(self, message: Message) -> None:
        async with asyncio.timeout_at(self._begun + SECONDS + self._size / SLOWEST):
            await self._send(message)
        self._size += len(message.get("body", b""))
