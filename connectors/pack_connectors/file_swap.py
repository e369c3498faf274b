"""Putting the files of a write into the working tree, and taking them out again.

A file that comes out is compared with what the write was made on. If it is something else, the
user saved in that moment: theirs goes back, and the write is a conflict.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pack.errors import AlreadyExists, BlobChanged
from pack.model import BlobId, MemoryPath
from pack_connectors.displaced import DisplacedFiles
from pack_connectors.journal import Step
from pack_connectors.objects import ObjectStore, blob_id
from pack_connectors.worktree import Worktree

_NEW_FILE_MODE: Final = 0o666


def _current_umask() -> int:
    umask = os.umask(0o077)
    os.umask(umask)
    return umask


# Read once: changing it is the only way to read it, and that is not safe between threads.
_UMASK: Final = _current_umask()


class FileSwap:
    """Carries out and reverts the steps of one repository's writes."""

    def __init__(
        self, worktree: Worktree, store: ObjectStore, work_dir: Path, displaced: DisplacedFiles
    ) -> None:
        self._worktree = worktree
        self._store = store
        self._work_dir = work_dir
        self._displaced = displaced

    def stage(self, name: str, content: bytes, mode: int | None) -> None:
        """Write a file durably where it can be exchanged from, with the permissions it will have.

        Raises:
            OSError: It could not be written.
        """
        file = self._work_dir / name
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        descriptor = os.open(file, flags, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(descriptor)
        file.chmod(mode if mode is not None else _NEW_FILE_MODE & ~_UMASK)

    # --- forward -------------------------------------------------------------------------------

    def apply(self, step: Step) -> None:
        """Make the working tree hold the step's new file.

        Raises:
            BlobChanged: It did not hold the old one; it holds what it held.
            AlreadyExists: Nothing was expected there and something is.
            PackError: The file system refused; the step was not made.
        """
        staged = self._work_dir / step.staged
        if step.old == step.new:
            return
        try:
            if step.new is None:
                self._worktree.take_out(step.path, staged)
                self._verify(step, staged)
            elif step.old is None:
                self._worktree.place(staged, step.path)
            else:
                self._worktree.exchange(staged, step.path)
                self._verify(step, staged)
        except FileNotFoundError as error:
            raise BlobChanged(step.path, step.old, None) from error
        except FileExistsError as error:
            raise AlreadyExists(step.path, None, self._blob_at(step.path)) from error

    def _verify(self, step: Step, staged: Path) -> None:
        came_out = blob_id(staged.read_bytes())
        if came_out != step.old:
            self._put_back(step, staged)
            raise BlobChanged(step.path, step.old, came_out)

    def _put_back(self, step: Step, staged: Path) -> None:
        try:
            if step.new is None:
                self._worktree.place(staged, step.path)
                return
            self._worktree.exchange(staged, step.path)
        except (FileExistsError, FileNotFoundError):
            return  # the user acted again: theirs stays, and `settle` keeps what came out
        if blob_id(staged.read_bytes()) != step.new:
            # The user saved once more in between; the newest goes where they look for it.
            self._worktree.exchange(staged, step.path)

    # --- backward ------------------------------------------------------------------------------

    def revert(self, step: Step) -> None:
        """Make the working tree hold the step's old file, if it holds the new one.

        Anything else there is the user's and stays.
        """
        if step.old == step.new:
            return
        if self._blob_at(step.path) != step.new:
            return
        if step.old is None:
            self._remove_new(step)
        else:
            self._restore_old(step, step.old)

    def _remove_new(self, step: Step) -> None:
        out = self._work_dir / f"{step.staged}.out"
        try:
            self._worktree.take_out(step.path, out)
        except FileNotFoundError:
            return
        if blob_id(out.read_bytes()) != step.new:
            try:
                self._worktree.place(out, step.path)
                return
            except FileExistsError:
                pass  # the user made another one: it stays, and ours is kept below
        self._displaced.settle(out, step.path, (step.new,))

    def _restore_old(self, step: Step, old: BlobId) -> None:
        staged = self._work_dir / step.staged
        if not staged.exists() or blob_id(staged.read_bytes()) == step.new:
            # What came out is not at hand: the repository has it.
            staged.unlink(missing_ok=True)
            self.stage(step.staged, self._store.read(old, "blob"), None)
        try:
            if step.new is None or self._blob_at(step.path) is None:
                self._worktree.place(staged, step.path)
                return
            self._worktree.exchange(staged, step.path)
        except (FileExistsError, FileNotFoundError):
            return  # the user acted in between: theirs stays
        if blob_id(staged.read_bytes()) != step.new:
            self._worktree.exchange(staged, step.path)

    # --- afterwards ----------------------------------------------------------------------------

    def settle(self, step: Step) -> None:
        """Let go of the step's staged file, or keep it while it may still change."""
        staged = self._work_dir / step.staged
        if staged.exists():
            self._displaced.settle(staged, step.path, (step.old, step.new))

    def _blob_at(self, path: MemoryPath) -> BlobId | None:
        found = self._worktree.read(path)
        return blob_id(found.content) if found else None
