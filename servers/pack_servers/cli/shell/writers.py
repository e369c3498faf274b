"""What a person calls the writers of commits, and how long ago something was."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from pack.deferred import pattern
from pack.history.commits import CommitEntry
from pack.history.origins import UNATTRIBUTED
from pack.times import parse_time

YOU: Final = "you"
_AI: Final = "ai-"
_YOURS: Final = frozenset({"user:cli", "user:editor", "user:import"})
_CLIENTS: Final[Mapping[str, str]] = {
    "claude": "Claude",
    "cursor": "Cursor",
    "codex": "Codex",
    "chatgpt": "ChatGPT",
    "openai": "ChatGPT",
    "gemini": "Gemini",
    "copilot": "Copilot",
    "visual-studio-code": "VS Code",
    "vscode": "VS Code",
    "windsurf": "Windsurf",
    "zed": "Zed",
}
"""What clients call themselves begins with one of these."""
_MISLEADING: Final = pattern(
    rf"(?:you|user|cli|editor)(?![A-Za-z0-9])|{UNATTRIBUTED}", re.IGNORECASE
)
"""How the name of a client begins that could be taken for the person, or for nobody's."""
_UNITS: Final = (("day", 86_400), ("hour", 3_600), ("minute", 60))
_LONG_AGO: Final = timedelta(days=60)


def writer_name(origin: str, client: str | None = None) -> str:
    """The name of a writer: `you`, what an AI is called, or what the client calls itself.

    An AI that calls itself `you`, or the like, is shown by its whole origin.

    Args:
        origin: `source:client`.
        client: The client's name, if it is known better than the origin has it.
    """
    if origin in _YOURS:
        return YOU
    name = client or origin.partition(":")[2] or origin
    if origin.startswith(f"{UNATTRIBUTED}:"):
        return f"{UNATTRIBUTED} ({name})"
    if origin.startswith(_AI) and _MISLEADING.match(name):
        return origin  # a client can call itself anything
    known = (shown for begin, shown in _CLIENTS.items() if name.lower().startswith(begin))
    return name if origin.startswith("user:") else next(known, name)


def name_of(entry: CommitEntry) -> str:
    """The name of the writer of a commit."""
    return writer_name(entry.origin, entry.client)


def when(time: str, now: datetime) -> str:
    """A moment as a person says it, and exactly: `2 hours ago (2026-03-01 12:00 UTC)`."""
    at = parse_time(time)
    exact, ago = at.strftime("%Y-%m-%d %H:%M UTC"), now - at
    if ago < timedelta(minutes=-1) or ago > _LONG_AGO:
        return exact
    return f"{_ago(int(ago.total_seconds()))} ({exact})"


def _ago(seconds: int) -> str:
    for unit, length in _UNITS:
        if seconds >= length:
            number = seconds // length
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "just now"
