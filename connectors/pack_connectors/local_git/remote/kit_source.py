"""A kit in a git repository, here or elsewhere, or in a bundle.

It is fetched into a repository of its own that is gone afterwards. Nothing is checked out, no
submodule is followed, and what comes is checked as `git fsck` does. Several kits of one repository
are fetched once.

Sources: git-fetch(1), git-ls-tree(1), git-bundle(1).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pack.errors import LimitExceeded, NotFound, Unavailable
from pack.kits.address import KitAddress
from pack.kits.shipment import MOST_BYTES, TOO_LARGE, Shipment, ShippedFile
from pack.limits import MAX_FILE_BYTES
from pack.model import BlobId, CommitId
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.process import GitRunner, is_id
from pack_connectors.local_git.remote.transport import GitExchange
from pack_connectors.local_git.remote.url import CLONED_PROTOCOLS, parse_url, redacted
from pack_connectors.local_git.repository import create_repository, open_repository

_SECONDS: Final = 600.0
_FETCH: Final = (
    "--quiet --no-write-fetch-head --no-auto-maintenance --no-tags --update-shallow".split()
)
_HERE: Final = "refs/source/"
_REFS: Final = (f"+refs/heads/*:{_HERE}heads/*", f"+refs/tags/*:{_HERE}tags/*")
_NO_HEAD: Final = "remote ref HEAD"
_SHORT_ID: Final = re.compile(r"[0-9a-f]{7,39}")
_MOST_COMMITS: Final = 200


FindSigner = Callable[[bytes, str, CommitId], str | None]
"""The key that signed a tag, given the tag, its name and the commit that it leads to."""


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of `git ls-tree --long`."""

    mode: str
    blob: BlobId
    size: int
    path: str

    @property
    def is_file(self) -> bool:
        return self.mode.startswith("100")


def _row(line: bytes) -> _Row:
    facts, _, path = line.decode("utf-8", "surrogateescape").partition("\t")
    mode, _, sha, size = facts.split()
    return _Row(mode, BlobId(sha), int(size) if size.isdecimal() else 0, path)


