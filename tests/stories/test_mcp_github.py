"""The stories of a session and of the v1 prompt, on a memory on GitHub (C5)."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.standins.faults import FaultKind
from tests.standins.github import GithubStandIn
from tests.stories.cli_driver import run as run_command
from tests.stories.mcp_support import call, run
from tests.stories.prepared import pack_command
from tests.stories.test_mcp_sessions import says_who_it_is, shows_resources_and_prompts, writes
from tests.stories.test_mcp_v1_clients import lines, remember

pytestmark = pytest.mark.contract("C5")
REPOSITORY = "ada/memory"
GENERAL = "context/general.md"


@dataclass(frozen=True)
class Far:
    """A memory on the stand-in, and where its servers keep what they know."""

    service: GithubStandIn
    folder: Path

    @property
    def settings(self) -> dict[str, str]:
        return {
            "GITHUB_TOKEN": self.service.token,
            "GITHUB_API_URL": self.service.url,
            "PACK_CACHE_DIR": str(self.folder / "cache"),
        }

    @property
    def subjects(self) -> list[str]:
        """The first lines of all commit messages, the newest first."""
        return [text.splitlines()[0] for text in self.service.messages(REPOSITORY)]

    @asynccontextmanager
    async def client(self, mode: str = "auto", **settings: str) -> AsyncIterator[Client]:
        """A client that has started a server of its own."""
        parameters = StdioServerParameters(
            command=pack_command(),
            args=["serve", "--github", REPOSITORY],
            env={**os.environ, **self.settings, **settings},
        )
        log = self.folder / "log"

        @asynccontextmanager
        async def streams() -> AsyncIterator[Any]:
            with log.open("a", encoding="utf-8") as errors:
                async with stdio_client(parameters, errlog=errors) as both:
                    yield both

        async with Client(streams(), mode=mode) as client:
            yield client

    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")


@pytest.fixture(params=["graphql", "git-data"])
def far(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Far]:
    with GithubStandIn(tmp_path / "github") as service:
        service.service.serves_graphql = request.param == "graphql"
        service.add_repository(REPOSITORY)
        made = Far(service, tmp_path)
        begun = run_command("init", "--github", REPOSITORY, cwd=tmp_path, env=made.settings)
        assert begun.status == 0, begun
        yield made


@pytest.mark.contract("C4", "C9", "C10")
def test_a_session_reads_writes_and_finds(far: Far) -> None:
    before = len(far.subjects)

    async def session() -> int:
        async with far.client() as client:
            await says_who_it_is(client)
            written = await writes(client)
            await shows_resources_and_prompts(client)
            return written

    written = run(session)
    assert len(far.subjects) - before == written
    assert far.subjects[0] == "projects/boat.md: delete"
    assert far.log() == ""


@pytest.mark.contract("C1", "C2", "C9")
def test_a_client_without_paths_loses_nothing(far: Far) -> None:
    before = far.service.files(REPOSITORY)

    async def use() -> str:
        async with far.client("legacy") as client:
            everything = (await call(client, "memory_get"))["content"]
            await remember(client, f"{everything}\n- likes tea\n")
            await remember(client, "- likes coffee\n")
            return str((await call(client, "memory_get"))["content"])

    everything = run(use)
    assert "- likes tea" in everything
    assert "- likes coffee" in everything
    after = far.service.files(REPOSITORY)
    assert lines(before[GENERAL].decode()) <= lines(after[GENERAL].decode())
    kept = before.keys() - {GENERAL, "index.md"}
    assert {path: after[path] for path in kept} == {path: before[path] for path in kept}


def test_a_wait_is_told_to_the_client_that_waits(far: Far) -> None:
    told: list[str] = []

    async def use() -> None:
        async def hear(progress: float, total: float | None, message: str | None) -> None:
            told.append(message or "")

        async with far.client(PACK_GITHUB_WAIT="10") as client:
            # Requests that only a write makes: the server itself looks for news at any time.
            for write in ("graphql/mutation", "git/update-ref"):
                after = {"retry-after": "1"}
                far.service.faults.add(FaultKind.SECONDARY_LIMIT, write, headers=after)
            note = {"path": "context/a.md", "content": "x\n"}
            await client.call_tool("memory_update", note, progress_callback=hear)

    run(use)
    assert any(text.startswith("waiting until") for text in told), told
    assert far.service.token not in far.log()
