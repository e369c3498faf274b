"""Editing TOML so that every other byte stays.

A server is a table of its own, which stands at the end of the text or where it stood before; so
only lines are added, replaced and removed. In a table of servers that is written in one line, or
with dots, it is a key like the others there.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from pack.deferred import pattern
from pack_servers.clients.editing.toml_spans import blocks, comment_lines
from pack_servers.clients.editing.toml_steps import added, removed
from pack_servers.clients.editing.toml_values import (
    key_text,
    newline_of,
    value_text,
    without_lines,
)
from pack_servers.clients.editing.unusable import Unusable

_WHERE: Final = pattern(r"at line (\d+)")


def document(text: str) -> object:
    """What a text says.

    Raises:
        Unusable: It is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _WHERE.search(str(error))
        line = int(found[1]) if found else None
        raise Unusable("it", "is not TOML", line) from error
    except RecursionError:
        raise Unusable("it", "is nested too deeply") from None


def with_value(text: str, path: Sequence[str], value: object) -> str:
    """A text that has a value at a path, which is a table but for what people write by hand.

    Raises:
        Unusable: It is not TOML, something on the way is not a table, or a comment would be lost.
    """
    changed = _with_value(text, path, value)
    _check_comments(text, changed, path)
    return changed


def _with_value(text: str, path: Sequence[str], value: object) -> str:
    _check_tables(document(text), path)
    if isinstance(value, Mapping) and any(blocks(text, path)):
        return _replaced(text, path, value)
    *above, last = path
    table, lines = (path, value) if isinstance(value, Mapping) else (above, {last: value})
    block = _block(table, lines, newline_of(text))
    text = without(text, path)
    newline = newline_of(text)
    gap = "" if not text or text.endswith("\n") else newline
    appended = f"{text}{gap}{newline if text.strip() else ''}{block}"
    try:
        tomllib.loads(appended)
    except tomllib.TOMLDecodeError:  # a table above it is closed, or is there already
        return added(text, tuple(path), value)
    return appended


def without(text: str, path: Sequence[str], made: int = 0) -> str:
    """A text without the table at a path, if it has one.

    Args:
        text: TOML.
        path: The names that lead to it.
        made: How many of the tables on the way go too if they are empty then; one that has no lines
            of its own is gone by itself.

    Raises:
        Unusable: It is not TOML, or a comment would be lost.
    """
    changed = _without(text, path, made)
    _check_comments(text, changed, path)
    return changed


def _without(text: str, path: Sequence[str], made: int) -> str:
    if _at(document(text), path) is None:
        return text
    text = removed(text, tuple(path))
    for depth in range(len(path) - 1, len(path) - 1 - made, -1):
        above = path[:depth]
        if _at(document(text), above) != {} or any(blocks(text, above)):
            break
        text = removed(text, tuple(above))
    return text


def _replaced(text: str, path: Sequence[str], value: Mapping[str, object]) -> str:
    """A text in which a table that has headings is another."""
    block, depth = _block(path, value, newline_of(text)), len(path)
    spans = list(blocks(text, path))
    direct = [start for start, _, names in spans if len(names) == depth]
    place = direct[0] if direct else spans[0][0]
    for start, end, _ in reversed(spans):
        if start == place:
            text = text[:start] + block + text[end:]
        else:
            text = without_lines(text, start, end)
    return text


def _at(held: object, path: Sequence[str]) -> object:
    for key in path:
        held = held.get(key) if isinstance(held, Mapping) else None
    return held


def _check_tables(held: object, path: Sequence[str]) -> None:
    for depth, key in enumerate(path):
        if not isinstance(held, Mapping):
            raise Unusable(".".join(path[:depth]), "is not a table")
        held = held.get(key, {})


def _check_comments(before: str, after: str, path: Sequence[str]) -> None:
    """See that an edit has left the comments of others, which no parser would miss, where they are.

    Raises:
        Unusable: One would be lost.
    """
    spans = list(blocks(before, path))
    others = Counter(
        comment
        for at, comment in comment_lines(before)
        if not any(start <= at < end for start, end, _ in spans)
    )
    if others - Counter(comment for _, comment in comment_lines(after)):
        raise Unusable("it", "has a form that PACK cannot edit safely")


def _block(path: Sequence[str], value: Mapping[str, object], newline: str) -> str:
    lines = [f"[{'.'.join(map(key_text, path))}]"]
    lines += [f"{key_text(key)} = {value_text(each)}" for key, each in value.items()]
    return newline.join([*lines, ""])
