"""Telling clients that memory changed, whoever changed it.

The branch is looked at twice a second: that sees commits of other processes, of git and of
merges alike, on every platform and file system, for the price of one read from a git process that
is running anyway. A store that is far away is looked at every half a minute, after each write made
here, and when another server of the same memory has news.
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
    """A client of the 2025 protocols: a session that reaches it, and what it asked for."""

    session: ServerSession
    uris: set[str] = field(default_factory=set)

    async def send(self, uris: Sequence[str], *, listing_changed: bool) -> bool:
        """Send what it asked for; whether it took all of it in time.

        To a client that is gone the SDK sends nothing, and says nothing.
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
    """Clients of the 2025 protocols that are there; newer ones listen to the bus."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, _Subscriber] = OrderedDict()

    def welcome(self, client: str, session: ServerSession) -> None:
        """Send changes of the list of resources to a client from now on."""
        subscriber = self._found.setdefault(client, _Subscriber(session))
        subscriber.session = session
        self._found.move_to_end(client)
        while len(self._found) > _MOST_SUBSCRIBERS:
            self._found.popitem(last=False)

    def add(self, client: str, session: ServerSession, uri: str) -> None:
        """Send changes of a resource to a client from now on."""
        self.welcome(client, session)
        uris = self._found[client].uris
        if len(uris) < _MOST_URIS:
            uris.add(uri)

    def remove(self, client: str, uri: str) -> None:
        """Do not send changes of a resource any more."""
        subscriber = self._found.get(client)
        if subscriber is not None:
            subscriber.uris.discard(uri)

    async def notify(self, uris: Sequence[str], *, listing_changed: bool) -> None:
        """Send what each client asked for. One that does not read holds up none of the others."""
        async with anyio.create_task_group() as tasks:
            for client, subscriber in list(self._found.items()):
                tasks.start_soon(self._notify_one, client, subscriber, uris, listing_changed)

    async def _notify_one(
        self, client: str, subscriber: _Subscriber, uris: Sequence[str], listing_changed: bool
    ) -> None:
        if not await subscriber.send(uris, listing_changed=listing_changed):
            logger.info("a client does not read its notifications; it gets no more of them")
            if self._found.get(client) is subscriber:
                del self._found[client]


async def _always(_: str) -> bool:
    """Claim everything: there is no other server."""
    return True


class ChangeWatcher:
    """Publishes what commits change in one memory.

    Args:
        memory: The memory.
        bus: Where it is published.
        subscribers: Clients that do not listen to the bus.
        uri_of: The resource that a file is.
        claim: Says whether no other server on the same bus has published the commits up to one.
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
        """Note where the memory is now; whatever is committed after this is published."""
        self._loop = asyncio.get_running_loop()
        if not self._started:
            await self._look()

    async def run(self) -> None:
        """Watch until cancelled. A store that cannot be read is tried again.

        The SDK starts one for each connection of some transports: one watches, the others wait
        for their turn.
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
        """Look soon, where the next look is far away; from any thread, which does not wait."""
        if self._loop is not None and not self.is_near:
            with suppress(RuntimeError):  # the loop is closed: nobody is left who could be told
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
        # Only now: what a cancelled publication left out, the next to watch publishes again.
        if not (first and self._started):
            self._seen, self._started = changes.head, True

    async def _publish(self, changes: Changes) -> None:
        uris = [self._uri_of(path) for path in (*changes.changed, *changes.gone)]
        # The list has titles and the files that were changed last: any change may change it.
        listing_changed = changes.listing_changed or bool(uris)
        if await self._claim(changes.head or ""):
            for uri in uris:
                await self._bus.publish(ResourceUpdated(uri=uri))
            if listing_changed:
                await self._bus.publish(ResourcesListChanged())
        await self._subscribers.notify(uris, listing_changed=listing_changed)
