"""Where a command was started from."""

from __future__ import annotations

import pytest
from pack_servers.cli.shell.caller import calling_origin, this_shell
from pack_servers.config.processes import commands_above
from pack_servers.config.settings import load_settings

from pack.errors import InvalidConfig


def test_a_mark_counts_whatever_else_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_CLI", "1")
    settings = load_settings()
    assert this_shell(settings).agent == "gemini"
    assert calling_origin(settings, "user:cli").label == "ai-cloud:gemini"


def test_a_process_above_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    # Python is above this very process, or pytest's runner, or whatever runs the tests.
    monkeypatch.setenv("PACK_AGENT_MARKS", ",".join(f"process:{name}=x" for name in _above()))
    assert this_shell(load_settings()).agent == "x"


def _above() -> list[str]:
    names = [name for name, *_ in commands_above()]
    assert names
    return [name.replace(" ", "") for name in names if name.replace("-", "").isalnum()]


def test_words_that_name_no_writer_are_refused() -> None:
    with pytest.raises(InvalidConfig):
        calling_origin(load_settings(), "somebody")
