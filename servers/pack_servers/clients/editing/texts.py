"""Settings as text, whatever their syntax: what is asked of them, and what changes.

Every edit is checked before anything is written: the text says what was wanted, and nothing else in
it says anything new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from types import ModuleType

from pack_servers.clients.editing.steps import steps
from pack_servers.clients.editing.syntax import Syntax
from pack_servers.clients.editing.unusable import Unusable


def value_at(text: str, syntax: Syntax, path: Sequence[str]) -> object:
    """What a text says at a path; `None` if it says nothing there.

    Raises:
        Unusable: The text cannot be read.
    """
    return _at(_editor(syntax).document(text), path)


def says_the_same(text: str, other: str, syntax: Syntax) -> bool:
    """Whether two texts say the same; a level with nothing in it counts as not there."""
    read = _editor(syntax).document
    return _is_same(_filled(read(text)), _filled(read(other)))


def missing_above(text: str, syntax: Syntax, path: Sequence[str]) -> int:
    """How many of the levels above a path a text does not have."""
    held = _editor(syntax).document(text)
    return sum(_at(held, path[:depth]) is None for depth in range(1, len(path)))


def with_value(text: str, syntax: Syntax, path: Sequence[str], value: object) -> str:
    """A text that says something at a path, and else what it said.

    Of what has members there already, only those that differ change; the comments beside them, the
    order and the form of everything else stay. It is replaced whole where its form allows no less,
    such as two members of one name.

    Raises:
        Unusable: It cannot be edited.
    """
    editor = _editor(syntax)
    before = editor.document(text)
    held, others = _at(before, path), _without(before, path)

    def is_meant(changed: str) -> bool:
        after = editor.document(changed)
        return _at(after, path) == value and _is_same(_without(after, path), others)

    if isinstance(held, Mapping) and isinstance(value, Mapping) and held and value:
        with suppress(Unusable):
            changed: str = _editor(syntax, "steps").edited(text, path, steps(held, value))
            if is_meant(changed):
                return changed
    changed = editor.with_value(text, path, value)
    if not is_meant(changed):
        raise Unusable("it", "has a form that PACK cannot edit safely")
    return changed


def without(text: str, syntax: Syntax, path: Sequence[str], made: int = 0) -> str:
    """A text that says nothing at a path, and else what it said.

    Args:
        text: The settings.
        syntax: Their syntax.
        path: The names that lead to what goes.
        made: How many levels above it, from the inside, go too if nothing is left in them.

    Raises:
        Unusable: It cannot be edited.
    """
    editor = _editor(syntax)
    changed: str = editor.without(text, path, made)
    before, after = editor.document(text), editor.document(changed)
    is_same = _is_same(_without(before, path), _without(after, path))
    if _at(after, path) is not None or not is_same:
        raise Unusable("it", "has a form that PACK cannot edit safely")
    return changed


def _editor(syntax: Syntax, what: str = "text") -> ModuleType:
    # On use, as each brings a parser of its own.
    return import_module(f"pack_servers.clients.editing.{syntax.value}_{what}")


def _at(held: object, path: Sequence[str]) -> object:
    for key in path:
        held = held.get(key) if isinstance(held, Mapping) else None
    return held


def _without(held: object, path: Sequence[str]) -> object:
    """What is said elsewhere; a level in which nothing is left counts as not there."""
    if not path:
        return None
    if not isinstance(held, Mapping):
        return held
    rest = dict(held)
    inner = _without(rest.pop(path[0], None), path[1:])
    return {**rest, path[0]: inner} if inner else rest


def _is_same(before: object, after: object) -> bool:
    return before == after or repr(before) == repr(after)  # `nan` does not equal itself


def _filled(held: object) -> object:
    """What is said without the levels that have nothing in them."""
    if not isinstance(held, Mapping):
        return held
    inner = {key: _filled(each) for key, each in held.items()}
    return {key: each for key, each in inner.items() if each not in ({}, None)}
