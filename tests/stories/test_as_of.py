"""Reading a memory as it was, from the command line and as an agent."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from mcp import MCPError
from mcp.client import Client
from mcp.types import TextResourceContents
from pack_servers.mcp.server import build_server

from tests.stories.cli_driver import Folder
from tests.stories.mcp_support import call, refused, run, texts
from tests.support import World

PLAN = "projects/plan.md"


# --- the command line ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A memory whose plan was changed and moved; the tests of this file only read it."""
    folder = Folder(tmp_path_factory.mktemp("as-of") / "memory")
    folder.path.mkdir()
    folder.start({"notes/plan.md": "# Plan\n\nLaunch in May.\n" * 4})
    folder.ok("init")
    folder.git("tag", "then")
    folder.ok("move", "notes/plan.md", PLAN)
    folder.ok("edit", PLAN, "--replace", "May", "June", "--all")
    return folder


def test_get_prints_the_old_text_and_says_on_stderr_of_when_it_is(memory: Folder) -> None:
    then = memory.git("rev-parse", "then").strip()
    found = memory.ok("get", "notes/plan.md", "--as-of", then)
    assert found.out == memory.git_bytes("show", "then:notes/plan.md")
    assert re.fullmatch(
        rf"as of \d{{4}}-\d\d-\d\d \d\d:\d\d UTC, commit {then[:7]}", found.err.strip()
    )
    answer = memory.json("get", "notes/plan.md", "--as-of", then[:10])
    assert {"path", "content", "sha", "commit", "as_of"} <= answer.keys()
    assert answer["sha"] == memory.git("rev-parse", "then:notes/plan.md").strip()
    assert answer["commit"] == then
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", answer["as_of"])
    blamed = memory.json("blame", "notes/plan.md", "--as-of", then)
    assert {line["text"] for line in blamed["lines"]} >= {"# Plan", "Launch in May."}
    assert blamed["commit"] == then
    everything = memory.json("get", "--as-of", then)
    assert "Launch in May." in everything["content"]
    assert everything["commit"] == then


def test_list_and_search_answer_as_they_did(memory: Folder) -> None:
    then = memory.git("rev-parse", "then").strip()
    listed = memory.json("list", "--as-of", then)
    assert [file["path"] for file in listed["files"] if "plan" in file["path"]] == ["notes/plan.md"]
    found = memory.json("search", "launch", "may", "--as-of", then)
    assert [match["path"] for match in found["matches"]] == ["notes/plan.md"]
    lines = memory.json("search", "--regex", "in M.y", "--as-of", then)
    assert {line["path"] for line in lines["lines"]} == {"notes/plan.md"}
    assert {listed["commit"], found["commit"], lines["commit"]} == {then}
    for words in (["list"], ["search", "launch"], ["search", "--regex", "Launch"]):
        assert f"commit {then[:7]}" in memory.ok(*words, "--as-of", then).err
        assert "commit" not in memory.ok(*words).err
    assert "commit" not in memory.json("list")


def test_a_path_of_today_is_told_where_the_file_was(memory: Folder) -> None:
    then = memory.git("rev-parse", "then").strip()
    refusal = memory.pack("get", PLAN, "--as-of", then)
    assert refusal.status == 1
    assert "At that time it was notes/plan.md" in refusal.err


@pytest.mark.parametrize("when", ["soon", "1999-12-31", "0" * 40])
def test_a_moment_without_a_memory_is_refused(memory: Folder, when: str) -> None:
    for words in (["get", PLAN], ["list"], ["search", "launch"]):
        refusal = memory.pack(*words, "--as-of", when)
        assert (refusal.status, refusal.out) == (1, b"")
        assert "→" in refusal.err


# --- agents -------------------------------------------------------------------------------------


@pytest.fixture
def world() -> Iterator[World]:
    made = World(None)
    made.init()
    yield made
    made.close()


def test_an_agent_reads_the_past_and_is_told_of_which_commit_it_is(world: World) -> None:
    notes = world.memory.notes
    old = notes.update(PLAN, "# Plan\n\nLaunch in May.\n")
    then, made = world.connector.head(), world.clock.now
    world.clock.advance(days=8)
    notes.update(PLAN, "# Plan\n\nLaunch in June.\n", old.sha)

    async def read(client: Client) -> None:
        state = {"commit": then, "as_of": made.strftime("%Y-%m-%dT%H:%M:%SZ")}
        for tool, asked in (
            ("memory_get", {"path": PLAN}),
            ("memory_get", {}),
            ("memory_list", {}),
            ("memory_search", {"query": "launch may"}),
        ):
            for when in (then, "7d"):
                found = await call(client, tool, **asked, as_of=when)
                assert state.items() <= found.items()
                shown = await client.call_tool(tool, {**asked, "as_of": when})
                assert str(then) in texts(shown)[0]
                assert state["as_of"] in texts(shown)[0]
            present = await call(client, tool, **asked)
            assert not state.keys() & present.keys()
        found = await call(client, "memory_get", path=PLAN, as_of=then)
        assert found["content"].endswith("Launch in May.\n")
        assert found["sha"] == old.sha
        assert (await refused(client, "memory_get", path=PLAN, as_of="soon"))["code"] == (
            "invalid_request"
        )
        assert (await refused(client, "memory_list", as_of="2001-01-01"))["code"] == "not_found"

    tell(world, read)


@pytest.mark.contract("C1", "C2")
def test_what_was_read_of_the_past_counts_as_nothing_for_a_write(world: World) -> None:
    text = "".join(f"line {number}\n" for number in range(150))
    old = world.memory.notes.update(PLAN, text)
    then = world.connector.head()
    new = world.memory.notes.update(PLAN, f"{text}more\n", old.sha)

    async def write(client: Client) -> None:
        part = await call(client, "memory_get", path=PLAN, lines="1-5", as_of=then)
        stale = await refused(client, "memory_update", path=PLAN, content="x", sha=part["sha"])
        assert (stale["code"], stale["sha"]) == ("conflict", new.sha)
        await call(client, "memory_get", path=PLAN, lines="1-5", as_of="now")
        done = await call(client, "memory_update", path=PLAN, content="short\n", sha=new.sha)
        assert done["commit"]
        whole = await call(client, "memory_get", as_of=then)
        assert "line 7" in whole["content"]
        # It was not read as it is, so what the client sends back is added to it.
        await call(client, "memory_update", content=whole["content"])
        general = await call(client, "memory_get", path="context/general.md")
        assert "line 7" in general["content"]

    tell(world, write)


def test_a_resource_of_the_past(world: World) -> None:
    old = world.memory.notes.update("projects/my plan.md", "May\n")
    then = world.connector.head()
    world.memory.notes.update("projects/my plan.md", "June\n", old.sha)

    async def read(client: Client) -> None:
        uri = "memory:///projects/my%20plan.md"
        for query, text in (("", "June\n"), (f"?as_of={then}", "May\n"), ("?as_of=now", "June\n")):
            (content,) = (await client.read_resource(uri + query)).contents
            assert isinstance(content, TextResourceContents)
            assert content.text.endswith(text)
        for query in ("?as_of=2001-01-01", "?as_of=soon"):
            with pytest.raises(MCPError):
                await client.read_resource(uri + query)

    tell(world, read)


def tell(world: World, told) -> None:  # type: ignore[no-untyped-def]
    async def with_client() -> None:
        async with Client(build_server(world.memory, watch=False)) as client:
            await told(client)

    run(with_client)
