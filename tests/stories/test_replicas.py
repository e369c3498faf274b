"""Servers without a disk of their own, over one memory on GitHub, behind a load balancer."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from itertools import cycle, takewhile
from pathlib import Path

import anyio
import pytest
from mcp.shared.subscriptions import ResourceUpdated
from pack_servers.mcp.server import uri_of

from tests.standins.github import GithubStandIn
from tests.stories.cli_driver import run as run_command
from tests.stories.mcp_support import call, http_client, refused, run
from tests.stories.prepared import start
from tests.stories.redis_server import needs_redis, redis_server

REPOSITORY = "ada/memory"
NOTE = "context/žluťoučký kůň.md"


@pytest.fixture
def github(tmp_path: Path) -> Iterator[GithubStandIn]:
    with GithubStandIn(tmp_path / "github") as standin:
        standin.add_repository(REPOSITORY)
        yield standin


def environment(github: GithubStandIn, cache: Path, redis: int | None = None) -> dict[str, str]:
    found = {
        "GITHUB_TOKEN": github.token,
        "GITHUB_API_URL": github.url,
        "PACK_CACHE_DIR": str(cache),
    }
    return found | ({"PACK_REDIS_URL": f"redis://127.0.0.1:{redis}/0"} if redis else {})


@contextmanager
def replica(settings: dict[str, str], log: Path) -> Iterator[str]:
    """A server process; its URL."""
    with (
        log.open("w", encoding="utf-8") as errors,
        start(
            ["serve", "--github", REPOSITORY, "--http", "--stateless", "--port", "0"],
            stdin=subprocess.DEVNULL,
            stderr=errors,
            text=True,
            env={**os.environ, **settings},
        ) as process,
    ):
        try:
            assert process.stdout
            said = "".join(takewhile(str.strip, process.stdout))
            url = re.search(r"(?m)^serving +(\S+)$", said)
            assert url, said + log.read_text(encoding="utf-8")
            yield url[1]
        finally:
            process.kill()


@contextmanager
def replicas(
    github: GithubStandIn, folder: Path, count: int, redis: int | None = None
) -> Iterator[list[str]]:
    settings = environment(github, folder / "cache-cli")
    made = run_command("init", "--github", REPOSITORY, cwd=folder, env=settings)
    assert made.status == 0, made
    with ExitStack() as stack:
        logs = [folder / f"{number}.log" for number in range(count)]
        yield [
            stack.enter_context(replica(environment(github, folder / log.stem, redis), log))
            for log in logs
        ]
        assert [log.read_text(encoding="utf-8") for log in logs] == [""] * count


def test_any_of_them_answers_any_call(github: GithubStandIn, tmp_path: Path) -> None:
    async def story(urls: list[str]) -> None:
        async with AsyncExitStack() as stack:
            clients = [
                await stack.enter_async_context(http_client(url, mode))
                for url, mode in zip(urls, ("auto", "legacy", "auto"), strict=True)
            ]
            turn = cycle(clients)
            stored = await call(next(turn), "memory_update", path=NOTE, content="one\n")
            for number in range(6):
                read = await call(next(turn), "memory_get", path=NOTE)
                assert read["sha"] == stored["sha"]
                content = f"{read['content']}line {number}\n"
                stored = await call(
                    next(turn), "memory_update", path=NOTE, content=content, sha=read["sha"]
                )
            stale = await refused(
                next(turn), "memory_update", path=NOTE, content="mine\n", sha=read["sha"]
            )
            assert stale["sha"] == stored["sha"]
            found = await call(next(turn), "memory_search", query='"line 5"')
            assert [match["path"] for match in found["results"]] == [NOTE]

    with replicas(github, tmp_path, 3) as urls:
        run(lambda: story(urls))
    messages = github.messages(REPOSITORY)
    assert len([text for text in messages if text.startswith(NOTE)]) == 7
    assert len(messages) == 8


def test_what_all_of_them_write_at_once_is_all_there(github: GithubStandIn, tmp_path: Path) -> None:
    async def write(url: str, name: str) -> None:
        async with http_client(url, "auto") as client:
            for number in range(4):
                await call(
                    client,
                    "memory_update",
                    path=f"projects/{name}-{number}.md",
                    content=f"{name}\n",
                )

    async def story(urls: list[str]) -> None:
        async with anyio.create_task_group() as tasks:
            for name, url in zip("abc", urls, strict=True):
                tasks.start_soon(write, url, name)

    with replicas(github, tmp_path, 3) as urls:
        before = len(github.messages(REPOSITORY))
        run(lambda: story(urls))
    assert len(github.messages(REPOSITORY)) == before + 12
    files = github.files(REPOSITORY)
    assert {f"projects/{name}-{number}.md" for name in "abc" for number in range(4)} <= files.keys()
    checked = run_command(
        "validate", "--github", REPOSITORY, "--format", "json", cwd=tmp_path,
        env=environment(github, tmp_path / "fresh"),
    )  # fmt: skip
    assert (checked.status, json.loads(checked.out)["findings"]) == (0, [])


@needs_redis
def test_clients_of_all_of_them_hear_what_one_writes(github: GithubStandIn, tmp_path: Path) -> None:
    async def story(urls: list[str]) -> None:
        async with AsyncExitStack() as stack:
            clients = [await stack.enter_async_context(http_client(url, "auto")) for url in urls]
            ears = [
                aiter(
                    await stack.enter_async_context(
                        client.listen(
                            resources_list_changed=True, resource_subscriptions=[uri_of(NOTE)]
                        )
                    )
                )
                for client in clients
            ]
            for number, client in enumerate(clients):
                read = await call(clients[0], "memory_get", path=NOTE) if number else {}
                await call(
                    client, "memory_update", path=NOTE, content=f"{number}\n", sha=read.get("sha")
                )
                for ear in ears:
                    while not isinstance(await anext(ear), ResourceUpdated):
                        pass

    with (
        redis_server(tmp_path / "redis") as port,
        replicas(github, tmp_path, 3, port) as urls,
    ):
        run(lambda: story(urls))
