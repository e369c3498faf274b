"""Where things stand in JSON, read as the clients read it.

`//` and `/* */` are comments, a comma may stand after the last member, and of two members with one
name the last counts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from pack.deferred import dataclass, pattern
from pack_servers.clients.editing.commas import SLASHES, Bracketed
from pack_servers.clients.editing.unusable import Unusable

_STRING: Final = pattern(r'"(?:[^"\\\n]|\\.)*"')
_WORD: Final = pattern(r"[-+.\w]+")


@dataclass(frozen=True, slots=True)
class JsonMember:
    """One member of an object: its name, where that begins, and its value."""

    key: str
    start: int
    value: JsonNode

    def is_bare(self, text: str) -> bool:
        """Whether its value has nothing in it, not even a comment, nor one before it."""
        key = _STRING.match(text, self.start)
        before = text[key.end() if key else self.start : self.value.start]
        return not f"{before}{text[self.value.start + 1 : self.value.end - 1]}".strip(": \t\r\n")


@dataclass(frozen=True, slots=True)
class JsonNode:
    """A value and where it stands.

    Attributes:
        start: Where it begins.
        end: Behind its last character.
        value: What it says.
        members: What an object has in it; `None` if it is none.
        elements: What an array has in it; nothing if it is none.
    """

    start: int
    end: int
    value: object
    members: Sequence[JsonMember] | None = None
    elements: Sequence[JsonNode] = ()

    def member(self, key: str) -> JsonMember | None:
        """The member that counts under a name."""
        return next((each for each in reversed(self.members or ()) if each.key == key), None)

    def bracketed(self) -> Bracketed:
        """Where its members or elements stand."""
        spans = [(each.start, each.value.end) for each in self.members or ()]
        return Bracketed(
            self.start, self.end, spans or [(each.start, each.end) for each in self.elements]
        )


def read_json(text: str) -> JsonNode | None:
    """All that a text says; `None` if it says nothing.

    Raises:
        Unusable: It is not JSON.
    """
    start = SLASHES.after(text, 0)
    if start == len(text):
        return None
    try:
        node = node_at(text, start)
    except RecursionError:
        raise Unusable("it", "is nested too deeply", 1) from None
    end = SLASHES.after(text, node.end)
    if end != len(text):
        raise _unreadable(text, end)
    return node


def node_at(text: str, at: int) -> JsonNode:
    """What begins somewhere.

    Raises:
        Unusable: It is not JSON.
    """
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
    at = SLASHES.after(text, start + 1)
    while text[at : at + 1] != "}":
        key = _STRING.match(text, at)
        if key is None:
            raise _unreadable(text, at)
        colon = SLASHES.after(text, key.end())
        if text[colon : colon + 1] != ":":
            raise _unreadable(text, colon)
        name = str(json.loads(key[0], strict=False))
        member = JsonMember(name, at, node_at(text, SLASHES.after(text, colon + 1)))
        members.append(member)
        at = _past_comma(text, member.value.end, "}")
    value = {member.key: member.value.value for member in members}
    return JsonNode(start, at + 1, value, members)


def _array(text: str, start: int) -> JsonNode:
    elements: list[JsonNode] = []
    at = SLASHES.after(text, start + 1)
    while text[at : at + 1] != "]":
        elements.append(node_at(text, at))
        at = _past_comma(text, elements[-1].end, "]")
    return JsonNode(start, at + 1, [each.value for each in elements], elements=elements)


def _past_comma(text: str, end: int, close: str) -> int:
    """Where the next member or the end of the object or array stands."""
    at = SLASHES.after(text, end)
    if text[at : at + 1] == ",":
        return SLASHES.after(text, at + 1)
    if text[at : at + 1] != close:
        raise _unreadable(text, at)
    return at


def _unreadable(text: str, at: int) -> Unusable:
    what = repr(text[at]) if at < len(text) else "the end"
    return Unusable("it", f"is not JSON: {what} is not expected there", line_of(text, at))


def line_of(text: str, position: int) -> int:
    """The line of a position, counted from 1."""
    return text.count("\n", 0, position) + 1
