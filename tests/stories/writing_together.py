"""Clients of several servers that write to one memory at once."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

import anyio
from mcp.client import Client

from tests.stories.mcp_support import (
    assert_sound,
    call,
    commits,
    git,
    http_client,
    http_server,
    run,
    stdio_client_for,
    texts,
)

LOG = "context/log.md"
PLAN = "projects/plan.md"


def write_together(folder: Path, logs: Path, *, over_http: int, over_stdio: int, each: int) -> None:
    """Let clients write notes, append to one file and update another; lose nothing.

    Half of the clients over HTTP, which share a server, are of either generation. Those over stdio
    have a server process each.
    """
    before = commits(folder)
    with http_server(folder, logs / "http.log") as server:

        async def story() -> int:
            async with AsyncExitStack() as stack:
                clients = [
                    http_client(server.url, "legacy" if number % 2 else "auto")
                    for number in range(over_http)
                ] + [
                    stdio_client_for(folder, logs / f"stdio-{number}.log", "auto")
                    for number in range(over_stdio)
                ]
                entered = [await stack.enter_async_context(client) for client in clients]
                for path in (LOG, PLAN):
                    await call(entered[0], "memory_update", path=path, content="# Start\n")
                counts: list[int] = []
                async with anyio.create_task_group() as tasks:
                    for number, client in enumerate(entered):
                        tasks.start_soon(_write_all, client, number, each, counts)
                return sum(counts) + 2

        acknowledged = run(story)
    for log in logs.glob("*.log"):
        assert log.read_text(encoding="utf-8") == "", log
    _check(folder, over_http + over_stdio, each)
    assert commits(folder) - before == acknowledged
    assert_sound(folder)


async def _write_all(client: Client, writer: int, each: int, counts: list[int]) -> None:
    for number in range(each):
        name = f"{writer}-{number}"
        await _until_done(
            client, "memory_update", path=f"notes/{name}.md", content=f"note {name}\n"
        )
        edit = {"op": "append", "text": f"- log {name}"}
        await _until_done(client, "memory_edit", path=LOG, edits=[edit])
        await _add_to_plan(client, f"- plan {name}\n")
        counts.append(3)


async def _until_done(client: Client, tool: str, **arguments: object) -> None:
    """Call again as long as the answer says that this may help."""
    while True:
        result = await client.call_tool(tool, dict(arguments))
        if not result.is_error:
            return
        assert result.structured_content is not None, texts(result)
        assert result.structured_content["retryable"], texts(result)


async def _add_to_plan(client: Client, line: str) -> None:
    """Read, change, write; and after a conflict go on with what the answer shows."""
    state = await call(client, "memory_get", path=PLAN)
    while True:
        arguments = {"path": PLAN, "content": state["content"] + line, "sha": state["sha"]}
        result = await client.call_tool("memory_update", arguments)
        if not result.is_error:
            return
        assert result.structured_content is not None, texts(result)
        if result.structured_content["code"] == "conflict":
            state = result.structured_content
        else:
            assert result.structured_content["retryable"], texts(result)


def _check(folder: Path, writers: int, each: int) -> None:
    names = {f"{writer}-{number}" for writer in range(writers) for number in range(each)}
    for name in names:
        assert git(folder, "show", f"HEAD:notes/{name}.md").endswith(f"note {name}\n")
    for path, word in ((LOG, "log"), (PLAN, "plan")):
        lines = git(folder, "show", f"HEAD:{path}").splitlines()
        added = [line for line in lines if line.startswith("- ")]
        assert sorted(added) == sorted(f"- {word} {name}" for name in names)
