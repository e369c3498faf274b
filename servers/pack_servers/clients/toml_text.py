"""Editing TOML so that every other byte stays.

A server is a table of its own, which stands at the end of the text or where it stood before; so
only lines are added, replaced and removed. What is written in one line, as an inline table or with
dotted keys, is edited with `tomlkit`.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time
from itertools import pairwise
from typing import Final

from pack.deferred import pattern
from pack_servers.clients.unusable import Unusable

_TOKEN: Final = pattern(
    r"""\"{3}(?:\\.|[^\\])*?\"{3,5}|'{3}.*?'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*'|\#[^\n]*|[\[\]{}]""",
    re.DOTALL,
)
_BRACKETS: Final = frozenset("[]{}")
_BARE: Final = pattern(r"[A-Za-z0-9_-]+")
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
    if not isinstance(value, Mapping):
        return _inline_with(without(text, path), path, value)
    if any(_blocks(text, path)):
        changed = _replaced(text, path, value, _tables_to_keep(text, path, value))
        return changed if _at(changed, path) == value else _replaced(text, path, value, set())
    block = _block(path, value, _newline(text))
    text = without(text, path)
    newline = _newline(text)
    gap = "" if not text or text.endswith("\n") else newline
    added = f"{text}{gap}{newline if text.strip() else ''}{block}"
    try:
        tomllib.loads(added)
    except tomllib.TOMLDecodeError:
        return _inline_with(text, path, value)
    return added


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
    held = document(text)
    for key in path:
        held = held.get(key) if isinstance(held, Mapping) else None
    if held is None:
        return text
    spans = list(_blocks(text, path))
    if not spans:
        return _inline_without(text, path, made)
    for start, end, _ in reversed(spans):
        text = _cut(text, start, end)
    return text


def _at(text: str, path: Sequence[str]) -> object:
    """What a text says at a path; `None` if it says nothing there, or is no TOML."""
    try:
        held: object = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return None
    for key in path:
        held = held.get(key) if isinstance(held, Mapping) else None
    return held


def _tables_to_keep(text: str, path: Sequence[str], value: Mapping[str, object]) -> set[str]:
    """The names of the tables in a table that have headings of their own, and stay as they are."""
    held, depth = _at(text, path), len(path)
    if not isinstance(held, Mapping):
        return set()
    inner = {names[depth] for _, _, names in _blocks(text, path) if len(names) > depth}
    return {each for each in inner if held.get(each) == value.get(each)}


def _replaced(text: str, path: Sequence[str], value: Mapping[str, object], kept: set[str]) -> str:
    """A text in which a table that has headings is another, but for some of the tables in it."""
    rest = {key: each for key, each in value.items() if key not in kept}
    block, depth = _block(path, rest, _newline(text)), len(path)
    spans = list(_blocks(text, path))
    direct = [start for start, _, names in spans if len(names) == depth]
    place = direct[0] if direct else spans[0][0]
    for start, end, names in reversed(spans):
        is_kept = not kept.isdisjoint(names[depth : depth + 1])
        if start == place:
            rest_of_text = _newline(text) + text[start:] if is_kept else text[end:]
            text = text[:start] + block + rest_of_text
        elif not is_kept:
            text = _cut(text, start, end)
    return text


def _cut(text: str, start: int, end: int) -> str:
    """A text without some lines, and without the blank line before them."""
    before = text[:start]
    blank = next((each for each in ("\r\n\r\n", "\n\n") if before.endswith(each)), "")
    return before[: start - len(blank) // 2] + text[end:]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


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
    spans = list(_blocks(before, path))
    others = Counter(
        comment
        for at, comment in _comment_lines(before)
        if not any(start <= at < end for start, end, _ in spans)
    )
    if others - Counter(comment for _, comment in _comment_lines(after)):
        raise Unusable("it", "has a form that PACK cannot edit safely")


def _comment_lines(text: str) -> Iterator[tuple[int, str]]:
    """The comments that have a line of their own, and where they begin."""
    for token in _TOKEN.finditer(text):
        at = token.start()
        if token[0].startswith("#") and not text[text.rfind("\n", 0, at) + 1 : at].strip():
            yield at, token[0].rstrip()


def _block(path: Sequence[str], value: Mapping[str, object], newline: str) -> str:
    lines = [f"[{'.'.join(map(_key, path))}]"]
    lines += [f"{_key(key)} = {_inline(each)}" for key, each in value.items()]
    return newline.join([*lines, ""])


def _key(key: str) -> str:
    return key if _BARE.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def _inline(value: object) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(key)} = {_inline(each)}" for key, each in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_inline, value))}]"
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


def _blocks(text: str, path: Sequence[str]) -> Iterator[tuple[int, int, list[str]]]:
    """The lines of a table and of the tables in it, and the names in the heading of each.

    They go from the heading to the last line that is neither blank nor a comment.
    """
    found = [*_headings(text), (len(text), None)]
    for (start, names), (following, _) in pairwise(found):
        if names is not None and names[: len(path)] == list(path):
            end = following
            lines = text[start:end].splitlines(keepends=True)
            while len(lines) > 1 and lines[-1].strip()[:1] in ("", "#"):
                end -= len(lines.pop())
            yield start, end, names


def _headings(text: str) -> Iterator[tuple[int, list[str] | None]]:
    """Where the lines with headings begin, and the names in each."""
    depth = line_end = 0
    for token in _TOKEN.finditer(text):
        sign, at = token[0], token.start()
        if at < line_end or sign not in _BRACKETS:
            continue
        line_start = text.rfind("\n", 0, at) + 1
        if sign == "[" and depth == 0 and not text[line_start:at].strip():
            line_end = text.find("\n", at) if "\n" in text[at:] else len(text)
            yield line_start, _names(text[line_start:line_end].rstrip())
        else:
            depth += 1 if sign in "[{" else -1


def _names(heading: str) -> list[str]:
    names: list[str] = []
    held: object = tomllib.loads(heading)
    while held:
        if isinstance(held, list):
            held = held[0]
        elif isinstance(held, Mapping):
            (name, held), *_ = held.items()
            names.append(name)
    return names


def _inline_with(text: str, path: Sequence[str], value: object) -> str:
    # Here, as few people write their servers in one line.
    import tomlkit  # noqa: PLC0415

    made = tomlkit.parse(text)
    held: object = made
    for key in path[:-1]:
        held = held.setdefault(key, tomlkit.table())  # type: ignore[attr-defined]
    new = value
    if isinstance(value, Mapping):
        new = tomlkit.inline_table()
        new.update(value)
    held[path[-1]] = new  # type: ignore[index]
    return tomlkit.dumps(made)


def _inline_without(text: str, path: Sequence[str], made: int) -> str:
    import tomlkit  # noqa: PLC0415 - as above

    held = tomlkit.parse(text)
    for depth in range(len(path), len(path) - made - 1, -1):
        parent: object = held
        for key in path[: depth - 1]:
            parent = parent[key]  # type: ignore[index]
        if depth < len(path) and parent[path[depth - 1]]:  # type: ignore[index]
            break
        del parent[path[depth - 1]]  # type: ignore[attr-defined]
    return tomlkit.dumps(held)
