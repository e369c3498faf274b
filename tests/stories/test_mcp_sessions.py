"""A whole session, for both protocol generations, over every transport."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import quote

import pytest
from jsonschema import Draft202012Validator
from mcp import MCPError
from mcp.client import Client
from mcp.types import CallToolResult, Implementation, TextResourceContents, Tool
from pack_servers.config.settings import Settings
from pack_servers.mcp.server import build_server
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import open_memory

from pack._version import __version__
from pack.errors import Unavailable
from pack.memory import Memory
from tests.stories.mcp_support import (
    CONNECTIONS,
    Kind,
    assert_sound,
    call,
    commits,
    connected,
    git,
    make_memory,
    refused,
    run,
    subjects,
    texts,
)

MOST_TOKENS = 3200
BYTES_EACH = 4
"""Of a token of these schemas, carefully: counted with cl100k it is 4.42, and tokenizers differ."""
TOOLS = {
    "memory_context",
    "memory_list",
    "memory_get",
    "memory_history",
    "memory_update",
    "memory_search",
    "memory_edit",
    "memory_delete",
    "memory_move",
    "memory_undo",
    "memory_proposals",
    "memory_kits",
}
READS = {"memory_context", "memory_list", "memory_get", "memory_search", "memory_history"}
READS |= {"memory_kits"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return make_memory(tmp_path / "memory")


@pytest.fixture
def memory(folder: Path) -> Iterator[Memory]:
    with open_memory(Settings(), LocalPlace(folder)) as opened:
        yield opened


@pytest.fixture(params=["auto", "legacy"])
def story(memory: Memory, request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Runs a story with a client of either generation, in memory."""

    def tell(told: Callable[[Client], Awaitable[Any]]) -> Any:
        async def all_of_it() -> Any:
            async with Client(build_server(memory), mode=request.param) as client:
                return await told(client)

        return run(all_of_it)

    return tell


def as_json(tools: list[Tool]) -> list[dict[str, Any]]:
    return [tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in tools]


async def checked(client: Client, tool: str, /, **arguments: Any) -> dict[str, Any]:
    """The answer of a tool, compared with the schema that the tool shows."""
    answer = await call(client, tool, **arguments)
    (schema,) = [
        found.output_schema for found in (await client.list_tools()).tools if found.name == tool
    ]
    assert schema is not None
    Draft202012Validator(schema).validate(answer)
    assert answer.keys() <= schema["properties"].keys()
    return answer


# --- one whole session -----------------------------------------------------------------------


@pytest.mark.contract("C4", "C9", "C10")
@pytest.mark.parametrize(("kind", "mode"), CONNECTIONS)
def test_a_session_reads_writes_and_finds(
    kind: Kind, mode: str, folder: Path, tmp_path: Path
) -> None:
    before = commits(folder)

    async def session() -> int:
        async with connected(kind, folder, tmp_path, mode) as client:
            await says_who_it_is(client)
            written = await writes(client)
            await shows_resources_and_prompts(client)
            return written

    written = run(session)
    assert commits(folder) - before == written
    assert_sound(folder)
    assert subjects(folder)[0] == "projects/boat.md: delete"


async def says_who_it_is(client: Client) -> None:
    server = client.server_info
    assert server is not None
    assert (server.name, server.title, server.version) == ("pack", "PACK memory", __version__)
    assert client.instructions
    assert "memory_context" in client.instructions
    assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS


