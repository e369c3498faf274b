"""A kit in an archive: zip or tar, the latter plain or packed with gzip, bzip2 or xz.

It is read in memory and nothing of it is unpacked to a disk. How much comes out is bounded,
it says of itself: by the number of its entries, by bytes, and by how many times larger it becomes.

Sources: PKWARE APPNOTE.TXT 4.3.16 (end of central directory); POSIX pax, "ustar Interchange
Format"; zipfile and tarfile, "Decompression pitfalls".
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Final, cast

from pack.errors import InvalidRequest, LimitExceeded, NotFound, RefusedForSafety, UnusableInput
from pack.kits.address import KitAddress
from pack.kits.shipment import (
    EXECUTABLE,
    LINK,
    MOST_BYTES,
    REGULAR,
    TOO_LARGE,
    Shipment,
    ShippedFile,
    refuse_escape,
)
from pack.limits import MAX_FILE_BYTES

MOST_ENTRIES: Final = 20_000
MOST_TIMES: Final = 100
"""How many times larger than its file an archive may become, if that is more than `_ALWAYS`."""
_ALWAYS: Final = 10 * 1024 * 1024
_MOST_DIRECTORY: Final = 8 * 1024 * 1024
_END_OF_ZIP: Final = b"PK\x05\x06"
_MOST_END: Final = 65_557
"""The end of a zip file with the longest comment."""
_ENCRYPTED: Final = 1
_TAR_AT: Final = 257
_BUFFER: Final = 64 * 1024
_PACKED: Final[Mapping[bytes, Callable[[IO[bytes]], IO[bytes]]]] = {
    b"\x1f\x8b": lambda file: cast("IO[bytes]", gzip.GzipFile(fileobj=file)),
    b"BZh": lambda file: cast("IO[bytes]", bz2.BZ2File(file)),
    b"\xfd7zXZ\x00": lambda file: cast("IO[bytes]", lzma.LZMAFile(file)),  # noqa: SIM115 - in memory
}
_BROKEN: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    NotImplementedError,
    UnicodeError,
    ValueError,
    OSError,
)


def is_archive(file: Path) -> bool:
    """Whether a file begins as an archive does."""
    with file.open("rb") as opened:
        begin = opened.read(_TAR_AT + 5)
    return begin.startswith((b"PK", *_PACKED)) or begin[_TAR_AT:] == b"ustar"


class ArchiveSource:
    """An archive; it has only what is in it now."""

    def __init__(self, file: Path, address: KitAddress) -> None:
        self._file = file
        self._place = address

    @property
    def address(self) -> str:
        """See `KitSource.address`."""
        return self._place.text

    @property
    def is_near(self) -> bool:
        """See `KitSource.is_near`."""
        return True

    def refs(self) -> list[str]:
        """See `KitSource.refs`."""
        return []

    def at(self, ref: str | None = None) -> None:
        """See `KitSource.at`; it has no commits."""

    def ship(self, ref: str | None = None) -> Shipment:
        """See `KitSource.ship`.

        Raises:
            UnusableInput: It is damaged or encrypted.
            RefusedForSafety: It was made to do harm.
        """
        if ref is not None:
            raise InvalidRequest(f"{self.address} is no git repository, so it has no {ref[:60]}")
        try:
            files = _Reading(self._file).files()
        except _BROKEN as error:
            raise UnusableInput(f"{self.address} cannot be read: {error}") from error
        top, inside = _inside(files, self._place.folder)
        if not inside:
            what = self._place.folder or "a file"
            raise NotFound(f"{what} in {self.address}", "Name a folder that is there.")
        called = (top or self._file.name.partition(".")[0]).rpartition("/")[2]
        return Shipment(self.address, None, None, inside, called)


def _inside(files: Mapping[str, ShippedFile], folder: str) -> tuple[str, Mapping[str, ShippedFile]]:
    """A folder of an archive, and its files; most archives have all in one folder at their top."""
    tops = {path.partition("/")[0] for path in files}
    above = tops if len(tops) == 1 and tops.isdisjoint(files) else set()
    for place in (*(f"{top}/{folder}".rstrip("/") for top in above), folder):
        begin = f"{place}/" if place else ""
        if inside := {
            p.removeprefix(begin): one for p, one in files.items() if p.startswith(begin)
        }:
            return place, inside
    return folder, {}


class _Reading:
    """One archive as it is read, with what may still come out of it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._packed = file.stat().st_size
        self._most = min(2 * MOST_BYTES, max(_ALWAYS, MOST_TIMES * self._packed))
        self._spent = 0
        self._found: dict[str, ShippedFile] = {}
        self._entries = 0

    def files(self) -> dict[str, ShippedFile]:
        """Its files; links and what is too large without content, and nothing for devices."""
        if self._packed > 2 * MOST_BYTES:
            raise LimitExceeded("the archive", 2 * MOST_BYTES)
        with self._file.open("rb") as opened:
            begin = opened.read(6)
            opened.seek(0)
            entries = self._zipped(opened) if begin.startswith(b"PK") else self._tarred(opened)
            for name, one in entries:
                self._add(name, one)
        return self._found

    def _add(self, name: str, one: ShippedFile | None) -> None:
        self._entries += 1
        if self._entries > MOST_ENTRIES:
            raise LimitExceeded("the archive", MOST_ENTRIES, "entries")
        refuse_escape(name)
        path = "/".join(part for part in name.split("/") if part not in ("", "."))
        if one is None or not path:
            return
        if path in self._found:
            raise RefusedForSafety(
                f"the archive holds {path[:80]!r} twice", "Ask for it again, or have it made again."
            )
        self._found[path] = one

    def _take(self, stream: IO[bytes], size: int) -> bytes:
        """What a file holds, or what stands for one that is too large."""
        if size > MAX_FILE_BYTES:
            return TOO_LARGE
        content = stream.read(size)
        if len(content) != size:
            raise EOFError("it ends too early")
        return content

    # --- zip -----------------------------------------------------------------------------------

    def _zipped(self, opened: IO[bytes]) -> Iterator[tuple[str, ShippedFile | None]]:
        opened.seek(max(0, self._packed - _MOST_END))
        end = opened.read()
        at = end.rfind(_END_OF_ZIP)
        if at < 0 or int.from_bytes(end[at + 12 : at + 16], "little") > _MOST_DIRECTORY:
            raise LimitExceeded("the archive", MOST_ENTRIES, "entries")
        with zipfile.ZipFile(opened) as archive:
            for entry in archive.infolist():
                yield entry.orig_filename, self._unzipped(archive, entry)

    def _unzipped(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> ShippedFile | None:
        mode = entry.external_attr >> 16
        if stat.S_ISLNK(mode):
            return ShippedFile(b"", LINK)
        if entry.is_dir() or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
            return None
        if entry.flag_bits & _ENCRYPTED:
            raise zipfile.BadZipFile("it is encrypted")
        self._spend(min(entry.file_size, MAX_FILE_BYTES))
        with archive.open(entry) as stream:
            return ShippedFile(self._take(stream, entry.file_size), _mode(mode))

    def _spend(self, size: int) -> None:
        self._spent += size
        if self._spent > self._most:
            raise LimitExceeded("what comes out of the archive", self._most)

    # --- tar -----------------------------------------------------------------------------------

    def _tarred(self, opened: IO[bytes]) -> Iterator[tuple[str, ShippedFile | None]]:
        begin = opened.read(6)
        opened.seek(0)
        unpack = next((make for magic, make in _PACKED.items() if begin.startswith(magic)), None)
        stream = unpack(opened) if unpack else opened
        bounded = _Bounded(stream, self._spend)
        with tarfile.open(fileobj=cast("IO[bytes]", bounded), mode="r|") as archive:
            for entry in archive:
                yield entry.name, self._untarred(archive, entry)
        while bounded.read(_BUFFER):
            pass
        if any(bounded.last) or not bounded.last:  # tarfile takes a torn header for the end
            raise EOFError("it ends too early")

    def _untarred(self, archive: tarfile.TarFile, entry: tarfile.TarInfo) -> ShippedFile | None:
        if entry.issym() or entry.islnk():
            return ShippedFile(b"", LINK)
        stream = archive.extractfile(entry) if entry.isreg() else None
        if stream is None:
            return None
        return ShippedFile(self._take(stream, entry.size), _mode(entry.mode))


def _mode(mode: int) -> str:
    return EXECUTABLE if mode & stat.S_IXUSR else REGULAR


class _Bounded(io.RawIOBase):
    """What comes out of a packed file, as long as that is not too much."""

    def __init__(self, stream: IO[bytes], spend: Callable[[int], None]) -> None:
        self._stream = stream
        self._spend = spend
        self.last = b""

    def read(self, size: int = -1) -> bytes:
        """Some of it; the end of what has come so far is in `last`."""
        content = self._stream.read(size)
        self._spend(len(content))
        self.last = (self.last + content)[-tarfile.BLOCKSIZE :]
        return content
