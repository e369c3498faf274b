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


@dataclass(frozen=True, slots=True)
class Note:
    path: str
    size: int = 3
    tags: list[str] = field(default_factory=list, hash=False)


@dataclass(slots=True)
class Draft:
    text: str
    words: list[str] = field(default_factory=list)


def _fresh(frozen: bool) -> Any:
    """A class that nobody has used, and `dataclasses`' own of the same body."""
    origin = Note if frozen else Draft
    own = origin.__annotations__
    defaults: dict[str, Any] = {"size": 3, "tags": field(default_factory=list, hash=False)}
    defaults["words"] = field(default_factory=list)
    body = {"__annotations__": own, "__module__": origin.__module__}
    body |= {name: value for name, value in defaults.items() if name in own}
    return tuple(
        make(frozen=frozen, slots=True)(type("Fresh", (), dict(body)))
        for make in (deferred_dataclass, dataclasses.dataclass)
    )


def _said_by(action: Callable[[], object]) -> object:
    try:
        return action()
    except (TypeError, AttributeError) as error:
        return type(error), str(error)


@pytest.mark.parametrize(
    "ask",
    [
        repr,
        lambda one: _said_by(lambda: hash(one)),
        lambda one: one == type(one)("a"),
        lambda one: one != type(one)("b"),
        lambda one: one == "a",
        lambda one: _said_by(lambda: setattr(one, next(iter(one.__slots__)), "b")),
        lambda one: _said_by(lambda: setattr(one, "other", "b")),
        lambda one: _said_by(lambda: delattr(one, next(iter(one.__slots__)))),
        lambda one: copy.copy(one) == one,
        asdict,
        lambda one: [found.name for found in fields(one)],
        lambda one: repr(replace(one, **{one.__slots__[0]: "c"})),
        lambda one: type(one).__match_args__,
        lambda one: type(one).__dataclass_params__.frozen,
        lambda one: _said_by(type(one)),
        lambda one: _said_by(lambda: type(one)("a", [], [], [], 1)),
        lambda one: _said_by(lambda: type(one)("a", colour=1)),
    ],
)
@pytest.mark.parametrize("frozen", [True, False])
def test_what_an_object_is_first_asked_is_answered_as_by_a_dataclass(
    frozen: bool, ask: Callable[[Any], object]
) -> None:
    ours, theirs = _fresh(frozen)
    one, other = ours("a"), theirs("a")
    assert ask(one) == ask(other)
    assert ask(one) == ask(other), "the second time"


@pytest.mark.parametrize("frozen", [True, False])
def test_the_first_object_waits_for_init_alone(frozen: bool) -> None:
    ours, theirs = _fresh(frozen)
    made = []
    for cls in (ours, theirs):
        one = cls("a")
        assert [getattr(one, name) for name in one.__slots__[1:]] in ([3, []], [[]])
        assert getattr(one, one.__slots__[-1]) is not getattr(cls("a"), one.__slots__[-1])
        made.append("__dataclass_fields__" in vars(cls) and vars(cls)["__dataclass_fields__"])
    assert not isinstance(made[0], dict)
    assert isinstance(made[1], dict)
    assert is_dataclass(ours)
    assert isinstance(vars(ours)["__dataclass_fields__"], dict)


def test_what_a_class_defines_itself_stays() -> None:
    @dataclass(frozen=True, slots=True)
    class Own:
        x: int

        def __eq__(self, other: object) -> bool:
            return True

        def __hash__(self) -> int:
            return 7

        def __repr__(self) -> str:
            return "own"

    assert (Own(1) == 3, hash(Own(1)), repr(Own(1))) == (True, 7, "own")
    assert fields(Own)
    assert (Own(1) == 3, hash(Own(1)), repr(Own(1))) == (True, 7, "own")


def test_more_than_plain_fields_are_left_to_dataclasses() -> None:
    @dataclass(frozen=True, slots=True)
    class Keyed:
        x: int
        _: dataclasses.KW_ONLY
        y: int = 2
        z: int = field(default=3, init=False)

    with pytest.raises(TypeError):
        Keyed(1, 2)  # type: ignore[call-arg, misc]
    assert (Keyed(1, y=5).y, Keyed(1).z) == (5, 3)

    @dataclass(frozen=True, slots=True)
    class Shared:
        names: list[str] = []  # noqa: RUF012 - what `dataclasses` refuses

    with pytest.raises(ValueError, match="mutable default"):
        Shared()


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
