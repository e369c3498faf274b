"""Files out of a compressed tar archive as it comes, known by their hash and nothing else.

Nothing is written to a disk, and no name in the archive is used: a member is one of the wanted
files exactly when its bytes have the id of one. What the archive's maker can do is leave files out
or waste time, and both are bounded.

Sources: pax(1), "ustar Interchange Format"; RFC 1952.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Set
from typing import Final

from pack.model import BlobId, blob_id

_BLOCK: Final = 512
_PIECE: Final = 256 * 1024
_GZIP: Final = 31
"""`wbits` of zlib for gzip."""
_FILE_TYPES: Final = (b"0", b"\0", b"7")
MAX_MEMBER: Final = 8 * 1024 * 1024
"""Larger files are asked for by themselves."""


class BadArchive(Exception):
    """The archive is cut off, damaged, or too large. Never leaves the connector."""


def read_archive(
    pieces: Iterable[bytes], wanted: Set[BlobId], max_bytes: int
) -> Iterator[tuple[BlobId, bytes]]:
    """Each wanted file of an archive, when it has come.

    Args:
        pieces: The compressed archive.
        wanted: Ids of the files.
        max_bytes: How much it may hold when it is not compressed.

    Raises:
        BadArchive: It is none, or holds more.
    """
    source = _ArchiveStream(_decompress(pieces, max_bytes))
    while True:
        header = source.take(_BLOCK)
        if header is None or not header.strip(b"\0"):
            return
        size, kind = _size(header[124:136]), header[156:157]
        padding = -size % _BLOCK
        if kind in _FILE_TYPES and size <= MAX_MEMBER:
            data = source.take(size)
            if data is None:
                raise BadArchive("it is cut off")
            sha = blob_id(data)
            if sha in wanted:
                yield sha, data
            size = 0
        source.skip(size + padding)


def _size(field: bytes) -> int:
    if field[:1] in (b"\x80", b"\xff"):  # binary, for what has no room in octal digits
        return int.from_bytes(field[1:], "big")
    try:
        return int(field.strip(b" \0") or b"0", 8)
    except ValueError as error:
        raise BadArchive("a size in it is no number") from error


def _decompress(pieces: Iterable[bytes], max_bytes: int) -> Iterator[bytes]:
    engine, total = zlib.decompressobj(_GZIP), 0
    try:
        for piece in pieces:
            rest = piece
            while rest:
                data = engine.decompress(rest, _PIECE)
                total += len(data)
                if total > max_bytes:
                    raise BadArchive("it is larger than the repository")
                yield data
                rest = engine.unconsumed_tail
    except zlib.error as error:
        raise BadArchive("it is no gzip") from error


class _ArchiveStream:
    """Bytes that come in pieces, taken by length."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = bytearray()

    def take(self, size: int) -> bytes | None:
        """So many bytes; `None` where fewer are left."""
        while len(self._left) < size:
            piece = next(self._pieces, None)
            if piece is None:
                return None
            self._left += piece
        found = bytes(self._left[:size])
        del self._left[:size]
        return found

    def skip(self, size: int) -> None:
        """Leave out so many bytes."""
        while size > len(self._left):
            size -= len(self._left)
            self._left.clear()
            piece = next(self._pieces, None)
            if piece is None:
                raise BadArchive("it is cut off")
            self._left += piece
        del self._left[:size]
