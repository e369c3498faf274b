"""Editing JSON with comments so that every other byte stays: comments, order, spaces, line ends.

Read as the clients read it: `//` and `/* */` are comments, a comma may stand after the last member,
and of two members with one name the last counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Final

from pack.deferred import dataclass, pattern
from pack_servers.clients.unusable import Unusable

_TRIVIA: Final = pattern(r"(?:\s+|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_STRING: Final = pattern(r'"(?:[^"\\\n]|\\.)*"')
_WORD: Final = pattern(r"[-+.\w]+")
_REST_OF_LINE: Final = pattern(r"(?:[ \t]*/\*[^\n]*?\*/)*(?:[ \t]*//[^\r\n]*)?")
_INDENT: Final = pattern(r'^([ \t]+)(?=")', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class JsonMember:
    """One member of an object: its name, where that begins, and its value."""

    key: str
    start: int
    value: JsonNode


@dataclass(frozen=True, slots=True)
class JsonNode:
    """A value and where it stands; `members` is `None` unless it is an object."""

    start: int
    end: int
    value: object
    members: Sequence[JsonMember] | None = None

    def member(self, key: str) -> JsonMember | None:
        """The member that counts under a name."""
        return next((each for each in reversed(self.members or ()) if each.key == key), None)


def document(text: str) -> object:
    """What a text says; `{}` if it says nothing.

    Raises:
        Unusable: It is not JSON, with comments.
    """
    try:
        # Most of them, and the largest, are plain; this reads megabytes at once.
        found: object = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        root = _read(text)
        found = {} if root is None else root.value
    return found


def with_value(text: str, path: Sequence[str], value: object) -> str:
    """A text in which the member at a path has a value; objects on the way are made.

    Raises:
        Unusable: It is not JSON, or something on the way is not an object.
    """
    root = _read(text)
    if root is None:
        gap = "" if not text or text.endswith("\n") else _newline(text)
        made = _rendered(_nested(path, value), "", _Style.of(text))
        return f"{text}{gap}{made}{_newline(text)}"
    node = root
    for depth, key in enumerate(path):
        if depth and node.value is None:  # `null` says as much as no object at all
            value = _nested(path[depth:], value)
            break
        if node.members is None:
            raise Unusable(
                ".".join(path[:depth]) or "it", "is not an object", _line(text, node.start)
            )
        found = node.member(key)
        if found is None:
            return _with_member(text, node, key, _nested(path[depth + 1 :], value), root)
        node = found.value
    style = _Style.of(text, is_inline=_is_inline(text, root))
    new = _rendered(value, _indent_at(text, node.start), style)
    return text[: node.start] + new + text[node.end :]


def without(text: str, path: Sequence[str], made: int = 0) -> str:
    """A text without the member at a path, if it has one.

    Args:
        text: JSON.
        path: The names that lead to it.
        made: How many of the objects on the way, from the inside, go too if they are empty then.

    Raises:
        Unusable: It is not JSON.
    """
    for depth in range(len(path), len(path) - made - 1, -1):
        parent = _read(text)
        for key in path[: depth - 1]:
            found = parent.member(key) if parent else None
            parent = found.value if found else None
        member = parent.member(path[depth - 1]) if parent else None
        if parent is None or member is None:
            return text
        if depth < len(path) and text[member.value.start + 1 : member.value.end - 1].strip():
            return text
        text = _without_member(text, parent, member)
    return text


@dataclass(frozen=True, slots=True)
class _Style:
    newline: str
    unit: str
    is_inline: bool = False

    @classmethod
    def of(cls, text: str, *, is_inline: bool = False) -> _Style:
        found = _INDENT.search(text)
        return cls(_newline(text), found[1] if found else "  ", is_inline)


def _newline(text: str) -> str:
    first = text.find("\n")
    return "\r\n" if first > 0 and text[first - 1] == "\r" else "\n"


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _is_inline(text: str, root: JsonNode) -> bool:
    return "\n" not in text[root.start : root.end] and bool(root.members)


def _indent_at(text: str, position: int) -> str:
    start = text.rfind("\n", 0, position) + 1
    line = text[start:position]
    return line[: len(line) - len(line.lstrip(" \t"))]


def _nested(path: Sequence[str], value: object) -> object:
    for key in reversed(path):
        value = {key: value}
    return value


def _rendered(value: object, indent: str, style: _Style) -> str:
    """A value as text, for a line with an indentation."""
    if style.is_inline:
        return json.dumps(value, ensure_ascii=False)
    text = json.dumps(value, ensure_ascii=False, indent=style.unit)
    return text.replace("\n", style.newline + indent)


def _with_member(text: str, node: JsonNode, key: str, value: object, root: JsonNode) -> str:
    """A text with one more member at the end of an object."""
    if not node.members:
        return _with_first_member(text, node, key, value, root)
    last = node.members[-1]
    style = _Style.of(text, is_inline="\n" not in text[node.start : node.members[0].start])
    indent = _indent_at(text, last.start)
    member = f"{json.dumps(key)}: {_rendered(value, indent, style)}"
    after = last.value.end
    comma = _after(text, after)
    has_comma = text[comma] == ","
    here = comma + 1 if has_comma else after
    if style.is_inline:
        new = f" {member}," if has_comma else f", {member}"
        return text[:here] + new + text[here:]
    rest = _REST_OF_LINE.match(text, here)
    there = rest.end() if rest else here
    comma_before, comma_after = ("", ",") if has_comma else (",", "")
    new = f"{style.newline}{indent}{member}{comma_after}"
    return text[:here] + comma_before + text[here:there] + new + text[there:]


def _with_first_member(text: str, node: JsonNode, key: str, value: object, root: JsonNode) -> str:
    inside = text[node.start + 1 : node.end - 1]
    style = _Style.of(text, is_inline=_is_inline(text, root))
    outer = _indent_at(text, node.start)
    indent = outer + style.unit
    member = f"{json.dumps(key)}: {_rendered(value, indent, style)}"
    if style.is_inline and not inside.strip():
        return text[: node.start + 1] + member + text[node.end - 1 :]
    kept = inside.rstrip()
    end = inside[len(kept) :] if kept and "\n" in inside[len(kept) :] else style.newline + outer
    new = f"{kept}{style.newline}{indent}{member}{end}"
    return text[: node.start + 1] + new + text[node.end - 1 :]


def _without_member(text: str, node: JsonNode, member: JsonMember) -> str:
    """A text without a member, the spaces before it and the comma that it needed."""
    members = node.members or ()
    place = members.index(member)
    start = len(text[: member.start].rstrip())
    end = member.value.end
    comma = _after(text, end)
    before = text[:start]
    if text[comma] == "," and not text[end:comma].strip():
        end = comma + 1
        is_inline = "\n" not in text[start : member.start]
        if is_inline and place == 0:
            end += len(text[end:]) - len(text[end:].lstrip(" \t"))
    elif place > 0:
        comma = _after(text, members[place - 1].value.end)
        before = text[:comma] + text[comma + 1 : start]
    rest = text[end:]
    if len(members) == 1 and not f"{before[node.start + 1 :]}{text[end : node.end - 1]}".strip():
        before, rest = before[: node.start + 1], text[node.end - 1 :]
    return before + rest


def _after(text: str, position: int) -> int:
    """Where the next thing stands that is no comment."""
    found = _TRIVIA.match(text, position)
    return found.end() if found else position


def _read(text: str) -> JsonNode | None:
    start = _after(text, 0)
    if start == len(text):
        return None
    try:
        node = _value(text, start)
    except RecursionError:
        raise Unusable("it", "is nested too deeply", 1) from None
    end = _after(text, node.end)
    if end != len(text):
        raise _unreadable(text, end)
    return node


def _value(text: str, at: int) -> JsonNode:
    sign = text[at : at + 1]
    if sign == "{":
        return _object(text, at)
    if sign == "[":
        return _array(text, at)
    found = (_STRING if sign == '"' else _WORD).match(text, at)
    try:
        value = json.loads(found[0], strict=False) if found else None
    except ValueError:
        found = None
    if found is None:
        raise _unreadable(text, at)
    return JsonNode(at, found.end(), value)


def _object(text: str, start: int) -> JsonNode:
    members: list[JsonMember] = []
    at = _after(text, start + 1)
    while text[at : at + 1] != "}":
        key = _STRING.match(text, at)
        if key is None:
            raise _unreadable(text, at)
        colon = _after(text, key.end())
        if text[colon : colon + 1] != ":":
            raise _unreadable(text, colon)
        name = str(json.loads(key[0], strict=False))
        member = JsonMember(name, at, _value(text, _after(text, colon + 1)))
        members.append(member)
        at = _past_comma(text, member.value.end, "}")
    value = {member.key: member.value.value for member in members}
    return JsonNode(start, at + 1, value, members)


def _array(text: str, start: int) -> JsonNode:
    values: list[object] = []
    at = _after(text, start + 1)
    while text[at : at + 1] != "]":
        node = _value(text, at)
        values.append(node.value)
        at = _past_comma(text, node.end, "]")
    return JsonNode(start, at + 1, values)


def _past_comma(text: str, end: int, close: str) -> int:
    """Where the next member or the end of the object or array stands."""
    at = _after(text, end)
    if text[at : at + 1] == ",":
        return _after(text, at + 1)
    if text[at : at + 1] != close:
        raise _unreadable(text, at)
    return at


def _unreadable(text: str, at: int) -> Unusable:
    what = repr(text[at]) if at < len(text) else "the end"
    return Unusable("it", f"is not JSON: {what} is not expected there", _line(text, at))
