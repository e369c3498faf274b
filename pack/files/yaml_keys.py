"""Cuts a frontmatter block into entries, one for each top-level key, with their exact bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from pack.deferred import dataclass
from pack.errors import InvalidContent, LimitExceeded
from pack.files.yaml_block import LINE_END, compose, load
from pack.files.yaml_edit import value_end

_SPACES: Final = " "


@dataclass(frozen=True, slots=True)
class Items:
    """A list of scalars as it is written.

    Attributes:
        sources: The text of each item, by the identity of its value (`1` is not `"1"`).
        indent: What is to the left of the dashes; `None` for a list in brackets.
    """

    sources: Mapping[str, str]
    indent: str | None


@dataclass(frozen=True, slots=True)
class KeyBlock:
    """A key and its value.

    Attributes:
        above: The comments and blank lines above it that follow another key's value.
        key: The key as written.
        text: All of its lines, including `above`.
        value: As `pack.files.yaml_block` reads it.
        items: How the value is written, if it is a list of scalars.
    """

    above: str
    key: str
    text: str
    value: object
    items: Items | None


@dataclass(frozen=True, slots=True)
class KeyBlocks:
    """A block; joining `head`, the texts of the entries and `tail` restores it."""

    head: str
    entries: Mapping[str, KeyBlock]
    tail: str


def cut_keys(block: str) -> KeyBlocks | None:
    """The entries of a block; `None` if it cannot be read, or if keys share a line.

    Args:
        block: YAML whose last line ends with a line end, or nothing.
    """
    try:
        values = load(block)
        root = compose(block)
    except (InvalidContent, LimitExceeded):
        return None
    if root is None or not root.value:
        return KeyBlocks(block, {}, "")
    return _cut(block, root, values)


def _cut(block: str, root: MappingNode, values: Mapping[str, object]) -> KeyBlocks | None:
    starts = [_line_start(block, key) for key, _ in root.value]
    ends = [_after_line(block, max(value_end(block, key), value_end(block, value)))
            for key, value in root.value]  # fmt: skip
    bounds = [starts[0], *ends]
    if root.flow_style or not all(_is_alone(block, key) for key, _ in root.value):
        return None
    if any(start < bound for start, bound in zip(starts, bounds, strict=False)):
        return None
    entries = {}
    for number, (key, value) in enumerate(root.value):
        entries[key.value] = KeyBlock(
            above=block[bounds[number] : starts[number]],
            key=block[key.start_mark.index : key.end_mark.index],
            text=block[bounds[number] : bounds[number + 1]],
            value=values[key.value],
            items=_items(block, value),
        )
    return KeyBlocks(block[: bounds[0]], entries, block[bounds[-1] :])


def _line_start(block: str, node: Node) -> int:
    place = node.start_mark.index
    return max(block.rfind("\n", 0, place), block.rfind("\r", 0, place)) + 1


def _after_line(block: str, place: int) -> int:
    end = LINE_END.search(block, place)
    return end.end() if end is not None else len(block)


def _is_alone(block: str, key: Node) -> bool:
    return not block[_line_start(block, key) : key.start_mark.index].strip(_SPACES)


def _items(block: str, node: Node) -> Items | None:
    if not isinstance(node, SequenceNode):
        return None
    items: Sequence[Node] = node.value
    if not all(isinstance(item, ScalarNode) for item in items):
        return None
    sources = {
        identity(item): block[item.start_mark.index : value_end(block, item)] for item in items
    }
    if node.flow_style:
        return Items(sources, None)
    start = _line_start(block, node)
    return Items(sources, block[start : node.start_mark.index])


def identity(node: Node) -> str:
    """A text that is equal for two scalars exactly if `pack.files.yaml_block` reads them alike."""
    return f"{node.tag} {node.value}"
