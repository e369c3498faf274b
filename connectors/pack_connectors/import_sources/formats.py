"""What a reader's module says of its format: how it is recognised, and what reads it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pack.imports.records import ExportReader, ImportKind
from pack_connectors.import_sources.source import ImportSource


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """One format; each reader's module has one, called `FORMAT`.

    Attributes:
        kind: Whose export it is.
        recognises: Whether a source is such an export. It looks at names, and at no more of a
            file than `ImportSource.peek` gives.
        read: Makes the reader.
        opens_archives: Whether zips in the source are part of the export; else they are files.
        accepts: What is read if the person says that it is such an export; `None` for nothing but
            what is recognised.
        has_attachments: Whether files of other types belong to its notes, and may come with them.
        mark: A file or folder (with `/` at its end) that only such a source has at its top, so that
            nothing else in it counts; empty if there is none.
    """

    kind: ImportKind
    recognises: Callable[[ImportSource], bool]
    read: Callable[[ImportSource], ExportReader]
    opens_archives: bool = False
    accepts: Callable[[ImportSource], bool] | None = None
    mark: str = ""
    has_attachments: bool = False
