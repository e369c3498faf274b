"""Which record of a source is which file: kept beside what an import last brought.

It is one JSON file in the tree of an import's base (`pack.use_cases.imports.bases`), a line for
each record, so that a note without frontmatter is known again, and keeps its path from one import
to the next. Two sources of a kind may have the same ids: those of the second are kept as its own,
and so on. Where a source was is kept as a digest that nobody can read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from pack.model import MemoryPath

LEDGER: Final = MemoryPath(".pack-import.json")
FIRST: Final = 1
"""The number of the source that a kind of import begins with."""
_PLACES: Final = "\0places"
_HELD_BACK: Final = "\0held-back"
_DIGITS: Final = 16


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is known of the records of a kind.

    Attributes:
        paths: Where each is, by its key (`key_of`).
        places: The numbers of sources, by the digests of where they were.
        held_back: The keys of those whose news did not come, or not all of them, because the person
            had changed the same lines.
    """

    paths: Mapping[str, MemoryPath] = field(default_factory=dict)
    places: Mapping[str, int] = field(default_factory=dict)
    held_back: frozenset[str] = frozenset()

    @property
    def last(self) -> int:
        """The highest number of a source."""
        return max(self.places.values(), default=FIRST)


def key_of(source_id: str, number: int) -> str:
    """The key of a record: its id in its source, and which of several sources that is."""
    return source_id if number == FIRST else f"{source_id}\0{number}"


def digest_of(place: str) -> str:
    """What a ledger keeps of the place where a source was."""
    return hashlib.sha256(place.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]


def write_ledger(ledger: Ledger) -> bytes:
    """The file that says where each record is."""
    said: dict[str, object] = dict(ledger.paths)
    if ledger.places:
        said[_PLACES] = dict(ledger.places)
    if ledger.held_back:
        said[_HELD_BACK] = sorted(ledger.held_back)
    return (json.dumps(said, indent=0, sort_keys=True, ensure_ascii=False) + "\n").encode(
        "utf-8", "surrogatepass"
    )


def read_ledger(content: bytes) -> Ledger:
    """What a file says; nothing where it is damaged."""
    try:
        found = json.loads(content.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return Ledger()
    if not isinstance(found, dict):
        return Ledger()
    places = found.pop(_PLACES, None)
    held_back = found.pop(_HELD_BACK, None)
    numbers = places.items() if isinstance(places, dict) else ()
    return Ledger(
        {key: MemoryPath(path) for key, path in found.items() if isinstance(path, str)},
        {place: number for place, number in numbers if isinstance(number, int) and number > 0},
        frozenset(map(str, held_back if isinstance(held_back, list) else ())),
    )
