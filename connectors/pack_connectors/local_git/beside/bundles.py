"""Bundles of one repository, and the quarantine in which what arrives is checked.

What arrives gets an object directory of its own, with the repository's as its alternate, as `git
receive-pack` does it. Nothing in the repository leads to it, and nothing of it stays unless it is
accepted. Then its pack moves into the repository under a `.keep` file, so that no housekeeping
drops it before a ref leads there.

Source: git-receive-pack(1) "QUARANTINE ENVIRONMENT"; git-index-pack(1) "--strict"; git-bundle(1).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from secrets import token_hex
from typing import IO, Final

from pack.errors import (
    ConnectorError,
    LimitExceeded,
    RepositoryBusy,
    StaleBase,
    Unavailable,
    UnusableInput,
)
from pack.log import CommitFacts
from pack.mesh.bundles import LARGEST, MOST_KEPT, REF_PREFIX, BundleHead, KeptBundle
from pack.mesh.side_commits import StoredCommit
from pack.model import CommitId, MemoryPath
from pack_connectors.local_git.beside.bundle_file import read_bundle_head
from pack_connectors.local_git.beside.side_refs import parents_in, walk_commits
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.past.one_commit import parse_commit
from pack_connectors.local_git.past.tree_size import refuse_endless
from pack_connectors.local_git.process import GitRunner, check_id, finish
from pack_connectors.local_git.repository import Repository

_BLOCK: Final = 1024 * 1024
_LEFT_SECONDS: Final = 24 * 3600
_FEW: Final = 100
"""Commits that are looked for one by one, where no git has to be started for it."""
_LARGEST_OBJECT: Final = "512m"
"""In memory at once; git streams what is larger and no delta (`core.bigFileThreshold`)."""
_MARK: Final = "PACK: arrived from a peer"
_EMPTY_BUNDLE: Final = "empty bundle"
_ZERO: Final = "0" * 40
_INDEX_PACK: Final = (
    *("index-pack", "--stdin", "--strict", "--fix-thin", "--index-version=2"),
    "--check-self-contained-and-connected",
)
_NOT_ALONE: Final = 1
"""How index-pack then ends where the pack is sound and builds on what is in the repository."""
_FANOUT: Final = struct.Struct(">8x256I")
_NAME: Final = 20


class Bundles:
    """See `BundleStore`; whoever accepts one holds the process lock.

    Args:
        repository: The repository.
        runner: Runs git in it.
        largest: The most bytes that a bundle may unpack from.
        holds: Whether the repository has a commit; `None` where git has to be started to say so.
    """

    def __init__(
        self,
        repository: Repository,
        runner: GitRunner,
        largest: int = LARGEST,
        holds: Callable[[CommitId], bool | None] = lambda _: None,
    ) -> None:
        self._repository = repository
        self._runner = runner
        self._largest = largest
        self._holds = holds

    def write_bundle(self, file: str, refs: Iterable[str], without: Collection[CommitId]) -> bool:
        """See `BundleStore.write_bundle`."""
        known = set(without).difference(self.missing(without))
        lines = [f"{REF_PREFIX}{name}" for name in refs]
        lines += [f"^{check_id(commit)}" for commit in sorted(known)]
        temporary = Path(f"{file}.{token_hex(16)}.new").absolute()
        asked = "".join(f"{line}\n" for line in lines).encode()
        try:
            self._runner.run(["bundle", "create", "-q", str(temporary), "--stdin"], stdin=asked)
            _sync(temporary)
            temporary.replace(file)
        except Unavailable as error:
            if _EMPTY_BUNDLE in str(error):
                return False
            raise
        except OSError as error:
            raise Unavailable(f"{file}: {error.strerror}") from error
        finally:
            temporary.unlink(missing_ok=True)
        return True

    def read_head(self, file: str) -> BundleHead:
        """See `BundleStore.read_head`."""
        with _opened(file) as opened:
            return read_bundle_head(opened)

    def missing(self, commits: Iterable[CommitId]) -> list[CommitId]:
        """See `BundleStore.missing`."""
        asked = list(dict.fromkeys(commits))
        held = [self._holds(CommitId(check_id(one))) for one in asked[:_FEW]]
        if None not in held and len(held) == len(asked):
            return [one for one, is_held in zip(asked, held, strict=True) if not is_held]
        lines = "".join(f"{check_id(commit)}\n" for commit in asked).encode()
        out = self._runner.run(["cat-file", "--batch-check=%(objecttype)"], stdin=lines)
        kinds = out.decode("utf-8", "replace").splitlines()
        return [one for one, kind in zip(asked, kinds, strict=True) if kind != "commit"]

    # --- what waits ----------------------------------------------------------------------------

    @property
    def _pending(self) -> Path:
        return self._repository.state_dir / "mesh" / "pending"

    def keep(self, file: str) -> Sequence[KeptBundle]:
        """See `BundleStore.keep`; the same bundle is kept once."""
        try:
            with _opened(file) as opened:
                digest = hashlib.file_digest(opened, "sha256").hexdigest()
            target = self._pending / f"{digest}.bundle"
            if target.exists():
                return ()
            self._pending.mkdir(mode=0o700, parents=True, exist_ok=True)
            dropped = self._make_room(Path(file).stat().st_size)
            temporary = target.with_name(f".{token_hex(16)}")
            shutil.copyfile(file, temporary)
            _sync(temporary)
            temporary.replace(target)
        except OSError as error:
            raise Unavailable(f"{self._pending}: {error.strerror}") from error
        return dropped

    def _make_room(self, size: int) -> Sequence[KeptBundle]:
        """Let go of the oldest that wait, as what they build on may never come."""
        if size > MOST_KEPT:
            raise LimitExceeded("what waits for other bundles", MOST_KEPT)
        left = size + sum(one.stat().st_size for one in self._pending.iterdir())
        dropped = []
        for one in self.kept():
            if left <= MOST_KEPT:
                break
            left -= Path(one.file).stat().st_size
            self.drop(one)
            dropped.append(one)
        return dropped

    def kept(self) -> Sequence[KeptBundle]:
        """See `BundleStore.kept`."""
        found = []
        for file in self._pending.glob("*.bundle"):
            with suppress(FileNotFoundError):  # another process has just taken it in
                found.append((file.stat().st_mtime, file))
        return [
            KeptBundle(str(file), datetime.fromtimestamp(at, UTC)) for at, file in sorted(found)
        ]

    def drop(self, kept: KeptBundle) -> None:
        """See `BundleStore.drop`."""
        Path(kept.file).unlink(missing_ok=True)

    # --- what arrives --------------------------------------------------------------------------

    @contextmanager
    def arrival(self, file: str) -> Iterator[ArrivedBundle]:
        """See `BundleStore.arrival`."""
        arrivals = self._repository.state_dir / "mesh" / "arrivals"
        _sweep(arrivals)
        _release(self._repository.common_dir / "objects" / "pack")
        folder = arrivals / token_hex(16)
        try:
            arrived = self._arrive(file, folder)
            try:
                yield arrived
            finally:
                arrived.close()
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _arrive(self, file: str, folder: Path) -> ArrivedBundle:
        try:
            (folder / "pack").mkdir(parents=True)
            (folder / "info").mkdir()
            alternate = _quoted(self._runner.objects)
            (folder / "info" / "alternates").write_bytes(alternate)
            runner = GitRunner(self._repository, objects=folder)
            with _opened(file) as opened:
                head = read_bundle_head(opened)
                is_whole = self._unpack(runner, opened, os.fstat(opened.fileno()).st_size)
            packed = [*(folder / "pack").glob("*.idx")] if is_whole else []
            tips = [tip for tip in head.refs.values() if not _is_in(packed, tip)]
        except OSError as error:
            raise Unavailable(f"{error.filename or file}: {error.strerror}") from error
        if tips:
            self._check_connected(runner, tips)
        return ArrivedBundle(head, folder, runner, self._runner)

    def _unpack(self, runner: GitRunner, file: IO[bytes], size: int) -> bool:
        """Whether everything in the pack leads to what is in it and to nothing else."""
        if size > self._largest:
            raise LimitExceeded("the bundle", self._largest)
        limit = f"--max-input-size={self._largest}"
        # A delta of some bytes can be one of a file that fills the memory.
        environment = {"GIT_ALLOC_LIMIT": _LARGEST_OBJECT}
        process = runner.start([*_INDEX_PACK, limit], env=environment)
        assert process.stdin is not None  # noqa: S101 - pipes were asked for
        try:
            with suppress(BrokenPipeError):  # git says why it gave up
                shutil.copyfileobj(file, process.stdin, _BLOCK)
            finish(process, "index-pack", ok=(0, _NOT_ALONE))
        except RepositoryBusy:
            raise
        except ConnectorError as error:
            raise UnusableInput(f"the bundle is damaged: {error}") from error
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
        return process.returncode == 0

    def _check_connected(self, runner: GitRunner, tips: Iterable[CommitId]) -> None:
        """Do nothing, unless something that commits lead to is neither here nor in the bundle."""
        asked = "".join(f"{tip}\n" for tip in tips).encode()
        command = ["rev-list", "--objects", "--stdin", "--not", "--all", "--quiet"]
        try:
            runner.run(command, stdin=asked)
        except RepositoryBusy:
            raise
        except ConnectorError as error:
            raise UnusableInput("the bundle lacks something that its commits need") from error


class ArrivedBundle:
    """See `Arrived`."""

    def __init__(self, head: BundleHead, folder: Path, runner: GitRunner, into: GitRunner) -> None:
        self._head = head
        self._folder = folder
        self._runner = runner
        self._into = into
        self._store = ObjectStore(runner)

    @property
    def head(self) -> BundleHead:
        """See `Arrived.head`."""
        return self._head

    @property
    def objects(self) -> Path:
        """The object directory of the quarantine; the repository's is its alternate."""
        return self._folder

    def close(self) -> None:
        """End the reading children."""
        self._store.close()

    def walk(self, head: CommitId, names: Sequence[MemoryPath]) -> Iterator[StoredCommit]:
        """See `Arrived.walk`."""
        with _blamed():
            yield from walk_commits(self._store, head, names)

    def new_commits(
        self, head: CommitId, known: Collection[CommitId]
    ) -> Iterator[tuple[CommitFacts, bytes]]:
        """See `Arrived.new_commits`."""
        lines = [check_id(head), *(f"^{check_id(one)}" for one in known)]
        asked = "".join(f"{line}\n" for line in lines).encode()
        out = self._runner.run(["rev-list", "--ignore-missing", "--stdin"], stdin=asked)
        commits = [*map(CommitId, out.decode("ascii").splitlines())]
        found = self._store.read_commits(commits)
        with _blamed():
            if commits:
                refuse_endless(self._store, head)
            for commit, content in found:
                yield parse_commit(commit, content) or _odd(commit, content), content

    def accept(self, refs: Mapping[str, tuple[CommitId | None, CommitId]]) -> None:
        """See `Arrived.accept`."""
        with _kept(self._move_in()):
            lines = "".join(
                f"update {REF_PREFIX}{name} {check_id(new)} {check_id(old or CommitId(_ZERO))}\n"
                for name, (old, new) in refs.items()
            )
            try:
                command = ["update-ref", "-m", "pack: from a peer", "--create-reflog", "--stdin"]
                self._into.run(command, stdin=lines.encode())
            except Unavailable as error:
                for name, (old, _) in refs.items():
                    if (now := self._at(name)) != old:
                        raise StaleBase(old, now) from error
                raise

    def _at(self, name: str) -> CommitId | None:
        out = self._into.run(["rev-parse", "--verify", "--quiet", f"{REF_PREFIX}{name}"], ok=(0, 1))
        return CommitId(out.decode().strip()) if out else None

    def _move_in(self) -> list[Path]:
        """Move the packs into the repository, the index of each last; returns their `.keep`s."""
        target = self._into.repository.common_dir / "objects" / "pack"
        target.mkdir(exist_ok=True)
        kept = []
        for index in sorted((self._folder / "pack").glob("*.idx")):
            keep = target / index.with_suffix(".keep").name
            if not (target / index.name).exists():
                keep.write_text(f"{_MARK}\n", encoding="utf-8")
                kept.append(keep)
            parts = [p for p in index.parent.glob(f"{index.stem}.*") if p.suffix != ".keep"]
            for part in sorted(parts, key=lambda p: p.suffix == ".idx"):
                _sync(part)
                part.replace(target / part.name)
        _sync(target)
        return kept


