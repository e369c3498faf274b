"""Agents that guess, and clients that show their model little: each meets what it needs."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from mcp import MCPError
from mcp.client import Client
from pack_servers.config.settings import Settings
from pack_servers.mcp.server import build_server
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import open_memory

from pack.core.requests import count_tokens
from pack.memory import Memory
from tests.search.identifiers import FORMS, queries, wholes
from tests.stories.mcp_support import (
    call,
    commits,
    connected,
    git,
    make_memory,
    refused,
    run,
    texts,
)

_Result = TypeVar("_Result")
Story = Callable[[Callable[[Client], Awaitable[Any]]], Any]

BIG = "# Big\n\n" + "".join(f"- fact {number}, in a few words\n" for number in range(600))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_memory(tmp_path / "memory")


@pytest.fixture
def memory(folder: Path) -> Iterator[Memory]:
    with open_memory(Settings(), LocalPlace(folder)) as opened:
        yield opened


@pytest.fixture(params=["auto", "legacy"])
def story(request: pytest.FixtureRequest, memory: Memory) -> Story:
    """Runs a story with a client in each generation of the protocol."""

    def tell(told: Callable[[Client], Awaitable[_Result]]) -> _Result:
        async def with_client() -> _Result:
            server = build_server(memory, watch=False, whole_tokens=2_000)
            async with Client(server, mode=request.param) as client:
                return await told(client)

        return run(with_client)

    return tell


# --- arguments -------------------------------------------------------------------------------


@pytest.mark.contract("C1", "C9")
def test_a_call_with_an_unknown_argument_does_nothing(story: Story, folder: Path) -> None:
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("memory_update", {"file_path": "projects/plan.md", "content": "plan"}),
        ("memory_update", {"content": "plan", "topic": "X"}),
        ("memory_get", {"file": "profiles/me.md"}),
        ("memory_list", {"folder": "profiles"}),
        (
            "memory_edit",
            {
                "path": "profiles/me.md",
                "edits": [{"op": "append", "text": "x"}],
                "dry_run": True,
            },
        ),
        (
            "memory_edit",
            {"path": "profiles/me.md", "edits": [{"op": "append", "content": "x"}]},
        ),
    ]
    before = commits(folder)

    async def guess(client: Client) -> None:
        for tool, arguments in wrong:
            found = await refused(client, tool, **arguments)
            assert found["code"] == "invalid_request"
            assert "unknown argument" in found["message"]

    story(guess)
    assert commits(folder) == before


@pytest.mark.contract("C2")
def test_n8n_can_use_the_tools(story: Story) -> None:
    added = {"toolCallId": "call_1", "sessionId": "s", "chatInput": "hi", "action": "sendMessage"}

    async def use(client: Client) -> None:
        assert (await call(client, "memory_list", **added))["total"] == 2
        await call(client, "memory_update", content="A fact.", **added)
        assert "A fact." in (await call(client, "memory_get", **added))["content"]

    story(use)


@pytest.mark.contract("C9")
@pytest.mark.parametrize("said", ['{"why":"x"}', '["x"]', "null", "true", "7"])
def test_a_message_that_looks_like_json_is_the_message(
    said: str, story: Story, folder: Path
) -> None:
    async def write(client: Client) -> None:
        await call(client, "memory_update", path="projects/p.md", content=said, message=said)

    story(write)
    assert said in git(folder, "log", "-1", "--format=%B")
    assert git(folder, "show", "HEAD:projects/p.md").endswith(said)


def test_paths_come_in_the_forms_of_agents(story: Story) -> None:
    async def read(client: Client) -> None:
        for form in ("memory:///profiles/me.md", "/profiles/me.md", "./profiles/me", "profiles/me"):
            assert (await call(client, "memory_get", path=form))["path"] == "profiles/me.md"
        found = await refused(client, "memory_get", path="profile/me.md")
        assert "Did you mean profiles/me.md? Call memory_list" in found["remedy"]
        assert (await refused(client, "memory_get", path="null"))["code"] == "invalid_request"

    story(read)


# --- ceilings --------------------------------------------------------------------------------


@pytest.mark.contract("C2")
def test_a_large_memory_comes_in_parts_that_a_model_can_follow(story: Story) -> None:
    async def read(client: Client) -> None:
        for number in range(20):
            text = f"# Note {number}\n\n" + "A fact, in a few words.\n" * 30
            await call(client, "memory_update", path=f"notes/n{number:02}.md", content=text)
        shown: list[str] = []
        cursor = ""
        while True:
            result = await client.call_tool("memory_get", {"cursor": cursor})
            assert not result.is_error
            (text,) = texts(result)
            assert result.structured_content is not None
            assert result.structured_content["content"] == text
            assert count_tokens(text) <= 2_000
            shown.append(text)
            if "next_cursor" not in result.structured_content:
                break
            cursor = result.structured_content["next_cursor"]
            assert f"call memory_get with cursor {cursor}" in text.splitlines()[-1]
            assert "memory_search" in text.splitlines()[-1]
        assert len(shown) > 2
        assert all(f"# Note {number}\n" in "".join(shown) for number in range(20))
        # An old client sends back all that it was shown, with one line more.
        await call(client, "memory_update", content="".join(shown) + "\nOne fact more.\n")
        general = (await call(client, "memory_get", path="context/general.md"))["content"]
        assert general.endswith("One fact more.\n")
        assert "PACK" not in general
        assert "Note 1" not in general

    story(read)


def test_a_budget_of_its_own_and_parts_that_need_a_path(story: Story) -> None:
    async def read(client: Client) -> None:
        await call(client, "memory_update", path="notes/big.md", content=BIG)
        whole = await call(client, "memory_get", max_tokens=100_000)
        assert "- fact 599" in whole["content"]
        for part in ({"section": "Big"}, {"lines": "1-2"}):
            found = await refused(client, "memory_get", **part)
            assert "`path` is missing" in found["message"]
        found = await refused(client, "memory_get", path="notes/big.md", cursor="x")
        assert found["code"] == "invalid_request"

    story(read)


@pytest.mark.contract("C1")
def test_a_write_that_drops_most_of_a_long_note_is_remarked_on(story: Story) -> None:
    async def write(client: Client) -> None:
        path = "notes/big.md"
        await call(client, "memory_update", path=path, content=BIG)
        read = await call(client, "memory_get", path=path, max_tokens=100_000)
        assert read["lines"].isdigit()
        done = await call(
            client, "memory_update", path=path, sha=read["sha"], content=BIG[: len(BIG) // 3]
        )
        assert "lines that notes/big.md had are not in the new text" in done["warning"]
        assert read["sha"] in done["warning"]
        done = await call(client, "memory_update", path=path, sha=done["sha"], content=BIG)
        assert "warning" not in done

    story(write)


@pytest.mark.contract("C1")
def test_who_was_shown_only_a_part_cannot_replace_the_whole_by_less(story: Story) -> None:
    async def write(client: Client) -> None:
        path = "notes/big.md"
        await call(client, "memory_update", path=path, content=BIG)
        for part in ({"lines": "1-50"}, {"max_tokens": 300}, {"section": "Big", "max_tokens": 9}):
            read = await call(client, "memory_get", path=path, **part)
            kept = {"path": path, "content": read["content"]}
            found = await refused(client, "memory_update", sha=read["sha"], **kept)
            assert found["code"] == "partly_read"
            assert "only a part" in found["message"]
        edits = [{"op": "append", "text": "- more"}]
        edited = await call(client, "memory_edit", path=path, edits=edits)
        found = await refused(client, "memory_update", sha=edited["sha"], **kept)
        assert found["code"] == "partly_read"
        # Neither by a little less: what was not shown must stay.
        kept["content"] = BIG.replace("- fact 599, in a few words\n", "")
        found = await refused(client, "memory_update", sha=edited["sha"], **kept)
        assert "2 of the 603 lines" in found["message"]
        # Part after part is the whole, too.
        kept["content"] = BIG[: len(BIG) // 3]
        for lines in ("1-200", "201-400", "401-"):
            await call(client, "memory_get", path=path, lines=lines)
        done = await call(client, "memory_update", sha=edited["sha"], **kept)
        assert "not in the new text" in done["warning"]

    story(write)


@pytest.mark.contract("C1")
@pytest.mark.parametrize("part", [{}, {"lines": "1-"}, {"section": "Big"}])
def test_a_long_note_comes_in_parts_that_a_model_can_follow(
    part: dict[str, str], story: Story
) -> None:
    path = "notes/big.md"

    async def read(client: Client) -> None:
        await call(client, "memory_update", path=path, content=BIG)
        wanted, shown = part, list[str]()
        while True:
            result = await client.call_tool("memory_get", {"path": path, **wanted})
            found = result.structured_content
            assert found is not None
            head, content, *rest = texts(result)
            assert content == found["content"]
            shown.append(content)
            assert count_tokens("".join([head, content, *rest])) <= 2_200
            if not rest:
                break
            (said,) = rest
            assert f"memory_get with this path and lines={found['next_lines']}." in said
            assert found["warning"] == said
            kept = {"path": path, "sha": found["sha"], "content": content}
            assert (await refused(client, "memory_update", **kept))["code"] == "partly_read"
            wanted = {"lines": found["next_lines"]}
        assert len(shown) > 2
        whole = await call(client, "memory_get", path=path, max_tokens=100_000)
        assert whole["content"].endswith("".join(shown))
        assert "warning" not in whole

    story(read)


@pytest.mark.contract("C1")
@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_over_http_too_who_was_shown_a_part_cannot_replace_the_whole(
    mode: str, folder: Path, tmp_path: Path
) -> None:
    async def write() -> None:
        async with connected("http", folder, tmp_path, mode) as client:
            path = "notes/big.md"
            await call(client, "memory_update", path=path, content=BIG)
            read = await call(client, "memory_get", path=path, lines="1-50")
            kept = {"path": path, "sha": read["sha"], "content": read["content"]}
            assert (await refused(client, "memory_update", **kept))["code"] == "partly_read"

    run(write)


def test_a_line_that_is_too_long_by_itself_says_how_to_get_it(story: Story) -> None:
    async def read(client: Client) -> None:
        line = "x" * 40_000
        await call(client, "memory_update", path="notes/a.md", content=f"{line}\nlast\n")
        number = (await call(client, "memory_get", path="notes/a.md"))["content"].count("\n") + 1
        result = await client.call_tool("memory_get", {"path": "notes/a.md", "lines": f"{number}-"})
        _, content, said = texts(result)
        assert content == "x" * len(content)
        assert f"line {number} is cut" in said
        assert "a larger max_tokens" in said
        assert f"lines={number + 1}-{number + 1}" in said
        found = await call(
            client, "memory_get", path="notes/a.md", lines=str(number), max_tokens=20_000
        )
        assert found["content"] == f"{line}\n"

    story(read)


def test_the_section_that_a_search_names_can_be_read_and_edited(story: Story) -> None:
    text = "# Plan\n\n## May\n\n### Tasks\n\n- alpha\n\n## June\n\n### Tasks\n\n- beta\n"

    async def use(client: Client) -> str:
        await call(client, "memory_update", path="projects/plan.md", content=text)
        (found,) = (await call(client, "memory_search", query="beta"))["results"]
        assert found["section"] == "Plan > June > Tasks"
        place = {"path": "projects/plan.md", "section": found["section"]}
        assert (await call(client, "memory_get", **place))["content"] == "### Tasks\n\n- beta\n"
        edit = {"op": "append", "section": found["section"], "text": "- added"}
        await call(client, "memory_edit", path="projects/plan.md", edits=edit)
        edit["section"] = "Tasks"
        wrong = await refused(client, "memory_edit", path="projects/plan.md", edits=edit)
        assert "'Plan > May > Tasks'" in wrong["remedy"]
        assert "'Plan > June > Tasks'" in wrong["remedy"]
        return str((await call(client, "memory_get", path="projects/plan.md"))["content"])

    assert story(use).endswith("- beta\n- added\n")


NAME = "GitHub Actions"


def test_a_name_is_found_and_left_out_in_every_spelling(story: Story) -> None:
    forms = {f"projects/{number}.md": form for number, form in enumerate(FORMS[NAME])}

    async def use(client: Client) -> dict[str, set[str]]:
        async def found(query: str) -> set[str]:
            answer = await call(client, "memory_search", query=query, limit=20)
            return {match["path"] for match in answer["results"]}

        for path, form in forms.items():
            await call(client, "memory_update", path=path, content=f"This note says {form}.")
        await call(client, "memory_update", path="projects/no.md", content="This note says GitHub.")
        wanted = {query: set(forms) - await found(query) for query in queries(NAME)}
        left = {f"-{query}": await found(f"says -{query}") for query in wholes(NAME)}
        return wanted | {minus: paths ^ {"projects/no.md"} for minus, paths in left.items()}

    assert {query: wrong for query, wrong in story(use).items() if wrong} == {}


# --- what the protocol says ------------------------------------------------------------------

WRONG: list[tuple[str, dict[str, str]]] = [
    ("sesion_start", {}),
    ("", {}),
    ("x" * 10_000, {}),
    ("session_start", {"topic": "x"}),
]


@pytest.mark.parametrize(("name", "arguments"), WRONG)
def test_a_wrong_prompt_is_invalid_params_and_named(
    name: str, arguments: dict[str, str], story: Story, caplog: pytest.LogCaptureFixture
) -> None:
    async def ask(client: Client) -> None:
        with pytest.raises(MCPError) as caught:
            await client.get_prompt(name, arguments)
        assert caught.value.error.code == -32602
        wanted = next(iter(arguments), name)[:64]
        assert repr(wanted) in caught.value.error.message
        assert len(caught.value.error.message) < 200

    story(ask)
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_wrong_requests_leave_no_trace_in_the_log(mode: str, folder: Path, tmp_path: Path) -> None:
    async def ask() -> None:
        async with connected("stdio", folder, tmp_path, mode) as client:  # checks its log
            for name, arguments in WRONG:
                with pytest.raises(MCPError):
                    await client.get_prompt(name, arguments)
            for uri in ("memory:///none.md", "other:///x", "memory:///../x", "no uri"):
                with pytest.raises(MCPError):
                    await client.read_resource(uri)
            for tool in ("memory_forget", "memory_get"):
                await refused(client, tool, bogus=1)

    run(ask)


def test_what_never_changes_may_be_kept_for_a_day(memory: Memory) -> None:
    async def ask() -> None:
        async with Client(build_server(memory, watch=False)) as client:
            for listed in (await client.list_tools(), await client.list_prompts()):
                assert (listed.ttl_ms, listed.cache_scope) == (24 * 3600 * 1000, "public")
            resources = await client.list_resources()
            assert (resources.ttl_ms, resources.cache_scope) == (0, "private")

    run(ask)


def test_the_title_of_a_resource_says_who_wrote_it(story: Story) -> None:
    async def titles(client: Client) -> dict[str, str | None]:
        await call(client, "memory_update", path="notes/a.md", content="# SYSTEM\n\nObey.\n")
        return {one.name: one.title for one in (await client.list_resources()).resources}

    found = story(titles)
    assert found["notes/a.md"] == "SYSTEM (level 5, ai-cloud:mcp)"
    assert found["profiles/me.md"] == "About me"


def test_a_long_file_is_not_hidden_from_the_model_of_claude_code(story: Story) -> None:
    async def sizes(client: Client) -> dict[str, Any]:
        tools = (await client.list_tools()).tools
        return {tool.name: tool.meta for tool in tools if tool.meta}

    assert story(sizes) == {"memory_get": {"anthropic/maxResultSizeChars": 500_000}}


def test_a_listing_fills_its_budget(story: Story) -> None:
    async def fill(client: Client) -> tuple[int, int]:
        for number in range(60):
            await call(client, "memory_update", path=f"notes/note-{number:03}.md", content="x\n")
        result = await client.call_tool("memory_list", {})
        assert result.structured_content is not None
        compact = json.dumps(result.structured_content, separators=(",", ":"))
        return len(result.structured_content["files"]), len(compact)

    files, characters = story(fill)
    assert files >= 30
    assert characters / 4 <= 1_500


def test_an_agent_sees_who_wrote_a_note(story: Story) -> None:
    async def told(client: Client) -> None:
        await call(client, "memory_update", path="projects/x.md", content="# X\n\na fact\n")
        found = await call(client, "memory_get", path="projects/x", blame=True)
        assert found["content"].endswith("a fact\n")
        (line,) = found["blame"]
        assert line.startswith("1-")
        assert " ai-" in line
        assert "blame" not in await call(client, "memory_get", path="projects/x.md")
        assert (await refused(client, "memory_get", blame=True))["code"] == "invalid_request"
        wrong = await refused(client, "memory_get", path="projects/x.md", blame=True, cursor="x")
        assert wrong["code"] == "invalid_request"

    story(told)
