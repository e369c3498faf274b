"""Changing what differs in YAML, and nothing else: single values and whole lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import yaml

from pack_servers.clients.editing.commas import (
    HASHES,
    indent_at,
    newline_of,
    with_part,
    without_part,
)
from pack_servers.clients.editing.steps import EditPath, EditStep, EditStepKind
from pack_servers.clients.editing.unusable import Unusable
from pack_servers.clients.editing.yaml_nodes import (
    Pair,
    block_end,
    bracketed,
    compose,
    key_text,
    line_start,
    pair_in,
    value_end,
    value_text,
)


def edited(text: str, path: Sequence[str], taken: Iterable[EditStep]) -> str:
    """A text in which some steps have been taken at a path.

    Args:
        text: YAML.
        path: The names that lead to what changes.
        taken: What changes in it.

    Raises:
        Unusable: It has a form in which not all of them can be taken.
    """
    for step in taken:
        where: EditPath = (*path, *step.path)
        *above, last = where
        parent = compose(text)
        for key in above:
            parent = _member(parent, key)[1]
        if not isinstance(parent, yaml.CollectionNode):
            raise Unusable(str(last), "has a form that PACK cannot edit")
        if step.kind is EditStepKind.SET:
            text = _set(text, _member(parent, last), step.value)
        elif step.kind is EditStepKind.ADD:
            text = _added(text, parent, last, step.value)
        else:
            text = _removed(text, parent, _member(parent, last))
    return text


def _member(node: yaml.Node | None, key: str | int) -> Pair:
    """A member of a mapping, or twice an element of a list."""
    if isinstance(key, int) and isinstance(node, yaml.SequenceNode):
        return node.value[key], node.value[key]
    found = pair_in(node, str(key)) if isinstance(node, yaml.MappingNode) else None
    if found is None:
        raise Unusable(str(key), "has a form that PACK cannot edit")
    return found


def _set(text: str, member: Pair, value: object) -> str:
    key, node = member
    new, start, end = value_text(value), node.start_mark.index, value_end(text, member)
    if key is node or not isinstance(node, yaml.CollectionNode) or node.flow_style:
        gap = "" if text[start - 1 : start].isspace() or end > start else " "
        return text[:start] + gap + new + text[max(start, end) :]
    colon = text.index(":", key.end_mark.index) + 1
    stop = text.index("\n", colon)  # a block begins in the next line
    last = block_end(text, member)
    newline = newline_of(text) if text[:last].endswith("\n") else ""
    return f"{text[:colon]} {new}{text[colon:stop].rstrip()}{newline}{text[last:]}"


def _added(text: str, parent: yaml.CollectionNode, last: str | int, value: object) -> str:
    """A text with one more element of a list, or one more member of a mapping."""
    new = value_text(value)
    if isinstance(last, str):
        new = f"{key_text(last)}: {new}"
    place = last if isinstance(last, int) else len(parent.value)
    if parent.flow_style:
        return with_part(text, bracketed(parent), place - 1, lambda *_: new, HASHES)
    before = parent.value[place - 1]
    if isinstance(last, int):
        before, indent, new = (before, before), " " * parent.start_mark.column, f"- {new}"
    else:
        indent = " " * parent.value[0][0].start_mark.column
    end, newline = block_end(text, before), newline_of(text)
    gap = "" if text[:end].endswith("\n") else newline
    return f"{text[:end]}{gap}{indent}{new}{newline}{text[end:]}"


def _removed(text: str, parent: yaml.CollectionNode, member: Pair) -> str:
    """A text without an element or a member; a comment beside it keeps the line to itself."""
    if parent.flow_style:
        spans = bracketed(parent)
        at = member[0].start_mark.index
        place = next(place for place, (start, _) in enumerate(spans.parts) if start == at)
        return without_part(text, spans, place, HASHES)
    begin = member[0].start_mark.index
    start, end = line_start(text, begin), block_end(text, member)
    if text[start:begin].strip(" \t") not in ("", "-"):
        raise Unusable("it", "has a form that PACK cannot edit", member[0].start_mark.line + 1)
    # What follows a list or a mapping in its last line is about something in it.
    is_block = isinstance(member[1], yaml.CollectionNode) and not member[1].flow_style
    rest = "" if is_block else text[value_end(text, member) : end].lstrip(" \t")
    kept = indent_at(text, begin) + rest if rest.strip() else ""
    return text[:start] + kept + text[end:]
