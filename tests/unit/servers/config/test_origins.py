"""The table that says what MCP clients count as."""

from __future__ import annotations

import pytest
from pack_servers.config.origins import client_origins
from pack_servers.config.settings import load_settings

from pack.callers import ClientOrigins, Transport
from pack.errors import InvalidConfig
from pack.provenance import Source, commit_message

TOKEN = "for-tests-only=+/=="


def origins(monkeypatch: pytest.MonkeyPatch, table: str) -> ClientOrigins:
    monkeypatch.setenv("PACK_ORIGINS", table)
    return client_origins(load_settings())


def test_without_a_table_all_are_what_the_setting_says(monkeypatch: pytest.MonkeyPatch) -> None:
    assert client_origins(load_settings()).of("x", Transport.STDIO).source is Source.AI_CLOUD
    monkeypatch.setenv("PACK_CLIENT_SOURCE", "ai-network")
    assert client_origins(load_settings()).of("x", Transport.HTTP).source is Source.AI_LAN
    given = client_origins(load_settings(), Source.AI_LOCAL)
    assert given.of("x", Transport.HTTP).source is Source.AI_LOCAL


def test_clients_tokens_and_transports(monkeypatch: pytest.MonkeyPatch) -> None:
    table = f"client:LM Studio=ai-local, token:{TOKEN}=user , transport:stdio=ai-network"
    found = origins(monkeypatch, table)
    assert found.of("lm-studio", Transport.HTTP).source is Source.AI_LOCAL
    assert found.of("x", Transport.HTTP, TOKEN).source is Source.USER
    assert found.of("x", Transport.STDIO).source is Source.AI_LAN
    assert TOKEN not in repr(found)


def test_the_model_behind_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    table = "client:LM Studio=ai-local:ollama/llama3.3:70b,client:y=ai-cloud"
    found = origins(monkeypatch, table)
    origin = found.of("lm-studio", Transport.HTTP)
    assert (origin.source, origin.model) == (Source.AI_LOCAL, "ollama/llama3.3:70b")
    assert found.of("y", Transport.HTTP).model is None
    assert "Pack-Model: ollama/llama3.3:70b" in commit_message("a.md: update", origin, "r1")


@pytest.mark.parametrize(
    "table",
    [
        "nonsense",
        "client:x=ai-local:",
        "client:x=ai-local:two words",
        "client:x=ai-local:a/b,client:X=ai-local:a/c",
        "transport:stdio=ai-local:a/b",
        "token:long-enough=ai-local:a/b",
        "client:x",
        "client:=user",
        "model:x=user",
        "client:x=root",
        "transport:carrier pigeon=user",
        "token:short=user",
        "client:x=user,client:X=ai-local",
    ],
)
def test_a_table_with_a_mistake_is_refused_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, table: str
) -> None:
    with pytest.raises(InvalidConfig) as caught:
        origins(monkeypatch, f"token:{TOKEN}=user,{table}")
    assert "part" in str(caught.value)
    assert TOKEN not in str(caught.value)
    assert table not in str(caught.value)
