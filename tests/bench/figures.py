"""What a measurement is: two series that were taken in turns, and a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Literal

Comparison = Literal["ratio", "difference", "value"]


@dataclass(frozen=True)
class Figure:
    """One line of the result.

    Attributes:
        name: What was measured.
        notes: Notes in the memory.
        unit: Of `measured` and `beside`.
        measured: PACK's median.
        beside: Median of what it is compared with; `None` where there is nothing beside it.
        compared_by: What the limit is about: the ratio of the two, their difference, or PACK's
            value alone.
        figure: That ratio, difference or value.
        limit: The most that `figure` may be; `None` where it is shown for information.
    """

    name: str
    notes: int
    unit: str
    measured: float
    beside: float | None
    compared_by: Comparison
    figure: float
    limit: float | None

    @property
    def is_met(self) -> bool | None:
        """Whether the limit is kept; `None` where there is none."""
        return None if self.limit is None else self.figure <= self.limit

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "is_met": self.is_met}


def compare(
    name: str,
    notes: int,
    unit: str,
    measured: Sequence[float],
    beside: Sequence[float],
    limit: float | None,
    by: Literal["ratio", "difference"] = "ratio",
) -> Figure:
    """The figure of two series; each pair was taken side by side.

    The ratio (or difference) is the median over the pairs, so that a slow moment of the machine
    weighs on both sides of a pair.
    """
    pairs = list(zip(measured, beside, strict=True))
    if by == "ratio":
        figure = median(ours / theirs for ours, theirs in pairs)
    else:
        figure = median(ours - theirs for ours, theirs in pairs)
    return Figure(name, notes, unit, median(measured), median(beside), by, figure, limit)


def value(name: str, notes: int, unit: str, measured: float, limit: float | None) -> Figure:
    """The figure of something that is compared with nothing but its limit."""
    return Figure(name, notes, unit, measured, None, "value", measured, limit)
