"""Writes exports: a text, an archive or a folder; whole or not at all, one file at a time.

The same pieces give the same bytes: an archive holds no clock, no user and no order of a disk.
"""

from __future__ import annotations

import os
import stat
import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from secrets import token_hex
from typing import IO, Final

from pack.errors import InvalidContent, InvalidRequest
from pack.exports.one_text import with_block
from pack.exports.values import ExportedPiece, ExportKind
from pack.times import parse_time

_MODE: Final = stat.S_IFREG | 0o644
_UNIX: Final = 3
_FIRST_YEAR, _LAST_YEAR = 1980, 2107
"""What a zip can say."""


@dataclass(frozen=True, slots=True)
class WrittenExport:
    """What was written: how many files, and the bytes they hold."""

    files: int
    size: int


def is_taken(kind: ExportKind, output: Path) -> bool:
    """Whether writing there would replace something; a block only replaces itself.

    Raises:
        InvalidRequest: A file is where a folder belongs, or a folder where a file does.
    """
    if kind is ExportKind.CLAUDE_MEMORY:
        if output.exists() and not output.is_dir():
            raise InvalidRequest(f"{output} is a file, and this export is a folder")
        return output.is_dir() and any(output.iterdir())
    if output.is_dir():
        raise InvalidRequest(f"{output} is a folder, and this export is a file")
    return os.path.lexists(output) and kind is not ExportKind.AGENTS


def write_export(kind: ExportKind, pieces: Iterable[ExportedPiece], output: Path) -> WrittenExport:
    """Write an export to a file, or into a folder for a form of several files.

    Args:
        kind: The form.
        pieces: What it is made of.
        output: Where; what is there is replaced.

    Raises:
        InvalidRequest: It cannot be written there.
        InvalidContent: What is around the block is not UTF-8 text.
        PackError: The memory cannot be read.
    """
    try:
        return _WRITERS.get(kind, _write_text)(pieces, output)
    except OSError as error:
        why = error.strerror or str(error)
        raise InvalidRequest(f"{output} cannot be written: {why}") from error


def _write_text(pieces: Iterable[ExportedPiece], output: Path) -> WrittenExport:
    with _new_file(output) as file:
        size = sum(file.write(piece.content) for piece in pieces)
    return WrittenExport(1, size)


def _write_block(pieces: Iterable[ExportedPiece], output: Path) -> WrittenExport:
    block = b"".join(piece.content for piece in pieces)
    content = block
    if output.exists():
        try:
            text = output.read_bytes().decode("utf-8")
        except UnicodeDecodeError as error:
            raise InvalidContent(f"{output} is not valid UTF-8") from error
        content = with_block(text, block.decode("utf-8")).encode("utf-8")
    with _new_file(output) as file:
        file.write(content)
    return WrittenExport(1, len(content))


def _write_zip(pieces: Iterable[ExportedPiece], output: Path) -> WrittenExport:
    files = 0
    with _new_file(output) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for piece in pieces:
                archive.writestr(_entry(piece), piece.content)
                files += 1
        size = file.tell()
    return WrittenExport(files, size)


def _entry(piece: ExportedPiece) -> zipfile.ZipInfo:
    changed = parse_time(piece.changed or "").astimezone(UTC)
    is_told = _FIRST_YEAR <= changed.year <= _LAST_YEAR
    moment = changed.timetuple()[:6] if is_told else (_FIRST_YEAR, 1, 1, 0, 0, 0)
    entry = zipfile.ZipInfo(piece.name, moment)
    entry.create_system = _UNIX
    entry.external_attr = _MODE << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _write_folder(pieces: Iterable[ExportedPiece], output: Path) -> WrittenExport:
    files = size = 0
    output.mkdir(parents=True, exist_ok=True)
    for piece in pieces:
        with _new_file(output / piece.name) as file:
            size += file.write(piece.content)
        files += 1
    return WrittenExport(files, size)


_WRITERS: Final[dict[ExportKind, Callable[[Iterable[ExportedPiece], Path], WrittenExport]]] = {
    ExportKind.AGENTS: _write_block,
    ExportKind.ZIP: _write_zip,
    ExportKind.CLAUDE_MEMORY: _write_folder,
}


@contextmanager
def _new_file(target: Path) -> Iterator[IO[bytes]]:
    """A file that is there only once all of it is; a link leads to the file that is replaced."""
    target = target.resolve()
    temporary = target.with_name(f".{target.name[:100]}.{token_hex(8)}")
    try:
        with temporary.open("xb") as file:
            yield file
        temporary.replace(target)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
