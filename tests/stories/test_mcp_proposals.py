"""What an agent may not change becomes a proposal, and only the person makes it so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import MCPError
from mcp.client import Client
from mcp.types import ElicitRequestParams, ElicitResult, Implementation
from pack_servers.config.settings import Settings
from pack_servers.mcp.server import build_server
from pack_servers.wiring.local import LocalPlace
from pack_servers.wiring.memory import open_memory

from pack.core.truths import TruthMode
from pack.memory import Memory
from pack.provenance import Origin, Source
from tests.stories.mcp_support import (
    call,
    http_client,
    http_server,
    make_memory,
    run,
    stdio_client_for,
)
from tests.support import World

pytestmark = pytest.mark.contract("C13")

PERSON = Origin(Source.USER, "cli")
RULES = "context/rules.md"
TEXT = "# Rules\n\nNever send mail.\n\nAsk first.\n"
MODES = ["auto", "legacy"]


@pytest.fixture
def world() -> Iterator[World]:
    """A memory with one note of the person's."""
    made = World(None)
    made.init()
    made.open(truth=TruthMode.ENFORCE)
    made.memory.written_by(PERSON).notes.update(RULES, TEXT)
    yield made
    made.close()


@pytest.fixture
def memory(world: World) -> Memory:
    return world.memory


class Person:
    """Answers what a client asks, and remembers the questions."""

    def __init__(self, action: str, content: dict[str, Any] | None = None) -> None:
        self.answer = ElicitResult(action=action, content=content)
        self.asked: list[str] = []

    async def __call__(self, _context: object, params: ElicitRequestParams) -> ElicitResult:
        self.asked.append(params.message)
        return self.answer


YES = ("accept", {"accept": True})
NO = ("accept", {"accept": False})


async def rewrite(client: Client) -> Any:
    """What an agent does to the person's rules."""
    read = await call(client, "memory_get", path=RULES)
    text = read["content"].replace("Never send", "Always send")
    return await call(client, "memory_update", path=RULES, content=text, sha=read["sha"])


def story(
    memory: Memory, mode: str, told: Callable[[Client], Any], *, asks: bool, **options: Any
) -> Any:
    async def with_client() -> Any:
        server = build_server(memory, watch=False, asks=asks)
        async with Client(server, mode=mode, **options) as client:
            return await told(client)

    return run(with_client)


def rules(memory: Memory) -> str:
    return memory.notes.get(RULES).content


@pytest.mark.parametrize("mode", MODES)
def test_a_proposal_is_listed_shown_and_withdrawn_by_its_client(memory: Memory, mode: str) -> None:
    async def told(client: Client) -> None:
        made = await rewrite(client)
        assert made["status"] == "proposed"
        (listed,) = (await call(client, "memory_proposals"))["proposals"]
        assert (listed["id"], listed["path"], listed["status"]) == (made["proposal"], RULES, "open")
        (shown,) = (await call(client, "memory_proposals", id=made["proposal"]))["proposals"]
        assert "-Never send mail.\n+Always send mail.\n" in shown["diff"]
        gone = await call(client, "memory_proposals", id=made["proposal"], withdraw=True)
        assert gone["proposals"][0]["status"] == "withdrawn"
        assert (await call(client, "memory_proposals"))["proposals"] == []

    story(memory, mode, told, asks=False)
    assert "Never send mail." in rules(memory)


def test_no_tool_accepts(memory: Memory) -> None:
    async def told(client: Client) -> None:
        made = await rewrite(client)
        tools = (await client.list_tools()).tools
        assert not [tool.name for tool in tools if "accept" in str(tool.input_schema)]
        for guess in ({"accept": True}, {"action": "accept"}, {"status": "accepted"}):
            await client.call_tool("memory_proposals", {"id": made["proposal"], **guess})
        answer = await client.call_tool("memory_accept", {"id": made["proposal"]})
        assert answer.is_error

    story(memory, "auto", told, asks=False)
    assert "Never send mail." in rules(memory)
    assert memory.proposals.count() == 1


# --- asking the person -----------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_a_yes_in_the_client_accepts_where_the_person_has_said_so(
    memory: Memory, world: World, mode: str
) -> None:
    person, before = Person(*YES), len(world.messages())
    done = story(memory, mode, rewrite, asks=True, elicitation_callback=person)
    assert done["status"] == "written"
    assert "Always send mail." in rules(memory)
    assert len(world.messages()) == before + 1
    assert memory.proposals.count() == 0
    (asked,) = person.asked
    assert "-Never send mail.\n+Always send mail.\n" in asked
    (newest, *_) = memory.commits.page(limit=1).commits
    assert (newest.level, newest.origin) == (1, "user:chat")


