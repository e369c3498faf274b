"""What takes time to make, made when it is first used. Type checkers see the originals.

A command imports far more classes and patterns than it uses, and a person or a client waits for it
to start. Python compiles up to eight methods for a dataclass, which takes ten times as long as the
class itself; here that waits for the first object. A pattern waits for the first text.
"""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

__all__ = ("dataclass", "pattern")
_T = TypeVar("_T")
_NO_FIELD: Final = ("ClassVar", "typing.ClassVar")
_MADE: Final = (
    *("__dataclass_params__", "__dataclass_fields__", "__match_args__", "__repr__", "__eq__"),
    *("__hash__", "__setattr__", "__delattr__", "__getstate__", "__setstate__", "__replace__"),
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

    def complete() -> None:
        with lock:
            if made.__init__ is not init:
                return  # another thread was first
            whole = dataclasses.dataclass(frozen=frozen, slots=True)(cls)
            for name in _MADE:
                if name in vars(whole):
                    setattr(made, name, vars(whole)[name])

    def init(self: object, *args: object, **kwargs: object) -> None:
        complete()
        made.__init__(self, *args, **kwargs)

    def set_state(self: object, state: object) -> None:
        complete()
        made.__setstate__(self, state)

    made.__init__ = init
    if frozen:  # then the state of an object is more than its `__dict__`
        made.__setstate__ = set_state
    made.__dataclass_fields__ = _Fields(complete)
    return cast("type[_T]", made)


class _Fields:
    """The fields of a class without objects, for whoever asks for them."""

    def __init__(self, complete: Callable[[], None]) -> None:
        self._complete = complete

    def __get__(self, _instance: object, owner: type) -> object:
        self._complete()
        return owner.__dataclass_fields__  # type: ignore[attr-defined]


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
