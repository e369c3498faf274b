"""What stands between brackets with commas between it, in JSON, TOML and YAML alike.

Something is added or taken out together with the comma that it needs. Comments stay: the one beside
what is taken out keeps the line to itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from pack.deferred import dataclass, pattern

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Comments:
    """How a syntax writes comments.

    Attributes:
        gap: All that may stand between two things: spaces, line ends, comments.
        rest_of_line: The comments that may end a line.
    """

    gap: re.Pattern[str]
    rest_of_line: re.Pattern[str]

    def after(self, text: str, position: int) -> int:
        """Where the next thing stands that is no comment."""
        found = self.gap.match(text, position)
        return found.end() if found else position


SLASHES: Final = Comments(
    pattern(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL),
    pattern(r"(?:[ \t]*/\*[^\n]*?\*/)*(?:[ \t]*//[^\r\n]*)?"),
)
HASHES: Final = Comments(pattern(r"(?:\s+|#[^\n]*)*"), pattern(r"[ \t]*(?:#[^\r\n]*)?"))


@dataclass(frozen=True, slots=True)
class Bracketed:
    """Where something in brackets stands, and each thing in it.

    Attributes:
        start: Where the bracket opens.
        end: Behind the one that closes.
        parts: What is in it, in its order; never nothing.
    """

    start: int
    end: int
    parts: Sequence[Span]


def newline_of(text: str) -> str:
    """How a text ends its lines."""
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def indent_at(text: str, position: int) -> str:
    """The spaces that the line of a position begins with."""
    line = text[text.rfind("\n", 0, position) + 1 : position]
    return line[: len(line) - len(line.lstrip(" \t"))]


def with_part(
    text: str,
    held: Bracketed,
    place: int,
    rendered: Callable[[str, bool], str],
    comments: Comments,
) -> str:
    """A text with one more part.

    Args:
        text: The text.
        held: What is in the brackets now.
        place: The part behind which it comes.
        rendered: The new part, given the indentation of its line, and whether the others share one.
        comments: How the syntax writes comments.
    """
    start, after = held.parts[place]
    is_inline = "\n" not in text[held.start : held.parts[0][0]]
    indent = indent_at(text, start)
    new = rendered(indent, is_inline)
    comma = comments.after(text, after)
    has_comma = text[comma] == ","
    here = comma + 1 if has_comma else after
    if is_inline:
        return text[:here] + (f" {new}," if has_comma else f", {new}") + text[here:]
    rest = comments.rest_of_line.match(text, here)
    there = rest.end() if rest else here
    before, behind = ("", ",") if has_comma else (",", "")
    line = f"{newline_of(text)}{indent}{new}{behind}"
    return text[:here] + before + text[here:there] + line + text[there:]


def without_part(text: str, held: Bracketed, place: int, comments: Comments) -> str:
    """A text without a part, the spaces before it and the comma that it needed."""
    begin, end = held.parts[place]
    start = len(text[:begin].rstrip())
    is_inline = "\n" not in text[start:begin]
    comma, close = comments.after(text, end), held.end - 1
    has_comma = text[comma] == ","
    if has_comma:
        text, close = text[:comma] + text[comma + 1 :], close - 1
    follows = _line_after(text, end)
    if not is_inline and (follows.strip(")]}") or (follows and _is_noted(text, held, place))):
        # What follows in the line stays there, and is not swallowed by a comment above.
        start, end = begin, end + _spaces(text, end)
    elif is_inline and has_comma and place == 0:
        end += _spaces(text, end)
    before = text[:start]
    if not has_comma and place > 0:
        comma = comments.after(text, held.parts[place - 1][1])
        before = text[:comma] + text[comma + 1 : start]
    rest = text[end:]
    if len(held.parts) == 1 and not f"{text[held.start + 1 : start]}{text[end:close]}".strip():
        before, rest = text[: held.start + 1], text[close:]
    return before + rest


def _line_after(text: str, position: int) -> str:
    """What else stands in a line."""
    stop = text.find("\n", position)
    return text[position : stop if stop >= 0 else len(text)].strip(" \t\r")


def _is_noted(text: str, held: Bracketed, place: int) -> bool:
    """Whether there is a comment between a part and what stands before it."""
    before = held.parts[place - 1][1] if place else held.start + 1
    return bool(text[before : held.parts[place][0]].strip(", \t\r\n"))


def _spaces(text: str, position: int) -> int:
    rest = text[position:]
    return len(rest) - len(rest.lstrip(" \t"))
