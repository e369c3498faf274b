"""Versions of kits and the ranges that dependencies name.

Source: Semantic Versioning 2.0.0 (semver.org), sections 2, 9, 10 and 11. Ranges are written as npm
writes them: `>=1.2.0 <2`, `^1.2`, `~1.2.3`, `1.x`, `*`, and alternatives with `||`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import total_ordering
from typing import Final

from pack.errors import InvalidContent

_NUMBER: Final = r"(?:0|[1-9][0-9]{0,8})"
_PART: Final = r"(?:0|[1-9][0-9]{0,15}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_VERSION: Final = re.compile(
    rf"v?({_NUMBER})\.({_NUMBER})\.({_NUMBER})(?:-({_PART}(?:\.{_PART})*))?"
    r"(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)
_DEMAND: Final = re.compile(
    rf"(>=|<=|>|<|=|\^|~)?\s*v?({_NUMBER}|[xX*])(?:\.({_NUMBER}|[xX*]))?(?:\.({_NUMBER}|[xX*]))?"
    rf"(?:-({_PART}(?:\.{_PART})*))?"
)
_LONGEST: Final = 100
_WHOLE: Final = 3
"""How many numbers a version has."""


@total_ordering
@dataclass(frozen=True, slots=True)
class KitVersion:
    """A version; build metadata is left out, as it does not count.

    Attributes:
        numbers: Major, minor and patch.
        before: The identifiers of a pre-release; empty for a release.
    """

    numbers: tuple[int, int, int]
    before: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> KitVersion:
        """The version that a text names; `v1.2.3` is 1.2.3.

        Raises:
            InvalidContent: It names none.
        """
        match = _VERSION.fullmatch(text) if len(text) <= _LONGEST else None
        if match is None:
            raise InvalidContent(f"{text[:40]!r} is no version such as 1.2.0")
        before = tuple(match[4].split(".")) if match[4] else ()
        return cls((int(match[1]), int(match[2]), int(match[3])), before)

    def __lt__(self, other: KitVersion) -> bool:
        """Whether it precedes another one (section 11)."""
        if self.numbers != other.numbers:
            return self.numbers < other.numbers
        if not self.before or not other.before:
            return bool(self.before)
        return tuple(map(_rank, self.before)) < tuple(map(_rank, other.before))

    def __str__(self) -> str:
        """The version in its normal form."""
        release = ".".join(map(str, self.numbers))
        return f"{release}-{'.'.join(self.before)}" if self.before else release


def _rank(part: str) -> tuple[int, int, str]:
    """Numbers come before words, by value; words by their ASCII."""
    return (0, int(part), "") if part.isdecimal() else (1, 0, part)


@dataclass(frozen=True, slots=True)
class _Bound:
    """From a version, included or not, up to another one that is not included."""

    low: KitVersion
    is_low_in: bool = True
    high: KitVersion | None = None
    is_high_in: bool = False

    def holds(self, version: KitVersion) -> bool:
        above = version > self.low or (self.is_low_in and version == self.low)
        if self.high is None:
            return above
        return above and (version < self.high or (self.is_high_in and version == self.high))


@dataclass(frozen=True, slots=True)
class VersionRange:
    """Versions that satisfy a demand.

    Attributes:
        text: As written.
    """

    text: str
    _alternatives: tuple[tuple[_Bound, ...], ...]

    @classmethod
    def parse(cls, text: str) -> VersionRange:
        """The range that a text describes; an empty one holds every release.

        Raises:
            InvalidContent: It describes none.
        """
        if len(text) > _LONGEST:
            raise InvalidContent("a range of versions is too long")
        parts = [tuple(_bounds(part)) for part in text.split("||")]
        return cls(text, tuple(parts))

    def holds(self, version: KitVersion) -> bool:
        """Whether a version satisfies it; a pre-release only where the range names one of it."""
        return any(
            all(bound.holds(version) for bound in bounds) and _may_be(version, bounds)
            for bounds in self._alternatives
        )


def _may_be(version: KitVersion, bounds: tuple[_Bound, ...]) -> bool:
    named = [end for bound in bounds for end in (bound.low, bound.high) if end and end.before]
    return not version.before or any(end.numbers == version.numbers for end in named)


_LOWEST: Final = KitVersion((0, 0, 0))


def _bounds(text: str) -> Iterator[_Bound]:
    rest, place = text.replace(",", " ").strip(), 0
    while place < len(rest):
        match = _DEMAND.match(rest, place)
        if match is None or (match.end() < len(rest) and not rest[match.end()].isspace()):
            raise InvalidContent(f"{text[:40]!r} is no range of versions such as >=1.2.0")
        yield _bound(match)
        place = match.end()
        while place < len(rest) and rest[place].isspace():
            place += 1


def _bound(match: re.Match[str]) -> _Bound:
    given = [int(part) for part in (match[2], match[3], match[4]) if part and part.isdecimal()]
    if not given:
        return _Bound(_LOWEST)
    return _BOUNDS[match[1] or "="](_filled(given, match[5]), given)


def _above(low: KitVersion, given: list[int]) -> _Bound:
    return _Bound(low, is_low_in=False) if len(given) == _WHOLE else _Bound(_next(low, len(given)))


def _up_to(low: KitVersion, given: list[int]) -> _Bound:
    is_exact = len(given) == _WHOLE
    return _Bound(_LOWEST, high=low if is_exact else _next(low, len(given)), is_high_in=is_exact)


def _same(low: KitVersion, given: list[int]) -> _Bound:
    if len(given) == _WHOLE:
        return _Bound(low, high=low, is_high_in=True)
    return _Bound(low, high=_next(low, len(given)))


def _compatible(low: KitVersion, given: list[int]) -> _Bound:
    """Up to the next version whose first number that is not 0 differs."""
    first = next((n for n, number in enumerate(given, 1) if number), len(given))
    return _Bound(low, high=_next(low, first))


_BOUNDS: Final[Mapping[str, Callable[[KitVersion, list[int]], _Bound]]] = {
    ">": _above,
    ">=": lambda low, _: _Bound(low),
    "<": lambda high, _: _Bound(_LOWEST, high=high),
    "<=": _up_to,
    "^": _compatible,
    "~": lambda low, given: _Bound(low, high=_next(low, min(len(given), 2))),
    "=": _same,
}


def _filled(given: list[int], before: str | None) -> KitVersion:
    major, minor, patch = [*given, 0, 0, 0][:3]
    return KitVersion((major, minor, patch), tuple(before.split(".")) if before else ())


def _next(version: KitVersion, depth: int) -> KitVersion:
    """The first version after all that share its first numbers."""
    numbers = list(version.numbers)
    numbers[depth - 1] += 1
    major, minor, patch = [*numbers[:depth], 0, 0][:3]
    return KitVersion((major, minor, patch))
