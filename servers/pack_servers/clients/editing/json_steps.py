"""Changing what differs in JSON with comments, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pack_servers.clients.editing.commas import SLASHES, without_part
from pack_servers.clients.editing.json_members import (
    replaced,
    with_element,
    with_member,
    without_member,
)
from pack_servers.clients.editing.json_nodes import JsonNode, line_of, node_at, read_json
from pack_servers.clients.editing.steps import EditStep, EditStepKind
from pack_servers.clients.editing.unusable import Unusable


def edited(text: str, path: Sequence[str], taken: Iterable[EditStep]) -> str:
    """A text in which some steps have been taken at a path.

    Args:
        text: JSON.
        path: The names that lead to what changes.
        taken: What changes in it.

    Raises:
        Unusable: It is not JSON, or says that in another form than its value has.
    """
    root = read_json(text)
    if root is None:
        raise Unusable(".".join(path), "is not there")
    start = _inside(text, root, path).start
    for step in taken:  # in what stands there alone, as the rest may be megabytes
        text = _stepped(text, start, step)
    return text


def _stepped(text: str, start: int, step: EditStep) -> str:
    """A text in which one step has been taken in the value that begins somewhere."""
    entry = node_at(text, start)
    if step.kind is EditStepKind.SET:
        return replaced(text, _inside(text, entry, step.path), step.value, entry)
    *above, last = step.path
    node = _inside(text, entry, above)
    if isinstance(last, int):
        if step.kind is EditStepKind.ADD:
            return with_element(text, node, last, step.value)
        return without_part(text, node.bracketed(), last, SLASHES)
    if step.kind is EditStepKind.ADD:
        return with_member(text, node, last, step.value, node)
    for member in reversed(node.members or ()):  # two of one name go both
        if member.key == last:
            text = without_member(text, node, member)
            node = _inside(text, node_at(text, start), above)
    return text


def _inside(text: str, node: JsonNode, path: Iterable[str | int]) -> JsonNode:
    """What stands in a value."""
    for key in path:
        if isinstance(key, int):
            node = node.elements[key]
            continue
        found = node.member(key)
        if found is None:
            raise Unusable(key, "is not there", line_of(text, node.start))
        node = found.value
    return node
