"""Telling clients that the memory has changed, whoever changed it.

The watcher looks at the branch twice a second. That finds commits by other processes, by git and by
merges alike, on every platform and file system, and costs one read from a git process that is
running anyway. It looks at a remote store every half minute, after each write made here, and when
another server of the same memory has news.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import anyio
import anyio.to_thread
from mcp.server.session import ServerSession
from mcp.server.subscriptions import ResourcesListChanged, ResourceUpdated, SubscriptionBus

from pack.connector import Capability
from pack.errors import PackError
from pack.memory import Memory
from pack.model import CommitId
from pack.results import Changes

POLL_SECONDS: Final = 0.5
FAR_POLL_SECONDS: Final = 30.0
SEND_SECONDS: Final = 5.0
_MOST_SUBSCRIBERS: Final = 1024
_MOST_URIS: Final = 1024

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Subscriber:
    """A client of the 2025 protocols: its session, and what it subscribed to."""

    session: ServerSession
    uris: set[str] = field(default_factory=set)

    async def send(self, uris: Sequence[str], *, listing_changed: bool) -> bool:
        """Send what it subscribed to; return whether it took everything in time.

        The SDK silently sends nothing to a client that is gone.
        """
        with anyio.move_on_after(SEND_SECONDS):
            for uri in uris:
                if uri in self.uris:
                    await self.session.send_resource_updated(uri)
            if listing_changed:
                await self.session.send_resource_list_changed()
            return True
        return False


class Subscribers:
    """The connected clients of the 2025 protocols; newer clients listen to the bus."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, _Subscriber] = OrderedDict()

    def welcome(self, client: str, session: ServerSession) -> None:
        """From now on, tell a client when the list of resources changes."""
        subscriber = self._found.setdefault(client, _Subscriber(session))
        subscriber.session = session
        self._found.move_to_end(client)
        while len(self._found) > _MOST_SUBSCRIBERS:
            self._found.popitem(last=False)

    def add(self, client: str, session: ServerSession, uri: str) -> None:
        """From now on, tell a client when a resource changes."""
        self.welcome(client, session)
        uris = self._found[client].uris
        if len(uris) < _MOST_URIS:
            uris.add(uri)

    def remove(self, client: str, uri: str) -> None:
        """Stop telling a client about a resource."""
        subscriber = self._found.get(client)
        if subscriber is not None:
            subscriber.uris.discard(uri)

    async def notify(self, uris: Sequence[str], *, listing_changed: bool) -> None:
        """Tell each client what it subscribed to. A client that does not read delays no other."""
        async with anyio.create_task_group() as tasks:
            for client, subscriber in list(self._found.items()):
                tasks.start_soon(self._notify_one, client, subscriber, uris, listing_changed)

    async def _notify_one(
        self, client: str, subscriber: _Subscriber, uris: Sequence[str], listing_changed: bool
    ) -> None:
        if not await subscriber.send(uris, listing_changed=listing_changed):
            logger.info("a client does not read its notifications; no more are sent to it")
            if self._found.get(client) is subscriber:
                del self._found[client]


async def _always(_: str) -> bool:
    """Claim everything: there is no other server."""
    return True


class ChangeWatcher:
    """Publishes what commits change in a memory.

    Args:
        memory: The memory.
        bus: Where changes are published.
        subscribers: Clients that do not listen to the bus.
        uri_of: Returns the resource of a file.
        claim: Says whether this server may publish the commits up to a given one: true unless
            another server on the bus already has.
    """

    def __init__(
        self,
        memory: Memory,
        bus: SubscriptionBus,
        subscribers: Subscribers,
        uri_of: Callable[[str], str],
        claim: Callable[[str], Awaitable[bool]] = _always,
    ) -> None:
        self._memory = memory
        self._bus = bus
        self._subscribers = subscribers
        self._uri_of = uri_of
        self._claim = claim
        self._wake = anyio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn = anyio.Lock()
        self._seen: CommitId | None = None
        self._started = False
        self._failing = False

    async def start(self) -> None:
        """Record the current commit; everything committed later is published."""
        self._loop = asyncio.get_running_loop()
        if not self._started:
            await self._look()

    async def run(self) -> None:
        """Watch until cancelled. If the store cannot be read, try again.

        For some transports the SDK starts one for each connection: one watches, the others wait
        their turn.
        """
        async with self._turn:
            while True:
                await self._look()
                with anyio.move_on_after(POLL_SECONDS if self.is_near else FAR_POLL_SECONDS):
                    await self._wake.wait()
                self._wake = anyio.Event()

    @property
    def is_near(self) -> bool:
        """Whether looking costs next to nothing."""
        return Capability.WORKING_TREE in self._memory.connector.capabilities

    def poke(self) -> None:
        """Look soon at a remote store. Returns at once; may be called from any thread."""
        if self._loop is not None and not self.is_near:
            with suppress(RuntimeError):  # the loop is closed, so nobody is left to tell
                self._loop.call_soon_threadsafe(self._wake_up)

    def _wake_up(self) -> None:
        self._wake.set()

    async def _look(self) -> None:
        first, since = not self._started, self._seen
        try:
            changes = await anyio.to_thread.run_sync(self._memory.history.changes_since, since)
        except PackError as error:
            if not self._failing:
                logger.warning("changes cannot be watched: %s", error)
            self._failing = True
            return
        self._failing = False
        if not first and changes.head != since:
            await self._publish(changes)
        # Only now: if publishing is cancelled, the next watcher publishes the rest.
        if not (first and self._started):
            self._seen, self._started = changes.head, True

    async def _publish(self, changes: Changes) -> None:
        uris = [self._uri_of(path) for path in (*changes.changed, *changes.gone)]
        # The list shows titles and the most recent files, so any change may alter it.
        listing_changed = changes.listing_changed or bool(uris)
        if await self._claim(changes.head or ""):
            for uri in uris:
                await self._bus.publish(ResourceUpdated(uri=uri))
            if listing_changed:
                await self._bus.publish(ResourcesListChanged())
        await self._subscribers.notify(uris, listing_changed=listing_changed)
