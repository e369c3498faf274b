"""Sync items over HTTP, without a socket; each answer fits the schema that ships."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import jsonschema
import pytest
from mcp.server import MCPServer
from pack_servers.config.sync_tokens import SyncRole
from pack_servers.http.app import HttpSettings, More, build_app
from pack_servers.http.sync import SyncApi, SyncEndpoints
from pack_templates import sync_schema
from pydantic import SecretStr

from pack.callers import token_digest
from pack.core.truths import TruthMode
from pack.provenance import Origin, Source
from pack.truth.sync_items.claims import SyncCaller
from tests.support import World

PERSON = Origin(Source.USER, "cli")
TOKENS = {"user": "example-user-token", "ai": "example-ai-token"}
ROLES = {
    token_digest(TOKENS["user"]): SyncRole(Source.USER, "web"),
    token_digest(TOKENS["ai"]): SyncRole(Source.AI_CLOUD, "claude"),
}
SCHEMA = json.loads(sync_schema())
HOST = "http://127.0.0.1:3005"


@pytest.fixture
def world() -> Iterator[World]:
    made = World(None)
    made.open(truth=TruthMode.ENFORCE)
    made.init().written_by(PERSON).notes.update("context/a.md", "# A\n\nmine\n")
    yield made
    made.close()


def check(value: object, definition: str) -> None:
    jsonschema.validate(value, {**SCHEMA, "$ref": f"#/$defs/{definition}"})


class Client:
    """Asks the guarded application."""

    def __init__(self, world: World, *, is_on: bool = True, token: str | None = None) -> None:
        settings = HttpSettings(
            token=SecretStr(token) if token else None,
            sync_tokens=frozenset(ROLES) if is_on else frozenset(),
            max_body=100_000,
        )
        sync = SyncEndpoints(SyncApi(world.memory), ROLES) if is_on else None
        self._app = build_app(
            MCPServer("test", log_level="WARNING"), settings, more=More(sync=sync)
        )

    def ask(
        self, method: str, path: str, role: str | None = "user", **given: Any
    ) -> httpx.Response:
        headers = given.pop("headers", {})
        if role is not None:
            headers["Authorization"] = f"Bearer {TOKENS.get(role, role)}"

        async def asked() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)  # type: ignore[arg-type] - a guard is one
            async with httpx.AsyncClient(transport=transport, base_url=HOST) as client:
                return await client.request(method, path, headers=headers, **given)

        return asyncio.run(asked())

    def push(self, *items: dict[str, object], role: str = "user") -> list[dict[str, Any]]:
        answer = self.ask("POST", "/sync/push", role, json={"items": list(items)})
        assert answer.status_code == 200
        check(answer.json(), "push_answer")
        return list(answer.json()["results"])


def note(path: str, text: str, **fields: object) -> dict[str, object]:
    return {"entity_id": path, "payload": {"content": text}, **fields}


def test_what_is_pushed_is_pulled(world: World) -> None:
    client = Client(world)
    (pushed,) = client.push(note("context/b.md", "# B\n", id="1"))
    assert pushed["status"] == "written"
    pulled = client.ask("GET", "/sync/pull?since=0").json()
    check(pulled, "pull_answer")
    assert [item["entity_id"] for item in pulled["items"]][-1] == "context/b.md"
    assert pulled["items"][-1]["version"] == pushed["version"] == pulled["version"]
    first = client.ask("GET", "/sync/pull?limit=1").json()
    rest = client.ask("GET", "/sync/pull", params={"cursor": first["next_cursor"]}).json()
    assert [*first["items"], *rest["items"]] == pulled["items"]


@pytest.mark.contract("C1")
def test_an_ai_proposes_and_a_conflict_is_settled(world: World) -> None:
    client = Client(world)
    before = world.memory.notes.get("context/a.md")
    change = note("context/a.md", before.content.replace("mine", "its"), sha=before.sha)
    (proposed,) = client.push({**change, "truth_level": 1, "accepted_by_user": True}, role="ai")
    assert (proposed["status"], bool(proposed["proposal"])) == ("proposed", True)
    assert proposed["protected"] == [
        {"line": before.content.split("\n").index("mine") + 1, "text": "mine"}
    ]
    assert proposed["diff"]
    assert proposed["tell"]
    world.memory.written_by(PERSON).notes.update(
        "context/a.md", before.content.replace("mine", "here"), before.sha
    )
    (conflict,) = client.push(change)
    assert conflict["status"] == "conflict"
    settle = {"path": "context/a.md", "choose": "merged", "sha": conflict["current"]["sha"]}
    check({**settle, "content": "x"}, "conflict_resolve")
    answer = client.ask(
        "POST", "/sync/conflict-resolve", json={**settle, "content": "# A\n\nboth\n"}
    )
    assert (answer.status_code, answer.json()["status"]) == (200, "written")
    check(answer.json(), "result")
    again = client.ask("POST", "/sync/conflict-resolve", json={**settle, "content": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    check(again.json(), "error")


@pytest.mark.parametrize("role", [None, "wrong-token", "", "example-user-toke"])
@pytest.mark.parametrize("path", ["/sync/push", "/sync/pull", "/sync/conflict-resolve"])
def test_nobody_comes_in_without_a_token(world: World, role: str | None, path: str) -> None:
    method = "GET" if path.endswith("pull") else "POST"
    answer = Client(world).ask(method, path, role, json={} if method == "POST" else None)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


def test_the_token_for_mcp_is_none_for_sync_items_and_the_reverse(world: World) -> None:
    client = Client(world, token="example-mcp-token")
    assert client.ask("GET", "/sync/pull", "example-mcp-token").status_code == 401
    assert client.ask("POST", "/mcp", "user", json={}).status_code == 401
    assert client.ask("GET", "/sync/pull", "user").status_code == 200


def test_without_tokens_there_is_nothing(world: World) -> None:
    client = Client(world, is_on=False)
    assert client.ask("GET", "/sync/pull").status_code == 404
    assert client.ask("POST", "/sync/push", json=[]).status_code == 404


def test_the_guards_of_the_server_hold_here_too(world: World) -> None:
    client = Client(world)
    foreign = {"Origin": "https://evil.example"}
    assert client.ask("GET", "/sync/pull", headers=foreign).status_code == 403
    assert client.ask("GET", "/sync/pull", headers={"Host": "evil.example"}).status_code == 421
    form = {"Content-Type": "text/plain"}
    assert client.ask("POST", "/sync/push", headers=form, content="[]").status_code == 415
    large = [note("context/b.md", "x" * 100_000)]
    assert client.ask("POST", "/sync/push", json=large).status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "given", "status"),
    [
        ("POST", "/sync/push", {"content": b"{"}, 400),
        ("POST", "/sync/push", {"content": b"[" * 50_000}, 400),
        ("POST", "/sync/push", {"content": b"NaN"}, 400),
        ("POST", "/sync/push", {"content": b'{"items": 1}'}, 400),
        ("POST", "/sync/push", {"json": [note("a/b.md", "x")] * 101}, 413),
        ("GET", "/sync/push", {}, 405),
        ("POST", "/sync/pull", {"json": {}}, 405),
        ("GET", "/sync/pull?since=yesteryear", {}, 400),
        ("GET", "/sync/pull?limit=0", {}, 400),
        ("GET", "/sync/pull?limit=x", {}, 400),
        ("GET", "/sync/pull?cursor=x", {}, 400),
        ("POST", "/sync/conflict-resolve", {"json": {"path": "context/a.md"}}, 400),
        ("POST", "/sync/conflict-resolve", {"json": []}, 400),
        ("POST", "/sync/conflict-resolve", {"json": {"path": "a/b.md", "choose": []}}, 400),
        ("POST", "/sync/conflict-resolve", {"json": {"path": "a/b.md", "choose": {}}}, 400),
        (
            "POST",
            "/sync/conflict-resolve",
            {"json": {"path": "context/none.md", "choose": "ours", "sha": "a" * 40}},
            404,
        ),
    ],
)
def test_a_wrong_request_is_refused_in_words(
    world: World, method: str, path: str, given: dict[str, Any], status: int
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = Client(world).ask(method, path, headers=headers, **given)
    assert answer.status_code == status
    check(answer.json(), "error")


def test_an_item_that_is_none_is_refused_and_the_others_are_taken(world: World) -> None:
    client = Client(world)
    items = [{"id": "\ud800"}, note("context/b.md", "# B\n"), 7]
    answer = client.ask(
        "POST",
        "/sync/push",
        content=json.dumps(items),
        headers={"Content-Type": "application/json"},
    )
    check(answer.json(), "push_answer")
    assert [one["status"] for one in answer.json()["results"]] == ["refused", "written", "refused"]


def test_a_push_that_takes_long_defers_the_rest(world: World) -> None:
    ticks = iter(range(0, 10_000, 15))
    api = SyncApi(world.memory, clock=lambda: float(next(ticks)))
    items = [note(f"context/{n}.md", f"# {n}\n") for n in range(4)]
    role = ROLES[token_digest(TOKENS["user"])]
    status, answer = api.answer(
        "POST", "/sync/push", {}, json.dumps(items).encode(), SyncCaller(*role)
    )
    assert status == 200
    check(answer, "push_answer")
    results: Any = answer["results"]
    assert [one["status"] for one in results] == ["written", "written", "deferred", "deferred"]


def test_the_schema_says_what_a_client_must_send() -> None:
    check({"items": [note("a/b.md", "x"), {"entity_id": "a/b.md", "deleted": True}]}, "push")
    for wrong in ({"entity_id": "a"}, note("", "x"), {**note("a", "x"), "deleted": True}):
        with pytest.raises(jsonschema.ValidationError):
            check({"items": [wrong]}, "push")
