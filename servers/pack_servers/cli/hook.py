"""A hook's command line, read without the parser of all commands.

A conversation waits for `pack context --hook`, and to load the parser takes as long as to find the
answer. What is not plainly right is left to the parser, which says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

_COMMAND: Final = "context"
_HOOK: Final = "--hook"
OPTIONS: Final[Mapping[str, Callable[[str], object]]] = {
    "--task": str,
    "--budget": int,
    "--chars": int,
    "--client": str,
    "--event": str,
    "--local": Path,
    "--github": str,
}
"""The options of `pack context` that a hook may use, and what their values are."""


def is_hook(arguments: Sequence[str]) -> bool:
    """Whether a client calls the command as a hook, at the start of a conversation."""
    return arguments[:1] == [_COMMAND] and _HOOK in arguments


def hook_options(arguments: Sequence[str]) -> dict[str, Any] | None:
    """The options of a hook, for `print_beginning`; `None` if the parser has to read the line."""
    if not is_hook(arguments):
        return None
    found: dict[str, Any] = {"hook": True}
    words = iter(arguments[1:])
    for word in words:
        if word == _HOOK:
            continue
        name, equals, value = word.partition("=")
        kind = OPTIONS.get(name)
        value = value if equals else next(words, "-")
        is_plain = kind is not int or (value.isascii() and value.isdecimal() and len(value) < 10)
        if kind is None or not value or value.startswith("-") or not is_plain:
            return None
        found[name.removeprefix("--")] = kind(value)
    return found
