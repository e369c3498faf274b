"""Clients of both generations hear of changes, whoever makes them."""

from __future__ import annotations

import asyncio
import subprocess
import threading
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Protocol

import anyio
import pytest
from mcp import types
from mcp.client import Client
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ServerEvent
from mcp.shared.exceptions import MCPDeprecationWarning
from mcp.shared.subscriptions import ResourcesListChanged, ResourceUpdated
from pack_connectors.catalog.catalog import SqliteCatalog
from pack_connectors.in_memory import InMemoryConnector
from pack_servers.config.settings import Settings
from pack_servers.mcp import notifications as mcp_changes
from pack_servers.mcp.notifications import ChangeWatcher, Subscribers
from pack_servers.mcp.server import build_server, uri_of
from pack_servers.wiring.clock import clock, new_request
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import CLI_ORIGIN, open_memory
from pack_templates import starter_files

from pack.errors import Unavailable
from pack.history.history import History
from pack.memory import Memory
from tests.stories.mcp_support import (
    DEADLINE,
    ONE_OF_EACH,
    Kind,
    call,
    commit_by_hand,
    connected,
    http_client,
    http_server,
    make_memory,
    run,
    stdio_client_for,
)
from tests.stories.prepared import pack_command

LIST = "the list"
NOTE = "context/žluťoučký kůň.md"


class Ear(Protocol):
    """What a client hears: the URI of a resource that changed, or that the list did."""

    async def receive(self) -> str: ...


async def heard(ear: Ear, *expected: str) -> None:
    """Wait until all of it was heard, in any order, with whatever else."""
    missing = set(expected)
    while missing:
        missing.discard(await ear.receive())


class _ListeningEar:
    def __init__(self, events: AsyncIterator[ServerEvent]) -> None:
        self._events = events

    async def receive(self) -> str:
        event = await anext(self._events)
        return event.uri if isinstance(event, ResourceUpdated) else LIST


@asynccontextmanager
async def ear_of(
    kind: Kind, mode: str, folder: Path, logs: Path, *paths: str
) -> AsyncIterator[tuple[Client, Ear]]:
    """A client of a server of its own that wants news of some files and of the list."""
    uris = [uri_of(path) for path in paths]
    if mode == "auto":
        async with (
            connected(kind, folder, logs, mode) as client,
            client.listen(resources_list_changed=True, resource_subscriptions=uris) as events,
        ):
            yield client, _ListeningEar(aiter(events))
        return
    news = News()
    async with connected(kind, folder, logs, mode, message_handler=news.handle) as client:
        await subscribe(client, *uris)
        yield client, news


class News:
    """What a client of the 2025 protocols hears; `handle` is its message handler."""

    def __init__(self) -> None:
        self._received: asyncio.Queue[str] = asyncio.Queue()

    async def handle(self, message: Any) -> None:
        if isinstance(message, types.ResourceUpdatedNotification):
            self._received.put_nowait(str(message.params.uri))
        elif isinstance(message, types.ResourceListChangedNotification):
            self._received.put_nowait(LIST)

    async def receive(self) -> str:
        return await self._received.get()


async def subscribe(client: Client, *uris: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MCPDeprecationWarning)
        for uri in uris:
            await client.subscribe_resource(uri)


async def unsubscribe(client: Client, uri: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MCPDeprecationWarning)
        await client.unsubscribe_resource(uri)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_memory(tmp_path / "memory")


@pytest.fixture
def memory(folder: Path) -> Iterator[Memory]:
    with open_memory(Settings(), LocalPlace(folder)) as opened:
        yield opened


@pytest.mark.parametrize(("kind", "mode"), ONE_OF_EACH)
def test_a_client_hears_of_every_kind_of_change(
    kind: Kind, mode: str, folder: Path, tmp_path: Path
) -> None:
    async def listen() -> None:
        async with ear_of(kind, mode, folder, tmp_path, NOTE, "index.md") as (client, ear):
            uri, index = uri_of(NOTE), uri_of("index.md")
            made = await call(client, "memory_update", path=NOTE, content="mine\n")
            await heard(ear, uri, index, LIST)  # a new file, of its own
            await call(client, "memory_update", path=NOTE, content="again\n", sha=made["sha"])
            await heard(ear, uri)

            await anyio.to_thread.run_sync(commit_by_hand, folder, NOTE, "by hand\n")
            await heard(ear, uri, LIST)
            await anyio.to_thread.run_sync(commit_by_hand, folder, "context/by-hand.md", "x\n")
            await heard(ear, LIST)
            await anyio.to_thread.run_sync(add_by_command, folder, "context/other.md")
            await heard(ear, index, LIST)
            await anyio.to_thread.run_sync(commit_by_hand, folder, NOTE, None)
            await heard(ear, uri, LIST)

    run(listen)


