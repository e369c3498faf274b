"""What turns one value into another, step by step, so that an edit touches only what differs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from pack.deferred import dataclass

EditPath = tuple[str | int, ...]
"""The names, and the places in lists, that lead to a value."""


class EditStepKind(StrEnum):
    """What happens at a path."""

    SET = "set"
    ADD = "add"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class EditStep:
    """One change of a value, made on what the steps before it have left.

    Attributes:
        kind: What happens.
        path: Where. What is added to a list is never its first element.
        value: What is said there from then on; `None` if it is removed.
    """

    kind: EditStepKind
    path: EditPath
    value: object = None


def steps(held: object, value: object, path: EditPath = ()) -> Iterator[EditStep]:
    """What turns a value into another; nothing that has members is empty in between.

    Args:
        held: What is said.
        value: What is to be said.
        path: Where that is.
    """
    if isinstance(held, Mapping) and isinstance(value, Mapping) and held and value:
        yield from _of_mapping(held, value, path)
    elif isinstance(held, list) and isinstance(value, list) and held and value:
        yield from _of_list(held, value, path)
    elif held != value:
        yield EditStep(EditStepKind.SET, path, value)


def _of_mapping(
    held: Mapping[str, object], value: Mapping[str, object], path: EditPath
) -> Iterator[EditStep]:
    for key, each in value.items():
        if key in held:
            yield from steps(held[key], each, (*path, key))
        else:
            yield EditStep(EditStepKind.ADD, (*path, key), each)
    for key in held:
        if key not in value:
            yield EditStep(EditStepKind.REMOVE, (*path, key))


def _of_list(held: Sequence[object], value: Sequence[object], path: EditPath) -> Iterator[EditStep]:
    shorter = min(len(held), len(value))
    head = _alike(held, value, shorter)
    tail = _alike(held[::-1], value[::-1], shorter - head)
    if tail == shorter < len(value):
        tail = 0  # what is new would be the first element
    both = shorter - tail
    for place in range(head, both):
        yield from steps(held[place], value[place], (*path, place))
    for place in range(both, len(value) - tail):
        yield EditStep(EditStepKind.ADD, (*path, place), value[place])
    for place in reversed(range(both, len(held) - tail)):
        yield EditStep(EditStepKind.REMOVE, (*path, place))


def _alike(held: Sequence[object], value: Sequence[object], most: int) -> int:
    """How many elements two lists have in common at the beginning."""
    return next((place for place in range(most) if held[place] != value[place]), most)
