"""What an import answers."""

from __future__ import annotations

from dataclasses import dataclass

from pack.imports.records import ImportKind, SkippedRecord
from pack.model import CommitId, MemoryPath


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do.

    Attributes:
        kind: Where the export comes from.
        found: How many things of each kind are in it.
        written: How many notes were written.
        unchanged: How many are here already as they should be.
        skipped: What was left out, and why.
        secrets: How many secrets are in what was written.
        paths: The files that were written.
        commit: The commit; `None` if there was nothing to write, or on a dry run.
    """

    kind: ImportKind
    found: dict[str, int]
    written: int
    unchanged: int
    skipped: tuple[SkippedRecord, ...]
    secrets: int
    paths: tuple[MemoryPath, ...]
    commit: CommitId | None = None
