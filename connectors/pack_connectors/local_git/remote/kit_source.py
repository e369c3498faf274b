"""A kit in a git repository, here or elsewhere, or in a bundle.

One on this machine is read where it is, as far as all is plain there (`near_repository`). Any other
is fetched into a repository apart from the memory that is gone afterwards. Nothing is checked out,
no submodule is followed, and what comes is checked as `git fsck` does. Several kits of one
repository are fetched once.

Sources: git-fetch(1), git-ls-tree(1), git-bundle(1).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
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
from pack_connectors.local_git.remote.near_repository import NearRepository
from pack_connectors.local_git.remote.transport import GitExchange
from pack_connectors.local_git.remote.url import CLONED_PROTOCOLS, parse_url, redacted
from pack_connectors.local_git.repository import create_repository, find_odd_file, open_repository

_SECONDS: Final = 600.0
_FETCH: Final = (
    "--quiet --no-write-fetch-head --no-auto-maintenance --no-tags --update-shallow".split()
)
_HERE: Final = "refs/source/"
_HEAD: Final = "HEAD"
_HEADS: Final = "heads/"
_TAGS: Final = "tags/"
_TELLS_NOTHING: Final = {"fetch.negotiationAlgorithm": "noop"}
"""A source is not told what came from others."""
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


@dataclass(frozen=True, slots=True)
class _Ref:
    """A ref of a repository.

    Attributes:
        name: Below `refs/`, such as `tags/v1.0.0`; `HEAD` for that.
        at: What it leads to.
        tagged: The commit of an annotated tag; `None` for any other ref.
    """

    name: str
    at: str
    tagged: CommitId | None

    @property
    def tag(self) -> str | None:
        """What a tag is called; `None` for a branch."""
        return self.name.removeprefix(_TAGS) if self.name.startswith(_TAGS) else None


class FetchedRepositories:
    """Repositories as they were when somebody first asked for each, until all of it is closed.

    They share one place, as to make one for each takes longer than to fetch it. What is fetched of
    one is never asked of another, and neither hears of the other.
    """

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._places: dict[str, FetchedRepository] = {}
        self._near: dict[str, NearRepository] = {}
        self._shared: _Shared | None = None

    def of(self, place: str) -> FetchedRepository:
        """The repository at a place.

        Raises:
            InvalidConfig: It is an address that is not used.
        """
        if place not in self._places:
            prefix = f"{_HERE}{len(self._places)}/"
            self._places[place] = FetchedRepository(place, prefix, self._share)
        return self._places[place]

    def near(self, place: str) -> NearRepository:
        """The repository at a place on this machine, as it is there."""
        if place not in self._near:
            self._near[place] = NearRepository(Path(place), self._reading)
            self._stack.callback(self._near[place].close)
        return self._near[place]

    def _reading(self, objects: Path) -> GitRunner:
        """What runs git with the objects of a folder, and with a configuration of PACK's."""
        return GitRunner(self._share().runner.repository, objects)

    def close(self) -> None:
        """Remove what was fetched."""
        self._stack.close()
        self._places.clear()
        self._near.clear()
        self._shared = None

    def _share(self) -> _Shared:
        """Where to fetch to: not where a shallow repository is, whose end others would get."""
        if self._shared is None or self._shared.is_shallow():
            folder = Path(
                self._stack.enter_context(
                    tempfile.TemporaryDirectory(prefix="pack-kit-", ignore_cleanup_errors=True)
                )
            )
            create_repository(folder)
            runner = GitRunner(open_repository(folder))
            exchange = GitExchange(
                runner, _SECONDS, lambda: False, CLONED_PROTOCOLS, _TELLS_NOTHING
            )
            store = ObjectStore(runner)
            self._stack.callback(store.close)
            self._shared = _Shared(runner, exchange, store)
        return self._shared


@dataclass(frozen=True, slots=True)
class _Shared:
    """A repository that others are fetched to.

    Attributes:
        runner: Runs git in it.
        exchange: Fetches.
        store: Its objects.
    """

    runner: GitRunner
    exchange: GitExchange
    store: ObjectStore

    def is_shallow(self) -> bool:
        """Whether one of those was a shallow clone."""
        return (self.runner.repository.common_dir / "shallow").exists()


