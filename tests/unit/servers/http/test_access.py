"""Which hosts and origins are those of this server, and which token is the right one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pack_servers.http.access import Access, parse_authority, parse_origin
from pack_servers.http.app import HttpSettings, check_bind
from pack_servers.http.bind import access_for
from pydantic import SecretStr

from pack.callers import token_digest
from pack.errors import InvalidConfig

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


BEARER = (b"authorization", f"Bearer {CANARY}".encode())


@given(st.text(alphabet="abc019.:-[]@,/%_ \tA", max_size=40))
def test_what_parses_as_a_host_says_the_same_when_it_is_written_again(text: str) -> None:
    authority = parse_authority(text)
    if authority is not None:
        host, port = authority
        again = f"[{host}]" if ":" in host else host
        assert parse_authority(again if port is None else f"{again}:{port}") == authority
        assert not set(host) & set("@,/% \t[]")


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_bytes_of_a_client_raise_in_the_rules(host: bytes, other: bytes) -> None:
    headers = [(b"host", host), (b"origin", other), (b"authorization", other)]
    assert local_access(CANARY).refuse(scope(headers=headers)) is not None
    headers = [(b"host", b"127.0.0.1:3005"), (b"content-length", other), BEARER]
    refusal = local_access(CANARY).refuse(scope(headers=headers))
    assert refusal is None or refusal.status in (400, 413)


def test_an_origin_has_default_ports() -> None:
    assert parse_origin("https://a.example") == ("https", "a.example", 443)
    assert parse_origin("http://a.example") == ("http", "a.example", 80)
    assert parse_origin("http://[::1]:7") == ("http", "::1", 7)


def test_the_token_is_in_no_representation() -> None:
    settings = HttpSettings(token=SecretStr(CANARY))
    access = access_for(settings, check_bind(settings))
    assert CANARY not in f"{settings!r} {settings} {access!r} {access}"


@pytest.mark.parametrize("token", ["", " ", "two words", "tab\there", "ümlaut", "line\n"])
def test_a_token_no_header_can_carry_is_refused_without_being_shown(token: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        check_bind(HttpSettings(token=SecretStr(token)))
    assert caught.value.setting == "PACK_HTTP_TOKEN"
    assert not token.strip() or token not in str(caught.value)


@pytest.mark.parametrize(
    ("sent", "is_let_in"),
    [
        (f"Bearer {CANARY}", True),
        ("Bearer canary-of-another", True),
        ("bearer canary-of-another", True),
        ("Basic canary-of-another", False),
        ("Bearer canary-of-nobody", False),
        (f"Bearer {token_digest('canary-of-another')}", False),
        ("Bearer \xff", False),
    ],
)
def test_a_token_of_the_table_of_origins_lets_in_too(sent: str, is_let_in: bool) -> None:
    access = local_access(CANARY, more_tokens=frozenset({token_digest("canary-of-another")}))
    host = (b"host", b"127.0.0.1:3005")
    refusal = access.refuse(scope(headers=[host, (b"authorization", sent.encode("latin-1"))]))
    assert (refusal is None) is is_let_in
