"""What a newcomer does first: connect a client, tell it something, see that, and take it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True)
class Typed:
    """A command that the newcomer types at the terminal.

    Attributes:
        command: The command.
        answers: What is typed once a text has appeared, in order.
    """

    command: str
    answers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Told:
    """Something that the newcomer tells the client that was connected.

    Attributes:
        words: What they say, shown as a comment.
        tool: The tool that the client's model calls then.
        arguments: What it sends.
    """

    words: str
    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


CLIENT: Final = "cursor"
STORY: Final[tuple[Typed | Told, ...]] = (
    Typed(f"pack setup {CLIENT}", (("[y/N]", "y\n"),)),
    Told(
        "in Cursor: remember that I prefer short answers",
        "memory_update",
        {
            "path": "profiles/preferences.md",
            "content": "# Preferences\n\nPrefers short answers.\n",
        },
    ),
    Typed("pack log"),
    Typed("pack undo", (("[y/N]", "y\n"),)),
)
