"""Text of others inside markdown that a host shows: it is read, and does nothing.

Hosts act on what they find in a text: `@name` tells a person, `closes #1` closes an issue, an
image is fetched, and a comment hides what follows. None of that happens inside code, so whatever
others wrote stands in code that it cannot end. Characters that nobody sees, or that turn the
direction of a text, are shown by their numbers.

Source: CommonMark 0.31, "code spans" and "fenced code blocks".
"""

from __future__ import annotations

from typing import Final

from pack.deferred import pattern

_BACKTICKS: Final = pattern("`+")
_ODD: Final = pattern(r"[^\w .-]+")
_SPACES: Final = pattern(r"\s+")
_MOST_NAME: Final = 60


def visible(text: str) -> str:
    """A text in which each character can be seen; line feeds and tabs stay."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in "\n\t" else _number(char) for char in text)


def _number(char: str) -> str:
    return f"\\u{ord(char):04x}" if ord(char) < 0x10000 else f"\\U{ord(char):08x}"


def plain_name(text: str) -> str:
    """A name as words, without anything that could be markup, a mention or a reference."""
    name = _SPACES.sub(" ", _ODD.sub("-", text)).strip(" .-")
    return name[:_MOST_NAME].strip(" .-") or "memory"


def code_span(text: str) -> str:
    """A text as code, on one line."""
    shown = visible(text).replace("\n", "\\n").replace("\t", "\\t")
    if not shown.strip():
        return "`(empty)`" if not shown else f"`{len(shown)} blanks`"
    runs = {len(run) for run in _BACKTICKS.findall(shown)}
    fence = "`" * next(n for n in range(1, len(runs) + 2) if n not in runs)
    pad = " " if "`" in (shown[0], shown[-1]) or (shown[0] == shown[-1] == " ") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def code_block(text: str, language: str = "", *, most_lines: int = 200, most: int = 8000) -> str:
    """A text as a block of code, cut where it is long."""
    lines = visible(text.replace("\r\n", "\n").replace("\r", "\n")).rstrip("\n").split("\n")
    shown = "\n".join(lines[:most_lines])[:most]
    hidden = len(lines) - shown.count("\n") - 1
    longest = max(map(len, _BACKTICKS.findall(shown)), default=0)
    fence = "`" * max(3, longest + 1)
    more = f"\n({hidden} more lines)\n" if hidden else ""
    return f"{fence}{language}\n{shown}\n{fence}\n{more}"
