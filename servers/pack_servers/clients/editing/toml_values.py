"""How what is new is written in TOML."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Final

from pack.deferred import pattern

_BARE: Final = pattern(r"[A-Za-z0-9_-]+")


def newline_of(text: str) -> str:
    """How a text ends its lines."""
    return "\r\n" if "\r\n" in text else "\n"


def without_lines(text: str, start: int, end: int) -> str:
    """A text without some lines, and without the blank line before them."""
    before = text[:start]
    blank = next((each for each in ("\r\n\r\n", "\n\n") if before.endswith(each)), "")
    return before[: start - len(blank) // 2] + text[end:]


def key_text(key: str) -> str:
    """A name as TOML."""
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def value_text(value: object) -> str:
    """A value as TOML, in one line."""
    if isinstance(value, Mapping):
        inside = ", ".join(f"{key_text(key)} = {value_text(each)}" for key, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)
