"""Where the server listens, who is let in without a token, and which address it tells."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from pack_servers.http.app import HttpSettings, check_bind
from pack_servers.http.bind import Address, open_sockets, url_of
from pydantic import SecretStr

from pack.errors import InvalidConfig

CANARY = "canary-3f9c1d7a-token"


def resolver(*ips: str) -> Callable[[str, int], list[Address]]:
    def resolve(_host: str, port: int) -> list[Address]:
        return [
            (socket.AF_INET6, (ip, port, 0, 0)) if ":" in ip else (socket.AF_INET, (ip, port))
            for ip in ips
        ]

    return resolve


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "127.255.255.254", "::1"])
def test_loopback_addresses_need_no_token(host: str) -> None:
    assert [address[0] for _, address in check_bind(HttpSettings(host=host))] == [host]


@pytest.mark.parametrize("ips", [("127.0.0.1",), ("::1", "127.0.0.1")])
def test_a_name_of_loopback_addresses_needs_no_token(ips: tuple[str, ...]) -> None:
    addresses = check_bind(HttpSettings(host="localhost"), resolver(*ips))
    assert [address[0] for _, address in addresses] == list(ips)


@pytest.mark.parametrize(
    ("host", "ips"),
    [
        ("0.0.0.0", ("0.0.0.0",)),
        ("::", ("::",)),
        ("::ffff:127.0.0.1", ("::ffff:127.0.0.1",)),
        ("128.0.0.1", ("128.0.0.1",)),
        ("192.0.2.7", ("192.0.2.7",)),
        ("localhost.evil.example", ("192.0.2.7",)),
        ("mixed.example", ("127.0.0.1", "192.0.2.7")),
        ("fe80::1", ("fe80::1",)),
    ],
)
def test_every_other_bind_needs_a_token(host: str, ips: tuple[str, ...]) -> None:
    with pytest.raises(InvalidConfig) as caught:
        check_bind(HttpSettings(host=host), resolver(*ips))
    assert caught.value.setting == "PACK_HTTP_TOKEN"
    allowed = check_bind(HttpSettings(host=host, token=SecretStr(CANARY)), resolver(*ips))
    assert len(allowed) == len(ips)


@pytest.mark.parametrize(
    "host", ["", "0", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.0.0.1.", "1.2.3.4.5"]
)
def test_a_host_in_an_odd_form_is_refused_even_with_a_token(host: str) -> None:
    for token in (None, SecretStr(CANARY)):
        with pytest.raises(InvalidConfig) as caught:
            check_bind(HttpSettings(host=host, token=token), resolver("127.0.0.1"))
        assert caught.value.setting == "--host"


@pytest.mark.parametrize("host", ["[::1]", "a\x00b", "127.0.0.1:3005", "x" * 300, "a..b"])
def test_a_host_that_cannot_be_resolved_is_a_clear_error(host: str) -> None:
    with pytest.raises(InvalidConfig, match="--host: the name cannot be resolved"):
        check_bind(HttpSettings(host=host))


def test_a_further_host_name_needs_a_token() -> None:
    with pytest.raises(InvalidConfig, match="PACK_HTTP_TOKEN"):
        check_bind(HttpSettings(allowed_hosts=("pack.example",)))


def test_a_taken_port_is_a_clear_error_and_leaves_no_socket_behind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(InvalidConfig, match=f"port {port} is in use by another program"):
            open_sockets(check_bind(HttpSettings(port=port)), port)


def test_two_servers_of_ours_cannot_share_a_port() -> None:
    (first,) = open_sockets(check_bind(HttpSettings(port=0)), 0)
    with first:
        port = first.getsockname()[1]
        with pytest.raises(InvalidConfig, match="in use"):
            open_sockets(check_bind(HttpSettings(port=port)), port)


def test_a_foreign_address_is_a_clear_error() -> None:
    foreign: Address = (socket.AF_INET, ("192.0.2.1", 0))
    with pytest.raises(InvalidConfig, match="not an address of this machine"):
        open_sockets((foreign,), 0)


def test_an_address_the_machine_does_not_have_is_left_out() -> None:
    foreign: Address = (socket.AF_INET, ("192.0.2.1", 0))
    (only,) = open_sockets((foreign, (socket.AF_INET, ("127.0.0.1", 0))), 0)
    with only:
        assert only.getsockname()[0] == "127.0.0.1"


def test_all_addresses_get_one_port() -> None:
    addresses: tuple[Address, ...] = (
        (socket.AF_INET, ("127.0.0.1", 0)),
        (socket.AF_INET, ("127.0.0.2", 0)),
    )
    try:
        first, second = open_sockets(addresses, 0)
    except ValueError:
        pytest.skip("this system has one loopback address only")
    with first, second:
        assert first.getsockname()[1] == second.getsockname()[1] != 0


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "http://127.0.0.1:3005/mcp"),
        ({"host": "::1"}, "http://[::1]:3005/mcp"),
        ({"host": "0.0.0.0", "sse_only": True}, "http://127.0.0.1:3005/sse"),
        ({"host": "::", "port": 9}, "http://[::1]:9/mcp"),
    ],
)
def test_the_url_is_one_a_client_can_use(changes: dict[str, Any], expected: str) -> None:
    assert url_of(HttpSettings(**changes)) == expected
