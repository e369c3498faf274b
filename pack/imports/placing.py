"""Which file of the memory a record becomes: named as its source names it, or after its title.

A name is legal on every system, whatever the title is. A record keeps its path from one import to
the next (`pack.imports.ledger`), so only new ones are placed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from itertools import count
from typing import Final

from pack.imports.notes import acceptable_path
from pack.imports.records import ImportedRecord, ImportKind, RecordClass
from pack.imports.secrecy import is_title_secret, shown, untitled
from pack.model import MemoryPath
from pack.paths import ARCHIVE
from pack.v1.taxonomy import PathClaims

_FOLDERS: Final = {
    RecordClass.NOTE: "notes",
    RecordClass.MEMORY: "profiles",
    RecordClass.INSTRUCTION: "profiles",
    RecordClass.PROJECT: "projects",
    RecordClass.DOCUMENT: "projects",
    RecordClass.ATTACHMENT: "notes",
}
_UNDATED: Final = "undated"
_SLUG_BYTES: Final = 80
_BETWEEN: Final = re.compile(r"[^\w]+|_+")
_ENDING: Final = ".md"


class ImportPlaces:
    """Hands out the paths of one import.

    Args:
        kind: Where the records come from.
        taken: The paths in use: those of the memory, and of earlier imports.
        at_root: Whether the memory has notes at its root.
    """

    def __init__(self, kind: ImportKind, taken: Iterable[str], *, at_root: bool) -> None:
        self._kind = kind
        self._claims = PathClaims(taken)
        self._at_root = at_root

    def place(self, record: ImportedRecord) -> MemoryPath:
        """The path of a new record, which no other gets.

        Raises:
            InvalidPath, LimitExceeded: No memory file can have one like it.
        """
        return self._claims.claim(*_cut(self._wanted(record)))

    def possible(self, record: ImportedRecord) -> Iterator[MemoryPath]:
        """The paths that a record may have been given before, the likeliest first.

        Raises:
            InvalidPath, LimitExceeded: No memory file can have one like it.
        """
        folder, stem, ending = _cut(self._wanted(record))
        start = f"{self._claims.spelling(folder)}/{stem}" if folder else stem
        yield MemoryPath(f"{start}{ending}")
        for number in count(2):
            yield MemoryPath(f"{start}-{number}{ending}")

    def _wanted(self, record: ImportedRecord) -> str:
        name = _given_name(record) if record.name else _name(record)
        folder = "/".join(map(shown, record.folder.split("/")))
        if record.kind is RecordClass.TRANSCRIPT and not folder:
            folder = self._archive(record)
        elif not folder and not record.name:
            folder = _FOLDERS[record.kind]
        return acceptable_path(f"{folder}/{name}".lstrip("/"), at_root=self._at_root)

    def _archive(self, record: ImportedRecord) -> str:
        at = record.created or record.updated
        return (
            f"{ARCHIVE}/{self._kind}/{at.year:04}" if at else f"{ARCHIVE}/{self._kind}/{_UNDATED}"
        )


def _cut(path: str) -> tuple[str, str, str]:
    """A path as its folder, name and ending."""
    folder, _, name = path.rpartition("/")
    stem, dot, ending = name.rpartition(".")
    return (folder, stem, f".{ending}") if dot else (folder, name, "")


def _given_name(record: ImportedRecord) -> str:
    """The file name that a source gives, without what looks like a secret."""
    _, stem, ending = _cut(record.name)
    return f"{shown(stem)}{ending}"


def _name(record: ImportedRecord) -> str:
    """A file name after a title; one with nothing to name it by is named by its id."""
    slug = "" if is_title_secret(record) else slug_of(record.title)
    return f"{slug or untitled(record.source_id)}{_ENDING}"


def slug_of(title: str) -> str:
    """The letters and digits of a title, of any script, with hyphens between the words."""
    plain = unicodedata.normalize("NFKC", title.encode("utf-8", "ignore").decode("utf-8"))
    words = _BETWEEN.sub("-", plain.lower()).strip("-")
    if len(words.encode()) <= _SLUG_BYTES:
        return words
    cut = words.encode()[:_SLUG_BYTES].decode("utf-8", "ignore")
    return cut.rpartition("-")[0] or cut
