"""How far the files of a listing are trusted, and a listing by that.

To know it of a file takes a look at its history. So a listing that is not by trust says it of the
files on its page, and only where the log is at hand; of most files, the history of the memory
already tells that they are the person's alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pack.catalog.questions import Filter, Listing, Sort, SortKey
from pack.catalog.row import Row
from pack.connector import Capability
from pack.core.core import Core
from pack.core.labels import PERSONS, Label, labels_of
from pack.errors import LimitExceeded
from pack.files.markdown import split_lines
from pack.model import MemoryPath
from pack.use_cases.trusted_matches import check_level, is_wanted, shared_among


@dataclass(frozen=True, slots=True)
class WantedTrust:
    """How far files are to be trusted, and who is to have written what is trusted least in them.

    Attributes:
        max_level: The weakest level that is wanted; `None` for any.
        origin: The beginning of the origin that is wanted; `None` for any.
    """

    max_level: int | None = None
    origin: str | None = None


def wanted_trust(max_level: int | None, origin: str | None) -> WantedTrust | None:
    """What a caller asks for; `None` for nothing.

    Raises:
        InvalidRequest: There is no such level.
    """
    check_level(max_level)
    return None if max_level is None and origin is None else WantedTrust(max_level, origin)


class TrustedFiles:
    """The files of a listing that are trusted as far as is wanted.

    Args:
        core: The memory.
        rows: All files that otherwise fit.
        wanted: How far they are to be trusted.
    """

    def __init__(self, core: Core, rows: Sequence[Row], wanted: WantedTrust) -> None:
        self._labels: dict[MemoryPath, Label | None] = {}
        for row in rows:
            is_read, label = _label(core, row.path, with_channel=wanted.origin is not None)
            if is_read and is_wanted(label, wanted.max_level, wanted.origin):
                self._labels[row.path] = label

    def among(self, rows: Sequence[Row]) -> Listing:
        """Those among some rows, and how many there are altogether."""
        found = tuple(row for row in rows if row.path in self._labels)
        return Listing(found, len(self._labels))

    @property
    def labels(self) -> Mapping[MemoryPath, Label | None]:
        """How far each is trusted; `None` where nobody asks for levels."""
        return self._labels


def labels_of_page(core: Core, rows: Sequence[Row]) -> Mapping[MemoryPath, Label | None]:
    """How far the files on a page are trusted; nothing where that takes requests to find out."""
    if core.truths is None or Capability.LOG not in core.connector.capabilities:
        return {}
    paths = [row.path for row in rows]
    shared = shared_among(core, paths, [row.path for row in rows if row.says_shared])
    return {
        path: _label(core, path, with_channel=False)[1] if path in shared else PERSONS
        for path in paths
    }


def trusted_files(
    core: Core, which: Filter, sort: Sort, after: SortKey | None, wanted: WantedTrust
) -> tuple[Listing, TrustedFiles]:
    """The files after a place in an order that are trusted as far as is wanted."""
    rows = core.ask(lambda view: view.list_rows(which, sort).rows, by_date=True)
    rest = rows
    if after is not None:
        rest = core.ask(lambda view: view.list_rows(which, sort, after).rows, by_date=True)
    files = TrustedFiles(core, rows, wanted)
    return files.among(rest), files


def _label(core: Core, path: MemoryPath, *, with_channel: bool) -> tuple[bool, Label | None]:
    """Whether a file can be read, and how far it is trusted."""
    try:
        note = core.reader.find(path)
    except LimitExceeded:
        return False, None
    if note is None:
        return False, None
    last = len(split_lines(note.text))
    found = labels_of(core, note, 1, last, with_channel=with_channel)
    return found is not None or core.truths is None, found.whole if found else None
