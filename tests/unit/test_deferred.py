"""What is made on first use is what `dataclasses` and `re` make."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Callable
from dataclasses import FrozenInstanceError, asdict, field, fields, is_dataclass, replace
from typing import Any, ClassVar

import pytest

from pack.deferred import DeferredPattern, dataclass, deferred_dataclass, pattern


@dataclass(frozen=True, slots=True)
class Point:
    """A point."""

    unit: ClassVar[str] = "mm"
    x: int
    y: int = 0
    names: list[str] = field(default_factory=list, compare=False, hash=False)

    def __post_init__(self) -> None:
        if self.x < 0:
            raise ValueError("x")

    @property
    def sum(self) -> int:
        return self.x + self.y


@dataclass(frozen=True, slots=True)
class Solid(Point):
    z: int = 0


@dataclass(slots=True)
class Counter:
    count: int = 0


class Named(Point):
    def __init__(self, name: str) -> None:
        super().__init__(len(name))


def _plain(cls: type) -> type:
    """The same class, as `dataclasses` would have made it."""
    body: dict[str, Any] = {
        "__annotations__": {"x": "int", "y": "int", "names": "list[str]"},
        "__module__": cls.__module__,
        "y": 0,
        "names": field(default_factory=list, compare=False, hash=False),
    }
    return dataclasses.dataclass(frozen=True, slots=True)(type(cls.__name__, (), body))


def test_an_object_is_as_one_of_a_dataclass() -> None:
    plain, one = _plain(Point)(1, 2), Point(1, 2)
    assert repr(one) == repr(plain)
    assert hash(one) == hash(plain)
    assert asdict(one) == asdict(plain) == {"x": 1, "y": 2, "names": []}
    assert one == Point(1, y=2, names=["a"])
    assert one != Point(1, 3)
    assert (one.sum, Point.unit) == (3, "mm")
    assert replace(one, y=9) == Point(1, 9)
    assert Point.__match_args__ == ("x", "y", "names")
    assert Point.__slots__ == ("x", "y", "names")
    with pytest.raises(FrozenInstanceError):
        one.x = 3  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        del one.x
    with pytest.raises(ValueError, match="x"):
        Point(-1)
    with pytest.raises(TypeError):
        Point()  # type: ignore[call-arg]
    assert not hasattr(one, "__dict__")


def test_a_class_may_be_derived_from_another_before_either_has_an_object() -> None:
    assert Solid(1, z=3) == Solid(1, 0, [], 3)
    assert Solid.__slots__ == ("z",)
    assert isinstance(Solid(1), Point)
    assert Named("abc").x == 3
    (counter,) = [Counter()]
    counter.count += 1
    assert counter == Counter(1)
    assert Counter.__hash__ is None  # type: ignore[comparison-overlap]


@pytest.mark.parametrize(
    "ask",
    [is_dataclass, fields, lambda cls: cls(1), copy.copy, lambda cls: [cls(1)] == [cls(1)]],
)
def test_whoever_asks_first_gets_the_whole_class(ask: Callable[[Any], object]) -> None:
    @dataclass(frozen=True, slots=True)
    class Fresh:
        x: int

    assert ask(Fresh)
    assert [one.name for one in fields(Fresh)] == ["x"]
    assert copy.deepcopy(Fresh(2)) == Fresh(2)


def test_an_object_that_another_process_made_may_be_the_first() -> None:
    @dataclass(frozen=True, slots=True)
    class Fresh:
        x: int

    made: Any = Fresh.__new__(Fresh)  # as pickle does
    made.__setstate__([2])
    assert made == Fresh(2)


def test_any_other_dataclass_is_refused() -> None:
    with pytest.raises(TypeError):
        deferred_dataclass(frozen=True, slots=False)


def test_a_pattern_is_compiled_when_it_is_used() -> None:
    found = DeferredPattern(r"A(\d)", re.IGNORECASE)
    assert "match" not in vars(found)
    assert [one[1] for one in found.finditer("a1 A2")] == ["1", "2"]
    assert "finditer" in vars(found)
    assert (found.pattern, found.groups) == (r"A(\d)", 1)
    assert pattern(rb"\d+").sub(b"#", b"a12") == b"a#"
    with pytest.raises(AttributeError):
        _ = found.no_such_method
    with pytest.raises(re.error):
        DeferredPattern("(").match("")
