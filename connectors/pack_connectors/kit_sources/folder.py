"""A kit in a plain folder."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pack.errors import InvalidRequest, LimitExceeded, NotFound, Unavailable
from pack.kits.shipment import (
    EXECUTABLE,
    LINK,
    MOST_BYTES,
    MOST_FILES,
    REGULAR,
    Shipment,
    ShippedFile,
)
from pack.limits import MAX_FILE_BYTES

_GIT: Final = ".git"


class FolderSource:
    """A folder; it has only what is in it now."""

    def __init__(self, folder: Path, address: str) -> None:
        self._folder = folder
        self._address = address

    @property
    def address(self) -> str:
        """See `KitSource.address`."""
        return self._address

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
        """See `KitSource.ship`."""
        if ref is not None:
            raise InvalidRequest(f"{self._address} is no git repository, so it has no {ref[:60]}")
        if not self._folder.is_dir():
            raise NotFound(f"the folder {self._address}", "Name a folder that is there.")
        try:
            files = dict(_files(self._folder))
        except OSError as error:
            raise Unavailable(f"{self._address} cannot be read: {error.strerror}") from error
        called = self._folder.resolve().name
        return Shipment(self._address, None, None, files, called)


def _files(top: Path) -> Iterator[tuple[str, ShippedFile]]:
    count, size = 0, 0
    for folder, folders, names in os.walk(top, onerror=_fail):
        folders[:] = sorted(one for one in folders if one != _GIT)
        links = [one for one in folders if Path(folder, one).is_symlink()]
        for name in sorted([*names, *links]):
            path, count = Path(folder, name), count + 1
            one = _read(path)
            if one is None:
                continue
            size += len(one.content)
            if count > MOST_FILES or size > MOST_BYTES:
                raise LimitExceeded("the kit", MOST_BYTES)
            yield path.relative_to(top).as_posix(), one


def _fail(error: OSError) -> None:
    raise error


def _read(path: Path) -> ShippedFile | None:
    """A file; a link without its content, and nothing for a device or a pipe."""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        return ShippedFile(b"", LINK)
    if not stat.S_ISREG(found.st_mode):
        return None
    with path.open("rb") as opened:
        content = opened.read(MAX_FILE_BYTES + 1)  # enough to see that it is too large
    return ShippedFile(content, EXECUTABLE if found.st_mode & stat.S_IXUSR else REGULAR)
