"""News for the clients of all servers of one memory, over Redis.

Several servers over one memory on GitHub each have clients of their own. What one of them sees
change is published on a channel of the memory, and every server tells its clients. Which server
sees a commit first is settled by a key that only one of them can set. Without Redis, for a while
or for good, each server tells its own clients what it sees itself: later, and nobody else.

Sources: Redis documentation, "Pub/Sub" (at most once, no replay) and "SET" (`NX`, `EX`).
"""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable
from typing import Final

import anyio
from mcp.server.subscriptions import (
    InMemorySubscriptionBus,
    ResourcesListChanged,
    ResourceUpdated,
    ServerEvent,
)
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from pack.errors import InvalidConfig

_CLAIM_SECONDS: Final = 24 * 3600
_TIMEOUT_SECONDS: Final = 5.0
_AGAIN_SECONDS: Final = 1.0
_LONGEST_SECONDS: Final = 30.0
_LONGEST_MESSAGE: Final = 16 * 1024

logger = logging.getLogger(__name__)


class RedisBus:
    """A `SubscriptionBus` that reaches the clients of all servers; `run` must be running.

    Args:
        url: Of the Redis server; may hold a password, which is never shown.
        memory: Names the memory; servers of the same one have the same name for it.

    Raises:
        InvalidConfig: It is no address of a Redis server.
    """

    def __init__(self, url: str, memory: str) -> None:
        try:
            self._redis = Redis.from_url(
                url,
                socket_timeout=_TIMEOUT_SECONDS,
                socket_connect_timeout=_TIMEOUT_SECONDS,
                health_check_interval=30,
                retry=Retry(
                    NoBackoff(), 1
                ),  # for a connection that was idle; more would keep callers waiting
            )
        except ValueError:  # its message may hold the address
            raise InvalidConfig("PACK_REDIS_URL", "write it as redis://HOST:PORT/0") from None
        self._channel = f"pack:{memory}:news"
        self._claims = f"pack:{memory}:seen:"
        self._here = InMemorySubscriptionBus()
        self._hears = False
        self._fails = False

    def subscribe(self, listener: Callable[[ServerEvent], None]) -> Callable[[], None]:
        """See `SubscriptionBus.subscribe`."""
        return self._here.subscribe(listener)

    async def publish(self, event: ServerEvent) -> None:
        """Tell the listeners of all servers; those of this server even without Redis."""
        message = _message(event)
        if message is not None:
            try:
                await self._redis.publish(self._channel, message)
                self._works()
                if self._hears:
                    return  # it comes back to us, as to everybody else
            except (RedisError, OSError) as error:
                self._failed(error)
        await self._here.publish(event)

    async def claim(self, what: str) -> bool:
        """Whether this server is the first to claim something; `True` where nobody can tell."""
        try:
            won = await self._redis.set(self._claims + what, 1, nx=True, ex=_CLAIM_SECONDS)
        except (RedisError, OSError) as error:
            self._failed(error)
            return True
        self._works()
        return bool(won)

    async def run(self) -> None:
        """Receive what other servers publish, until cancelled; reconnect after a loss."""
        pause = _AGAIN_SECONDS
        try:
            while True:
                try:
                    async with self._redis.pubsub() as channel:
                        await channel.subscribe(self._channel)
                        while True:
                            await self._hear(await channel.get_message(timeout=_TIMEOUT_SECONDS))
                            pause = _AGAIN_SECONDS
                except (RedisError, OSError) as error:
                    self._hears = False
                    self._failed(error)
                await anyio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - jitter
                pause = min(2 * pause, _LONGEST_SECONDS)
        finally:
            with anyio.CancelScope(shield=True), anyio.move_on_after(_TIMEOUT_SECONDS):
                await self._redis.aclose()

    async def _hear(self, message: dict[str, object] | None) -> None:
        if message is None:
            return
        if message["type"] == "subscribe":
            self._hears = True
        data = message["data"]
        event = _event(data) if isinstance(data, bytes) else None
        if event is not None:
            await self._here.publish(event)

    def _works(self) -> None:
        if self._fails:
            logger.warning("Redis answers again")
        self._fails = False

    def _failed(self, error: Exception) -> None:
        if not self._fails:  # once, and without the message, which may hold the address
            logger.warning(
                "Redis cannot be used: %s; news stay in this server", type(error).__name__
            )
        self._fails = True


def _message(event: ServerEvent) -> str | None:
    if isinstance(event, ResourceUpdated):
        return json.dumps({"updated": event.uri})
    if isinstance(event, ResourcesListChanged):
        return json.dumps({"list": True})
    return None


def _event(data: bytes) -> ServerEvent | None:
    """The event in a message; `None` if the message is not ours."""
    if len(data) > _LONGEST_MESSAGE:
        return None
    try:
        found = json.loads(data)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    if found.get("list") is True:
        return ResourcesListChanged()
    uri = found.get("updated")
    return ResourceUpdated(uri=uri) if isinstance(uri, str) else None
