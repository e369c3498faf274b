"""Adding, replacing and taking out what stands in JSON, in the style of what is around it."""

from __future__ import annotations

import json
import re
from typing import Final

from pack.deferred import dataclass, pattern
from pack_servers.clients.editing.commas import (
    SLASHES,
    indent_at,
    newline_of,
    with_part,
    without_part,
)
from pack_servers.clients.editing.json_nodes import JsonMember, JsonNode

_INDENT: Final = pattern(r'^([ \t]+)(?=")', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Style:
    newline: str
    unit: str
    is_inline: bool = False

    @classmethod
    def of(cls, text: str, *, is_inline: bool = False) -> _Style:
        found = _INDENT.search(text)
        return cls(newline_of(text), found[1] if found else "  ", is_inline)


def _is_inline(text: str, root: JsonNode) -> bool:
    return "\n" not in text[root.start : root.end] and bool(root.members)


def _rendered(value: object, indent: str, style: _Style) -> str:
    """A value as text, for a line with an indentation."""
    if style.is_inline:
        return json.dumps(value, ensure_ascii=False)
    text = json.dumps(value, ensure_ascii=False, indent=style.unit)
    return text.replace("\n", style.newline + indent)


def replaced(text: str, node: JsonNode, value: object, around: JsonNode) -> str:
    """A text with another value in the place of one.

    Args:
        text: JSON.
        node: The value.
        value: The new one.
        around: It is written in one line if this is.
    """
    style = _Style.of(text, is_inline=_is_inline(text, around))
    new = _rendered(value, indent_at(text, node.start), style)
    return text[: node.start] + new + text[node.end :]


def with_member(text: str, node: JsonNode, key: str, value: object, around: JsonNode) -> str:
    """A text with one more member at the end of an object.

    Args:
        text: JSON.
        node: The object.
        key: The name of the member.
        value: Its value.
        around: If the object is empty, its member is written in one line with this if this is.
    """
    if not node.members:
        return _with_first_member(text, node, key, value, around)

    def rendered(indent: str, is_inline: bool) -> str:
        style = _Style.of(text, is_inline=is_inline)
        return f"{json.dumps(key)}: {_rendered(value, indent, style)}"

    return with_part(text, node.bracketed(), len(node.members) - 1, rendered, SLASHES)


def with_element(text: str, node: JsonNode, place: int, value: object) -> str:
    """A text with one more element of an array, which is not its first."""

    def rendered(indent: str, is_inline: bool) -> str:
        return _rendered(value, indent, _Style.of(text, is_inline=is_inline))

    return with_part(text, node.bracketed(), place - 1, rendered, SLASHES)


def _with_first_member(text: str, node: JsonNode, key: str, value: object, around: JsonNode) -> str:
    inside = text[node.start + 1 : node.end - 1]
    style = _Style.of(text, is_inline=_is_inline(text, around))
    outer = indent_at(text, node.start)
    indent = outer + style.unit
    member = f"{json.dumps(key)}: {_rendered(value, indent, style)}"
    if style.is_inline and not inside.strip():
        return text[: node.start + 1] + member + text[node.end - 1 :]
    kept = inside.rstrip()
    end = inside[len(kept) :] if kept and "\n" in inside[len(kept) :] else style.newline + outer
    new = f"{kept}{style.newline}{indent}{member}{end}"
    return text[: node.start + 1] + new + text[node.end - 1 :]


def without_member(text: str, node: JsonNode, member: JsonMember) -> str:
    """A text without a member, the spaces before it and the comma that it needed."""
    place = list(node.members or ()).index(member)
    return without_part(text, node.bracketed(), place, SLASHES)
