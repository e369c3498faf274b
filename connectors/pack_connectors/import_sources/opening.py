"""Opens what a person names as the source of an import: a file, a folder, a zip."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO, Final

from pack.errors import LimitExceeded, NotFound, UnusableInput
from pack.imports.left_out import GIT_FOLDER, LINK, LINKED_FOLDER
from pack.imports.records import SkippedRecord
from pack_connectors.import_sources.source import MOST_ENTRIES, ImportSource, SourceFile
from pack_connectors.import_sources.zips import JUNK, is_junk, is_zip, list_zip

_GIT: Final = ".git"
_SPECIAL: Final = "it is not a regular file"


def open_source(path: Path) -> ImportSource:
    """What a path holds; zips in a folder are files of it (see `zips.with_archives`).

    Raises:
        NotFound: There is nothing.
        UnusableInput: It cannot be read, or is a zip that was made to do harm.
        LimitExceeded: It holds too much.
    """
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            return _folder(path)
        if not stat.S_ISREG(found.st_mode):
            raise UnusableInput(f"{path.name} is neither a file nor a folder")
        return _file(path, found)
    except FileNotFoundError as error:
        raise NotFound(f"{path}", "Name a file or a folder that is there.") from error
    except OSError as error:
        raise UnusableInput(f"{path.name} cannot be read: {error.strerror}") from error


def _file(path: Path, found: os.stat_result) -> ImportSource:
    with ExitStack() as stack:
        opened = stack.enter_context(path.open("rb"))
        if not is_zip(opened.read(4)):
            above = path.resolve().parent.name
            return ImportSource(path.name, [_source_file(path, path.name, found)], above=above)
        files, left_out = list_zip(opened, path.name, stack)
        return ImportSource(path.name, files, left_out, stack.pop_all())


def _folder(top: Path) -> ImportSource:
    files: list[SourceFile] = []
    left_out: list[SkippedRecord] = []
    for file, why in _walk(top):
        path = file.relative_to(top).as_posix()
        if why is None:
            files.append(_source_file(file, path, file.lstat()))
        else:
            left_out.append(SkippedRecord(path, why))
        if len(files) + len(left_out) > MOST_ENTRIES:
            raise LimitExceeded(f"the folder {top.name}", MOST_ENTRIES, "files")
    resolved = top.resolve()
    return ImportSource(resolved.name, files, left_out, above=resolved.parent.name)


def _walk(top: Path) -> Iterator[tuple[Path, str | None]]:
    """Each file below a folder, and why it is not taken; links are not followed."""
    for folder, folders, names in os.walk(top, onerror=_fail):
        for name in sorted(folders):
            if Path(folder, name).is_symlink():
                yield Path(folder, name), LINKED_FOLDER
            elif name == _GIT:
                yield Path(folder, name), GIT_FOLDER
        folders[:] = sorted(
            one for one in folders if one != _GIT and not Path(folder, one).is_symlink()
        )
        for name in sorted(names):
            file = Path(folder, name)
            mode = file.lstat().st_mode
            if stat.S_ISLNK(mode):
                yield file, LINK
            elif not stat.S_ISREG(mode):
                yield file, _SPECIAL
            else:
                yield file, JUNK if is_junk(file.relative_to(top).as_posix()) else None


def _fail(error: OSError) -> None:
    raise error


def _source_file(file: Path, path: str, found: os.stat_result) -> SourceFile:
    modified = datetime.fromtimestamp(found.st_mtime, UTC)
    return SourceFile(path, found.st_size, modified, partial(_opened, file))


def _opened(file: Path) -> IO[bytes]:
    return file.open("rb")
