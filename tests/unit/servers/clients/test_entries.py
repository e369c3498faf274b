"""Whose entry it is, and what of it stays when a client is set up again."""

from __future__ import annotations

import pytest
from pack_servers.clients.entries import TOKEN, is_of_pack, is_switched_off, joined
from pack_servers.clients.forms import RemoteServer, StartedServer
from pack_servers.clients.own_command import own_server
from pack_servers.clients.table import CLIENTS, Client

EACH = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
STARTED = StartedServer("/bin/pack", ["serve"])
ELSEWHERE = StartedServer("/bin/pack", ["serve", "--local", "/m"])
REMOTE = RemoteServer("http://127.0.0.1:3005/mcp")
WITH_TOKEN = RemoteServer("http://127.0.0.1:3005/mcp", TOKEN)


@EACH
def test_what_pack_writes_is_its_own(client: Client) -> None:
    assert is_of_pack(client.entry(own_server([])))
    assert is_of_pack(client.entry(ELSEWHERE))
    if client.speaks_http:
        assert is_of_pack(client.entry(REMOTE))


@pytest.mark.parametrize(
    "entry",
    [
        None,
        "pack",
        {},
        {"command": "npx", "args": ["-y", "serve"]},
        {"command": "/bin/pack", "args": ["build"]},
        {"command": "/bin/packer", "args": ["serve"]},
        {"url": "https://example.org/memory"},
        {"url": "http://[/"},
    ],
)
def test_what_others_wrote_is_not(entry: object) -> None:
    assert not is_of_pack(entry)
    assert joined(entry, {"command": "/bin/pack"}) == {"command": "/bin/pack"}


def test_a_windows_command_is_known_on_any_system() -> None:
    assert is_of_pack({"command": "C:\\Tools\\Pack.exe", "args": ["serve"]})


@EACH
def test_what_was_added_and_switched_stays(client: Client) -> None:
    held = {
        **client.entry(STARTED),
        "enabled": False,
        "disabled": True,
        "timeout": 7,
        "alwaysAllow": ["memory_get"],
    }
    assert joined(held, client.entry(STARTED)) == held
    assert is_switched_off(held)
    moved = joined(held, client.entry(ELSEWHERE))
    assert isinstance(moved, dict)
    for key in ("enabled", "disabled", "timeout", "alwaysAllow"):
        assert moved.pop(key) == held[key]
    assert moved == {key: each for key, each in client.entry(ELSEWHERE).items() if key in moved}


def test_variables_that_were_added_stay() -> None:
    for client in CLIENTS:
        for key in ("env", "environment", "envs"):
            held = {**client.entry(STARTED), key: {"PACK_TRUTH": "strict"}}
            assert joined(held, client.entry(STARTED)) == held


@EACH
def test_the_other_kind_of_server_leaves_nothing_behind(client: Client) -> None:
    if not client.speaks_http:
        return
    for one, other in ((STARTED, REMOTE), (REMOTE, STARTED)):
        held = {**client.entry(one), "mine": 1}
        assert joined(held, client.entry(other)) == {**client.entry(other), "mine": 1}


@EACH
def test_a_token_that_is_not_needed_any_more_is_not_asked_for(client: Client) -> None:
    if client.speaks_http and client.reads_variables:
        assert joined(client.entry(WITH_TOKEN), client.entry(REMOTE)) == client.entry(REMOTE)
        assert joined(client.entry(REMOTE), client.entry(WITH_TOKEN)) == client.entry(WITH_TOKEN)


def test_what_is_switched_off() -> None:
    assert is_switched_off({"enabled": False})
    assert is_switched_off({"disabled": True})
    for entry in ({}, {"enabled": True}, {"disabled": False}, None, "x"):
        assert not is_switched_off(entry)
