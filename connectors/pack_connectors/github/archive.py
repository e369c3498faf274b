"""Files out of a compressed tar archive while it arrives, known by their hash and nothing else.

Nothing is written to disk, and no name in the archive is used: a member is one of the wanted files
exactly when its bytes have the id of one. All that the maker of an archive can do is leave files
out or waste time, and both are bounded.

Why not `tarfile`: it reads much that is not needed here (links, sparse files, extended headers),
and a hostile archive has made it loop for ever (CVE-2025-8194).

Sources: pax(1), "ustar Interchange Format"; RFC 1952.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator, Set
from typing import Any, Final

from pack.model import BlobId, blob_id

_BLOCK: Final = 512
_FILE_TYPES: Final = (b"0", b"\0", b"7")
MAX_MEMBER: Final = 8 * 1024 * 1024
"""Larger files are asked for one by one."""


class BadArchive(Exception):
    """The archive is cut off, damaged or too large. Never leaves the connector."""


def read_archive(
    pieces: Iterable[bytes], wanted: Set[BlobId], max_bytes: int
) -> Iterator[tuple[BlobId, bytes]]:
    """Each wanted file of an archive, as soon as it has arrived.

    Args:
        pieces: The compressed archive.
        wanted: Ids of the files.
        max_bytes: How large it may be when decompressed.

    Raises:
        BadArchive: It is none, or larger.
    """
    source = io.BufferedReader(_Pieces(iter(pieces)))
    try:
        with gzip.GzipFile(fileobj=source) as tar:
            yield from _wanted_files(tar, wanted, max_bytes)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise BadArchive("it is cut off, or no gzip") from error


def _wanted_files(
    tar: gzip.GzipFile, wanted: Set[BlobId], max_bytes: int
) -> Iterator[tuple[BlobId, bytes]]:
    while (header := tar.read(_BLOCK)).strip(b"\0"):
        size, kind = _size(header[124:136]), header[156:157]
        end = tar.tell() + size + -size % _BLOCK
        if size < 0 or end > max_bytes:
            raise BadArchive("a size in it is larger than the repository")
        if kind in _FILE_TYPES and size <= MAX_MEMBER:
            data = tar.read(size)
            if (sha := blob_id(data)) in wanted:
                yield sha, data
        tar.seek(end)


def _size(field: bytes) -> int:
    if field[:1] in (b"\x80", b"\xff"):  # binary, if octal digits have no room for it
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.strip(b" \0") or b"0", 8)
    except ValueError as error:
        raise BadArchive("a size in it is no number") from error


class _Pieces(io.RawIOBase):
    """Pieces as a file, which is read once."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        size = min(len(buffer), len(self._left))
        buffer[:size], self._left = self._left[:size], self._left[size:]
        return size
