"""What can be asked of a catalog, as values: filters, orders, parts of a list, dates of files."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pack.model import MemoryPath

if TYPE_CHECKING:
    from pack.catalog.row import Row


@dataclass(frozen=True, slots=True)
class Filter:
    """Which files a question is about; what is `None` leaves nothing out.

    Attributes:
        tag: One of their tags, ignoring case.
        topic: A part of their topic, ignoring case.
        folder: A folder they lie in, at any depth; empty for all.
        since: First day of `updated`, as an ISO date; of the last change, where a file has none.
        until: Last day of the same. Files of which neither is known are left out.
    """

    tag: str | None = None
    topic: str | None = None
    folder: str | None = None
    since: str | None = None
    until: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether every file passes."""
        return self == Filter() or self == Filter(folder="")


EVERYTHING = Filter()


class Sort(StrEnum):
    """The order of a listing; equal ones by path."""

    PATH = "path"
    UPDATED = "updated"
    """The newest first, those without a date last."""
    SIZE = "size"
    """The largest first."""


SortKey = tuple[str | int, MemoryPath]
"""Where a row stands in an order: see `sort_key`. A listing goes on after one."""


def sort_key(row: Row, sort: Sort) -> SortKey:
    """Where a row stands in an order."""
    values: dict[Sort, str | int] = {
        Sort.PATH: "",
        Sort.UPDATED: row.updated or row.changed or "",
        Sort.SIZE: row.size,
    }
    return values[sort], row.path


@dataclass(frozen=True, slots=True)
class Listing:
    """A part of a list of files.

    Attributes:
        rows: The files of this part, in order.
        total: How many there are in all parts.
    """

    rows: tuple[Row, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Totals:
    """How much is indexed.

    Attributes:
        passages: Number of passages.
        characters: Length of their texts together.
    """

    passages: int
    characters: int
