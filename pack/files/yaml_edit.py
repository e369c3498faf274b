"""Sets values in the YAML of a frontmatter block by replacing their bytes and no others.

The composer's marks say where a value is; they count characters, with or without libyaml. The
result is read back, and returned only if it says exactly what it should: YAML has more ways to
write a mapping than this module knows, and it must not damage any of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from pack.errors import InvalidContent
from pack.files.plain_frontmatter import set_plain
from pack.files.yaml_block import LINE_END, Value, compose, invalid, load, write

if TYPE_CHECKING:
    from yaml.nodes import MappingNode, Node

_UNSAFE: Final = "the frontmatter is written in a way that PACK cannot edit"


class _Splice(NamedTuple):
    """Characters `start` to `end` of a block become `new`."""

    start: int
    end: int
    new: str


class EditedBlock(NamedTuple):
    """A block and its fields.

    Attributes:
        block: The YAML.
        fields: What it says.
        is_plain: Whether it is of the plainest kind (`pack.files.plain_frontmatter`).
    """

    block: str
    fields: Mapping[str, object]
    is_plain: bool


def set_values(block: str, values: Mapping[str, Value], eol: str) -> EditedBlock:
    """The block with these keys set; other keys, comments and style stay as they were.

    Args:
        block: YAML whose last line ends with a line end, or nothing.
        values: Text, booleans, null and lists of text by key.
        eol: The line end for added lines.

    Raises:
        As `yaml_block.load`; InvalidContent also if the edit would change anything else.
    """
    plain = set_plain(block, values) if eol == "\n" else None
    return EditedBlock(*plain, is_plain=True) if plain else set_by_marks(block, values, eol)


def set_by_marks(block: str, values: Mapping[str, Value], eol: str) -> EditedBlock:
    """`set_values` for a block of any kind."""
    wanted = {key: _plain_data(value) for key, value in values.items()}
    old = load(block)
    root = compose(block)
    changed = {key: values[key] for key, new in wanted.items() if not _holds(old, key, new)}
    edited = block
    for splice in sorted(_splices(block, root, changed, eol), reverse=True):
        edited = edited[: splice.start] + splice.new + edited[splice.end :]
    said = {**old, **wanted}
    _verify(edited, said, invalid(_UNSAFE, block, _first(root, changed)))
    return EditedBlock(edited, said, is_plain=False)


def set_below(block: str, name: str, values: Mapping[str, Value], eol: str) -> str:
    """The block with these keys set in a mapping that is the value of its last key.

    Raises:
        As `set_values`; InvalidContent also if there is no such mapping.
    """
    from yaml.nodes import MappingNode  # noqa: PLC0415 - `yaml_block` says why

    wanted = {key: _plain_data(value) for key, value in values.items()}
    old, root = load(block), compose(block)
    inner, node = old.get(name), root.value[-1][1] if root is not None else None
    if not isinstance(inner, dict) or not isinstance(node, MappingNode) or [*old][-1] != name:
        raise invalid(_UNSAFE, block, 0)
    changed = {key: values[key] for key, new in wanted.items() if not _holds(inner, key, new)}
    ended = block if LINE_END.search(block[-1:]) else block + eol
    edited = ended
    for splice in sorted(_splices(ended, node, changed, eol), reverse=True):
        edited = edited[: splice.start] + splice.new + edited[splice.end :]
    said = {**old, name: {**inner, **wanted}}
    _verify(edited, said, invalid(_UNSAFE, block, _first(node, changed)))
    return edited if changed else block


def _plain_data(value: Value) -> object:
    return value if value is None or isinstance(value, str | int) else list(value)


def _holds(fields: Mapping[str, object], key: str, value: object) -> bool:
    """Whether the key has this value with this type: `1` is not `true`."""
    return key in fields and repr(fields[key]) == repr(value)


def _verify(edited: str, expected: Mapping[str, object], failure: InvalidContent) -> None:
    try:
        result = load(edited)
    except InvalidContent as error:
        raise failure from error
    if repr(result) != repr(expected):  # repr shows types and the order of keys
        raise failure


def _first(root: MappingNode | None, keys: Mapping[str, Value]) -> int:
    """Where the first of the keys is, or where the mapping begins."""
    if root is None:
        return 0
    places = [key.start_mark.index for key, _ in root.value if key.value in keys]
    return int(min(places, default=root.start_mark.index))


def _splices(
    block: str, root: MappingNode | None, values: Mapping[str, Value], eol: str
) -> Iterator[_Splice]:
    pairs = {key.value: (key, value) for key, value in root.value} if root is not None else {}
    flow = root is not None and bool(root.flow_style)
    for name in values.keys() & pairs.keys():
        yield from _replace(block, *pairs[name], write(values[name], flow=flow))
    missing = [(key, value) for key, value in values.items() if key not in pairs]
    if not missing:
        return
    lines = [f"{write(key, flow=True)}: {write(value, flow=flow)}" for key, value in missing]
    if root is not None and flow:
        yield _append_flow(root, block, lines)
    else:
        yield _append(root, block, lines, eol)


def _append(root: MappingNode | None, block: str, lines: list[str], eol: str) -> _Splice:
    """New lines at the end, indented like the mapping."""
    start = root.start_mark.index if root is not None else 0
    indent = block[start - root.start_mark.column : start] if root is not None else ""
    return _Splice(len(block), len(block), "".join(f"{indent}{line}{eol}" for line in lines))


def _append_flow(root: MappingNode, block: str, lines: list[str]) -> _Splice:
    """New pairs after the last one between the braces."""
    new = ", ".join(lines)
    if not root.value:
        place = root.start_mark.index + 1
        return _Splice(place, place, new)
    key, value = root.value[-1]
    place = max(value_end(block, key), value_end(block, value))
    return _Splice(place, place, ", " + new)


def _replace(block: str, key: Node, value: Node, new: str) -> Iterator[_Splice]:
    from yaml.nodes import CollectionNode  # noqa: PLC0415 - `yaml_block` says why

    start, end = value.start_mark.index, value_end(block, value)
    if start == end:
        yield _Splice(start, start, " " + new)
    elif isinstance(value, CollectionNode) and not value.flow_style:
        yield from _replace_lines(block, key, start, end, new)
    else:
        yield _Splice(start, end, new)


def _replace_lines(block: str, key: Node, start: int, end: int, new: str) -> Iterator[_Splice]:
    """Remove a collection that is on lines of its own, and put the value after the colon.

    A comment after the colon stays, and so does one on a line above the collection.
    """
    colon = block.find(":", key.end_mark.index) + 1
    yield _Splice(colon, colon, " " + new)
    first = max(block.rfind("\n", 0, start), block.rfind("\r", 0, start)) + 1
    line_end = LINE_END.search(block, end)
    yield _Splice(first, line_end.end() if line_end is not None else len(block), "")


def value_end(block: str, node: Node) -> int:
    """Where the text of a node ends.

    The end marks of block collections and block scalars come after the blank lines and comments
    that follow them.
    """
    from yaml.nodes import CollectionNode, MappingNode  # noqa: PLC0415 - `yaml_block` says why

    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        parts = last if isinstance(node, MappingNode) else [last]
        return max(value_end(block, part) for part in parts)
    start, end = node.start_mark.index, int(node.end_mark.index)
    return start + len(block[start:end].rstrip(" \t\r\n"))
