"""The files of a kit at three moments: as installed, as they are here, as upstream has them."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from typing import Final

from pack.catalog.row import is_catalogued
from pack.core.core import Core
from pack.errors import LimitExceeded, NotFound
from pack.index.format import may_be_generated
from pack.kits.lock import LockedKit
from pack.kits.shipment import Kit
from pack.kits.states import Files
from pack.model import BlobId, EntryType, MemoryPath, blob_id

_NOWHERE: Final = BlobId("0" * 40)


def below(
    folder: str, files: Mapping[MemoryPath, BlobId], without: Collection[MemoryPath] = ()
) -> dict[MemoryPath, BlobId]:
    """The files of a kit by their path in the memory.

    Args:
        folder: The kit's.
        files: The files, by path below it.
        without: Those that are left out.
    """
    return {MemoryPath(f"{folder}{path}"): b for path, b in files.items() if path not in without}


def shipped(kit: Kit, folder: str) -> dict[MemoryPath, BlobId]:
    """The files that a kit ships, by their path in the memory."""
    return below(folder, kit.blobs)


def files_in(core: Core, folder: str) -> dict[MemoryPath, BlobId]:
    """The files in a folder of the memory as a reader gets them, without PACK's own."""
    found, folders = dict[MemoryPath, BlobId](), [MemoryPath(folder.removesuffix("/"))]
    while folders:
        for entry in core.reader.list_dir(folders.pop()):
            if entry.type is EntryType.DIR:
                folders.append(entry.path)
            elif entry.type is EntryType.FILE and not may_be_generated(entry.path):
                found[entry.path] = entry.sha
    return found


def noted_in(core: Core, folders: Iterable[str]) -> dict[str, dict[MemoryPath, BlobId]]:
    """The same for many folders at once: a file is looked at only if it has changed.

    What is no note and in no commit is left out.
    """
    head = core.connector.head()
    committed = core.connector.get_tree(head) if head is not None else []
    now: dict[MemoryPath, BlobId | None] = {
        entry.path: entry.sha for entry in committed if entry.type is EntryType.FILE
    }
    now.update(core.connector.edits(head))
    found: dict[str, dict[MemoryPath, BlobId]] = {folder: {} for folder in folders}
    for path, blob in now.items():
        files = None if may_be_generated(path) else _folder_of(path, found)
        if files is not None and (blob := _as_it_is(core, path, blob)) is not None:
            files[path] = blob
    return found


def with_uncommitted(core: Core, here: Files, shipped: Iterable[MemoryPath]) -> Files:
    """What `noted_in` found, with files at a kit's paths that are no notes and in no commit."""
    missing = [path for path in shipped if path not in here and not is_catalogued(path)]
    found = {path: _as_it_is(core, path, None) for path in missing}
    return {**here, **{path: blob for path, blob in found.items() if blob is not None}}


def _folder_of(
    path: MemoryPath, found: Mapping[str, dict[MemoryPath, BlobId]]
) -> dict[MemoryPath, BlobId] | None:
    ends = range(1, path.count("/") + 1)
    folders = (found.get(f"{path.rsplit('/', end)[0]}/") for end in ends)
    return next((files for files in folders if files is not None), None)


def _as_it_is(core: Core, path: MemoryPath, blob: BlobId | None) -> BlobId | None:
    """The blob of a file; those that are no notes are not among the edits that are known."""
    if is_catalogued(path):
        return blob
    try:
        return core.connector.get_contents(path).sha
    except (NotFound, LimitExceeded):
        return None


def base_of(
    core: Core, kit: LockedKit, here: Files, newest: Kit | None
) -> dict[MemoryPath, BlobId]:
    """The files of a kit as they were installed, by what the lock says of their bytes.

    What is neither here nor upstream as it was then has a blob that nothing has.
    """
    found = dict[MemoryPath, BlobId]()
    for path, one in kit.files.items():
        if one.is_left_out:
            continue
        place = MemoryPath(f"{kit.installed_to}{path}")
        found[place] = _NOWHERE
        if place in here:
            content = core.connector.get_contents(place).content
            if hashlib.sha256(content).hexdigest() == one.sha256:
                found[place] = here[place]
        upstream = newest.files.get(path) if newest else None
        if upstream is not None and hashlib.sha256(upstream).hexdigest() == one.sha256:
            found[place] = blob_id(upstream)
    return found


class KitContents:
    """Reads the versions of files, wherever each is.

    Args:
        core: The memory.
        here: Its files as they are.
        kit: What upstream ships; `None` where all is stored already.
    """

    def __init__(self, core: Core, here: Files, kit: Kit | None = None) -> None:
        self._core = core
        self._places = {blob: path for path, blob in here.items()}
        self._kit = kit
        self._shipped = {blob: path for path, blob in kit.blobs.items()} if kit else {}

    def read(self, blob: BlobId) -> bytes:
        """The bytes of a version.

        Raises:
            NotFound: It is nowhere.
            ConnectorError: The store failed.
        """
        if self._kit is not None and blob in self._shipped:
            return self._kit.files[self._shipped[blob]]
        if blob in self._places:
            return self._core.connector.get_contents(self._places[blob]).content
        ((_, content),) = self._core.connector.read_blobs([blob])
        return content
