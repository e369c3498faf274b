"""A zip as a source: listed and read in place, and refused where it was made to do harm.

It may have 6 GB and more: only its list of contents is held. A zip within it is copied to a
nameless temporary file, as it has to be read from its end.

Sources: PKWARE APPNOTE.TXT 4.3.14 to 4.3.16 (the end of the central directory), 4.4.17 (names);
D. Fifield, "A better zip bomb" (WOOT 2019), for entries that overlap.
"""

from __future__ import annotations

import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from typing import IO, Final

from pack.errors import LimitExceeded, UnusableInput
from pack.imports.records import SkippedRecord
from pack_connectors.import_sources.source import (
    MOST_ENTRIES,
    ImportSource,
    SourceFile,
    below,
)

ZIP: Final = ".zip"
MOST_BYTES: Final = 128 * 1024**3
"""What may come out of all zips of a source."""
MOST_TIMES: Final = 500
"""How many times larger than in the zip a file may be, if that is more than `_ALWAYS`."""
_ALWAYS: Final = 8 * 1024 * 1024
_DEEPEST: Final = 3
_MOST_DIRECTORY: Final = 256 * 1024 * 1024
_MOST_END: Final = 65_557
_END: Final = b"PK\x05\x06"
_END_64: Final = b"PK\x06\x06"
_ENCRYPTED: Final = 1
_DRIVE: Final = re.compile(r"[A-Za-z]:")
_JUNK_FOLDER: Final = "__MACOSX"
_JUNK: Final = frozenset((".ds_store", "thumbs.db", "desktop.ini"))
JUNK: Final = "the system's own file, not the export's"
_TWICE: Final = "another file in the zip has the same name"
_BAD: Final = (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, EOFError)


def is_zip(begin: bytes) -> bool:
    """Whether a file that begins so is a zip."""
    return begin.startswith((b"PK\x03\x04", _END))


def with_archives(source: ImportSource, depth: int = 1) -> ImportSource:
    """A source with the files of its zips in their places, and those of zips in these.

    Raises:
        UnusableInput: One of them is damaged, encrypted or was made to do harm.
        LimitExceeded: There is too much in them, or they are too deep.
    """
    plain: list[SourceFile] = []
    found: list[SourceFile] = []
    left_out: list[SkippedRecord] = []
    for file in source.files:
        if not file.name.lower().endswith(ZIP) or not is_zip(source.peek(file, 4)):
            plain.append(file)
            continue
        if depth > _DEEPEST:
            raise LimitExceeded("zips within zips", _DEEPEST, "levels")
        inside, skipped = _unpacked(source, file)
        found += inside
        left_out += skipped
    if not found:
        return source.replaced(plain, left_out)
    _refuse_too_much([*plain, *found])
    deeper = with_archives(source.replaced(found, left_out), depth + 1)
    return deeper.replaced([*plain, *deeper.files])


def list_zip(
    opened: IO[bytes], name: str, stack: ExitStack
) -> tuple[list[SourceFile], list[SkippedRecord]]:
    """The files of a zip, and what of it is not taken.

    Args:
        opened: The zip; it can be read from any place.
        name: What a person calls it.
        stack: Closes it.

    Raises:
        UnusableInput, LimitExceeded: As `with_archives`.
    """
    try:
        _refuse_large_directory(opened)
        archive = stack.enter_context(zipfile.ZipFile(opened))
        return _files_of(archive, name)
    except _BAD as error:
        raise UnusableInput(f"{name} cannot be read: {error}") from error


def _unpacked(
    source: ImportSource, file: SourceFile
) -> tuple[list[SourceFile], list[SkippedRecord]]:
    with ExitStack() as stack:
        opened = file.opener()
        if not _is_whole_file(opened):
            copy = tempfile.TemporaryFile()  # noqa: SIM115 - the stack closes it
            with opened, _failing_as(file):
                shutil.copyfileobj(opened, copy, 1024 * 1024)
            opened = copy
        stack.enter_context(opened)
        files, skipped = list_zip(opened, file.path, stack)
        source.keep(stack)
    return [below(one, file.path) for one in files], skipped


class _failing_as:  # noqa: N801 - reads as a phrase
    """Says which file it was that could not be read."""

    def __init__(self, file: SourceFile) -> None:
        self._file = file

    def __enter__(self) -> None:
        return None

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, _BAD):
            raise UnusableInput(f"{self._file.path[:200]} cannot be read: {error}") from error