@pytest.mark.parametrize("mode", MODES)
def test_without_the_setting_no_answer_counts_and_nobody_is_asked(
    memory: Memory, world: World, mode: str
) -> None:
    person, before = Person(*YES), len(world.messages())
    done = story(memory, mode, rewrite, asks=False, elicitation_callback=person)
    assert (done["status"], person.asked) == ("proposed", [])
    assert len(world.messages()) == before


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("said", "status", "left"),
    [
        (("decline", None), "rejected", 0),
        (NO, "rejected", 0),
        (("cancel", None), "proposed", 1),
        (("accept", None), "proposed", 1),
        (("accept", {"accept": "yes"}), "proposed", 1),
        (("accept", {"other": True}), "proposed", 1),
    ],
)
def test_a_no_refuses_and_no_answer_leaves_it_open(
    memory: Memory, mode: str, said: tuple[str, Any], status: str, left: int
) -> None:
    done = story(memory, mode, rewrite, asks=True, elicitation_callback=Person(*said))
    assert (done["status"], memory.proposals.count()) == (status, left)
    assert "Never send mail." in rules(memory)


@pytest.mark.parametrize("mode", MODES)
def test_a_client_that_cannot_ask_is_not_asked(memory: Memory, mode: str) -> None:
    done = story(memory, mode, rewrite, asks=True)
    assert done["status"] == "proposed"
    assert memory.proposals.count() == 1


def test_a_client_cannot_put_words_into_the_question(memory: Memory) -> None:
    person = Person("cancel")
    named = Implementation(name="nice client\n\nPACK: this is safe\u202e", version="1")
    options: dict[str, Any] = {"elicitation_callback": person, "client_info": named}
    story(memory, "auto", rewrite, asks=True, **options)
    (asked,) = person.asked
    wants = "nice-client-PACK-this-is-safe wants to change your text in context/rules.md:"
    assert asked.splitlines()[0] == wants


def test_an_answer_counts_for_its_question_alone(memory: Memory, world: World) -> None:
    async def told(client: Client) -> None:
        read = await call(client, "memory_get", path=RULES)
        text = read["content"].replace("Never send", "Always send")
        wanted = {"path": RULES, "content": text, "sha": read["sha"]}
        first = await client.session.call_tool("memory_update", wanted, allow_input_required=True)
        state = first.request_state
        said = {"decision": ElicitResult(action="accept", content={"accept": True})}
        other = {**wanted, "content": text.replace("Ask first.", "Never ask.")}
        for arguments, forged in ((other, state), (wanted, f"{state[:-2]}xx")):
            with pytest.raises(MCPError):
                await client.session.call_tool(
                    "memory_update",
                    arguments,
                    input_responses=said,
                    request_state=forged,
                    allow_input_required=True,
                )
        assert "Never send mail." in rules(memory)
        done = await client.session.call_tool(
            "memory_update", wanted, input_responses=said, request_state=state
        )
        assert done.structured_content["status"] == "written"
        again = await client.session.call_tool(
            "memory_update", wanted, input_responses=said, request_state=state
        )
        assert again.is_error

    before = len(world.messages())
    story(memory, "auto", told, asks=True, elicitation_callback=Person("cancel"))
    assert len(world.messages()) == before + 1


def test_over_stdio_and_http_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACK_ACCEPT_BY_ELICITATION", "true")
    folder = make_memory(tmp_path / "memory")
    with open_memory(Settings(), LocalPlace(folder), origin=PERSON) as memory:
        memory.notes.update(RULES, TEXT)

    async def at_stdio() -> None:
        person = Person(*NO)
        log = tmp_path / "stdio.log"
        async with stdio_client_for(folder, log, "legacy", elicitation_callback=person) as client:
            assert (await rewrite(client))["status"] == "rejected"
            assert (await rewrite(client))["status"] == "refused"
            assert len(person.asked) == 1

    async def at_http(url: str) -> None:
        person = Person(*YES)
        async with http_client(url, "auto", elicitation_callback=person) as client:
            read = await call(client, "memory_get", path=RULES)
            text = read["content"].replace("Ask first.", "Do not ask.")
            done = await call(client, "memory_update", path=RULES, content=text, sha=read["sha"])
            assert done["status"] == "written"

    run(at_stdio)
    with http_server(folder, tmp_path / "http.log") as server:
        run(lambda: at_http(server.url))
    text = (folder / RULES).read_text(encoding="utf-8")
    assert ("Never send mail." in text, "Do not ask." in text) == (True, True)
