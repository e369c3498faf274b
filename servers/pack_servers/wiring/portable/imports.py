"""Where imports come from: files, folders and zips of other tools."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pack_connectors.import_sources.recognising import open_export

from pack.imports.records import ExportReader, ImportKind


@contextmanager
def opened_export(path: Path, kind: ImportKind | None) -> Iterator[ExportReader]:
    """The reader of an export; see `open_export`."""
    with open_export(path.expanduser(), kind) as reader:
        yield reader
