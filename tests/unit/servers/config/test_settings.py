"""Settings come from the environment and `~/.pack.env`, in this order; values are never shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from pack_servers.config.settings import load_settings, settings_in_force, split_list

from pack.errors import InvalidConfig
from pack.provenance import Source


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PACK_SHELL_SOURCE")


def test_without_any_setting_the_defaults_hold(home: Path) -> None:
    settings = load_settings()
    assert settings.pack_dir == home / ".pack" / "memory"
    assert settings.github_memory_path == "MEMORY.md"
    assert settings.pack_client_source is Source.AI_CLOUD
    assert settings.mcp_sse_port == 3005
    assert settings.pack_http_token is None
    assert settings_in_force() == {}


def test_the_environment_wins_over_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".pack.env").write_text("MCP_SSE_PORT=4001\nPACK_DIR=~/a\n", encoding="utf-8")
    monkeypatch.setenv("MCP_SSE_PORT", "4002")
    settings = load_settings()
    assert settings.mcp_sse_port == 4002
    assert settings.pack_dir == home / "a"
    assert settings_in_force() == {"MCP_SSE_PORT": "the environment", "PACK_DIR": "~/.pack.env"}


def test_an_empty_variable_is_no_setting(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / ".pack.env").write_text("PACK_CLIENT_SOURCE=ai-local\n", encoding="utf-8")
    monkeypatch.setenv("PACK_CLIENT_SOURCE", "")
    monkeypatch.setenv("PACK_HTTP_TOKEN", "")
    settings = load_settings()
    assert settings.pack_client_source is Source.AI_LOCAL
    assert settings.pack_http_token is None
    assert settings_in_force() == {"PACK_CLIENT_SOURCE": "~/.pack.env"}


def test_the_file_may_hold_what_other_programs_need(home: Path) -> None:
    text = "# mine\nSOMETHING_ELSE=1\nexport PACK_HTTP_HOSTS='a.example, b.example:8443'\n"
    (home / ".pack.env").write_text(text, encoding="utf-8")
    assert split_list(load_settings().pack_http_hosts) == ("a.example", "b.example:8443")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MCP_SSE_PORT", "hunter2"),
        ("MCP_SSE_PORT", "70000"),
        ("PACK_CLIENT_SOURCE", "hunter2"),
        ("PACK_SHELL_SOURCE", "hunter2"),
        ("PACK_TRUTH", "hunter2"),
        ("PACK_AGENT_MARKS", "hunter2 !"),
        ("GITHUB_MEMORY_PATH", "../hunter2.md"),
        ("GITHUB_MEMORY_PATH", "/hunter2.md"),
        ("GITHUB_MEMORY_PATH", "h" * 500 + ".md"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_and_not_shown(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    settings = load_settings()
    with pytest.raises(InvalidConfig) as caught:
        getattr(settings, name.lower())
    assert caught.value.setting == name
    assert value not in f"{caught.value} {settings!r} {settings.in_words(name.lower())}"
    assert settings.faults == {name: caught.value.reason}


def test_a_setting_matters_only_to_whoever_reads_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".pack.env").write_text("MCP_SSE_PORT=abc\nPACK_GITHUB_WAIT=soon\n", encoding="utf-8")
    monkeypatch.setenv("PACK_DIR", "~/notes")
    settings = load_settings()
    assert settings.pack_dir == home / "notes"
    assert settings.pack_remote_interval == 300
    assert set(settings.faults) == {"MCP_SSE_PORT", "PACK_GITHUB_WAIT"}
    with pytest.raises(AttributeError):
        _ = settings.pack_port  # type: ignore[attr-defined]


def test_a_token_is_in_no_text_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACK_HTTP_TOKEN", "hunter2")
    settings = load_settings()
    assert settings.pack_http_token is not None
    assert "hunter2" not in f"{settings!r} {settings} {settings.in_words('pack_http_token')}"
    assert "hunter2" not in str(settings_in_force())


def test_a_file_that_is_no_text_is_an_error_that_names_it(home: Path) -> None:
    (home / ".pack.env").write_bytes(b"PACK_DIR=\xff\xfe\n")
    for read in (load_settings, settings_in_force):
        with pytest.raises(InvalidConfig) as caught:
            read()
        assert caught.value.setting == str(home / ".pack.env")


def test_a_list_is_divided_by_commas() -> None:
    assert split_list("") == ()
    assert split_list(" a , b,, ") == ("a", "b")