def add_by_command(folder: Path, path: str) -> None:
    """A write of another process."""
    command = [pack_command(), "update", path, "--local", str(folder)]
    subprocess.run(command, input=b"from elsewhere\n", check=True, capture_output=True)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_write_of_one_server_is_news_at_another(mode: str, folder: Path, tmp_path: Path) -> None:
    async def listen() -> None:
        async with (
            ear_of("http", mode, folder, tmp_path, NOTE) as (_, ear),
            stdio_client_for(folder, tmp_path / "other.log", mode) as other,
        ):
            await call(other, "memory_update", path=NOTE, content="from the other\n")
            await heard(ear, uri_of(NOTE), LIST)

    run(listen)


def test_clients_of_one_server_hear_only_what_they_asked_for(folder: Path, tmp_path: Path) -> None:
    first, second = uri_of("context/first.md"), uri_of("context/second.md")

    async def listen(url: str) -> None:
        news, other_news = News(), News()
        async with (
            http_client(url, "legacy", message_handler=news.handle) as client,
            http_client(url, "legacy", message_handler=other_news.handle) as other,
        ):
            await subscribe(client, first, second)
            await subscribe(other, first, second)
            await unsubscribe(other, first)
            for name in ("first", "second"):
                await call(client, "memory_update", path=f"context/{name}.md", content="x\n")
            await heard(news, first, second)
            received: list[str] = []
            while second not in received:
                received.append(await other_news.receive())
            assert first not in received

    with http_server(folder, tmp_path / "log") as server:
        run(lambda: listen(server.url))
        assert server.log.read_text(encoding="utf-8") == ""


def test_news_comes_once_however_many_clients_there_are(folder: Path, tmp_path: Path) -> None:
    async def listen(url: str) -> list[str]:
        news = [News() for _ in range(3)]
        async with (
            http_client(url, "legacy", message_handler=news[0].handle) as client,
            http_client(url, "legacy", message_handler=news[1].handle) as second,
            http_client(url, "legacy", message_handler=news[2].handle) as third,
        ):
            for each in (client, second, third):
                await subscribe(each, uri_of(NOTE), uri_of("context/last.md"))
            await call(client, "memory_update", path=NOTE, content="x\n")
            await heard(news[0], uri_of(NOTE))
            await call(client, "memory_update", path="context/last.md", content="x\n")
            received: list[str] = []
            while uri_of("context/last.md") not in received:
                received.append(await news[2].receive())
            return received

    # Over the legacy transport the SDK starts what watches once for each connection.
    with http_server(folder, tmp_path / "log", "sse") as server:
        received = run(lambda: listen(server.url))
    assert received.count(uri_of(NOTE)) == 1


def test_the_next_watches_when_the_first_to_connect_has_gone(folder: Path, tmp_path: Path) -> None:
    async def listen(url: str) -> None:
        came, leave, gone = anyio.Event(), anyio.Event(), anyio.Event()

        async def visit() -> None:
            async with http_client(url, "legacy"):
                came.set()
                await leave.wait()
            gone.set()

        news = News()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(visit)
            await came.wait()
            async with http_client(url, "legacy", message_handler=news.handle) as client:
                await subscribe(client, uri_of(NOTE))
                leave.set()
                await gone.wait()
                await anyio.to_thread.run_sync(commit_by_hand, folder, NOTE, "by hand\n")
                await heard(news, uri_of(NOTE))

    with http_server(folder, tmp_path / "log", "sse") as server:
        run(lambda: listen(server.url))


# --- the watcher by itself -------------------------------------------------------------------


class SilentSession(ServerSession):
    """The session of a client that is there and does not read."""

    def __init__(self) -> None:
        self.asked = anyio.Event()

    async def send_resource_updated(self, uri: object) -> None:
        self.asked.set()
        await anyio.sleep_forever()

    async def send_resource_list_changed(self) -> None:
        raise AssertionError("nothing more is sent to it")


class GoodSession(ServerSession):
    """The session of a client that reads."""

    def __init__(self) -> None:
        self.received: list[str] = []

    async def send_resource_updated(self, uri: object) -> None:
        self.received.append(str(uri))

    async def send_resource_list_changed(self) -> None:
        self.received.append(LIST)


def test_a_client_that_does_not_read_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_changes, "SEND_SECONDS", 0.01)
    silent, good = SilentSession(), GoodSession()

    async def notify() -> None:
        subscribers = Subscribers()
        subscribers.add("silent", silent, "a")
        subscribers.add("good", good, "a")
        await subscribers.notify(["a", "b"], listing_changed=True)
        assert silent.asked.is_set()
        silent.asked = anyio.Event()
        await subscribers.notify(["a"], listing_changed=False)
        assert not silent.asked.is_set()

    run(notify)
    assert good.received == ["a", LIST, "a"]


def test_as_many_clients_and_files_are_remembered_as_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_changes, "_MOST_SUBSCRIBERS", 2)
    monkeypatch.setattr(mcp_changes, "_MOST_URIS", 2)
    sessions = [GoodSession() for _ in range(3)]

    async def notify() -> None:
        subscribers = Subscribers()
        for number, session in enumerate(sessions):
            subscribers.add(str(number), session, "a")
        for uri in ("b", "c"):
            subscribers.add("2", sessions[2], uri)
        await subscribers.notify(["a", "b", "c"], listing_changed=False)

    run(notify)
    assert [session.received for session in sessions] == [[], ["a"], ["a", "b"]]


