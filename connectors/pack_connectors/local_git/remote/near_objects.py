"""The objects of a repository on this machine, read where they are: nothing of it is run or copied.

What is in a file of its own is read without git; for all else one git is asked, in a repository of
PACK's that is told where the objects are, so that no configuration of theirs counts. Each object is
checked against its id, as a fetch does it.

Sources: gitrepository-layout(5) "objects"; git(1) "GIT_OBJECT_DIRECTORY"; git-cat-file(1).
"""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from pack.errors import NotFound, Unavailable
from pack.model import object_id
from pack_connectors.local_git.cat_file import CatFile
from pack_connectors.local_git.process import GitRunner
from pack_connectors.system.open_flags import READ

MOST_OF_ONE: Final = 16 * 1024 * 1024
"""No object that matters here has more bytes."""
_HEAD: Final = re.compile(rb"(blob|tree|commit|tag) ([0-9]{1,12})\0")
_MOST_OF_A_HEAD: Final = 32
_ELSEWHERE: Final = ("info/alternates", "info/http-alternates")
_BEGIN: Final = 64
"""So many packed bytes hold the head of any object."""


class NearObjects:
    """The objects in one folder.

    Args:
        folder: The folder, `objects` of a git repository.
        start: Returns what runs git with the objects of a folder; asked for once, if at all.
    """

    def __init__(self, folder: Path, start: Callable[[Path], GitRunner]) -> None:
        self._folder = str(folder)
        self._start = start
        self._cat_file: CatFile | None = None

    def read(self, name: str, kind: str) -> bytes:
        """The bytes of an object.

        Raises:
            NotFound: There is none of this id and kind.
            Unavailable: It is damaged or too large, or cannot be read.
        """
        found = self._loose(name) or self._packed(name)
        if found is None or found[0] != kind:
            raise NotFound(f"{kind} {name[:60]}")
        if object_id(*found) != name:
            raise Unavailable(f"object {name} is damaged")
        return found[1]

    def sizes(self, blobs: Sequence[str]) -> Mapping[str, int]:
        """How many bytes blobs have.

        Raises:
            NotFound: One is missing, or is no blob.
            Unavailable: They cannot be read.
        """
        heads = {name: self._loose_head(name) for name in blobs}
        packed = [name for name, head in heads.items() if head is None]
        if packed:
            heads |= self._asked().heads(packed)
        found = {name: head[1] for name, head in heads.items() if head and head[0] == "blob"}
        if len(found) != len(heads):
            raise NotFound(next(name for name in heads if name not in found))
        return found

    def close(self) -> None:
        """End the git that was asked."""
        if self._cat_file is not None:
            self._cat_file.close()

    def _loose_head(self, name: str) -> tuple[str, int] | None:
        """Kind and size of an object in a file of its own; `None` if there is no such file."""
        packed = self._file(name, _BEGIN)
        if packed is None:
            return None
        return _head(name, _unpacked(zlib.decompressobj(), packed, _MOST_OF_A_HEAD))[:2]

    def _loose(self, name: str) -> tuple[str, bytes] | None:
        packed = self._file(name, MOST_OF_ONE)
        if packed is None:
            return None
        data = _unpacked(zlib.decompressobj(), packed, MOST_OF_ONE)
        kind, size, start = _head(name, data)
        if len(data) - start != size:
            raise Unavailable(f"object {name} is damaged or too large")
        return kind, data[start:]

    def _file(self, name: str, most: int) -> bytes | None:
        """What the file of an object begins with; `None` if there is none."""
        try:
            descriptor = os.open(f"{self._folder}/{name[:2]}/{name[2:]}", READ)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"{error.filename}: {error.strerror}") from error
        try:
            return b"".join(_chunks(descriptor, most))
        except OSError as error:
            raise Unavailable(f"object {name}: {error.strerror}") from error
        finally:
            os.close(descriptor)

    def _packed(self, name: str) -> tuple[str, bytes] | None:
        head = self._asked().heads([name]).get(name)
        if head is None:
            return None
        if head[1] > MOST_OF_ONE:
            raise Unavailable(f"object {name} is too large")
        found = self._asked().contents([name]).get(name)
        return (found.kind, found.data) if found else None

    def _asked(self) -> CatFile:
        if self._cat_file is None:
            self._refuse_odd()
            self._cat_file = CatFile(self._start(Path(self._folder)), few=0)
        return self._cat_file

    def _refuse_odd(self) -> None:
        """Do nothing, unless git would look for objects elsewhere, or wait for a pipe's writer.

        Raises:
            Unavailable: It would.
        """
        folder = Path(self._folder)
        try:
            if any((folder / name).exists() for name in _ELSEWHERE):
                raise Unavailable(f"{folder} borrows objects")
            packs = folder / "pack"
            if packs.exists() and not all(one.is_file() for one in packs.iterdir()):
                raise Unavailable(f"{packs} holds something else than files")
        except OSError as error:
            raise Unavailable(f"{error.filename}: {error.strerror}") from error


def _chunks(descriptor: int, most: int) -> Iterator[bytes]:
    """What is read of a file, up to about so many bytes."""
    left = most
    while left > 0 and (chunk := os.read(descriptor, min(left, 64 * 1024))):
        left -= len(chunk)
        yield chunk


def _unpacked(unpacker: zlib._Decompress, packed: bytes, most: int) -> bytes:
    try:
        return unpacker.decompress(packed, most)
    except zlib.error as error:
        raise Unavailable("an object is damaged") from error


def _head(name: str, data: bytes) -> tuple[str, int, int]:
    """Kind and size of an object, and where its bytes begin."""
    found = _HEAD.match(data)
    if found is None:
        raise Unavailable(f"object {name} is damaged")
    return found[1].decode("ascii"), int(found[2]), found.end()
