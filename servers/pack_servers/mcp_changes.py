"""Telling clients that memory changed, whoever changed it.

The branch is looked at twice a second: that sees commits of other processes, of git and of
merges alike, on every platform and file system, for the price of one read from a git process that
is running anyway.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import anyio
import anyio.to_thread
from mcp.server.session import ServerSession
from mcp.server.subscriptions import ResourcesListChanged, ResourceUpdated, SubscriptionBus

from pack.errors import PackError
from pack.memory import Memory
from pack.model import CommitId
from pack.results import Changes

POLL_SECONDS: Final = 0.5
_MOST_SUBSCRIBERS: Final = 256
_MOST_URIS: Final = 1024

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Subscriber:
    """A client of the 2025 protocols: the session it last used, and what it asked for."""

    session: ServerSession
    uris: set[str] = field(default_factory=set)


class Subscribers:
    """Clients that subscribed with `resources/subscribe`; newer ones use the bus."""

    def __init__(self) -> None:
        self._found: OrderedDict[str, _Subscriber] = OrderedDict()

    def add(self, client: str, session: ServerSession, uri: str) -> None:
        """Send changes of a resource to a client from now on."""
        subscriber = self._found.setdefault(client, _Subscriber(session))
        subscriber.session = session
        if len(subscriber.uris) < _MOST_URIS:
            subscriber.uris.add(uri)
        self._found.move_to_end(client)
        while len(self._found) > _MOST_SUBSCRIBERS:
            self._found.popitem(last=False)

    def remove(self, client: str, uri: str) -> None:
        """Do not send changes of a resource any more."""
        subscriber = self._found.get(client)
        if subscriber is not None:
            subscriber.uris.discard(uri)
            if not subscriber.uris:
                del self._found[client]

    async def notify(self, uris: list[str], *, listing_changed: bool) -> None:
        """Send what each client asked for. A client that is gone is passed over by the SDK."""
        for subscriber in list(self._found.values()):
            for uri in uris:
                if uri in subscriber.uris:
                    await subscriber.session.send_resource_updated(uri)
            if listing_changed:
                await subscriber.session.send_resource_list_changed()


class ChangeWatcher:
    """Publishes what commits change in one memory."""

    def __init__(
        self,
        memory: Memory,
        bus: SubscriptionBus,
        subscribers: Subscribers,
        uri_of: Callable[[str], str],
    ) -> None:
        self._memory = memory
        self._bus = bus
        self._subscribers = subscribers
        self._uri_of = uri_of

    async def run(self) -> None:
        """Watch until cancelled. A store that cannot be read is tried again."""
        seen: CommitId | None = None
        started = False
        failing = False
        while True:
            try:
                changes = await anyio.to_thread.run_sync(self._memory.changes_since, seen)
            except PackError as error:
                if not failing:
                    logger.warning("changes cannot be watched: %s", error)
                failing = True
            else:
                failing = False
                if started and changes.head != seen:
                    await self._publish(changes)
                seen, started = changes.head, True
            await anyio.sleep(POLL_SECONDS)

    async def _publish(self, changes: Changes) -> None:
        uris = [self._uri_of(path) for path in (*changes.changed, *changes.gone)]
        for uri in uris:
            await self._bus.publish(ResourceUpdated(uri=uri))
        if changes.listing_changed:
            await self._bus.publish(ResourcesListChanged())
        await self._subscribers.notify(uris, listing_changed=changes.listing_changed)
