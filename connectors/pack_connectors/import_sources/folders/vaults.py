"""Folders of markdown that are taken as they are: vaults of two tools, and memory banks.

Sources: Obsidian's help ("How Obsidian stores data"); basicmachines-co/basic-memory,
`NOTE-FORMAT.md`; Cline's documentation of the memory bank.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from pack.imports.notes import is_index
from pack.imports.records import (
    ATTACHMENTS_NOT_ASKED_FOR,
    ImportedRecord,
    ImportKind,
    ReadProgress,
    SkippedRecord,
)
from pack_connectors.import_sources.folders.markdown_files import (
    any_head,
    as_it_is,
    attachment,
    attachments_of,
    former_identity,
    identity,
    lasting_identity,
    notes_of,
    others_of,
    read_note,
    without_top,
)
from pack_connectors.import_sources.formats import ExportFormat
from pack_connectors.import_sources.skips import DRAWING, MADE_BY_PACK
from pack_connectors.import_sources.source import ImportSource, SourceFile

_OBSIDIAN: Final = ".obsidian"
_DRAWING: Final = ".excalidraw.md"
_PERMALINK: Final = re.compile(r"\A---\r?\n(?:[^\n]*\n)*?permalink:")
_BANK: Final = frozenset(
    [
        *("projectbrief.md", "productcontext.md", "activecontext.md", "systempatterns.md"),
        *("techcontext.md", "progress.md", "decisionlog.md"),
    ]
)
_BANK_FOLDER: Final = "memory-bank"
_ENOUGH: Final = 2


class Vault:
    """Reads one folder of notes.

    Args:
        source: The folder.
        kind: Whose it is.
    """

    def __init__(self, source: ImportSource, kind: ImportKind) -> None:
        self.kind = kind
        self._project = identity(source)
        is_project = kind is ImportKind.MEMORY_BANK
        self._identity = self._project if is_project else lasting_identity(source)
        self._former = self._project if is_project else former_identity(source)
        self._source = without_top(source)
        self._notes = notes_of(self._source)
        self._attachments = attachments_of(self._source, self._notes)
        self._source.expect([*self._notes, *self._attachments])

    @property
    def progress(self) -> ReadProgress:
        """See `ExportReader.progress`."""
        return self._source.progress

    def records(self, *, transcripts: bool) -> Iterator[ImportedRecord | SkippedRecord]:
        """See `ExportReader.records`; there are no transcripts."""
        del transcripts
        yield from self._source.left_out
        for file in self._notes:
            if file.name.lower().endswith(_DRAWING):
                yield SkippedRecord(file.path, DRAWING)
                continue
            found = read_note(self._source, file)
            if isinstance(found, SkippedRecord):
                yield found
            elif is_index(file.path, found.text):
                yield SkippedRecord(file.path, MADE_BY_PACK)
            else:
                source_id, former_id = self._ids(file)
                yield as_it_is(found, source_id, self._path(file), former_id)
        for file in self._attachments:
            source_id, former_id = self._ids(file)
            yield attachment(self._source, file, source_id, self._path(file), former_id)
        taken = [*self._notes, *self._attachments]
        yield from others_of(self._source, taken, ATTACHMENTS_NOT_ASKED_FOR)

    def _ids(self, file: SourceFile) -> tuple[str, str]:
        return f"{self._identity}/{file.path}", f"{self._former}/{file.path}"

    def _path(self, file: SourceFile) -> str:
        if self.kind is not ImportKind.MEMORY_BANK:
            return file.path
        inside = file.path.rpartition(f"{_BANK_FOLDER}/")[2]
        project = self._project.rpartition(f"/{_BANK_FOLDER}")[0]
        folder = f"projects/{project}" if project else _BANK_FOLDER
        return f"{folder}/{inside}"


def _is_obsidian(source: ImportSource) -> bool:
    return any(_OBSIDIAN in one.path.split("/")[:-1] for one in source.files)


def _is_basic_memory(source: ImportSource) -> bool:
    return any_head(source, lambda text: _PERMALINK.match(text) is not None)


def _is_bank(source: ImportSource) -> bool:
    names = {one.name.lower().replace("-", "").replace("_", "") for one in notes_of(source)}
    return len(names & _BANK) >= _ENOUGH


def _format(
    kind: ImportKind, recognises: Callable[[ImportSource], bool], mark: str = ""
) -> ExportFormat:
    return ExportFormat(
        kind,
        recognises,
        lambda source: Vault(source, kind),
        accepts=lambda source: bool(notes_of(source)),
        mark=mark,
        has_attachments=True,
    )


OBSIDIAN: Final = _format(ImportKind.OBSIDIAN, _is_obsidian, f"{_OBSIDIAN}/")
BASIC_MEMORY: Final = _format(ImportKind.BASIC_MEMORY, _is_basic_memory)
MEMORY_BANK: Final = _format(ImportKind.MEMORY_BANK, _is_bank)
