"""What takes time to make, made when it is first used. Type checkers see the originals.

A command imports far more classes and patterns than it uses, and a person or a client waits for it
to start. Python compiles up to eight methods for a dataclass, which takes ten times as long as the
class itself. Here the first object waits for `__init__` alone, which is all that most objects need,
and the others are made when one of them is called. A pattern waits for the first text.
"""

from __future__ import annotations

import copy
import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

__all__ = ("dataclass", "pattern")
_T = TypeVar("_T")
_NO_FIELD: Final = ("ClassVar", "typing.ClassVar")
_NO_ATTRIBUTE: Final = ("InitVar", "dataclasses.InitVar", "KW_ONLY", "dataclasses.KW_ONLY")
_OF_CLASS: Final = ("__dataclass_params__", "__dataclass_fields__", "__match_args__")
_OF_OBJECT: Final = ("__repr__", "__eq__")
_OF_FROZEN: Final = ("__hash__", "__setattr__", "__delattr__", "__getstate__", "__setstate__")
_LATER: Final = ("__replace__",) if hasattr(copy, "replace") else ()  # Python 3.13
_MADE: Final = (
    *(*_OF_CLASS, *_OF_OBJECT, *_OF_FROZEN, *_LATER),
    "__init__",  # the last, so that another thread finds an object's class complete
)
"""What `dataclasses.dataclass` gives a class."""


def deferred_dataclass(*, slots: bool, frozen: bool = False) -> Callable[[type[_T]], type[_T]]:
    """As `dataclasses.dataclass`, for those that have slots."""
    if not slots:
        raise TypeError("a dataclass without slots is one of `dataclasses`")
    return lambda cls: _deferred(cls, frozen=frozen)


def _deferred(cls: type[_T], *, frozen: bool) -> type[_T]:
    return cast("type[_T]", _Making(cls, frozen=frozen).made)


class _Making:
    """A class whose methods are still to be made.

    Args:
        cls: As it is written, without slots.
        frozen: Whether its objects stay as they are.
    """

    def __init__(self, cls: type, *, frozen: bool) -> None:
        annotations = inspect.get_annotations(cls).items()
        self._cls = cls
        self._frozen = frozen
        self._own = [name for name, kind in annotations if not str(kind).startswith(_NO_FIELD)]
        self._lock = Lock()
        self._is_complete = False
        self.made: Any = self._class()

        def init(one: object, *args: object, **kwargs: object) -> None:
            self._begin()
            self.made.__init__(one, *args, **kwargs)

        self._first_init = self.made.__init__ = init
        if frozen:  # then the state of an object is more than its `__dict__`
            self.made.__setstate__ = self._late_method("__setstate__")
        self.made.__dataclass_fields__ = _Late("__dataclass_fields__", self.complete)

    def _class(self) -> Any:
        cls, own = self._cls, self._own
        inherited = {name for base in cls.__mro__[1:] for name in vars(base).get("__slots__", ())}
        left_out = {*own, "__dict__", "__weakref__"}
        body = {name: value for name, value in vars(cls).items() if name not in left_out}
        body["__slots__"] = tuple(name for name in own if name not in inherited)
        body["__qualname__"] = cls.__qualname__
        metaclass: Any = type(cls)
        return metaclass(cls.__name__, cls.__bases__, body)

    def complete(self) -> None:
        """Make all that is still missing."""
        with self._lock:
            if self._is_complete:
                return  # another thread was first
            whole: type = dataclasses.dataclass(frozen=self._frozen, slots=True)(self._cls)
            for name in _MADE:
                if name in vars(whole):
                    setattr(self.made, name, vars(whole)[name])
            self._is_complete = True

    def _begin(self) -> None:
        """Make what the first object needs."""
        plain = _plain_init(self._cls, self._own, frozen=self._frozen)
        if plain is None:
            self.complete()
            return
        with self._lock:
            if self.made.__init__ is self._first_init:
                for name, late in self._late_parts():
                    setattr(self.made, name, late)
                self.made.__init__ = plain

    def _late_parts(self) -> Iterator[tuple[str, object]]:
        """What stands for the rest of a class that has objects, until one of them is needed."""
        there = vars(self.made)
        for name in _OF_CLASS:
            yield name, _Late(name, self.complete)
        if not self._frozen and "__hash__" not in there:
            yield "__hash__", None
        for name in (*_OF_OBJECT, *_LATER, *(_OF_FROZEN if self._frozen else ())):
            if name not in there:
                yield name, self._late_method(name)

    def _late_method(self, name: str) -> Callable[..., Any]:
        def late(*args: object, **kwargs: object) -> Any:
            self.complete()
            return getattr(self.made, name)(*args, **kwargs)

        return late