async def writes(client: Client) -> int:
    """A note from its beginning to its end; how many writes that takes."""
    await checked(client, "memory_list")
    text = "# Boat\n\nIt is green.\n"
    made = await checked(client, "memory_update", path="projects/boat.md", content=text)
    read = await checked(client, "memory_get", path="projects/boat.md")
    assert read["sha"] == made["sha"]
    assert read["content"].endswith(text)

    await checked(
        client,
        "memory_edit",
        path="projects/boat.md",
        edits=[{"op": "replace", "old": "green", "new": "blue"}],
    )
    stale = await refused(
        client, "memory_update", path="projects/boat.md", content=text, sha=made["sha"]
    )
    assert stale["code"] == "conflict"
    assert "blue" in stale["content"]
    merged = stale["content"] + "It has sails.\n"
    await checked(
        client, "memory_update", path="projects/boat.md", content=merged, sha=stale["sha"]
    )

    found = await checked(client, "memory_search", query="sails")
    assert [match["path"] for match in found["results"]] == ["projects/boat.md"]
    sha = (await checked(client, "memory_get", path="projects/boat.md"))["sha"]
    moved = await checked(
        client, "memory_move", path="projects/boat.md", new_path="projects/ship.md", sha=sha
    )
    back = await checked(
        client,
        "memory_move",
        path="projects/ship.md",
        new_path="projects/boat.md",
        sha=moved["sha"],
    )
    await checked(client, "memory_delete", path="projects/boat.md", sha=back["sha"])
    assert (await refused(client, "memory_get", path="projects/boat.md"))["code"] == "not_found"
    return 6


async def shows_resources_and_prompts(client: Client) -> None:
    uris = [resource.uri for resource in (await client.list_resources()).resources]
    assert uris[0] == "memory:///index.md"
    for uri in uris:
        assert (await resource_text(client, uri)).startswith("---\n")
    templates = (await client.list_resource_templates()).resource_templates
    assert [template.uri_template for template in templates] == [
        "memory:///{+path}",
        "memory:///{+path}{?as_of}",
    ]
    for prompt in (await client.list_prompts()).prompts:
        assert prompt.title
        (message,) = (await client.get_prompt(prompt.name)).messages
        assert "memory_get" in message.content.text  # type: ignore[union-attr]


async def resource_text(client: Client, uri: str) -> str:
    (content,) = (await client.read_resource(uri)).contents
    assert content.uri == uri
    assert content.mime_type == "text/markdown"
    return cast(TextResourceContents, content).text


# --- what a model sees -----------------------------------------------------------------------


def test_the_tools_are_few_short_and_say_what_they_do(story: Callable[..., Any]) -> None:
    async def list_tools(client: Client) -> list[Tool]:
        return (await client.list_tools()).tools

    tools = story(list_tools)
    assert {tool.name for tool in tools} == TOOLS
    sent = json.dumps(as_json(tools), ensure_ascii=False, separators=(",", ":")).encode()
    assert len(sent) / BYTES_EACH <= MOST_TOKENS
    for tool in tools:
        assert tool.title
        assert tool.description
        assert "\n" not in tool.description
        assert tool.annotations.read_only_hint == (tool.name in READS)
        assert tool.annotations.open_world_hint is False
        Draft202012Validator.check_schema(tool.input_schema)
        Draft202012Validator.check_schema(tool.output_schema)
        assert tool.output_schema["type"] == "object"


def test_what_clients_are_told_of_the_tools_changes_only_on_purpose(
    story: Callable[..., Any],
) -> None:
    """Clients cache it, and people tune their prompts to it: `tools_list.json` is a promise."""

    async def list_tools(client: Client) -> list[Tool]:
        return (await client.list_tools()).tools

    promised = Path(__file__).with_name("tools_list.json").read_text(encoding="utf-8")
    assert json.dumps(as_json(story(list_tools)), sort_keys=True) == json.dumps(
        json.loads(promised), sort_keys=True
    )


def test_only_deleting_is_called_destructive(story: Callable[..., Any]) -> None:
    async def destructive(client: Client) -> set[str]:
        tools = (await client.list_tools()).tools
        return {t.name for t in tools if t.annotations and t.annotations.destructive_hint}

    assert story(destructive) == {"memory_delete"}


def test_a_client_is_promised_news_of_files_and_of_their_list(story: Callable[..., Any]) -> None:
    async def promises(client: Client) -> tuple[bool | None, bool | None]:
        resources = client.server_capabilities.resources
        assert resources is not None
        return resources.subscribe, resources.list_changed

    assert story(promises) == (True, True)


