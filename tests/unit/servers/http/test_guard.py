"""The rules of the HTTP guard, without a socket."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import suppress
from typing import Any

import pytest
from pack_servers.http.access import SECURITY_HEADERS, Access
from pack_servers.http.app import HttpSettings, check_bind
from pack_servers.http.bind import Address, access_for
from pack_servers.http.guard import REFUSED, Guard
from pydantic import SecretStr

CANARY = "canary-3f9c1d7a-token"
Headers = list[tuple[bytes, bytes]]


def local_access(token: str | None = None, **changes: Any) -> Access:
    settings = HttpSettings(token=SecretStr(token) if token else None, **changes)
    return access_for(settings, check_bind(settings))


def scope(
    path: str = "/mcp", method: str = "GET", headers: Headers | None = None, version: str = "1.1"
) -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "http_version": version,
        "headers": [(b"host", b"127.0.0.1:3005")] if headers is None else headers,
    }


def status(access: Access, given: dict[str, Any]) -> int:
    refusal = access.refuse(given)
    return refusal.status if refusal else 200


# --- Host ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1:3005", "localhost:3005", "[::1]:3005", "LocalHost:3005", "[0:0::1]:3005"]
)
def test_names_of_this_server_are_served(host: str) -> None:
    assert status(local_access(), scope(headers=[(b"host", host.encode())])) == 200


MALFORMED_HOSTS = [
    "",
    "localhost.",
    "localhost.:3005",
    "127.0.0.1:80.evil.example",
    "127.0.0.1:3005@evil.example",
    "user@127.0.0.1:3005",
    "127.0.0.1:3005,evil.example",
    "127.0.0.1:3005 evil.example",
    "127.0.0.1:3005\tevil.example",
    " 127.0.0.1:3005",
    "127.0.0.1:",
    "127.0.0.1:03005",
    "127.0.0.1:+3005",
    "127.0.0.1:3005/",
    "127.0.0.1:3005#",
    "127.0.0.1:99999",
    "http://127.0.0.1:3005",
    "127.0.0.1:३००५",
    "lоcalhost:3005",
    "::1",
    "[::1",
    "[::1]evil.example:3005",
    "[::1%25lo]:3005",
    "[127.0.0.1]:3005",
    "-localhost:3005",
    "localhost:3005\n",
    "a" * 300,
]


@pytest.mark.parametrize("host", MALFORMED_HOSTS)
def test_a_malformed_host_is_refused_on_every_bind(host: str) -> None:
    given_scope = scope(headers=[(b"host", host.encode("utf-8"))])
    anyone = Access(None, frozenset(), None, max_body=1, read_timeout=1)
    assert status(local_access(), given_scope) == 400
    assert status(anyone, given_scope) == 400


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:3005",
        "evil.example",
        "127.0.0.1",
        "localhost",
        "127.0.0.1:80",
        "127.0.0.1:3006",
        "127.0.0.1.evil.example:3005",
        "localhost.evil.example:3005",
        "127.1:3005",
        "2130706433:3005",
        "0x7f000001:3005",
        "0.0.0.0:3005",
        "127.0.0.2:3005",
        "[::]:3005",
        "[::ffff:127.0.0.1]:3005",
    ],
)
def test_a_valid_host_that_is_not_this_server_is_misdirected(host: str) -> None:
    assert status(local_access(), scope(headers=[(b"host", host.encode())])) == 421


def test_exactly_one_host_is_needed() -> None:
    good = (b"host", b"127.0.0.1:3005")
    assert status(local_access(), scope(headers=[])) == 400
    assert status(local_access(), scope(headers=[good, good])) == 400
    assert status(local_access(), scope(headers=[good, (b"host", b"evil.example")])) == 400


def test_forwarded_headers_change_nothing() -> None:
    forwarded = [(b"x-forwarded-host", b"127.0.0.1:3005"), (b"forwarded", b"host=localhost")]
    evil = [(b"host", b"evil.example:3005"), *forwarded]
    assert status(local_access(), scope(headers=evil)) == 421


def test_a_port_80_server_is_called_without_port() -> None:
    access = local_access(port=80)
    assert status(access, scope(headers=[(b"host", b"127.0.0.1")])) == 200
    assert status(access, scope(headers=[(b"host", b"127.0.0.1:3005")])) == 421


PUBLIC: Address = (socket.AF_INET, ("0.0.0.0", 3005))
BEARER = (b"authorization", f"Bearer {CANARY}".encode())


def test_a_wide_bind_takes_any_valid_host_when_none_is_configured() -> None:
    settings = HttpSettings(host="0.0.0.0", token=SecretStr(CANARY))
    access = access_for(settings, (PUBLIC,))
    assert status(access, scope(headers=[(b"host", b"nas.lan:8080"), BEARER])) == 200
    assert status(access, scope(headers=[(b"host", b"nas.lan:8080")])) == 401


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("pack.example", 200),
        ("pack.example:443", 200),
        ("pack.example:3005", 200),
        ("nas.lan:8080", 200),
        ("localhost:3005", 200),
        ("nas.lan", 421),
        ("pack.example:8080", 421),
        ("evil.example:3005", 421),
        ("pack.example.evil.example", 421),
    ],
)
def test_configured_names_are_the_only_ones_of_a_wide_bind(host: str, expected: int) -> None:
    names = ("pack.example", "nas.lan:8080")
    settings = HttpSettings(host="0.0.0.0", token=SecretStr(CANARY), allowed_hosts=names)
    access = access_for(settings, (PUBLIC,))
    assert status(access, scope(headers=[(b"host", host.encode()), BEARER])) == expected


# --- Origin ----------------------------------------------------------------------------------


def with_origin(*origins: str, site: str | None = None) -> dict[str, Any]:
    headers = [(b"host", b"127.0.0.1:3005")]
    headers += [(b"origin", origin.encode()) for origin in origins]
    headers += [(b"sec-fetch-site", site.encode())] if site else []
    return scope(headers=headers)


@pytest.mark.parametrize(
    "origin", ["http://127.0.0.1:3005", "http://localhost:3005", "http://[::1]:3005"]
)
def test_pages_of_this_server_are_served(origin: str) -> None:
    assert status(local_access(), with_origin(origin, site="same-origin")) == 200


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "null",
        "*",
        "file://",
        "http://evil.example",
        "http://localhost",
        "http://localhost:3006",
        "https://localhost:3005",
        "HTTP://localhost:3005",
        "http://localhost:3005/",
        "http://localhost:3005.evil.example",
        "http://localhost:3005@evil.example",
        "http://user@localhost:3005",
        "http://localhost:3005, http://evil.example",
        "http://localhost:3005 http://evil.example",
        "http://localhost.:3005",
        "http://127.0.0.1:80.evil.example",
        "http://127.0.0.1.evil.example:3005",
        "chrome-extension://abcdefgh",
        "//localhost:3005",
        "localhost:3005",
    ],
)
def test_pages_of_others_are_refused(origin: str) -> None:
    assert status(local_access(), with_origin(origin)) == 403


def test_two_origins_are_refused_even_when_both_are_good() -> None:
    good = "http://localhost:3005"
    assert status(local_access(), with_origin(good, good)) == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site", "nonsense"])
def test_a_page_that_sends_no_origin_is_known_by_fetch_metadata(site: str) -> None:
    assert status(local_access(), with_origin(site=site)) == 403
    health = scope("/health", headers=with_origin(site=site)["headers"])
    assert status(local_access(), health) == 403


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_the_user_and_our_own_pages_are_known_by_fetch_metadata(site: str) -> None:
    assert status(local_access(), with_origin(site=site)) == 200


def test_a_configured_origin_is_compared_as_a_whole() -> None:
    settings = HttpSettings(allowed_origins=("https://pack.example",))
    access = access_for(settings, check_bind(settings))
    assert status(access, with_origin("https://pack.example", site="cross-site")) == 200
    assert status(access, with_origin("https://pack.example:443")) == 200
    assert status(access, with_origin("http://pack.example")) == 403
    assert status(access, with_origin("https://pack.example.evil.example")) == 403


def test_loopback_pages_are_no_friends_of_a_server_on_the_network() -> None:
    settings = HttpSettings(host="0.0.0.0", token=SecretStr(CANARY))
    given_scope = with_origin("http://localhost:3005")
    assert status(access_for(settings, (PUBLIC,)), given_scope) == 403


# --- method, target, type and length -----------------------------------------------------------


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "PUT", "PATCH", "TRACE", "CONNECT", "get"])
def test_other_methods_are_refused(method: str) -> None:
    assert status(local_access(), scope(method=method)) == 405


@pytest.mark.parametrize("target", ["http://evil.example/mcp", "evil.example:80", "*", ""])
def test_a_target_that_is_no_path_is_refused(target: str) -> None:
    assert status(local_access(), scope(target)) == 400


def posted(*extra: tuple[bytes, bytes], version: str = "1.1") -> dict[str, Any]:
    headers = [(b"host", b"127.0.0.1:3005"), *extra]
    return scope(method="POST", headers=headers, version=version)


JSON = (b"content-type", b"application/json")


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([JSON], 200),
        ([(b"content-type", b"Application/JSON; charset=utf-8")], 200),
        ([], 415),
        ([(b"content-type", b"text/plain")], 415),
        ([(b"content-type", b"text/plain; application/json")], 415),
        ([(b"content-type", b"application/jsonp")], 415),
        ([(b"content-type", b"application/x-www-form-urlencoded")], 415),
        ([JSON, JSON], 415),
    ],
)
def test_only_json_is_posted(headers: Headers, expected: int) -> None:
    assert status(local_access(), posted(*headers)) == expected


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([(b"content-length", b"4194304")], 200),
        ([(b"content-length", b"4194305")], 413),
        ([(b"content-length", b"9" * 20)], 413),
        ([(b"content-length", b"9" * 5000)], 400),
        ([(b"content-length", b"-1")], 400),
        ([(b"content-length", b"+1")], 400),
        ([(b"content-length", b"1,1")], 400),
        ([(b"content-length", b"0x1")], 400),
        ([(b"content-length", b"")], 400),
        ([(b"content-length", b"1"), (b"content-length", b"1")], 400),
        ([(b"content-length", b"1"), (b"transfer-encoding", b"chunked")], 400),
        ([(b"transfer-encoding", b"chunked")], 200),
    ],
)
def test_lengths_are_one_plain_number_within_the_limit(headers: Headers, expected: int) -> None:
    assert status(local_access(), posted(JSON, *headers)) == expected


def test_chunks_do_not_exist_in_http_1_0() -> None:
    chunked = (b"transfer-encoding", b"chunked")
    assert status(local_access(), posted(JSON, chunked, version="1.0")) == 400


# --- token -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([f"Bearer {CANARY}"], 200),
        ([f"bEaReR {CANARY}"], 200),
        ([], 401),
        ([""], 401),
        (["Bearer"], 401),
        (["Bearer "], 401),
        ([CANARY], 401),
        ([f"Basic {CANARY}"], 401),
        ([f"Bearer {CANARY}x"], 401),
        ([f"Bearer {CANARY[:-1]}"], 401),
        ([f"Bearer {CANARY.upper()}"], 401),
        ([f"Bearer {CANARY} {CANARY}"], 401),
        ([f"Bearer\t{CANARY}"], 401),
        ([f"Bearer {CANARY}"] * 2, 401),
    ],
)
def test_exactly_one_right_bearer_token_is_needed(values: list[str], expected: int) -> None:
    headers = [(b"host", b"127.0.0.1:3005")]
    headers += [(b"authorization", value.encode()) for value in values]
    access = local_access(CANARY)
    assert status(access, scope(headers=headers)) == expected
    assert status(access, scope("/elsewhere", headers=headers)) == expected


def test_health_needs_no_token_but_the_right_host() -> None:
    access = local_access(CANARY)
    assert status(access, scope("/health")) == 200
    assert status(access, scope("/health", "HEAD")) == 200
    assert status(access, scope("/health", "DELETE")) == 401
    assert status(access, scope("/health/", "GET")) == 401
    assert status(access, scope("/health", headers=[(b"host", b"evil.example")])) == 421


# --- the middleware --------------------------------------------------------------------------


class Peer:
    """A client of an ASGI application: gives messages, keeps answers."""

    def __init__(self, *messages: dict[str, Any]) -> None:
        self.messages = list(messages)
        self.sent: list[dict[str, Any]] = []

    async def receive(self) -> dict[str, Any]:
        if not self.messages:
            await asyncio.Event().wait()
        return self.messages.pop(0)

    async def send(self, message: Any) -> None:
        self.sent.append(message)

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.sent[0]["headers"])


def body(content: bytes, *, more: bool = False) -> dict[str, Any]:
    return {"type": "http.request", "body": content, "more_body": more}


async def echo(given_scope: Any, receive: Any, send: Any) -> None:
    message = await receive()
    headers = [(b"access-control-allow-origin", b"*"), (b"server", b"x"), (b"x-own", b"1")]
    headers.append((b"Cache-Control", b"public"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": message["body"]})


def run(app: Any, given_scope: dict[str, Any], peer: Peer, **changes: Any) -> Peer:
    access = local_access(**changes)
    asyncio.run(Guard(app, access)(given_scope, peer.receive, peer.send))
    return peer


def test_the_application_gets_the_whole_body_at_once() -> None:
    peer = run(echo, posted(JSON), Peer(body(b"one ", more=True), body(b"two")))
    assert peer.status == 200
    assert peer.sent[1]["body"] == b"one two"


def test_answers_carry_our_headers_and_no_grant_or_banner() -> None:
    headers = run(echo, scope(), Peer(body(b""))).headers
    assert headers == {b"x-own": b"1", **dict(SECURITY_HEADERS)}


def test_a_refusal_is_json_that_repeats_nothing_of_the_request() -> None:
    evil = [(b"host", b"canary.example"), (b"origin", b"http://canary.example")]
    peer = run(echo, scope("/canary", headers=evil), Peer())
    answer = json.loads(peer.sent[1]["body"])
    assert peer.status == 421
    assert set(answer) == {"code", "message", "remedy"}
    assert all(answer.values())
    assert b"canary" not in b"".join(
        [peer.sent[1]["body"], *map(b":".join, peer.sent[0]["headers"])]
    )
    assert set(dict(SECURITY_HEADERS)) <= set(peer.headers)


def test_a_refusal_ends_the_connection_unless_a_body_is_still_under_way() -> None:
    evil = (b"host", b"evil.example")
    kind = (b"content-type", b"text/plain")
    for given, closes in (
        (scope(headers=[evil]), True),
        (scope(method="POST", headers=[evil, (b"content-length", b"0")]), True),
        (scope(method="POST", headers=[evil, (b"content-length", b"9")]), False),
        (scope(method="POST", headers=[evil, (b"transfer-encoding", b"chunked")]), False),
        (posted((b"content-type", b"text/plain")), True),
        (scope(method="PUT"), True),
        (scope(headers=[(b"host", b"127.0.0.1:3005"), kind, (b"origin", b"null")]), True),
    ):
        peer = run(echo, given, Peer())
        assert peer.status >= 400
        assert given["state"][REFUSED]
        assert (peer.headers.get(b"connection") == b"close") is closes, given
    served = scope()
    run(echo, served, Peer(body(b"")))
    assert "state" not in served


def test_a_body_is_counted_when_no_length_says_how_long_it_is() -> None:
    chunks = [body(b"x" * 600, more=True), body(b"x" * 400, more=True), body(b"x")]
    assert run(echo, posted(JSON), Peer(*chunks), max_body=1000).status == 413
    assert run(echo, posted(JSON), Peer(*chunks), max_body=1001).status == 200


def test_a_body_that_does_not_arrive_is_a_timeout() -> None:
    peer = run(echo, posted(JSON), Peer(body(b"x", more=True)), read_timeout=0.01)
    assert peer.status == 408
    assert peer.headers[b"connection"] == b"close"


def test_nothing_is_answered_to_a_client_that_has_gone() -> None:
    peer = run(echo, posted(JSON), Peer(body(b"x", more=True), {"type": "http.disconnect"}))
    assert peer.sent == []


def test_websockets_are_refused() -> None:
    peer = run(echo, {**scope(), "type": "websocket"}, Peer({"type": "websocket.connect"}))
    assert peer.sent == [{"type": "websocket.close", "code": 1008}]


def test_lifespan_is_passed_on() -> None:
    seen: list[str] = []

    async def app(given_scope: Any, _receive: Any, _send: Any) -> None:
        seen.append(given_scope["type"])

    run(app, {"type": "lifespan"}, Peer())
    assert seen == ["lifespan"]


def test_stopping_ends_streams_first_then_calls_and_refuses_new_ones() -> None:
    async def forever(_scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await asyncio.Event().wait()

    async def story() -> tuple[Peer, Peer, Peer]:
        guard = Guard(forever, local_access())
        stream, call, late = Peer(body(b"")), Peer(body(b"")), Peer(body(b""))
        streaming = asyncio.create_task(guard(scope(), stream.receive, stream.send))
        calling = asyncio.create_task(guard(posted(JSON), call.receive, call.send))
        while not (stream.sent and call.sent):
            await asyncio.sleep(0)
        guard.stop(streams_only=True)
        await streaming
        assert not calling.done()
        guard.stop(streams_only=False)
        await calling
        await guard(scope(), late.receive, late.send)
        return stream, call, late

    stream, call, late = asyncio.run(story())
    assert stream.sent[-1] == call.sent[-1] == {"type": "http.response.body", "body": b""}
    assert late.status == 503


def test_a_stream_that_takes_its_cancellation_for_an_end_is_ended_properly() -> None:
    async def swallows(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()

    async def story() -> Peer:
        guard, peer = Guard(swallows, local_access()), Peer(body(b""))
        streaming = asyncio.create_task(guard(scope(), peer.receive, peer.send))
        while not peer.sent:
            await asyncio.sleep(0)
        guard.stop(streams_only=True)
        await streaming
        return peer

    assert asyncio.run(story()).sent[-1] == {"type": "http.response.body", "body": b""}
