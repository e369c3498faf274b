"""The application is built on sound settings only."""

from __future__ import annotations

from typing import Any

import pytest
from mcp.server import MCPServer
from pack_servers.http.app import HttpSettings, build_app, check_bind
from pydantic import SecretStr

from pack.errors import InvalidConfig

CANARY = "canary-3f9c1d7a-token"


@pytest.mark.parametrize(
    "changes",
    [
        {"port": -1},
        {"port": 65536},
        {"max_body": 0},
        {"max_sessions": 0},
        {"read_timeout": 0},
        {"read_timeout": float("inf")},
        {"read_timeout": float("nan")},
    ],
)
def test_settings_out_of_range_are_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig):
        check_bind(HttpSettings(**changes))


@pytest.mark.parametrize(
    "changes",
    [
        {"allowed_origins": ("*",)},
        {"allowed_origins": ("null",)},
        {"allowed_origins": ("pack.example",)},
        {"allowed_hosts": ("*.example",), "token": SecretStr(CANARY)},
        {"allowed_hosts": ("http://pack.example",), "token": SecretStr(CANARY)},
        {"port": 0},
    ],
)
def test_an_application_is_not_built_on_malformed_settings(changes: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfig):
        build_app(MCPServer("test", log_level="WARNING"), HttpSettings(**changes))
