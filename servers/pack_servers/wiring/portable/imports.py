"""Where imports come from: files, folders and zips of other tools, with the history of a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from pack_connectors.import_sources.recognising import open_export

from pack.imports.records import ExportReader, ImportKind
from pack.model import BlobId, blob_id
from pack_servers.wiring.portable.notes_history import last_changes

_ZIP: Final = ".zip"


@contextmanager
def opened_export(
    path: Path, kind: ImportKind | None, *, with_attachments: bool = False
) -> Iterator[ExportReader]:
    """The reader of an export; see `open_export`."""
    path = path.expanduser()
    folder = path if path.is_dir() else path.parent
    is_packed = path.suffix.lower() == _ZIP and folder != path
    committed = None if is_packed else FolderHistory(folder).committed
    with open_export(path, kind, committed, with_attachments=with_attachments) as reader:
        yield reader


class FolderHistory:
    """When the files of a folder were last committed; its history is read when it is first asked.

    Args:
        folder: It, or one that it is in, may be a git repository.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, tuple[BlobId | None, datetime]] | None = None

    def committed(self, path: str, content: bytes) -> datetime | None:
        """When the file got these bytes; `None` if no commit has them."""
        if self._known is None:
            self._known = last_changes(self._folder)
        sha, at = self._known.get(path, (None, None))
        return at if sha == blob_id(content) else None