def test_a_files_text_is_a_block_of_its_own_without_escapes(story: Callable[..., Any]) -> None:
    text = '---\ntopic: Quotes\n---\n"back\\slash" and\ttab, žluť\n'

    async def read(client: Client) -> list[str]:
        await call(client, "memory_update", path="context/q.md", content=text)
        return texts(await client.call_tool("memory_get", {"path": "context/q.md"}))

    head, body = story(read)
    assert head.startswith("path: context/q.md\nsha: ")
    assert body.endswith('"back\\slash" and\ttab, žluť\n')


@pytest.mark.contract("C1")
def test_a_conflict_can_be_settled_in_one_step(story: Callable[..., Any], folder: Path) -> None:
    async def settle(client: Client) -> None:
        first = await call(client, "memory_update", path="context/a.md", content="one\n")
        await call(client, "memory_update", path="context/a.md", content="two\n", sha=first["sha"])
        result = await client.call_tool(
            "memory_update", {"path": "context/a.md", "content": "three\n", "sha": first["sha"]}
        )
        assert result.is_error
        refusal, head, body = texts(result)
        assert "context/a.md" in refusal
        assert "again" in refusal
        path, sha = (line.split(": ")[1] for line in head.splitlines())
        await call(client, "memory_update", path=path, content=body + "three\n", sha=sha)

    story(settle)
    assert git(folder, "show", "HEAD:context/a.md").endswith("two\nthree\n")


REFUSALS: dict[str, tuple[str, dict[str, Any], str]] = {
    "traversal": ("memory_get", {"path": "../../etc/passwd"}, "invalid_path"),
    "absolute": ("memory_get", {"path": "/etc/passwd"}, "invalid_path"),
    "git's own folder": (
        "memory_update",
        {"path": ".git/hooks/x.md", "content": "x"},
        "invalid_path",
    ),
    "a root file": ("memory_update", {"path": "README.md", "content": "x"}, "invalid_path"),
    "missing": ("memory_get", {"path": "context/none.md"}, "not_found"),
    "an edit of nothing": (
        "memory_edit",
        {"path": "context/none.md", "edits": [{"op": "append", "text": "x"}]},
        "not_found",
    ),
    "an edit that fits nowhere": (
        "memory_edit",
        {"path": "profiles/me.md", "edits": [{"op": "replace", "old": "§", "new": "x"}]},
        "edit_failed",
    ),
    "no sha": ("memory_update", {"path": "profiles/me.md", "content": "x"}, "conflict"),
    "a foreign sha": (
        "memory_delete",
        {"path": "profiles/me.md", "sha": "0" * 40},
        "conflict",
    ),
    "no words": ("memory_search", {"query": " "}, "invalid_request"),
    "too many words": ("memory_search", {"query": "x" * 1001}, "limit_exceeded"),
    "too large": (
        "memory_update",
        {"path": "context/big.md", "content": "x" * (2 * 1024 * 1024 + 1)},
        "limit_exceeded",
    ),
    "no such cursor": ("memory_list", {"cursor": "garbage"}, "invalid_cursor"),
    "no such tool": ("memory_forget", {}, "not_found"),
    "nothing to do": ("memory_edit", {"path": "profiles/me.md", "edits": []}, "invalid_request"),
    "an edit of no kind": (
        "memory_edit",
        {"path": "profiles/me.md", "edits": [{"op": "sing"}]},
        "invalid_request",
    ),
    "a missing argument": ("memory_delete", {"path": "profiles/me.md"}, "invalid_request"),
    "a wrong type": ("memory_list", {"limit": "many"}, "invalid_request"),
    "a limit of nothing": ("memory_list", {"limit": 0}, "invalid_request"),
    "a backslash": ("memory_get", {"path": "context\\x.md"}, "invalid_path"),
}


@pytest.fixture(scope="module", params=["auto", "legacy"])
def refusals(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[CallToolResult, Any]]:
    """The answer to each of them in one session, and the schema that it promises."""
    folder = make_memory(tmp_path_factory.mktemp("refusals") / "memory")
    before = commits(folder)

    async def be_refused() -> dict[str, tuple[CallToolResult, Any]]:
        async with connected("memory", folder, folder.parent, request.param) as client:
            schemas = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
            return {
                case: (await client.call_tool(tool, arguments), schemas.get(tool, {}))
                for case, (tool, arguments, _) in REFUSALS.items()
            }

    answers = run(be_refused)
    assert commits(folder) == before
    assert_sound(folder)
    return answers


