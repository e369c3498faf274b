"""Editing YAML so that every other byte stays: whole lines are added, replaced and removed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

import yaml

from pack.deferred import pattern
from pack_servers.clients.editing.commas import HASHES, with_part, without_part
from pack_servers.clients.editing.unusable import Unusable
from pack_servers.clients.editing.yaml_nodes import (
    Pair,
    block_end,
    bracketed,
    compose,
    key_text,
    line_start,
    pair_in,
    reading,
    value_text,
)

_END_MARK: Final = pattern(r"^\.\.\.[ \t]*\r?$", re.MULTILINE)
_NULL: Final = "tag:yaml.org,2002:null"
_Member = tuple[str, object]


class _AnyTag(yaml.SafeLoader):
    """Reads any YAML; what a tag that it does not know says is not looked at."""


_AnyTag.add_constructor(None, lambda _, node: str(node.value))


def document(text: str) -> object:
    """What a text says; `{}` if it says nothing.

    Raises:
        Unusable: It is not YAML, or holds several documents.
    """
    with reading():
        found = yaml.load(text, _AnyTag)  # noqa: S506 - a safe loader
    return {} if found is None else found


def with_value(text: str, path: Sequence[str], value: object) -> str:
    """A text in which a member of a mapping of a mapping has a value.

    Args:
        text: YAML.
        path: Two names: of a mapping at the top, and in that.
        value: The new value.

    Raises:
        Unusable: It is not YAML, or something on the way is not a mapping.
    """
    document(text)
    top, name = path
    newline = "\r\n" if "\r\n" in text else "\n"
    root = compose(text)
    if root is not None and not isinstance(root, yaml.MappingNode):
        raise Unusable("it", "is not a mapping", root.start_mark.line + 1)
    held = pair_in(root, top) if root is not None else None
    if root is not None and held is not None:
        return _with_inner(text, held, (name, value), newline, is_flow=root.flow_style)
    if root is not None and root.flow_style:
        return _in_flow(text, root, {top: {name: value}})
    return _appended(text, [f"{key_text(top)}:", *_lines(name, value, "  ")], newline)


def _with_inner(text: str, held: Pair, new: _Member, newline: str, *, is_flow: bool) -> str:
    """A text in which a mapping at the top, of any form, has a member."""
    name, value = new
    inner = held[1]
    is_empty = isinstance(inner, yaml.ScalarNode) and inner.tag == _NULL
    if not is_empty and not isinstance(inner, yaml.MappingNode):
        raise Unusable(str(held[0].value), "is not a mapping", inner.start_mark.line + 1)
    if isinstance(inner, yaml.MappingNode) and inner.value and not inner.flow_style:
        return _in_block(text, inner, new, newline)
    if not isinstance(inner, yaml.MappingNode) or not (inner.value or is_flow):
        return _under(text, held, _lines(name, value, "  "), newline)
    old = pair_in(inner, name)
    if old is None:
        return _in_flow(text, inner, {name: value})
    start, end = old[1].start_mark.index, old[1].end_mark.index
    return text[:start] + value_text(value) + text[end:]


def _in_block(text: str, inner: yaml.MappingNode, new: _Member, newline: str) -> str:
    """A text in which lines stand before the first member of a mapping, or in place of one."""
    first = inner.value[0][0].start_mark
    lines = _joined(_lines(*new, " " * first.column), newline)
    old = pair_in(inner, new[0])
    start = line_start(text, (old[0].start_mark if old else first).index)
    end = block_end(text, old) if old else start
    return text[:start] + lines + text[end:]


def without(text: str, path: Sequence[str], made: int = 0) -> str:
    """A text without a mapping of a mapping, if it has one.

    Args:
        text: YAML.
        path: As for `with_value`.
        made: 1 if the mapping at the top goes too if it is empty then.

    Raises:
        Unusable: It is not YAML.
    """
    document(text)
    top, name = path
    root = compose(text)
    held = pair_in(root, top) if isinstance(root, yaml.MappingNode) else None
    inner = held[1] if held else None
    if held is None or not isinstance(inner, yaml.MappingNode):
        return text
    old = pair_in(inner, name)
    if old is None:
        return text
    if inner.flow_style:
        return without_part(text, bracketed(inner), inner.value.index(old), HASHES)
    if len(inner.value) > 1:
        return text[: line_start(text, old[0].start_mark.index)] + text[block_end(text, old) :]
    start, end = line_start(text, old[0].start_mark.index), block_end(text, old)
    colon = held[0].end_mark.index + 1
    if made and not text[colon:start].strip():  # else somebody has written a comment there
        return text[: line_start(text, held[0].start_mark.index)] + text[end:]
    return f"{text[:colon]} {{}}{text[colon:start]}{text[end:]}"


def _lines(name: str, value: object, indent: str) -> list[str]:
    """A member of a mapping."""
    if not isinstance(value, Mapping):
        return [f"{indent}{key_text(name)}: {value_text(value)}"]
    inside = (f"{indent}  {key_text(key)}: {value_text(each)}" for key, each in value.items())
    return [f"{indent}{key_text(name)}:", *inside]


def _joined(lines: Sequence[str], newline: str) -> str:
    return "".join(f"{line}{newline}" for line in lines)


def _appended(text: str, lines: Sequence[str], newline: str) -> str:
    end = _END_MARK.search(text)
    head, tail = (text[: end.start()], text[end.start() :]) if end else (text, "")
    gap = "" if not head or head.endswith("\n") else newline
    return f"{head}{gap}{_joined(lines, newline)}{tail}"


def _under(text: str, held: Pair, lines: Sequence[str], newline: str) -> str:
    """A text in which lines stand below a key that has no value, or an empty one."""
    key, value = held
    colon = key.end_mark.index + 1
    start, end = value.start_mark.index, value.end_mark.index
    if end > start:  # `{}`, `null` or `~`, in place of which the lines stand
        text = text[: len(text[:start].rstrip(" \t"))] + text[end:]
    stop = text.find("\n", colon)
    if stop < 0:
        return text + newline + _joined(lines, newline)
    return text[: stop + 1] + _joined(lines, newline) + text[stop + 1 :]


def _in_flow(text: str, node: yaml.MappingNode, more: Mapping[str, object]) -> str:
    """A text with one more member of a mapping in brackets."""
    new = json.dumps(more, ensure_ascii=False)[1:-1]
    if node.value:
        return with_part(text, bracketed(node), len(node.value) - 1, lambda *_: new, HASHES)
    close = node.end_mark.index - 1
    return text[:close].rstrip() + new + text[close:]
