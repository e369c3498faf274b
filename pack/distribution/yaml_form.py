"""The YAML of what a distribution writes: the same values always make the same text.

Text is quoted, as in the form that people know; words of a fixed list and numbers are not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeGuard

from pack.files import yaml_block


def to_yaml(fields: Mapping[str, object]) -> str:
    """The YAML of some fields: text, words, numbers, `None`, and lists or mappings of those."""
    return "".join(f"{line}\n" for line in _lines(fields))


def _lines(fields: Mapping[str, object]) -> Iterator[str]:
    for key, value in fields.items():
        if isinstance(value, Mapping) and value:
            yield f"{key}:"
            yield from (f"  {line}" for line in _lines(value))
        elif _is_list(value):
            yield f"{key}:"
            yield from _items(value)
        else:
            yield f"{key}: {_scalar(value)}"


def _is_list(value: object) -> TypeGuard[list[object] | tuple[object, ...]]:
    return isinstance(value, list | tuple) and bool(value)


def _items(values: list[object] | tuple[object, ...]) -> Iterator[str]:
    for value in values:
        if isinstance(value, Mapping):
            first, *rest = _lines(value)
            yield f"  - {first}"
            yield from (f"    {line}" for line in rest)
        else:
            yield f"  - {_scalar(value)}"


def _scalar(value: object) -> str:
    if isinstance(value, StrEnum):
        return str(value)
    if isinstance(value, str):
        return yaml_block.quote(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, list | tuple):
        return "[]"
    return (
        "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )
