"""Which record of a source is which file: kept beside what an import last brought.

It is JSON in the tree of an import's base (`pack.use_cases.imports.bases`), a line for each record,
so that a note without frontmatter is known again, and keeps its path from one import to the next.
No file there may be larger than one of a memory, so for many records it is several. Two sources of
a kind may have the same ids: those of the second are kept as its own, and so on. Where a source was
is kept as a digest that nobody can read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from pack.model import MemoryPath

_NAME: Final = ".pack-import"
_MOST: Final = 1024 * 1024
"""Bytes of one file, about."""
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


def is_of_ledger(path: str) -> bool:
    """Whether a file is the ledger, or a part of it."""
    return path.startswith(_NAME) and path.endswith(".json")


def write_ledger(ledger: Ledger) -> dict[MemoryPath, bytes]:
    """The files that say where each record is."""
    return {
        MemoryPath(f"{_NAME}{f'-{number}' if number > 1 else ''}.json"): _encoded(part)
        for number, part in enumerate(_parts(ledger), 1)
    }


def _parts(ledger: Ledger) -> Iterator[dict[str, object]]:
    """What is known, cut where a file would become too large."""
    part: dict[str, object] = {_PLACES: dict(ledger.places)} if ledger.places else {}
    size = 0
    for key in sorted({*ledger.paths, *ledger.held_back}):
        path = ledger.paths.get(key)
        size += len(_encoded([key, key, path]))
        if size > _MOST:
            yield part
            part, size = {}, 0
        if path is not None:
            part[key] = path
        if key in ledger.held_back:
            part.setdefault(_HELD_BACK, []).append(key)  # type: ignore[attr-defined]
    yield part


def _encoded(said: object) -> bytes:
    text = json.dumps(said, indent=0, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode("utf-8", "surrogatepass")


def read_ledger(contents: Iterable[bytes]) -> Ledger:
    """What its files say; nothing of one that is damaged."""
    paths: dict[str, MemoryPath] = {}
    numbers: dict[str, int] = {}
    held_back: set[str] = set()
    for found in map(_decoded, contents):
        places, held = found.pop(_PLACES, None), found.pop(_HELD_BACK, None)
        some = places.items() if isinstance(places, dict) else ()
        numbers |= {place: one for place, one in some if isinstance(one, int) and one > 0}
        held_back.update(map(str, held if isinstance(held, list) else ()))
        paths |= {key: MemoryPath(path) for key, path in found.items() if isinstance(path, str)}
    return Ledger(paths, numbers, frozenset(held_back))


def _decoded(content: bytes) -> dict[str, object]:
    try:
        found = json.loads(content.decode("utf-8", "surrogatepass"))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
