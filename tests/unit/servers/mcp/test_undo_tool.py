"""The answers of memory_undo: the same in both forms, and enough to go on."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from mcp.client import Client
from mcp.types import CallToolResult, Implementation, TextContent
from pack_servers.mcp.server import build_server

from pack.provenance import Origin, Source
from tests.support import World

OWN = Origin(Source.AI_CLOUD, "mine")


@pytest.fixture
def stored() -> Iterator[World]:
    made = World(None)
    made.init()
    yield made
    made.close()


def ask(world: World, **arguments: Any) -> CallToolResult:
    async def call() -> CallToolResult:
        server = build_server(world.memory, watch=False)
        async with Client(server, client_info=Implementation(name="mine", version="1")) as client:
            return await client.call_tool("memory_undo", arguments)

    return asyncio.run(call())


def text(result: CallToolResult) -> str:
    return "\n".join(block.text for block in result.content if isinstance(block, TextContent))


def content(result: CallToolResult) -> dict[str, Any]:
    assert isinstance(result.structured_content, dict)
    return result.structured_content


def test_an_undo_says_what_it_undid_in_both_forms(stored: World) -> None:
    made = stored.memory.written_by(OWN).notes.update("a/x.md", "x\n").commit
    result = ask(stored)
    answer = content(result)
    assert json.loads(text(result)) == answer
    assert answer["undone"] == [{"commit": made, "by": answer["commit"], "files": ["a/x.md"]}]
    assert answer["commit"] == stored.connector.head()


def test_a_dry_run_has_no_commit(stored: World) -> None:
    made = stored.memory.written_by(OWN).notes.update("a/x.md", "x\n").commit
    assert content(ask(stored, dry_run=True)) == {"undone": [{"commit": made, "files": ["a/x.md"]}]}
    assert stored.connector.head() == made


def test_a_file_comes_back_with_the_sha_that_an_update_needs(stored: World) -> None:
    own = stored.memory.written_by(OWN)
    done = own.notes.update("a/x.md", "x\n")
    assert done.sha is not None
    own.notes.delete("a/x.md", done.sha)
    answer = content(ask(stored, path="a/x.md"))
    assert answer == {
        "status": "written",
        "sha": done.sha,
        "commit": stored.connector.head(),
    }


def test_a_conflict_has_both_texts_in_both_forms(stored: World) -> None:
    own = stored.memory.written_by(OWN)
    sha, commits = None, []
    for word in ("one", "two", "three"):
        done = own.notes.update("a/x.md", f"{word}\n", sha)
        sha = done.sha
        commits.append(done.commit)
    result = ask(stored, commit=commits[1])
    assert result.is_error
    answer = content(result)
    assert answer["code"] == "undo_conflict"
    (conflict,) = answer["conflicts"]
    for side, word in (("ours", "three"), ("theirs", "one")):
        assert conflict[side].endswith(f"{word}\n")
        assert conflict[side] in text(result)


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        ({}, "pack undo"),
        ({"path": "a/b c.md"}, "pack restore 'a/b c.md' --as-of "),
    ],
)
def test_what_others_wrote_is_for_the_person(
    stored: World, arguments: dict[str, Any], command: str
) -> None:
    done = stored.memory.notes.update("a/b c.md", "x\n")
    assert done.sha is not None
    stored.memory.notes.delete("a/b c.md", done.sha)
    answer = content(ask(stored, **arguments))
    assert answer["code"] == "ask_the_person"
    assert answer["remedy"].startswith(f"Ask the person: `{command}")


@pytest.mark.parametrize(
    "arguments", [{"commit": "abcd", "last": 1}, {"path": "a/x.md", "last": 1}, {"as_of": "7d"}]
)
def test_arguments_that_exclude_each_other_are_refused(
    stored: World, arguments: dict[str, Any]
) -> None:
    assert content(ask(stored, **arguments))["code"] == "invalid_request"