class FetchedRepository:
    """A repository as it was when somebody first asked.

    Args:
        place: Its address.
        prefix: Where its refs are kept.
        share: Returns where to fetch it to.
    """

    def __init__(self, place: str, prefix: str, share: Callable[[], _Shared]) -> None:
        self._place = place
        self._url = parse_url(place, CLONED_PROTOCOLS)
        self._prefix = prefix
        self._share = share
        self._found: tuple[_Shared, list[_Ref]] | None = None

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
        found = self._named(ref) if ref else next(self._newest_first(), None)
        commit = self._commit_at(found) if found else None
        if commit is None and ref and (is_id(ref) or _SHORT_ID.fullmatch(ref)):
            commit = self._with_id(ref)
        if commit is None:
            what = ref[:60] if ref else "a commit"
            raise NotFound(f"{what} in {self.address}", "Name a branch, a tag or a commit.")
        return commit

    def refs(self) -> list[str]:
        """Its tags, the newest first, and then its last commits."""
        shared, refs = self._fetched()
        newest = next(self._newest_first(), None)
        latest = ["rev-list", f"--max-count={_MOST_COMMITS}", newest.at if newest else "", "--"]
        out = shared.runner.run(latest, ok=(0, 128)) if newest else b""
        return [ref.tag for ref in refs if ref.tag is not None] + out.decode().split()

    def tags_at(self, commit: CommitId, ref: str | None) -> Iterator[tuple[str, bytes]]:
        """The annotated tags of a commit, by name: the one that was asked for, or all.

        Args:
            commit: The commit.
            ref: What was asked for.
        """
        shared, refs = self._fetched()
        named = self._named(ref) if ref is not None else None
        only = named.tag if named is not None else None
        for one in refs:
            if one.tag is not None and one.tagged == commit and only in (None, one.tag):
                yield one.tag, shared.store.read(one.at, "tag")

    def files(self, commit: CommitId, folder: str) -> Iterator[tuple[str, ShippedFile]]:
        """The files of a folder in a commit, by their path below it.

        Raises:
            NotFound: There is no such folder.
            LimitExceeded: It holds too much.
            Unavailable: The repository cannot be read.
        """
        shared, _ = self._fetched()
        tree = f"{commit}:{folder}" if folder else commit
        listing = ["ls-tree", "--full-tree", "-r", "-z", "--long", tree]
        lines = shared.runner.run_listing(listing, ok=(0, 128))
        rows = [_row(line) for line in lines.split(b"\0")[:-1]]
        if not rows:
            what = folder or "a file"
            raise NotFound(f"{what} in {self.address}", "Name a folder that is there.")
        small = [row for row in rows if row.is_file and row.size <= MAX_FILE_BYTES]
        if sum(row.size for row in small) > MOST_BYTES:
            raise LimitExceeded("the kit", MOST_BYTES)
        blobs = list(dict.fromkeys(row.blob for row in small))
        contents = dict(shared.store.read_blobs(blobs))
        for row in rows:
            content = contents.get(row.blob, TOO_LARGE) if row.is_file else b""
            yield row.path, ShippedFile(content, row.mode)

    def _named(self, ref: str) -> _Ref | None:
        """The tag or the branch of a name."""
        _, refs = self._fetched()
        known = {one.name: one for one in refs}
        return known.get(f"{_TAGS}{ref}") or known.get(f"{_HEADS}{ref}")

    def _newest_first(self) -> Iterator[_Ref]:
        """HEAD; a bundle that was made of a branch or a tag has none, but that one ref."""
        _, refs = self._fetched()
        for place in (_HEAD, _HEADS, _TAGS):
            yield from (one for one in refs if one.name.startswith(place))

    def _commit_at(self, ref: _Ref) -> CommitId | None:
        if ref.tagged is not None:
            return ref.tagged
        shared, _ = self._fetched()
        name = f"{ref.at}^{{commit}}"
        args = ["rev-parse", "--verify", "--quiet", "--end-of-options", name]
        out = shared.runner.run(args, ok=(0, 1, 128)).decode().strip()
        return CommitId(out) if is_id(out) else None

    def _with_id(self, beginning: str) -> CommitId | None:
        """The one commit of this repository whose id begins so."""
        shared, _ = self._fetched()
        listed = shared.runner.run(["rev-parse", f"--disambiguate={beginning}"], ok=(0, 128))
        known = [one for one in listed.decode("ascii").split() if self._holds(one)]
        return CommitId(known[0]) if len(known) == 1 else None

    def _holds(self, commit: str) -> bool:
        shared, _ = self._fetched()
        args = ["for-each-ref", "--count=1", f"--contains={commit}", self._prefix]
        return bool(shared.runner.run(args, ok=(0, 1, 128, 129)).strip())

    def _fetched(self) -> tuple[_Shared, list[_Ref]]:
        if self._found is None:
            self._refuse_waiting()
            shared = self._share()
            refs = [f"+refs/{kind}*:{self._prefix}{kind}*" for kind in (_HEADS, _TAGS)]
            fetch, head = shared.exchange.run, f"+HEAD:{self._prefix}{_HEAD}"
            answer = fetch("fetch", _FETCH, self._url, *refs, head)
            if answer.status != 0 and _NO_HEAD in answer.said:
                answer = fetch("fetch", _FETCH, self._url, *refs)
            if answer.status != 0:
                error = Unavailable(f"{self.address} cannot be fetched: {answer.said}")
                error.remedy = "What is installed works without it. Try again, or name another one."
                raise error
            self._found = shared, list(self._listed(shared))
        return self._found

    def _refuse_waiting(self) -> None:
        """Do nothing, unless git would wait for a pipe in a repository on this machine.

        Raises:
            Unavailable: It would.
        """
        place = Path(self._place)
        odd = find_odd_file(place / ".git" if (place / ".git").exists() else place)
        if odd is not None:
            raise Unavailable(f"{self.address} cannot be fetched: {odd} is not a file")

    def _listed(self, shared: _Shared) -> Iterator[_Ref]:
        """What came, the newest first."""
        form = "--format=%(objectname) %(*objecttype) %(*objectname) %(refname)"
        args = ["for-each-ref", "--sort=-creatordate", form, self._prefix]
        for row in shared.runner.run(args).decode("utf-8", "surrogateescape").splitlines():
            at, kind, tagged, name = row.split(" ", 3)
            commit = CommitId(tagged) if kind == "commit" else None
            yield _Ref(name.removeprefix(self._prefix), at, commit)


