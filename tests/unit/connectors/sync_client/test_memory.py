"""Two memories over the reference client: each request and answer goes through JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import jsonschema
import pytest
from pack_connectors.sync_client.memory import RemoteItems
from pack_connectors.sync_client.transport import CallTransport, HttpTransport, SyncTransport
from pack_servers.http.sync import SyncApi
from pack_templates import sync_schema

from pack.catalog.scope import VaultMode
from pack.core.truths import TruthMode
from pack.errors import AuthFailed, InvalidRequest, PackError, Unavailable
from pack.provenance import Origin, Source
from pack.truth.sync_items.claims import SyncCaller
from pack.truth.sync_items.meeting import Meeting, MeetingState
from tests.support import World

A = "context/a.md"
PERSON = Origin(Source.USER, "cli")
ME = SyncCaller(Source.USER, "laptop")
SCHEMA = json.loads(sync_schema())
SHAPES = {"/sync/push": ("push", "push_answer"), "/sync/pull": (None, "pull_answer")}


@pytest.fixture
def here() -> Iterator[World]:
    yield from made()


@pytest.fixture
def there() -> Iterator[World]:
    yield from made()


def made() -> Iterator[World]:
    world = World(None)
    world.open(truth=TruthMode.ENFORCE)
    world.init()
    yield world
    world.close()


def check(value: object, definition: str | None) -> None:
    if definition is not None:
        jsonschema.validate(value, {**SCHEMA, "$ref": f"#/$defs/{definition}"})


def in_process(world: World) -> CallTransport:
    api = SyncApi(world.memory)

    def answer(method: str, path: str, query: Mapping[str, str], body: bytes) -> tuple[int, object]:
        asked, answered = SHAPES[path]
        check(json.loads(body) if body else None, asked)
        status, fields = api.answer(method, path, query, body, ME)
        check(json.loads(json.dumps(fields)), answered)
        return status, fields

    return CallTransport(answer)


def over_http(world: World) -> HttpTransport:
    api = SyncApi(world.memory)

    def serve(request: httpx.Request) -> httpx.Response:
        assert request.headers["authorization"] == "Bearer example-token"
        query = dict(request.url.params)
        asked = request.method, request.url.path, query, request.content, ME
        status, fields = api.answer(*asked)
        return httpx.Response(status, json=fields)

    client = httpx.Client(transport=httpx.MockTransport(serve))
    return HttpTransport("http://memory.example/", "example-token", client)


@pytest.mark.contract("C1")
@pytest.mark.parametrize("transport", [in_process, over_http])
def test_two_memories_meet(here: World, there: World, transport: Any) -> None:
    person = here.memory.written_by(PERSON).notes, there.memory.written_by(PERSON).notes
    person[0].update(A, "# A\n\none\n\ntwo\n")
    person[1].update("b/x.md", "# X\n")
    carried: SyncTransport = transport(there)
    other, items = RemoteItems(carried), here.memory.sync_items
    state = Meeting(items, other, MeetingState(), VaultMode.LOCAL_FIRST).hold()
    for notes, word in zip(person, ("mine", "hers"), strict=True):
        note = notes.get(A)
        notes.update(A, note.content.replace("two", word), note.sha)
    for _ in range(2):
        meeting = Meeting(items, other, state, VaultMode.LOCAL_FIRST)
        state = meeting.hold()
        assert meeting.report.refused == []
    assert here.files().keys() == there.files().keys()
    assert {p: c for p, c in here.files().items() if "/" in p} == {
        p: c for p, c in there.files().items() if "/" in p
    }
    assert "mine" in person[1].get(A).content
    (copy,) = [path for path in there.listed() if ".conflict-" in path]
    assert "hers" in person[0].get(copy).content


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ((401, {"message": "no"}), AuthFailed),
        ((400, {"message": "no"}), InvalidRequest),
        ((503, {"message": "no"}), Unavailable),
        ((200, []), Unavailable),
        ((200, {"items": []}), Unavailable),
        ((200, {"items": [{}], "version": 1}), Unavailable),
    ],
)
def test_an_answer_that_is_none(reply: tuple[int, object], error: type[PackError]) -> None:
    other = RemoteItems(CallTransport(lambda *_: reply))
    with pytest.raises(error):
        other.pull(0, None, 10, each=True)
