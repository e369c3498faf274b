"""How a settings file is written."""

from __future__ import annotations

from enum import StrEnum


class Syntax(StrEnum):
    """How a settings file is written."""

    JSON = "json"
    TOML = "toml"
    YAML = "yaml"
