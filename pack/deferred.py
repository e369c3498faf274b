"""What takes time to make, made when it is first used. Type checkers see the originals.

A command imports far more classes and patterns than it uses, and a person or a client waits for it
to start. Python compiles up to eight methods for a dataclass, which takes ten times as long as the
class itself. Here the first object waits for `__init__` alone, which is all that most objects need,
and the others are made when one of them is called. A pattern waits for the first text.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
import sys
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
_LATER: Final = ("__replace__",) if sys.version_info >= (3, 13) else ()
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
    annotations = inspect.get_annotations(cls).items()
    own = [name for name, kind in annotations if not str(kind).startswith(_NO_FIELD)]
    inherited = {name for base in cls.__mro__[1:] for name in vars(base).get("__slots__", ())}
    left_out = {*own, "__dict__", "__weakref__"}
    body = {name: value for name, value in vars(cls).items() if name not in left_out}
    body["__slots__"] = tuple(name for name in own if name not in inherited)
    body["__qualname__"] = cls.__qualname__
    metaclass: Any = type(cls)
    made = metaclass(cls.__name__, cls.__bases__, body)
    lock = Lock()
    is_complete = False

    def complete() -> None:
        nonlocal is_complete
        with lock:
            if is_complete:
                return  # another thread was first
            whole = dataclasses.dataclass(frozen=frozen, slots=True)(cls)
            for name in _MADE:
                if name in vars(whole):
                    setattr(made, name, vars(whole)[name])
            is_complete = True

    def begin() -> None:
        plain = _plain_init(cls, own, frozen=frozen)
        if plain is None:
            complete()
            return
        with lock:
            if made.__init__ is init:
                for name, late in _late_parts(made, complete, frozen=frozen):
                    setattr(made, name, late)
                made.__init__ = plain

    def init(self: object, *args: object, **kwargs: object) -> None:
        begin()
        made.__init__(self, *args, **kwargs)

    made.__init__ = init
    if frozen:  # then the state of an object is more than its `__dict__`
        made.__setstate__ = _late_method(made, "__setstate__", complete)
    made.__dataclass_fields__ = _Late("__dataclass_fields__", complete)
    return cast("type[_T]", made)


class _Late:
    """What a class says of itself, for whoever asks first."""

    def __init__(self, name: str, complete: Callable[[], None]) -> None:
        self._name = name
        self._complete = complete

    def __get__(self, _instance: object, owner: type) -> object:
        self._complete()
        return getattr(owner, self._name)


def _late_method(made: type, name: str, complete: Callable[[], None]) -> Callable[..., Any]:
    def late(*args: object) -> Any:
        complete()
        return getattr(made, name)(*args)

    return late


def _late_parts(
    made: type, complete: Callable[[], None], *, frozen: bool
) -> Iterator[tuple[str, object]]:
    """What stands for the rest of a class that has objects, until one of them is needed."""
    for name in _OF_CLASS:
        yield name, _Late(name, complete)
    if not frozen and "__hash__" not in vars(made):
        yield "__hash__", None
    for name in (*_OF_OBJECT, *_LATER, *(_OF_FROZEN if frozen else ())):
        if name not in vars(made):
            yield name, _late_method(made, name, complete)


# --- the first method -----------------------------------------------------------------------------


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