class FetchedRepository:
    """A repository as it was when somebody first asked; kept until it is closed."""

    def __init__(self, place: str) -> None:
        self._url = parse_url(place, CLONED_PROTOCOLS)
        self._stack = ExitStack()
        self._runner: GitRunner | None = None

    def close(self) -> None:
        """Remove what was fetched."""
        self._stack.close()
        self._runner = None

    @property
    def address(self) -> str:
        """Where it is, without secrets."""
        return redacted(self._url.text)

    def resolve(self, ref: str | None) -> CommitId:
        """The commit that a branch, a tag or an id names; that of HEAD if nothing is named.

        Raises:
            NotFound: There is none.
            Unavailable: The repository cannot be read.
        """
        runner = self._fetched()
        names = [f"{_HERE}tags/{ref}", f"{_HERE}heads/{ref}"] if ref else [self._newest()]
        names += [ref] if ref and (is_id(ref) or _SHORT_ID.fullmatch(ref)) else []
        for name in names:
            args = ["rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
            out = runner.run(args, ok=(0, 1, 128)).decode().strip()
            if is_id(out):
                return CommitId(out)
        what = ref[:60] if ref else "a commit"
        raise NotFound(f"{what} in {self.address}", "Name a branch, a tag or a commit.")

    def refs(self) -> list[str]:
        """Its tags, the newest first, and then its last commits."""
        runner = self._fetched()
        form = ["--sort=-creatordate", "--format=%(refname)", f"{_HERE}tags/"]
        tags = runner.run(["for-each-ref", *form]).decode("utf-8", "replace").splitlines()
        latest = ["rev-list", f"--max-count={_MOST_COMMITS}", self._newest(), "--"]
        out = runner.run(latest, ok=(0, 128))
        return [tag.removeprefix(f"{_HERE}tags/") for tag in tags] + out.decode().split()

    def tags_at(self, commit: CommitId, ref: str | None) -> Iterator[tuple[str, bytes]]:
        """The annotated tags of a commit, by name: the one that was asked for, or all.

        Args:
            commit: The commit.
            ref: What was asked for.
        """
        runner, form = self._fetched(), "--format=%(objecttype) %(refname)"
        only = ref if ref is not None and self._is_tag(ref) else None
        args = ["for-each-ref", form, f"--points-at={commit}", f"{_HERE}tags/"]
        rows = runner.run(args).decode("utf-8", "surrogateescape").splitlines()
        for kind, _, name in (row.partition(" ") for row in rows):
            called = name.removeprefix(f"{_HERE}tags/")
            if kind == "tag" and only in (None, called):
                yield called, runner.run(["cat-file", "tag", name])

    def _is_tag(self, ref: str) -> bool:
        args = ["rev-parse", "--verify", "--quiet", f"{_HERE}tags/{ref}"]
        return is_id(self._fetched().run(args, ok=(0, 1, 128)).decode().strip())

    def files(self, commit: CommitId, folder: str) -> Iterator[tuple[str, ShippedFile]]:
        """The files of a folder in a commit, by their path below it.

        Raises:
            NotFound: There is no such folder.
            Unavailable: The repository cannot be read.
        """
        runner = self._fetched()
        tree = f"{commit}:{folder}" if folder else commit
        out = runner.run(["ls-tree", "--full-tree", "-r", "-z", "--long", tree], ok=(0, 128))
        rows = [_row(line) for line in out.split(b"\0")[:-1]]
        if not rows:
            what = folder or "a file"
            raise NotFound(f"{what} in {self.address}", "Name a folder that is there.")
        small = [row for row in rows if row.is_file and row.size <= MAX_FILE_BYTES]
        if sum(row.size for row in small) > MOST_BYTES:
            raise LimitExceeded("the kit", MOST_BYTES)
        blobs = list(dict.fromkeys(row.blob for row in small))
        contents = dict(ObjectStore(runner).read_blobs(blobs))
        for row in rows:
            content = contents.get(row.blob, TOO_LARGE) if row.is_file else b""
            yield row.path, ShippedFile(content, row.mode)

    def _newest(self) -> str:
        """HEAD; a bundle that was made of a branch or a tag has none, but that one ref."""
        runner, sort = self._fetched(), "--sort=-creatordate"
        places = (f"{_HERE}HEAD", f"{_HERE}heads/", f"{_HERE}tags/")
        for place in places:
            args = ["for-each-ref", "--count=1", sort, "--format=%(refname)", place]
            if name := runner.run(args).decode("utf-8", "surrogateescape").strip():
                return name
        return places[0]

    def _fetched(self) -> GitRunner:
        if self._runner is None:
            folder = self._stack.enter_context(
                tempfile.TemporaryDirectory(prefix="pack-kit-", ignore_cleanup_errors=True)
            )
            create_repository(Path(folder))
            runner = GitRunner(open_repository(Path(folder)))
            exchange = GitExchange(runner, _SECONDS, lambda: False, CLONED_PROTOCOLS)
            answer = exchange.run("fetch", _FETCH, self._url, *_REFS, f"+HEAD:{_HERE}HEAD")
            if answer.status != 0 and _NO_HEAD in answer.said:
                answer = exchange.run("fetch", _FETCH, self._url, *_REFS)
            if answer.status != 0:
                self._stack.close()
                error = Unavailable(f"{self.address} cannot be fetched: {answer.said}")
                error.remedy = "What is installed works without it. Try again, or name another one."
                raise error
            self._runner = runner
        return self._runner


class GitKitSource:
    """A kit in a repository."""

    def __init__(
        self,
        repository: FetchedRepository,
        address: KitAddress,
        find_signer: FindSigner,
        *,
        is_near: bool,
    ) -> None:
        self._repository = repository
        self._folder = address.folder
        self._place = KitAddress(repository.address, None, address.folder)
        self._find_signer = find_signer
        self._is_near = is_near

    @property
    def address(self) -> str:
        """See `KitSource.address`."""
        return self._place.text

    @property
    def is_near(self) -> bool:
        """See `KitSource.is_near`."""
        return self._is_near

    def refs(self) -> list[str]:
        """See `KitSource.refs`."""
        return self._repository.refs()

    def ship(self, ref: str | None = None) -> Shipment:
        """See `KitSource.ship`."""
        commit = self._repository.resolve(ref)
        files = dict(self._repository.files(commit, self._folder))
        place = self._folder or self._repository.address.removesuffix("/").removesuffix(".git")
        signer = self._signer(commit, ref)
        return Shipment(self.address, ref, commit, files, place.rpartition("/")[2], signer)

    def _signer(self, commit: CommitId, ref: str | None) -> str | None:
        """The key of the tag that was asked for; else of any tag that the commit has."""
        tags = self._repository.tags_at(commit, ref)
        signers = (self._find_signer(tag, name, commit) for name, tag in tags)
        return min((signer for signer in signers if signer is not None), default=None)