def test_a_store_that_fails_for_a_while_loses_no_news(
    folder: Path,
    memory: Memory,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(mcp_changes, "POLL_SECONDS", 0.001)
    broken = 3
    looked = memory.history.changes_since

    def fail_at_first(commit: Any) -> Any:
        nonlocal broken
        if commit is not None and broken:
            broken -= 1
            raise Unavailable("the disk sleeps")
        return looked(commit)

    monkeypatch.setattr(History, "changes_since", lambda _, commit: fail_at_first(commit))
    heard_events: list[ServerEvent] = []

    async def watch() -> None:
        bus = InMemorySubscriptionBus()
        done = anyio.Event()

        def hear(event: ServerEvent) -> None:
            heard_events.append(event)
            if isinstance(event, ResourcesListChanged):
                done.set()

        bus.subscribe(hear)
        watcher = ChangeWatcher(memory, bus, Subscribers(), uri_of)
        await watcher.start()
        commit_by_hand(folder, "context/new.md", "new\n")
        commit_by_hand(folder, "context/new.md", None)
        commit_by_hand(folder, "context/general.md", None)
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watcher.run)
            await done.wait()
            tasks.cancel_scope.cancel()

    run(watch)
    assert broken == 0
    assert heard_events == [
        ResourceUpdated(uri=uri_of("context/general.md")),
        ResourcesListChanged(),
    ]
    assert [record.message for record in caplog.records] == [
        "changes cannot be watched: the disk sleeps"
    ]


def test_what_is_written_right_after_the_start_is_news(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[object] = []
    look = memory.history.changes_since

    def note(commit: Any) -> Any:
        changes = look(commit)
        looked.append(changes.head)
        return changes

    monkeypatch.setattr(History, "changes_since", lambda _, commit: note(commit))

    async def start() -> None:
        server = build_server(memory)
        assert server.settings.lifespan is not None
        async with server.settings.lifespan(server):
            # No request is answered before this point.
            assert looked == [memory.connector.head()]

    run(start)


def test_one_watches_while_the_others_wait(
    folder: Path, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mcp_changes, "POLL_SECONDS", 0.0001)
    events: list[ServerEvent] = []
    looking = threading.Lock()
    met: list[str] = []
    look = memory.history.changes_since

    def look_alone(commit: Any) -> Any:
        if not looking.acquire(blocking=False):
            met.append("here")
            return look(commit)
        try:
            return look(commit)
        finally:
            looking.release()

    monkeypatch.setattr(History, "changes_since", lambda _, commit: look_alone(commit))

    async def watch() -> None:
        bus = InMemorySubscriptionBus()
        bus.subscribe(events.append)
        watcher = ChangeWatcher(memory, bus, Subscribers(), uri_of)
        await watcher.start()
        async with anyio.create_task_group() as tasks:
            for _ in range(5):
                tasks.start_soon(watcher.run)
            for number in range(5):
                path = f"context/{number}.md"
                await anyio.to_thread.run_sync(commit_by_hand, folder, path, "x\n")
                while len(events) < 2 * (number + 1):
                    await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()

    run(watch)
    assert met == []  # another one that looks at the same time
    assert len(events) == 10  # of each file and of the list


def test_nothing_is_watched_when_that_is_not_wanted(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(_: object) -> None:
        raise AssertionError("it looks")

    monkeypatch.setattr(History, "changes_since", lambda _, commit: look(commit))

    async def use() -> None:
        async with Client(build_server(memory, watch=False)) as client:
            await call(client, "memory_list")

    run(use)


def test_a_store_far_away_is_looked_at_when_there_is_news(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mcp_changes, "FAR_POLL_SECONDS", 10 * DEADLINE)
    far = Memory.over(
        InMemoryConnector(clock),
        SqliteCatalog(None),
        clock=clock,
        origin=CLI_ORIGIN,
        new_request=new_request,
    )
    far.lifecycle.init(starter_files())
    events: list[ServerEvent] = []

    async def watch() -> ChangeWatcher:
        bus = InMemorySubscriptionBus()
        heard_one = anyio.Event()
        bus.subscribe(lambda event: (events.append(event), heard_one.set()))
        watcher = ChangeWatcher(far, bus, Subscribers(), uri_of)
        await watcher.start()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watcher.run)
            await anyio.to_thread.run_sync(far.notes.update, NOTE, "x\n")
            await anyio.to_thread.run_sync(watcher.poke)
            await heard_one.wait()
            tasks.cancel_scope.cancel()
        return watcher

    watcher = run(watch)
    assert events[0] == ResourceUpdated(uri=uri_of(NOTE))
    watcher.poke()  # the loop is closed: a write that was made stays acknowledged