def _is_whole_file(opened: IO[bytes]) -> bool:
    """Whether it lies on a disk as it is; a file in a zip is read again from its start instead."""
    return not isinstance(opened, zipfile.ZipExtFile)


# --- what a zip says of itself ------------------------------------------------------------------


def _refuse_large_directory(opened: IO[bytes]) -> None:
    """Refuse a list of contents that is too long, before it is read."""
    size = opened.seek(0, 2)
    opened.seek(max(0, size - _MOST_END - 76))
    end = opened.read()
    opened.seek(0)
    at = end.rfind(_END)
    if at < 0:
        raise zipfile.BadZipFile("it is no whole zip")
    entries = int.from_bytes(end[at + 10 : at + 12], "little")
    length = int.from_bytes(end[at + 12 : at + 16], "little")
    wide = end.rfind(_END_64, 0, at)
    if wide >= 0:
        entries = int.from_bytes(end[wide + 32 : wide + 40], "little")
        length = int.from_bytes(end[wide + 40 : wide + 48], "little")
    if entries > MOST_ENTRIES or length > _MOST_DIRECTORY:
        raise LimitExceeded("the zip", MOST_ENTRIES, "files")


def _files_of(archive: zipfile.ZipFile, name: str) -> tuple[list[SourceFile], list[SkippedRecord]]:
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise LimitExceeded("the zip", MOST_ENTRIES, "files")
    _refuse_overlap(entries, name)
    found: dict[str, SourceFile] = {}
    skipped: list[SkippedRecord] = []
    for entry in entries:
        path = _checked(entry, name)
        if entry.is_dir() or not path:
            continue
        if is_junk(path):
            skipped.append(SkippedRecord(path, JUNK))
            continue
        if path in found:
            skipped.append(SkippedRecord(path, _TWICE))
        opener = partial(archive.open, entry)
        found[path] = SourceFile(path, entry.file_size, _moment(entry), opener)
    files = list(found.values())
    _refuse_too_much(files)
    return files, skipped


def is_junk(path: str) -> bool:
    """Whether a system put the file there, beside those that somebody made."""
    *folders, name = path.split("/")
    return _JUNK_FOLDER in folders or name.startswith("._") or name.lower() in _JUNK


def _checked(entry: zipfile.ZipInfo, name: str) -> str:
    """The path of an entry.

    Raises:
        UnusableInput: It was made to do harm, or is encrypted.
    """
    told = entry.filename.replace("\\", "/")
    parts = told.split("/")
    mode = stat.S_IFMT(entry.external_attr >> 16)
    if told.startswith("/") or _DRIVE.match(told) or ".." in parts or "\0" in entry.orig_filename:
        raise _hostile(name, f"{told[:80]!r} leads out of it")
    if mode and not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        raise _hostile(name, f"{told[:80]!r} is a link or a device")
    if entry.flag_bits & _ENCRYPTED:
        raise UnusableInput(f"{name} is encrypted: unpack it first")
    is_large = entry.file_size > _ALWAYS
    if is_large and entry.file_size > MOST_TIMES * max(entry.compress_size, 1):
        raise _hostile(name, f"{told[:80]!r} would become more than {MOST_TIMES} times larger")
    return "/".join(part for part in parts if part not in ("", "."))


def _refuse_overlap(entries: Sequence[zipfile.ZipInfo], name: str) -> None:
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < end:
            raise _hostile(name, "its entries overlap")
        end = entry.header_offset + 30 + entry.compress_size


def _refuse_too_much(files: Sequence[SourceFile]) -> None:
    if len(files) > MOST_ENTRIES:
        raise LimitExceeded("the export", MOST_ENTRIES, "files")
    if sum(one.size for one in files) > MOST_BYTES:
        raise LimitExceeded("what comes out of the zip", MOST_BYTES)


def _hostile(name: str, why: str) -> UnusableInput:
    return UnusableInput(f"{name} is refused: {why}")


def _moment(entry: zipfile.ZipInfo) -> datetime | None:
    """When a file was changed; 1980 stands for not known."""
    with suppress(ValueError):
        moment = datetime(*entry.date_time, tzinfo=UTC)
        return moment if moment.year > 1980 else None
    return None


def zips_in(source: ImportSource) -> Iterator[SourceFile]:
    """The files of a source that are called zips."""
    return (one for one in source.files if one.name.lower().endswith(ZIP))