class GitKitSource:
    """A kit in a repository.

    Args:
        repository: The repository, to be fetched.
        address: Where the kit is.
        find_signer: Finds who signed a tag.
        near: The same repository where it is, if it is on this machine.
        is_near: Whether looking costs nothing.
    """

    def __init__(
        self,
        repository: FetchedRepository,
        address: KitAddress,
        find_signer: FindSigner,
        near: NearRepository | None,
        *,
        is_near: bool,
    ) -> None:
        self._repository = repository
        self._folder = address.folder
        self._place = KitAddress(repository.address, None, address.folder)
        self._find_signer = find_signer
        self._near = near
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

    def at(self, ref: str | None = None) -> CommitId | None:
        """See `KitSource.at`."""
        return self._near.at(ref) if self._near else None

    def ship(self, ref: str | None = None) -> Shipment:
        """See `KitSource.ship`."""
        near = self._near
        commit = near.at(ref) if near and near.is_own() else None
        if near is not None and commit is not None:
            with suppress(NotFound, Unavailable):  # what is wrong with it shows when it is fetched
                files = near.files(commit, self._folder)
                return self._shipment(ref, commit, files, near.tags_at(commit))
        commit = self._repository.resolve(ref)
        files = list(self._repository.files(commit, self._folder))
        return self._shipment(ref, commit, files, self._repository.tags_at(commit, ref))

    def _shipment(
        self,
        ref: str | None,
        commit: CommitId,
        files: Iterable[tuple[str, ShippedFile]],
        tags: Iterable[tuple[str, bytes]],
    ) -> Shipment:
        """What is shipped; its signer is the key of the tag that was asked for, else of any."""
        place = self._folder or self._repository.address.removesuffix("/").removesuffix(".git")
        signers = (self._find_signer(tag, name, commit) for name, tag in tags)
        signer = min((signer for signer in signers if signer is not None), default=None)
        called = place.rpartition("/")[2]
        return Shipment(self.address, ref, commit, dict(files), called, signer)
