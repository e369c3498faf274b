"""Editing JSON with comments so that every other byte stays: comments, order, spaces, line ends."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pack_servers.clients.editing.commas import newline_of
from pack_servers.clients.editing.json_members import replaced, with_member, without_member
from pack_servers.clients.editing.json_nodes import line_of, read_json
from pack_servers.clients.editing.unusable import Unusable


def document(text: str) -> object:
    """What a text says; `{}` if it says nothing.

    Raises:
        Unusable: It is not JSON, with comments.
    """
    try:
        # Most of them, and the largest, are plain; this reads megabytes at once.
        found: object = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        root = read_json(text)
        found = {} if root is None else root.value
    return found


def with_value(text: str, path: Sequence[str], value: object) -> str:
    """A text in which the member at a path has a value; objects on the way are made.

    Raises:
        Unusable: It is not JSON, or something on the way is not an object.
    """
    root = read_json(text)
    if root is None:
        gap = "" if not text or text.endswith("\n") else newline_of(text)
        return with_value(f"{text}{gap}{{}}{newline_of(text)}", path, value)
    node = root
    for depth, key in enumerate(path):
        if depth and node.value is None:  # `null` says as much as no object at all
            value = _nested(path[depth:], value)
            break
        if node.members is None:
            raise Unusable(
                ".".join(path[:depth]) or "it", "is not an object", line_of(text, node.start)
            )
        found = node.member(key)
        if found is None:
            return with_member(text, node, key, _nested(path[depth + 1 :], value), root)
        node = found.value
    return replaced(text, node, value, root)


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
        parent = read_json(text)
        for key in path[: depth - 1]:
            found = parent.member(key) if parent else None
            parent = found.value if found else None
        member = parent.member(path[depth - 1]) if parent else None
        if parent is None or member is None:
            return text
        if depth < len(path) and not member.is_bare(text):
            return text
        text = without_member(text, parent, member)
    return text


def _nested(path: Sequence[str], value: object) -> object:
    for key in reversed(path):
        value = {key: value}
    return value
