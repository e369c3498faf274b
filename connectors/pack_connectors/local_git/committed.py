"""The commit the branch is at, and the blob of each path in it.

A write asks for both several times. A loose ref is read from its file, as git does, a packed one
stays what it is as long as the file of packed refs does, and a branch that no file can hold has no
commit; for any other kind of ref, and for each path the first time, git is asked.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from pack.model import BlobId, CommitId, MemoryPath
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.process import is_id
from pack_connectors.local_git.repository import Repository
from pack_connectors.system.open_flags import READ
from pack_connectors.system.thread_view import ThreadView

_REMEMBERED: Final = 4096
_MOST_OF_A_REF: Final = 8192  # bytes; names of refs are paths


class _PackedRef(NamedTuple):
    """A branch, and by what git itself recognises the file of packed refs."""

    name: str
    number: int
    changed: int
    size: int


class CommittedFiles:
    """The current commit of one repository; may be shared by threads.

    Args:
        repository: The repository.
        store: Its objects.
        view: In which a thread looks once where the branch is: while it holds the lock, so that no
            other thread knows more of the same memory meanwhile.
    """

    def __init__(
        self, repository: Repository, store: ObjectStore, view: ThreadView | None = None
    ) -> None:
        # As text: they are joined and opened several times a write.
        self._head_file = str(repository.git_dir / "HEAD")
        self._common_dir = str(repository.common_dir)
        self._store = store
        self._lock = threading.Lock()
        self._seen: CommitId | None = None
        self._packed: tuple[_PackedRef | None, CommitId | None] = (None, None)
        self._commit: CommitId | None = None
        self._blobs: dict[MemoryPath, BlobId | None] = {}
        self._view = view or ThreadView()

    def commit(self) -> CommitId | None:
        """The current commit, or the one of the view; see `commit_now`."""
        return self._view.once(CommittedFiles, self.commit_now)

    def commit_now(self) -> CommitId | None:
        """The current commit; `None` on a branch without any.

        Raises:
            Unavailable: Git cannot be asked, or the commit is damaged.
        """
        tip = self._loose_tip()
        if tip is not None and tip == self._seen:
            return tip
        if tip is None and self._is_unborn():
            return None
        packed, known = self._packed_ref(), self._packed
        if packed is not None and packed == known[0]:
            return known[1]
        found = self._store.commit_at("HEAD")  # it also finds out whether the commit can be read
        self._seen = found
        if packed == self._packed_ref():  # so that this is what git read
            self._packed = packed, found
        return found

    def _loose_tip(self) -> CommitId | None:
        try:
            head = read_ref_file(self._head_file)
            if not head.startswith("ref: refs/"):
                return None
            name = read_ref_file(f"{self._common_dir}/{head.removeprefix('ref: ')}")
        except (OSError, ValueError):
            return None
        return CommitId(name) if is_id(name) else None

    def _packed_ref(self) -> _PackedRef | None:
        """Where the commit is, if only the file of packed refs can hold it.

        Git replaces that file whenever a packed ref changes.
        """
        try:
            name = read_ref_file(self._head_file).removeprefix("ref: ")
            if not name.startswith("refs/heads/") or not _is_absent(f"{self._common_dir}/{name}"):
                return None
            status = os.stat(f"{self._common_dir}/packed-refs")  # noqa: PTH116 - as text, see above
        except (OSError, ValueError):
            return None
        return _PackedRef(name, status.st_ino, status.st_mtime_ns, status.st_size)

    def _is_unborn(self) -> bool:
        """Whether HEAD is on a branch and none of the files is there that would hold its commit."""
        try:
            name = read_ref_file(self._head_file).removeprefix("ref: ")
        except (OSError, ValueError):
            return False
        # In this order: git packs a ref before it removes the loose one.
        holders = (name, "packed-refs", "reftable")
        return name.startswith("refs/heads/") and all(
            _is_absent(f"{self._common_dir}/{holder}") for holder in holders
        )

    def blob(self, path: MemoryPath) -> BlobId | None:
        """The blob of a file in the current commit; `None` where it has none.

        Raises:
            Unavailable: Git cannot be asked.
        """
        commit = self.commit()
        return None if commit is None else self.blob_in(commit, path)

    def blob_in(self, commit: CommitId, path: MemoryPath) -> BlobId | None:
        """The blob of a file in a commit; quick only for the one that is asked about most.

        Raises:
            Unavailable: Git cannot be asked.
        """
        with self._lock:
            if self._commit == commit and path in self._blobs:
                return self._blobs[path]
        found = self._store.blob_at(commit, path)
        blob = BlobId(found) if found else None
        with self._lock:
            if self._commit != commit or len(self._blobs) >= _REMEMBERED:
                self._commit, self._blobs = commit, {}
            self._blobs[path] = blob
        return blob

    def advance(
        self, old: CommitId | None, new: CommitId, blobs: Mapping[MemoryPath, BlobId | None]
    ) -> None:
        """Note what a commit of ours changed; git need not be asked about the rest again."""
        self._view.forget()
        with self._lock:
            self._seen = new
            if self._commit == old:
                self._commit = new
                self._blobs |= blobs


def _is_absent(file: str) -> bool:
    try:
        os.lstat(file)
    except FileNotFoundError:
        return True
    except (OSError, ValueError):
        pass  # git can tell
    return False


def lacks_ref(common_dir: str, name: str) -> bool:
    """Whether git's files alone say that there is neither a ref of this name nor any below it.

    Where they do not, git has to be asked, which takes as long as ten thousand such answers.
    """
    # In this order: git packs a ref before it removes the loose one.
    if not (_is_absent(f"{common_dir}/{name}") and _is_absent(f"{common_dir}/reftable")):
        return False
    try:
        packed = Path(f"{common_dir}/packed-refs").read_bytes()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return f" {name}\n".encode() not in packed and f" {name}/".encode() not in packed


def read_ref_file(file: str) -> str:
    """What a small file of git's says, such as `HEAD` or a loose ref.

    Raises:
        OSError, ValueError: It cannot be read.
    """
    return read_file(file).decode("utf-8").rstrip("\n")


def read_file(file: str) -> bytes:
    """The bytes of such a file.

    Raises:
        OSError: It cannot be read.
    """
    descriptor = os.open(file, READ)
    try:
        return os.read(descriptor, _MOST_OF_A_REF)
    finally:
        os.close(descriptor)
