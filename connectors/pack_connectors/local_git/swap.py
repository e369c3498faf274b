"""Putting the files of a write into the working tree, and taking them out again.

A file that comes out is compared with what the write was made on. If it is something else, the
user saved at that moment: their file goes back, and the write is a conflict.

The staged file tells how far a step came. Before it: the new bytes (for a delete: no file). After
it: what came out of the working tree (for a new file: no file).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from pack.errors import AlreadyExists, BlobChanged
from pack.model import BlobId, MemoryPath, blob_id
from pack_connectors.local_git.atomic_rename import NEW_SUFFIX
from pack_connectors.local_git.journal import Step
from pack_connectors.local_git.objects import ObjectStore, link_id
from pack_connectors.local_git.replaced_files import ReplacedFiles
from pack_connectors.local_git.worktree import Worktree
from pack_connectors.system.durable_files import DurableFiles
from pack_connectors.system.open_flags import READ_NO_LINK, read_all

_NEW_FILE_MODE: Final = 0o666
_NEW_PROGRAM_MODE: Final = 0o777


class FileSwap:
    """Carries out and reverts the steps of one repository's writes."""

    def __init__(
        self, worktree: Worktree, store: ObjectStore, work_dir: Path, displaced: ReplacedFiles
    ) -> None:
        self._worktree = worktree
        self._store = store
        self._work_dir = work_dir
        self._displaced = displaced

    def stage(
        self,
        name: str,
        content: bytes,
        mode: int | None,
        files: DurableFiles,
        *,
        program: bool = False,
    ) -> None:
        """Have a file written to where it can be exchanged, with the permissions it will have.

        Args:
            name: The name of the staged file.
            content: What it holds.
            mode: Its permission bits; `None` for those of a new file.
            files: What it is written with.
            program: Whether a new file can be run.

        Raises:
            OSError: It could not be written.
        """
        target = str(self._work_dir / name)
        new = _NEW_PROGRAM_MODE if program else _NEW_FILE_MODE
        bits = new if mode is None else mode
        files.add(target, content, f"{target}.", mode=bits, exact_mode=mode is not None)

    def stage_link(self, name: str, target: bytes) -> None:
        """Make a link where it can be exchanged; a link has no permissions of its own.

        Raises:
            OSError: It could not be made.
        """
        os.symlink(os.fsdecode(target), self._work_dir / name)  # noqa: PTH211 - any bytes

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
        came_out = _blob_of(staged)
        if came_out != step.old:
            self._put_back(step, staged)
            raise BlobChanged(step.path, step.old, came_out)

    def _put_back(self, step: Step, staged: Path) -> None:
        try:
            if step.new is None:
                self._worktree.place(staged, step.path)
                return
            self._exchange_for(step.path, staged, step.new)
        except (FileExistsError, FileNotFoundError):
            return  # the user saved again: their file stays, and `settle` keeps what came out

    def _exchange_for(self, path: MemoryPath, staged: Path, expected: BlobId) -> None:
        """Exchange, and exchange back if what came out is newer than `expected`."""
        self._worktree.exchange(staged, path)
        if _blob_of(staged) != expected:
            # The user saved once more in between; the newest version goes back to its path.
            self._worktree.exchange(staged, path)

    # --- backward ------------------------------------------------------------------------------

    def revert(self, step: Step) -> None:
        """Make the working tree hold the step's old file, if it holds the new one.

        Anything else there is the user's and stays.
        """
        staged = self._work_dir / step.staged
        if step.old == step.new:
            return
        try:
            if step.old is None:
                self._take_new_out(step, staged)
            elif step.new is None:
                if _exists(staged):
                    self._worktree.place(staged, step.path)
            else:
                self._put_old_in(step, staged, step.new)
        except (FileExistsError, FileNotFoundError):
            return  # the user saved in between: their file stays, and `settle` keeps what came out

    def _take_new_out(self, step: Step, staged: Path) -> None:
        if _exists(staged):
            if not self._is_linked(step.path, staged):
                self._worktree.prune_folders(
                    step.path
                )  # it was never put in, but its folder may have been
                return
            staged.unlink()
        if self._blob_at(step.path) != step.new:
            return
        self._worktree.take_out(step.path, staged)
        if _blob_of(staged) != step.new:
            self._worktree.place(staged, step.path)

    def _is_linked(self, path: MemoryPath, staged: Path) -> bool:
        """Whether a move by link was cut off between its two halves."""
        found = self._worktree.stat(path)
        return found is not None and found.st_ino == staged.lstat().st_ino

    def _put_old_in(self, step: Step, staged: Path, new: BlobId) -> None:
        if not _exists(staged) or _blob_of(staged) == new:
            return  # it was never exchanged
        here = self._blob_at(step.path)
        if here == new:
            self._exchange_for(step.path, staged, new)
        elif here is None and _exists(staged.with_name(staged.name + NEW_SUFFIX)):
            self._worktree.place(staged, step.path)  # an exchange in steps was cut off

    # --- afterwards ----------------------------------------------------------------------------

    def settle(self, step: Step) -> None:
        """Let go of the step's staged files, or keep them while they may still change."""
        for name in (step.staged, step.staged + NEW_SUFFIX):
            if not os.path.lexists(f"{self._work_dir}/{name}"):
                continue  # as of all that a newcomer gets, perhaps 10,000 files
            file = self._work_dir / name
            if file.is_symlink() and _blob_of(file) in (step.old, step.new):
                file.unlink()  # nobody writes into a link
            else:
                self._displaced.settle(file, step.path, (step.old, step.new))

    def _blob_at(self, path: MemoryPath) -> BlobId | None:
        return self._worktree.blob_at(path)


def _exists(file: Path) -> bool:
    return os.path.lexists(file)


def _blob_of(file: Path) -> BlobId | None:
    """What came out, as `place_id` says it; `None` for a folder, which is nobody's blob."""
    mode = file.lstat().st_mode
    if stat.S_ISLNK(mode):
        return link_id(blob_id(os.fsencode(file.readlink())))
    if not stat.S_ISREG(mode):
        return None
    descriptor = os.open(file, READ_NO_LINK)
    try:
        return blob_id(read_all(descriptor))
    finally:
        os.close(descriptor)