@pytest.mark.contract("C9")
@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_says_why_and_what_to_do(
    case: str, refusals: dict[str, tuple[CallToolResult, Any]]
) -> None:
    result, schema = refusals[case]
    _, _, code = REFUSALS[case]
    assert result.is_error
    content, text = result.structured_content, texts(result)[0]
    assert content is not None
    # Some clients check this, and show nothing of a refusal that does not fit.
    Draft202012Validator(schema).validate(content)
    assert content["code"] == code
    assert content["message"]
    assert content["remedy"].endswith(".")
    assert "retryable" not in content
    assert text.startswith(f"{code}: {content['message']}\n{content['remedy']}")
    assert len(text) < 500
    assert "pydantic" not in text


def test_an_optional_text_that_is_empty_is_not_given(story: Callable[..., Any]) -> None:
    async def fill_everything_in(client: Client) -> None:
        listed = await call(client, "memory_list", tag="", topic="", dir="", cursor="")
        assert listed["total"] == 2
        made = await call(
            client, "memory_update", path="context/n.md", content="new\n", sha="", message=""
        )
        found = await call(client, "memory_search", query="new", tag="", dir="", cursor="")
        assert found["total"] == 1
        done = await call(client, "memory_edit", **EDIT_OF_N, sha="", message="")
        assert done["sha"] != made["sha"]
        assert "files" in await call(client, "memory_get", path="")

    story(fill_everything_in)


EDIT_OF_N: dict[str, Any] = {
    "path": "context/n.md",
    "edits": [{"op": "append", "text": "more"}],
}


def test_a_long_list_comes_in_parts_that_miss_nothing(story: Callable[..., Any]) -> None:
    async def all_pages(client: Client) -> list[str]:
        for number in range(5):
            await call(client, "memory_update", path=f"context/{number}.md", content="fish\n")
        paths: list[str] = []
        for tool, key, more in (("memory_list", "files", {}), FISH):
            cursor = ""
            while True:
                page = await checked(client, tool, limit=2, cursor=cursor, **more)
                paths += [row["path"] for row in page[key]]
                if "next_cursor" not in page:
                    break
                cursor = page["next_cursor"]
        return paths

    fish = [f"context/{number}.md" for number in range(5)]
    paths = story(all_pages)
    assert paths[:7] == sorted([*fish, "context/general.md", "profiles/me.md"])
    assert sorted(paths[7:]) == fish


FISH = ("memory_search", "results", {"query": "fish"})


async def prompt_text(client: Client, name: str) -> str:
    (message,) = (await client.get_prompt(name)).messages
    return str(message.content.text)  # type: ignore[union-attr]


def test_prompts_name_tools_that_there_are(story: Callable[..., Any]) -> None:
    async def read_all(client: Client) -> tuple[str, str, str]:
        first = await prompt_text(client, "session_start")
        return str(client.instructions), first, await prompt_text(client, "session_start_v1")

    instructions, prompt, v1_prompt = story(read_all)
    for text in (instructions, prompt):
        assert {"memory_context", "memory_get"} < set(re.findall(r"memory_\w+", text)) <= TOOLS
    assert set(re.findall(r"memory_\w+", v1_prompt)) == {"memory_get", "memory_update"}
    assert "NOT STORED" in v1_prompt


