"""What is remembered of each client: whether it was shown a version of a file in whole."""

from __future__ import annotations

from sys import maxsize
from types import SimpleNamespace
from typing import Any

import pytest
from pack_servers.mcp.clients import PartsRead, reader_key, writer_of
from starlette.requests import Request

from pack.callers import ClientOrigins, Transport, token_digest
from pack.provenance import Source
from pack.results import Excerpt

PATH, SHA, OTHER = "notes/a.md", "a" * 40, "b" * 40


def part(first: int, last: int, *, total: int = 600, is_cut: bool = False) -> Excerpt:
    return Excerpt(first, last, total, is_cut=is_cut)


def test_part_after_part_becomes_the_whole() -> None:
    read = PartsRead()
    assert read.lines("one", PATH, SHA) is None
    for shown in (part(1, 100), part(300, 600), part(90, 200)):
        read.put("one", PATH, SHA, shown)
        assert read.lines("one", PATH, SHA)
    assert read.lines("one", PATH, SHA) == [(1, 200), (300, maxsize)]
    read.put("one", PATH, SHA, part(201, 299))
    assert read.lines("one", PATH, SHA) is None


def test_a_whole_version_stays_whole_and_a_new_one_begins_anew() -> None:
    read = PartsRead()
    read.put("one", PATH, SHA)
    read.put("one", PATH, SHA, part(1, 5))
    assert read.lines("one", PATH, SHA) is None
    read.put("one", PATH, OTHER, part(1, 5))
    assert read.lines("one", PATH, OTHER)
    assert read.lines("one", PATH, SHA) is None  # nothing is known of it any more


def test_a_line_that_was_cut_was_not_shown() -> None:
    read = PartsRead()
    read.put("one", PATH, SHA, part(1, 600, is_cut=True))
    assert read.lines("one", PATH, SHA)


def test_an_edit_does_not_show_the_rest() -> None:
    read = PartsRead()
    read.put("one", PATH, SHA, part(1, 5))
    read.edited("one", PATH, OTHER)
    assert read.lines("one", PATH, OTHER)
    read.edited("one", "notes/b.md", OTHER)
    assert read.lines("one", "notes/b.md", OTHER) is None


def test_clients_are_told_apart_and_unknown_ones_not_remembered() -> None:
    read = PartsRead()
    read.put("one", PATH, SHA, part(1, 5))
    read.put(None, PATH, SHA, part(1, 5))
    read.edited(None, PATH, OTHER)
    assert read.lines("two", PATH, SHA) is None
    assert read.lines(None, PATH, SHA) is None


def test_the_oldest_is_forgotten() -> None:
    read = PartsRead()
    for number in range(5_000):
        read.put("one", f"notes/{number}.md", SHA, part(1, 5))
    assert read.lines("one", "notes/0.md", SHA) is None
    assert read.lines("one", "notes/4999.md", SHA)


def asked(
    address: str = "127.0.0.1", name: str = "x", headers: dict[str, str] | None = None
) -> Any:
    """A request over HTTP, as the SDK passes it on."""
    raw = [(key.encode(), value.encode()) for key, value in (headers or {}).items()]
    request = Request({"type": "http", "headers": raw, "client": (address, 1), "query_string": b""})
    params = SimpleNamespace(client_info=SimpleNamespace(name=name))
    return SimpleNamespace(request=request, session=SimpleNamespace(client_params=params))


def test_without_sessions_those_that_look_alike_are_one_reader() -> None:
    one = reader_key(asked(), sees_all=True)
    assert one is not None
    assert one == reader_key(asked(), sees_all=True)
    token = {"authorization": "Bearer canary"}
    others = [asked("::1"), asked(name="y"), asked(headers=token)]
    assert len({one, *(reader_key(each, sees_all=True) for each in others)}) == 4
    assert reader_key(asked(), sees_all=False) is None
    assert "canary" not in str(reader_key(asked(headers=token), sees_all=True))


@pytest.mark.parametrize("sees_all", [True, False])
def test_a_session_is_a_reader_and_one_of_several_servers_knows_no_others(sees_all: bool) -> None:
    session = asked(headers={"mcp-session-id": "s"})
    assert reader_key(session, sees_all=sees_all) == "s"
    local = SimpleNamespace(request=None)
    assert reader_key(local, sees_all=sees_all) == "local"  # type: ignore[arg-type]


TOKEN = "for-tests-only-0123"
ORIGINS = ClientOrigins(
    transports={Transport.STDIO: Source.AI_LOCAL},
    tokens={token_digest(TOKEN): Source.AUTOMATION},
    names={"boss": Source.USER},
)


@pytest.mark.parametrize(
    ("name", "headers", "origin"),
    [
        ("x", {}, "ai-cloud:x"),
        ("boss", {}, "ai-cloud:boss"),
        ("x", {"authorization": f"Bearer {TOKEN}"}, "automation:x"),
        ("x", {"authorization": f"bearer  {TOKEN}"}, "automation:x"),
        ("x", {"authorization": f"Basic {TOKEN}"}, "ai-cloud:x"),
        ("x", {"authorization": f"Bearer {TOKEN}x"}, "ai-cloud:x"),
        ("user:cli", {"x-origin": "user"}, "ai-cloud:user-cli"),
        ("x", None, "ai-local:x"),
    ],
)
def test_a_client_is_what_its_token_and_its_way_say(
    name: str, headers: dict[str, str] | None, origin: str
) -> None:
    found = asked(name=name, headers=headers)
    request = found.request if headers is not None else None
    call: Any = SimpleNamespace(
        session=found.session, request_context=SimpleNamespace(request=request)
    )
    assert writer_of(call, ORIGINS).label == origin
    assert writer_of(call, Source.AI_LAN).level == 4