class _Late:
    """What a class says of itself, for whoever asks first."""

    def __init__(self, name: str, complete: Callable[[], None]) -> None:
        self._name = name
        self._complete = complete

    def __get__(self, _instance: object, owner: type) -> object:
        self._complete()
        return getattr(owner, self._name)


# --- the first method ------------------------------------------------------------------------


def _plain_init(cls: type, own: Sequence[str], *, frozen: bool) -> Callable[..., None] | None:
    """`__init__` as `dataclasses` makes it; `None` for a class that is more than its fields."""
    fields = [(name, vars(cls).get(name, dataclasses.MISSING)) for name in own]
    is_plain = cls.__bases__ == (object,) and not hasattr(cls, "__post_init__")
    if not is_plain or not all(_is_plain(cls, *field) for field in fields):
        return None
    known: dict[str, Any] = {"_set": object.__setattr__, "_made": object()}
    heads, lines = ["self"], ["pass"]
    for name, value in fields:
        default, make = _defaults(value)
        given = name
        if make is not dataclasses.MISSING:
            known[f"_make_{name}"], default = make, known["_made"]
            given = f"_make_{name}() if {name} is _made else {name}"
        has_default = default is not dataclasses.MISSING
        if not has_default and "=" in heads[-1]:
            return None  # `dataclasses` says what is wrong with that
        known[f"_default_{name}"] = default
        heads.append(f"{name}=_default_{name}" if has_default else name)
        lines.append(f"_set(self, '{name}', {given})" if frozen else f"self.{name} = {given}")
    exec(f"def __init__({', '.join(heads)}): {'; '.join(lines)}", known)  # noqa: S102 - as there
    init = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return cast("Callable[..., None]", init)


def _is_plain(cls: type, name: str, value: object) -> bool:
    """Whether a field is an argument that is kept as it is."""
    kind = str(inspect.get_annotations(cls)[name])
    is_argument = not isinstance(value, dataclasses.Field) or (
        value.init and value.kw_only is not True
    )
    is_mutable = type(value).__hash__ is None  # a mistake, of which `dataclasses` tells
    is_free = name != "self" and not name.startswith("_")
    return is_free and is_argument and not is_mutable and not kind.startswith(_NO_ATTRIBUTE)


def _defaults(value: object) -> tuple[object, object]:
    """The default of a field, and what makes one for each object."""
    if isinstance(value, dataclasses.Field):
        return value.default, value.default_factory
    return value, dataclasses.MISSING


class DeferredPattern:
    """As `re.compile`."""

    def __init__(self, pattern: str | bytes, flags: int = 0) -> None:
        self._pattern: Final[Any] = pattern
        self._flags: Final = flags

    def __getattr__(self, name: str) -> Any:
        """What the compiled pattern has; found here from now on."""
        found = getattr(re.compile(self._pattern, self._flags), name)
        setattr(self, name, found)
        return found


if TYPE_CHECKING:
    from dataclasses import dataclass
    from re import compile as pattern
else:
    dataclass = deferred_dataclass
    pattern = DeferredPattern
