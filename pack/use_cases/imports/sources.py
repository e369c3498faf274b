"""Tells several sources of one kind apart: two vaults may each have a note of the same name.

A source is known by its place. An export of a chat tool is another zip each time, so for a new
place the records decide. A record is doubtful if its id is known but nothing of its text is. If
most of the other records are known, the source is the same one, and the record was rewritten there.
Otherwise the source is another one, and the record becomes a note of its own. Ids that are unique
everywhere, such as UUIDs, are never doubtful, and a known one decides for the whole export.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from pack.imports.ledger import FIRST, digest_of, key_of
from pack.imports.likeness import is_related, is_unique
from pack.model import BlobId, blob_id
from pack.use_cases.imports.bases import ImportBase

_KNOWN_FOR_ONE: Final = 4
"""How many records have to be known for each that is doubtful."""

AsBefore = Callable[[BlobId], bytes]
"""The bytes of a record, or those of an earlier version that it is no news to."""


class Sources:
    """Says of which source the records of an export are.

    Args:
        base: What imports of the kind have brought.
        place: Where the export is; `None` if there is only one source of its kind.
    """

    def __init__(self, base: ImportBase, place: str | None) -> None:
        self._base = base
        self._place = digest_of(place) if place is not None else None
        self._number = FIRST if place is None else base.ledger.places.get(self._place or "")
        self._same: Counter[int] = Counter()
        self._sure: int | None = None
        self._seen = self._new = 0
        self._doubtful: list[str] = []

    def find(self, source_id: str, as_before: AsBefore, *, may_grow: bool) -> str | None:
        """The key of the record that an import brought before; `None` for a new one.

        Args:
            source_id: Its id.
            as_before: Its bytes, beside those of a version that was brought.
            may_grow: Whether it is a list of which another source's is a part, too.
        """
        self._seen += 1
        known = list(self._known(source_id))
        if not known:
            self._new += 1
            return None
        number = self._version(source_id, known, as_before, may_grow=may_grow)
        if number is None:
            self._doubtful.append(source_id)
            return None
        if is_unique(source_id):
            self._sure = number
        elif not may_grow:
            self._same[number] += 1
        return key_of(source_id, number)

    def _known(self, source_id: str) -> Iterator[tuple[int, BlobId]]:
        for number in range(FIRST, self._base.ledger.last + 1):
            path = self._base.paths.get(key_of(source_id, number))
            blob = self._base.blobs.get(path) if path is not None else None
            if blob is not None:
                yield number, blob

    def _version(
        self,
        source_id: str,
        known: list[tuple[int, BlobId]],
        as_before: AsBefore,
        *,
        may_grow: bool,
    ) -> int | None:
        """The number of the source whose record it is; `None` where that is doubtful."""
        numbers = [number for number, _ in known]
        if self._number in numbers:
            return self._number
        if may_grow or is_unique(source_id):
            return numbers[0]
        exact = (number for number, blob in known if blob_id(as_before(blob)) == blob)
        similar = (
            number for number, blob in known if is_related(self._base.read(blob), as_before(blob))
        )
        found = next(exact, None)
        return next(similar, None) if found is None and self._number is None else found

    def settle(self) -> tuple[int, list[str]]:
        """The number of the source when all was read, and the ids of what was doubtful."""
        if self._number is None:
            self._number = self._told()
        return self._number, self._doubtful

    def _told(self) -> int:
        """The number of the source by what it has."""
        if not self._base.paths:
            return FIRST
        if self._sure is not None:
            return self._sure
        number, count = next(iter(self._same.most_common(1)), (FIRST, 0))
        is_most = 2 * count >= min(self._seen, len(self._base.paths)) > 0
        if not self._new and not self._doubtful:
            return number  # nothing is to be told apart
        if is_most and count >= _KNOWN_FOR_ONE * len(self._doubtful):
            return number
        return self._base.ledger.last + 1

    def places(self, number: int) -> dict[str, int]:
        """The numbers of all sources, by where they were."""
        new = {self._place: number} if self._place is not None else {}
        return {**self._base.ledger.places, **new}