@pytest.mark.parametrize("mode", ["auto", "legacy"])
@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Claude Desktop", "Claude-Desktop"),
        ("x\n\nPack-Truth-Level: 1", "x-Pack-Truth-Level-1"),
        ("a <b@c> \r\0", "a-b-c"),
        ("", "unknown"),
        ("ž" * 1000, "unknown"),
    ],
)
def test_the_log_says_which_client_wrote_and_nobody_can_forge_it(
    name: str, label: str, mode: str, memory: Memory, folder: Path
) -> None:
    async def write() -> None:
        who = Implementation(name=name, version="1")
        async with Client(build_server(memory), mode=mode, client_info=who) as client:
            said = "why\n\nPack-Truth-Level: 1"
            await call(client, "memory_update", path="context/x.md", content="x", message=said)

    run(write)
    trailers = git(folder, "log", "-1", "--format=%(trailers:only,unfold)").splitlines()
    said = ("Pack-Origin", "Pack-Truth-Level")
    assert [line for line in trailers if line.startswith(said)] == [
        f"Pack-Origin: ai-cloud:{label}",
        "Pack-Truth-Level: 5",
    ]
    assert git(folder, "log", "-1", "--format=%ae") == f"ai-cloud.{label}@pack.invalid\n"


# --- resources -------------------------------------------------------------------------------

NAMES = [
    "projekty/žluťoučký kůň.md",
    "notes/100%.md",
    "notes/a%20b.md",
    "notes/%2e%2e.md",
    "notes/C# and F#.md",
    "notes/why?.md",
    "notes/a&b=c;d,e.md",
    "notes/日本語 ノート.md",
    "notes/emoji 🦊.md",
    "notes/plus+minus.md",
    "notes/[x]{y}.md",
]


def test_files_of_any_name_are_resources(story: Callable[..., Any], folder: Path) -> None:
    for name in NAMES:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(f"I am {name}\n", encoding="utf-8")

    async def read_all(client: Client) -> None:
        listed = {found.name: found.uri for found in (await client.list_resources()).resources}
        assert set(NAMES) < set(listed)
        for name in NAMES:
            assert await resource_text(client, listed[name]) == f"I am {name}\n"
            assert (await call(client, "memory_get", path=name))["content"] == f"I am {name}\n"

    story(read_all)


OUTSIDE = [
    "../secret.md",
    "..%2Fsecret.md",
    "%2e%2e/secret.md",
    "context/../../secret.md",
    "/etc/passwd",
    "%2Fetc%2Fpasswd",
    ".git/config",
    "%2Egit/config",
    "context/..%5C..%5Csecret.md",
    "context/%00.md",
    "C:%5Csecret.md",
    "link.md",
    "context/none.md",
    "",
    "%FF.md",
]


def test_nothing_but_files_of_the_memory_is_a_resource(
    story: Callable[..., Any], folder: Path
) -> None:
    (folder.parent / "secret.md").write_text("secret", encoding="utf-8")
    (folder / "link.md").symlink_to(folder.parent / "secret.md")

    async def read(client: Client) -> dict[str, MCPError | None]:
        return {path: await error_of(client, f"memory:///{path}") for path in OUTSIDE}

    errors = story(read)
    assert {path for path, error in errors.items() if error is None} == set()
    assert {error.code for error in errors.values()} <= {-32602, -32603}
    assert [path for path, error in errors.items() if str(folder) in error.message] == []


async def error_of(client: Client, uri: str) -> MCPError | None:
    try:
        await client.read_resource(uri)
    except MCPError as error:
        return error
    return None


def test_a_resource_that_is_read_has_the_bytes_of_the_file(
    story: Callable[..., Any], folder: Path
) -> None:
    path = "context/general.md"

    async def read(client: Client) -> str:
        return await resource_text(client, f"memory:///{quote(path)}")

    assert story(read) == (folder / path).read_text(encoding="utf-8")


def test_a_store_that_fails_is_an_answer_not_a_crash(
    story: Callable[..., Any], memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Unavailable("the disk is gone")

    async def meet_it(client: Client) -> None:
        for method in ("get_tree", "get_contents", "head"):
            monkeypatch.setattr(memory.connector, method, fail)
        with pytest.raises(MCPError, match="the disk is gone") as caught:
            await client.list_resources()
        assert caught.value.code == -32603
        with pytest.raises(MCPError, match="the disk is gone"):
            await client.read_resource("memory:///context/general.md")
        refusal = await refused(client, "memory_list")
        assert (refusal["code"], refusal["retryable"]) == ("unavailable", True)

    story(meet_it)
