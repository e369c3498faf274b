"""What a client over HTTP counts as, by its token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from pack_servers.config.settings import Settings
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import open_memory

from pack.provenance import Origin, Source
from tests.stories.mcp_support import DEADLINE, call, git, http_server, make_memory, run

pytestmark = pytest.mark.contract("C12")

RULES = "context/rules.md"
OWNER, AGENT = "owner-for-tests-only", "agent-for-tests-only"


@asynccontextmanager
async def with_token(url: str, token: str) -> AsyncIterator[Client]:
    @asynccontextmanager
    async def connected() -> AsyncIterator[Any]:
        headers = {"Authorization": f"Bearer {token}"}
        async with (
            httpx2.AsyncClient(timeout=DEADLINE, headers=headers) as client,
            streamable_http_client(url, http_client=client) as streams,
        ):
            yield streams

    async with Client(connected(), mode="auto") as client:
        yield client


async def rewrite(url: str, token: str) -> dict[str, Any]:
    """What a client with a token does to the person's rules."""
    async with with_token(url, token) as client:
        read = await call(client, "memory_get", path=RULES)
        text = read["content"].replace("Never", "Always")
        return await call(client, "memory_update", path=RULES, content=text, sha=read["sha"])


def test_a_token_lowers_a_client_of_a_server_that_counts_as_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = make_memory(tmp_path / "memory")
    person = Origin(Source.USER, "cli")
    with open_memory(Settings(), LocalPlace(folder), origin=person) as memory:
        memory.notes.update(RULES, "# Rules\n\nNever send mail.\n")
    monkeypatch.setenv("PACK_CLIENT_SOURCE", "user")
    monkeypatch.setenv("PACK_HTTP_TOKEN", OWNER)
    monkeypatch.setenv("PACK_ORIGINS", f"token:{AGENT}=ai-local")
    with http_server(folder, tmp_path / "log") as server:
        held = run(lambda: rewrite(server.url, AGENT))
        assert (held["status"], held["protected"][0]["text"]) == ("proposed", "Never send mail.")
        assert "Never send mail." in (folder / RULES).read_text(encoding="utf-8")
        done = run(lambda: rewrite(server.url, OWNER))
        assert done["status"] == "written"
    assert "Always send mail." in (folder / RULES).read_text(encoding="utf-8")
    (ref,) = git(folder, "for-each-ref", "--format=%(refname)", "refs/pack/proposals").split()
    assert "Pack-Truth-Level: 3" in git(folder, "show", "-s", "--format=%B", ref)
    assert "Pack-Truth-Level: 1" in git(folder, "show", "-s", "--format=%B")
