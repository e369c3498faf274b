"""Changing what differs in TOML, and nothing else: values, lines, and tables of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pack_servers.clients.editing.commas import HASHES, indent_at, with_part, without_part
from pack_servers.clients.editing.steps import EditPath, EditStep, EditStepKind
from pack_servers.clients.editing.toml_spans import (
    TomlLine,
    TomlNode,
    blocks,
    next_line,
    toml_lines,
)
from pack_servers.clients.editing.toml_values import (
    key_text,
    newline_of,
    value_text,
    without_lines,
)
from pack_servers.clients.editing.unusable import Unusable


def edited(text: str, path: Sequence[str], taken: Iterable[EditStep]) -> str:
    """A text in which some steps have been taken at a path.

    Args:
        text: TOML.
        path: The names that lead to what changes.
        taken: What changes in it.

    Raises:
        Unusable: It has a form in which not all of them can be taken.
    """
    for step in taken:
        where = (*path, *step.path)
        if step.kind is EditStepKind.SET:
            text = _set(text, where, step.value)
        elif step.kind is EditStepKind.ADD:
            text = added(text, where, step.value)
        else:
            text = removed(text, where)
    return text


def _set(text: str, path: EditPath, value: object) -> str:
    node = _node_at(text, path)
    if node is None:  # a table with a heading of its own, or with dotted keys
        return added(removed(text, path), path, value)
    return text[: node.start] + value_text(value) + text[node.end :]


def added(text: str, path: EditPath, value: object) -> str:
    """A text with one more element of an array, or one more key of a table in any form.

    Raises:
        Unusable: There is no such array or table.
    """
    *above, last = path
    node, new = _node_at(text, above), value_text(value)
    if isinstance(last, str) and node is not None and not node.elements:
        return text[: node.start] + value_text({last: value}) + text[node.end :]
    if isinstance(last, str):
        new = f"{key_text(last)} = {new}"
    if node is None:
        return _with_line(text, _names(above), new)
    place = last if isinstance(last, int) else len(node.elements)
    return with_part(text, node.bracketed(), place - 1, lambda *_: new, HASHES)


def _with_line(text: str, table: Sequence[str], new: str) -> str:
    """A text with a line in a table, behind those that it has."""
    depth, newline = len(table), newline_of(text)
    spans = list(blocks(text, table))
    direct = [start for start, _, names in spans if len(names) == depth]
    lines = [line for line in toml_lines(text, table) if line.depth <= depth < len(line.names)]
    if lines:
        last = lines[-1]
        place = next_line(text, last.value.end)
        dotted = "".join(f"{key_text(name)}." for name in table[last.depth :])
        new = f"{indent_at(text, last.value.start)}{dotted}{new}"
    elif direct:
        place = next_line(text, direct[0])
    elif spans:
        place = spans[0][0]
        new = f"[{'.'.join(map(key_text, table))}]{newline}{new}{newline}"
    else:
        raise Unusable(".".join(table), "has a form that PACK cannot edit")
    gap = "" if text[:place].endswith("\n") or not place else newline
    return f"{text[:place]}{gap}{new}{newline}{text[place:]}"


def removed(text: str, path: EditPath) -> str:
    """A text without an element of an array, or without a key of a table in any form.

    Raises:
        Unusable: It stands in an inline table, of which only a part would go.
    """
    *above, last = path
    node = _node_at(text, above)
    if node is not None:
        place = last if isinstance(last, int) else node.place(last)
        return without_part(text, node.bracketed(), place, HASHES)
    names = _names(path)
    for start, end, _ in reversed(list(blocks(text, names))):
        text = without_lines(text, start, end)
    lines = [line for line in toml_lines(text, names) if len(line.names) >= len(names)]
    for line in reversed(lines):
        text = _without_line(text, line)
    return text


def _without_line(text: str, line: TomlLine) -> str:
    """A text without a key; a comment beside it keeps the line to itself."""
    stop = next_line(text, line.value.end)
    rest = text[line.value.end : stop].lstrip(" \t")
    kept = indent_at(text, line.value.start) + rest if rest.strip() else ""
    return text[: line.start] + kept + text[stop:]


def _names(path: Sequence[str | int]) -> list[str]:
    return [str(each) for each in path]


def _node_at(text: str, path: Sequence[str | int]) -> TomlNode | None:
    """What stands in one piece at a path; `None` for a table of lines, or for nothing."""
    for line in toml_lines(text, path):
        if len(line.names) > len(path):
            continue
        node = line.value
        for key in path[len(line.names) :]:
            node = node.elements[node.place(key)]
        return node
    return None
