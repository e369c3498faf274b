"""Git's index: what the user staged, and how our entries get in without committing theirs.

The new index is made by git on a private copy and moved into place under `index.lock`, which is
held only for that and for the compare-and-swap of the ref. Of five orders that were measured, this
is the one in which no commit of the user reverts ours, and none of ours includes theirs.

Sources: git-update-index(1) "--index-info"; gitrepository-layout(5) "index".
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Final, NamedTuple

from pack.errors import RepositoryBusy, Unavailable
from pack.model import BlobId, CommitId, MemoryPath, object_id
from pack_connectors.local_git.atomic_rename import NO_HARD_LINKS
from pack_connectors.local_git.objects import TreeEntry
from pack_connectors.local_git.process import ZERO_ID, GitRunner, finish

_MARKER: Final = b"PACK index lock, process "
_LOCK_WAIT_SECONDS: Final = 5.0
_POLL_SECONDS: Final = 0.005
EMPTY_TREE: Final = object_id("tree", b"")


class IndexState(NamedTuple):
    """Tells one state of the index file from another."""

    inode: int
    modified_ns: int
    size: int


class PreparedIndex(NamedTuple):
    """A private copy of the index into which git is writing our entries."""

    process: subprocess.Popen[bytes]
    copy: Path
    made_from: IndexState | None


def index_info(entries: Mapping[MemoryPath, TreeEntry | None]) -> bytes:
    """The input of `git update-index -z --index-info`; `None` removes an entry."""
    lines = []
    for path, entry in entries.items():
        mode, name = (f"{entry.mode:o}", entry.id) if entry else ("0", ZERO_ID)
        lines.append(f"{mode} {name}\t{path}\0")
    return "".join(lines).encode()


class GitIndex:
    """The index of one working tree."""

    def __init__(self, runner: GitRunner, work_dir: Path) -> None:
        self._runner = runner
        self._file = runner.git_dir / "index"
        self._lock_file = runner.git_dir / "index.lock"
        self._work_dir = work_dir
        self._staged: dict[MemoryPath, BlobId | None] = {}
        self._staged_at: tuple[IndexState | None, CommitId | None] | None = None
        self._installed_state: IndexState | None = None

    def state(self) -> IndexState | None:
        """The state of the index now; `None` where there is none yet.

        Raises:
            OSError: It cannot be examined.
        """
        try:
            status = self._file.stat()
        except FileNotFoundError:
            return None
        return IndexState(status.st_ino, status.st_mtime_ns, status.st_size)

    def is_replaced(self) -> bool:
        """Whether the index is no longer the one that this process has put in place.

        Raises:
            OSError: It cannot be examined.
        """
        return self._installed_state is not None and self.state() != self._installed_state

    # --- what the user staged ----------------------------------------------------------------

    def staged(self, head: CommitId | None) -> Mapping[MemoryPath, BlobId | None]:
        """Blob by path where the index differs from the commit; `None` for a staged removal.

        Starts one git process, or none if neither has changed since the last write.
        """
        key = (self.state(), head)
        if self._staged_at != key:
            out = self._runner.run(
                ["diff-index", "--cached", "--raw", "-z", "--no-renames", head or EMPTY_TREE, "--"]
            )
            self._staged, self._staged_at = parse_raw_diff(out), key
        return self._staged

    def remember(self, head: CommitId, written: Mapping[MemoryPath, object]) -> None:
        """Note that the index we installed last agrees with `head` on the written paths."""
        for path in written:
            self._staged.pop(path, None)
        self._staged_at = (self._installed_state, head)

    def unmerged(self) -> set[MemoryPath]:
        """The files of which a merge has left several versions."""
        rows = self._list("--unmerged").split(b"\0")
        return {MemoryPath(os.fsdecode(row.partition(b"\t")[2])) for row in rows if row}

    def is_left_out(self, path: MemoryPath) -> bool:
        """Whether a sparse checkout leaves the file out of the working tree."""
        out = self._list("-t", "--", path)
        return out.startswith(b"S ")

    # --- putting entries in ------------------------------------------------------------------

    def begin(self) -> PreparedIndex:
        """Start git on a private copy of the index; it reads the copy while the caller decides.

        Raises:
            OSError: The index cannot be copied.
            Unavailable: Git could not be started.
        """
        copy = self._work_dir / f"{token_hex(16)}.index"
        made_from = self.state()
        if made_from is not None:
            _link_or_copy(self._file, copy)
        try:
            process = self._runner.start(
                ["update-index", "-z", "--index-info"], env={"GIT_INDEX_FILE": str(copy)}
            )
        except BaseException:
            copy.unlink(missing_ok=True)
            raise
        return PreparedIndex(process, copy, made_from)

    def prepare(
        self,
        entries: Mapping[MemoryPath, TreeEntry | None],
        begun: PreparedIndex | None = None,
    ) -> PreparedIndex:
        """Have git make the new index while the caller goes on.

        Args:
            entries: What to put in; `None` removes.
            begun: What `begin` returned; it can be used once.

        Raises:
            OSError: The index cannot be copied.
            Unavailable: Git could not be started.
        """
        prepared = begun or self.begin()
        stdin = prepared.process.stdin
        assert stdin is not None  # noqa: S101 - pipes were asked for
        with suppress(BrokenPipeError):  # `finish` reports why
            stdin.write(index_info(entries))
            stdin.close()
        prepared.process.stdin = None
        return prepared

    @contextmanager
    def installed(
        self,
        prepared: PreparedIndex,
        entries: Mapping[MemoryPath, TreeEntry | None],
        check: Callable[[], None],
    ) -> Iterator[None]:
        """Hold `index.lock` with the new index in place; put the old one back on an error.

        Args:
            prepared: The new index.
            entries: What it was made for.
            check: Called with the lock held, while the user's git can stage nothing any more.

        Raises:
            RepositoryBusy: Somebody else holds `index.lock`.
            Unavailable: Git could not write the new index.
        """
        finish(prepared.process, "update-index")
        name = prepared.copy.stem
        with self._locked(name):
            check()
            if self.state() != prepared.made_from:
                # The user's git wrote the index in the meantime: make ours again from theirs.
                prepared.copy.unlink(missing_ok=True)
                prepared = self.prepare(entries)
                finish(prepared.process, "update-index")
            old = self._work_dir / f"{name}.index.old"
            if prepared.made_from is not None:
                _link_or_copy(self._file, old)
            prepared.copy.replace(self._file)
            # If nothing differs, both may be one file, and renaming it to itself does nothing.
            prepared.copy.unlink(missing_ok=True)
            # While the lock is held: any later state is somebody else's.
            self._installed_state = self.state()
            try:
                yield
            except BaseException:
                if prepared.made_from is not None:
                    old.replace(self._file)
                else:
                    self._file.unlink()
                raise
            old.unlink(missing_ok=True)

    def discard(self, prepared: PreparedIndex) -> None:
        """Drop a copy that will not be installed."""
        prepared.process.kill()
        prepared.process.communicate()
        with suppress(OSError):  # the next write sweeps the folder
            prepared.copy.unlink(missing_ok=True)
            prepared.copy.with_name(prepared.copy.name + ".lock").unlink(missing_ok=True)

    def write_entries(self, entries: Mapping[MemoryPath, TreeEntry | None]) -> None:
        """Put entries into the index, all or none."""
        with self.installed(self.prepare(entries), entries, lambda: None):
            self._staged_at = None

    def entries(self, paths: Collection[MemoryPath]) -> dict[str, str]:
        """`mode id` by path of what the index holds among `paths`."""
        # List everything: a write may have more paths than a command line takes.
        out = self._list("--stage")
        rows = (os.fsdecode(row).split("\t", 1) for row in out.split(b"\0") if row)
        wanted = set(paths)
        return {path: meta[:-2] for meta, path in rows if path in wanted and meta[-2:] == " 0"}

    def _list(self, *args: str) -> bytes:
        # It lists what is below the folder it runs in.
        return self._runner.run(["ls-files", "-z", *args], cwd=self._runner.work_tree)

    # --- the lock ----------------------------------------------------------------------------

    @contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        marker = self._work_dir / f"{name}.marker"
        marker.write_bytes(_MARKER + str(os.getpid()).encode() + b"\n")
        deadline = time.monotonic() + _LOCK_WAIT_SECONDS
        try:
            while not self._try_lock(marker):
                if time.monotonic() >= deadline:
                    raise RepositoryBusy(f"another git process holds {self._lock_file}")
                time.sleep(_POLL_SECONDS)
            try:
                yield
            finally:
                self._lock_file.unlink(missing_ok=True)
        finally:
            marker.unlink(missing_ok=True)

    def _try_lock(self, marker: Path) -> bool:
        # A link, so that the lock never exists without the marker that says whose it is.
        try:
            os.link(marker, self._lock_file)
        except FileExistsError:
            return False
        except OSError as error:
            if error.errno not in NO_HARD_LINKS:
                raise Unavailable(f"{self._lock_file}: {error.strerror}") from error
            return self._try_lock_without_links(marker)
        return True

    def _try_lock_without_links(self, marker: Path) -> bool:
        try:
            with self._lock_file.open("xb") as file:
                file.write(marker.read_bytes())
        except FileExistsError:
            return False
        return True

    def remove_own_lock(self) -> None:
        """Remove an `index.lock` that a killed PACK process left; nobody else's.

        Only the holder of the process lock may call this: no living PACK process has it then.
        """
        try:
            ours = self._lock_file.read_bytes().startswith(_MARKER)
        except FileNotFoundError:
            return
        if ours:
            self._lock_file.unlink(missing_ok=True)


def parse_raw_diff(out: bytes) -> dict[MemoryPath, BlobId | None]:
    """New blob by path of `--raw -z` output; `None` where the new side has no file.

    Source: git-diff-index(1), "Raw output format".
    """
    fields = out.split(b"\0")
    changes: dict[MemoryPath, BlobId | None] = {}
    for meta, path in zip(fields[0::2], fields[1::2], strict=False):
        _, mode, _, blob, _ = meta.split()
        is_file = mode in (b"100644", b"100755")
        name = MemoryPath(path.decode("utf-8", "surrogateescape"))
        changes[name] = BlobId(blob.decode()) if is_file else None
    return changes


def _link_or_copy(source: Path, target: Path) -> None:
    # Git replaces an index and never writes into one: a link is as good as a copy, and free.
    target.unlink(missing_ok=True)
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