def _is_in(indexes: Iterable[Path], commit: CommitId) -> bool:
    """Whether a pack holds a commit, by its index. Source: gitformat-pack(5), version 2."""
    wanted = bytes.fromhex(commit)
    for index in indexes:
        with index.open("rb") as file:
            ends = (0, *_FANOUT.unpack(file.read(_FANOUT.size)))
            first, last = ends[wanted[0]], ends[wanted[0] + 1]
            file.seek(_NAME * first, os.SEEK_CUR)
            names = file.read(_NAME * (last - first))
        if any(names.startswith(wanted, at) for at in range(0, len(names), _NAME)):
            return True
    return False


@contextmanager
def _blamed() -> Iterator[None]:
    """What is not as it should be is the bundle's fault; a store that cannot be read is not."""
    try:
        yield
    except ConnectorError as error:
        if error.retryable:
            raise
        raise UnusableInput(str(error)) from error


def _odd(commit: CommitId, content: bytes) -> CommitFacts:
    """What a commit that is not as git writes it says for certain; its author is nobody's word."""
    message = content.partition(b"\n\n")[2].decode("utf-8", "replace")
    return CommitFacts(commit, parents_in(content), message, datetime.fromtimestamp(0, UTC))


def _quoted(folder: Path) -> bytes:
    """A folder as a line of git's list of alternates, whatever its name holds."""
    name = os.fsencode(folder).replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    return b'"%b"\n' % name.replace(b"\n", b"\\n")


@contextmanager
def _kept(keeps: Sequence[Path]) -> Iterator[None]:
    """Packs that housekeeping leaves alone until something leads to them, or nothing ever will."""
    try:
        yield
    finally:
        for keep in keeps:
            keep.unlink(missing_ok=True)


@contextmanager
def _opened(file: str) -> Iterator[BufferedReader]:
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except OSError as error:
        raise Unavailable(f"{file}: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as opened:
        yield opened


def _sweep(arrivals: Path) -> None:
    """Remove what processes that were killed have left; nobody unpacks for as long as that."""
    long_ago = time.time() - _LEFT_SECONDS
    with suppress(OSError):  # whoever comes next tries again
        for folder in arrivals.iterdir():
            if folder.stat().st_mtime < long_ago:
                shutil.rmtree(folder, ignore_errors=True)


def _release(packs: Path) -> None:
    """Let housekeeping have the packs that processes kept from it and were killed over."""
    long_ago = time.time() - _LEFT_SECONDS
    with suppress(OSError):  # whoever comes next tries again
        for keep in packs.glob("*.keep"):
            if keep.stat().st_mtime < long_ago and keep.read_bytes().startswith(_MARK.encode()):
                keep.unlink()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
