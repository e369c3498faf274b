"""The bus between servers of one memory: what one publishes, all hear; without Redis, itself."""

import logging

import anyio
import pytest
from mcp.server.subscriptions import PromptsListChanged, ResourcesListChanged, ResourceUpdated
from pack_servers.mcp.redis import RedisBus

from pack.errors import InvalidConfig
from tests.stories.mcp_support import run
from tests.stories.redis_server import needs_redis, redis_server
from tests.support import free_port

PASSWORD = "canary-7c1d"
NOTE = ResourceUpdated(uri="memory:///context/a.md")


class Listener:
    def __init__(self, bus):
        self.heard = []
        self._news = anyio.Event()
        bus.subscribe(self._hear)

    def _hear(self, event):
        self.heard.append(event)
        self._news.set()
        self._news = anyio.Event()

    async def wait_for(self, count):
        while len(self.heard) < count:
            await self._news.wait()


async def until_hearing(*buses):
    while not all(bus._hears for bus in buses):
        await anyio.sleep(0.005)


@needs_redis
def test_what_one_publishes_all_hear_once(tmp_path):
    async def story(port):
        buses = [RedisBus(f"redis://127.0.0.1:{port}/0", "github:ada/memory") for _ in range(3)]
        stranger = RedisBus(f"redis://127.0.0.1:{port}/0", "github:bob/memory")
        listeners = [Listener(bus) for bus in (*buses, stranger)]
        async with anyio.create_task_group() as tasks:
            for bus in (*buses, stranger):
                tasks.start_soon(bus.run)
            await until_hearing(*buses, stranger)
            await buses[0].publish(NOTE)
            await buses[2].publish(ResourcesListChanged())
            for listener in listeners[:3]:
                await listener.wait_for(2)
            await stranger.publish(NOTE)
            await listeners[3].wait_for(1)
            tasks.cancel_scope.cancel()
        assert [listener.heard for listener in listeners] == [
            *[[NOTE, ResourcesListChanged()]] * 3,
            [NOTE],
        ]

    with redis_server(tmp_path / "redis") as port:
        run(lambda: story(port))


@needs_redis
def test_a_commit_is_claimed_by_one(tmp_path):
    async def story(port):
        buses = [RedisBus(f"redis://127.0.0.1:{port}/0", "github:ada/memory") for _ in range(3)]
        won = []
        async with anyio.create_task_group() as tasks:
            for bus in buses:

                async def claim(bus=bus):
                    won.append(await bus.claim("1" * 40))

                tasks.start_soon(claim)
        assert sorted(won) == [False, False, True]
        assert await buses[1].claim("2" * 40)
        for bus in buses:
            await bus._redis.aclose()

    with redis_server(tmp_path / "redis") as port:
        run(lambda: story(port))


@needs_redis
def test_what_strangers_write_into_the_channel_is_no_news(tmp_path):
    async def story(port):
        bus = RedisBus(f"redis://127.0.0.1:{port}/0", "m")
        listener = Listener(bus)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bus.run)
            await until_hearing(bus)
            for message in (
                b"\xff",
                b"[]",
                b"{}",
                b'{"updated": 1}',
                b"{" * 20_000,
                b'{"list": 1}',
            ):
                await bus._redis.publish("pack:m:news", message)
            await bus.publish(NOTE)
            await listener.wait_for(1)
            tasks.cancel_scope.cancel()
        assert listener.heard == [NOTE]

    with redis_server(tmp_path / "redis") as port:
        run(lambda: story(port))


def test_without_redis_news_stay_here_and_that_is_said_once(caplog):
    async def story():
        bus = RedisBus(f"redis://:{PASSWORD}@127.0.0.1:{free_port()}/0", "m")
        listener = Listener(bus)
        await bus.publish(NOTE)
        await bus.publish(ResourcesListChanged())
        assert await bus.claim("1" * 40)
        assert listener.heard == [NOTE, ResourcesListChanged()]
        await bus._redis.aclose()

    with caplog.at_level(logging.DEBUG):
        run(story)
    assert [record.message for record in caplog.records if record.name.startswith("pack")] == [
        "Redis cannot be used: ConnectionError; news stay in this server"
    ]
    assert PASSWORD not in caplog.text


@needs_redis
def test_a_redis_that_comes_back_is_used_again(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr("pack_servers.mcp.redis._AGAIN_SECONDS", 0.01)

    async def story(port):
        bus = RedisBus(f"redis://127.0.0.1:{port}/0", "m")
        listener = Listener(bus)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(bus.run)
            await bus.publish(NOTE)
            assert listener.heard == [NOTE]
            with redis_server(tmp_path / "redis", port):
                await until_hearing(bus)
                await bus.publish(ResourcesListChanged())
                await listener.wait_for(2)
            tasks.cancel_scope.cancel()

    run(lambda: story(free_port()))
    assert [record.message for record in caplog.records if record.name.startswith("pack")] == [
        "Redis cannot be used: ConnectionError; news stay in this server",
        "Redis answers again",
    ]


def test_what_is_no_resource_stays_here():
    async def story():
        bus = RedisBus(f"redis://127.0.0.1:{free_port()}/0", "m")
        listener = Listener(bus)
        await bus.publish(PromptsListChanged())
        assert listener.heard == [PromptsListChanged()]

    run(story)


def test_an_address_that_is_none_is_refused_without_being_shown():
    with pytest.raises(InvalidConfig) as refused:
        RedisBus(f"http://:{PASSWORD}@127.0.0.1/0", "m")
    assert PASSWORD not in f"{refused.value} {refused.value.__cause__} {refused.value.__context__}"
