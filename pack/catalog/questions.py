"""What can be asked of a catalog, as values: filters, orders and parts of a list."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from pack.deferred import dataclass
from pack.model import MemoryPath

if TYPE_CHECKING:
    from pack.catalog.row import Row


@dataclass(frozen=True, slots=True)
class Filter:
    """Which files a question is about; `None` leaves nothing out.

    Attributes:
        tag: One of their tags, ignoring case.
        topic: A part of their topic, ignoring case.
        folder: A folder they are in, at any depth; empty for all.
        since: First day of `updated` as an ISO date, or of the last change for a file without it.
        until: Last day of the same. Files of which neither is known are left out.
        pinned: Whether only pinned files are wanted.
    """

    tag: str | None = None
    topic: str | None = None
    folder: str | None = None
    since: str | None = None
    until: str | None = None
    pinned: bool = False

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
"""The place of a row in an order (see `sort_key`), after which a listing can go on."""


def sort_key(row: Row, sort: Sort) -> SortKey:
    """The place of a row in an order."""
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
        total: How many files all parts have together.
    """

    rows: tuple[Row, ...]
    total: int


@dataclass(frozen=True, slots=True)
class Totals:
    """How much is indexed.

    Attributes:
        passages: Number of passages.
        characters: Total length of their texts.
        usual: How many passages a usual file has: the median.
    """

    passages: int
    characters: int
    usual: int = 1
