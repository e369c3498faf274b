"""What imports have brought, where nothing is kept beside the branch that says so.

That is so on another machine, and after an import that was killed just after its commit. The notes
came with the memory; its history says which commit brought them, and as what.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import islice
from typing import Final

from pack.core.core import Core
from pack.errors import NotFound
from pack.files import frontmatter
from pack.files.note import Note
from pack.imports.likeness import is_related, is_unique
from pack.imports.placing import ImportPlaces
from pack.imports.records import ImportedRecord, ImportKind
from pack.imports.rendering import SOURCE, SOURCE_ID
from pack.log import LogQuery
from pack.model import BlobId, MemoryPath
from pack.paths import is_memory_file
from pack.provenance import IMPORTED_FROM, is_ours

_HAS_ID: Final = b"\nsource_id:"
_AT_ONCE: Final = 100


def said_id(note: Note, kind: ImportKind) -> str | None:
    """The id of the record that a note says it was imported from; `None` if it says none."""
    if _HAS_ID not in note.content:
        return None
    fields = frontmatter.read(note.text).fields
    said = fields.get(SOURCE_ID)
    return str(said) if fields.get(SOURCE) == kind and said is not None else None


class Brought:
    """Finds where an import has put records of which nothing is kept here.

    Args:
        core: The memory.
        kind: Where the records come from.
        here: The files of the memory.
        kept: The paths of which something is kept.
        places: Where new records go.
    """

    def __init__(
        self,
        core: Core,
        kind: ImportKind,
        here: Mapping[MemoryPath, BlobId],
        kept: Collection[MemoryPath],
        places: ImportPlaces,
    ) -> None:
        self._core = core
        self._kind = kind
        self._here = here
        self._kept = kept
        self._places = places
        self._found: set[MemoryPath] = set()
        self._ids: dict[str, Mapping[str, Sequence[MemoryPath]]] = {}

    @cached_property
    def blobs(self) -> Mapping[MemoryPath, BlobId]:
        """Each file that an import has made, as it made it.

        What a later import made of it has the person's changes, too, so it is no base of a merge.
        """
        head = self._core.connector.head()
        found: dict[MemoryPath, BlobId] = {}
        for one in self._core.log.read(LogQuery(head)) if head is not None else ():
            is_import = is_ours(one.message) and one.trailers.get(IMPORTED_FROM) == self._kind
            if is_import and one.parents:
                before = {entry.path for entry in self._core.connector.get_tree(one.parents[0])}
                changed = self._core.connector.changes_between(one.parents[0], one.id) or ()
                found |= {path: sha for path, sha in changed if sha and path not in before}
        return found

    def find(self, record: ImportedRecord, content: bytes, blob: BlobId) -> MemoryPath | None:
        """Where a record was put; no other is found there from then on.

        Args:
            record: One of which nothing is kept.
            content: What it would be now.
            blob: The same as a blob.
        """
        is_file = record.verbatim is not None
        path = self._file(record, content, blob) if is_file else self._note(record, content)
        if path is not None:
            self._found.add(path)
        return path

    def _file(self, record: ImportedRecord, content: bytes, blob: BlobId) -> MemoryPath | None:
        for path in self._places.possible(record):
            if path in self._kept or path in self._found:
                continue
            if path not in self._here and path not in self.blobs:
                return None
            if self._here.get(path) == blob or (
                path in self.blobs and self._was_version(path, content)
            ):
                return path
        return None

    def _was_version(self, path: MemoryPath, content: bytes) -> bool:
        blob = self.blobs.get(path) or self._here.get(path)
        return blob is not None and any(
            is_related(before, content) for _, before in self._read([(path, blob)])
        )

    def _note(self, record: ImportedRecord, content: bytes) -> MemoryPath | None:
        folder = next(self._places.possible(record)).rpartition("/")[0]
        if folder not in self._ids:
            self._ids[folder] = self._ids_in(folder)
        for path in self._ids[folder].get(record.source_id, ()):
            is_same = is_unique(record.source_id) or self._was_version(path, content)
            if is_same and path not in self._found:
                return path
        return None

    def _ids_in(self, folder: str) -> Mapping[str, Sequence[MemoryPath]]:
        """The notes of a folder by the ids that they say; each is read once."""
        notes = {**self._here, **self.blobs}
        wanted = [
            (path, blob)
            for path, blob in sorted(notes.items())
            if path.rpartition("/")[0] == folder and path not in self._kept and is_memory_file(path)
        ]
        found: dict[str, list[MemoryPath]] = {}
        for path, content in self._read(wanted):
            said = said_id(Note(path, content), self._kind)
            if said is not None:
                found.setdefault(said, []).append(path)
        return found

    def _read(
        self, files: Sequence[tuple[MemoryPath, BlobId]]
    ) -> Iterator[tuple[MemoryPath, bytes]]:
        """The bytes of files, of some at a time; none of one that cannot be read."""
        left = iter(files)
        while some := list(islice(left, _AT_ONCE)):
            try:
                contents = dict(self._core.connector.read_blobs([blob for _, blob in some]))
            except NotFound:  # an edit that is in no commit, or a history that is not here
                found = [self._core.reader.find(path) for path, _ in some]
                yield from ((note.path, note.content) for note in found if note is not None)
            else:
                yield from ((path, contents[blob]) for path, blob in some)
