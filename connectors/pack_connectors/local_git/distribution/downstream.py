"""A downstream in git, named by a path or an address. Its pull requests are text only.

Its branches are fetched into a repository of ours (`scratch`), commits are made there, and only
they are pushed, each to a branch that is where it was seen. Nothing is checked out. The hooks of a
downstream on this machine are its own, and decide what it accepts, as with any push.

A folder that somebody works in has checked out whatever they do just now. So its default branch is
the one that its remote calls so, else `main` or `master`; only then the one that is checked out.

Sources: git-fetch(1), git-ls-remote(1) "--symref", git-push(1) "--force-with-lease".
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Final
from urllib.parse import unquote

from pack.distribution.notices.pull_request import is_made_branch
from pack.distribution.ports import DownstreamCommit, DownstreamEntry, WantedCommit
from pack.errors import NotFound, RefusedForSafety, RepositoryBusy, StaleBase, Unavailable
from pack.model import BlobId, CommitId
from pack_connectors.downstream_edits import check_edits
from pack_connectors.local_git.distribution.downstream_log import read_commits
from pack_connectors.local_git.distribution.made_commits import make_commit
from pack_connectors.local_git.distribution.own_places import git_place
from pack_connectors.local_git.distribution.scratch import Scratch
from pack_connectors.local_git.process import check_id
from pack_connectors.local_git.remote.config import HEADS
from pack_connectors.local_git.remote.transport import GitAnswer
from pack_connectors.local_git.remote.url import CLONED_PROTOCOLS, parse_url, redacted
from pack_connectors.local_git.repository import DEFAULT_BRANCH, is_bare

_REMOTE_HEADS: Final = "refs/remotes/origin/"
_USUAL: Final = (DEFAULT_BRANCH, "master")
_UPLOAD: Final = "--upload-pack=git-upload-pack"
_FETCH: Final = (
    "--quiet --no-tags --no-prune --no-write-fetch-head --no-auto-maintenance "
    "--no-recurse-submodules"
).split()
_IS_SHALLOW: Final = "shallow roots"
_PUSH: Final = "--porcelain --no-verify --no-signed --recurse-submodules=no".split()
_RECEIVE: Final = "--receive-pack=git-receive-pack"
_ABSENT: Final = ("does not appear to be a git repository", "does not exist")
_LOCKED: Final = "File exists"
_IN_THE_WAY: Final = "cannot create"  # a branch of the name of a folder, or the reverse
# What git or the downstream says of a branch that is not where it was seen.
_MOVED: Final = ("stale info", "fetch first", "cannot lock ref", "failed to update ref")


class GitDownstream:
    """A downstream in a git repository; see `Downstream`. May be used from any thread.

    Its branches are those that were there when it was first asked for anything, with what it was
    asked to do since, until one proves to be elsewhere.

    Args:
        address: A path or an address.
        scratch: Where its objects go.

    Raises:
        InvalidConfig: The address cannot be used.
    """

    def __init__(self, address: str, scratch: Scratch) -> None:
        self._url = parse_url(address, CLONED_PROTOCOLS)
        self._scratch = scratch
        self._lock = Lock()
        self._heads: dict[str, CommitId] | None = None
        self._default: str | None = None
        self._files: dict[CommitId, Mapping[str, DownstreamEntry]] = {}

    @property
    def address(self) -> str:
        """See `Downstream.address`."""
        return redacted(self._url.text)

    @property
    def pull_requests(self) -> None:
        """See `Downstream.pull_requests`: there is no host."""
        return

    # --- reading -------------------------------------------------------------------------------

    def default_branch(self) -> tuple[str, CommitId | None]:
        """See `Downstream.default_branch`."""
        heads = self._known_heads()
        with self._lock:
            if self._default is None:
                self._default = self._find_default(heads)
            return self._default, heads.get(self._default)

    def branches(self, prefix: str) -> Mapping[str, CommitId]:
        """See `Downstream.branches`."""
        heads = self._known_heads()
        return {name: head for name, head in sorted(heads.items()) if name.startswith(prefix)}

    def files(self, commit: CommitId) -> Mapping[str, DownstreamEntry]:
        """See `Downstream.files`."""
        self._known_heads()
        if commit not in self._files:
            command = ["ls-tree", "--full-tree", "-r", "-z", check_id(commit)]
            self._files[commit] = dict(_entries(self._scratch.runner.run_listing(command)))
        return self._files[commit]

    def read_blobs(self, blobs: Iterable[BlobId]) -> Iterator[tuple[BlobId, bytes]]:
        """See `Downstream.read_blobs`."""
        self._known_heads()
        return self._scratch.store.read_blobs(list(blobs))

    def log(self, head: CommitId, until: CommitId | None = None) -> Iterator[DownstreamCommit]:
        """See `Downstream.log`."""
        self._known_heads()
        return read_commits(self._scratch.runner, head, until)

    def _known_heads(self) -> dict[str, CommitId]:
        with self._lock:
            if self._heads is None:
                self._heads = self._heads_in(self._fetch())
            return self._heads

    def _fetch(self) -> str:
        """Have its branches below a name of ours, which is returned."""
        here, answer = self._fetch_into(self._scratch)
        if _IS_SHALLOW in answer.said:
            self._scratch = self._scratch.apart()
            here, answer = self._fetch_into(self._scratch, "--update-shallow")
        if answer.status != 0:
            raise self._unreadable(answer.said)
        return here

    def _fetch_into(self, scratch: Scratch, *options: str) -> tuple[str, GitAnswer]:
        here = f"{scratch.new_ref()}/"
        options = (*_FETCH, _UPLOAD, *options)
        return here, scratch.exchange.run("fetch", options, self._url, f"+{HEADS}*:{here}*")

    def _heads_in(self, here: str) -> dict[str, CommitId]:
        form = ["for-each-ref", "--format=%(objectname) %(refname)", here]
        out = os.fsdecode(self._scratch.runner.run(form))
        rows = (line.partition(" ") for line in out.splitlines())
        return {name.removeprefix(here): CommitId(head) for head, _, name in rows}

    def _find_default(self, heads: Mapping[str, CommitId]) -> str:
        options = ["--quiet", "--symref", _UPLOAD]
        answer = self._scratch.exchange.run("ls-remote", options, self._url, "HEAD")
        if answer.status != 0:
            raise self._unreadable(answer.said)
        rows = [line.partition("\t")[::2] for line in answer.out.splitlines()]
        leads = {name: to.removeprefix("ref: ") for to, name in rows if to.startswith("ref: ")}
        own = leads.get("HEAD", "").removeprefix(HEADS)
        of_remote = leads.get(f"{_REMOTE_HEADS}HEAD", "").removeprefix(_REMOTE_HEADS)
        order = (of_remote, own if own in _USUAL else "", *_USUAL, own)
        wanted = order if self._is_worked_in() else (own, *_USUAL)
        found = next((name for name in wanted if name in heads), None)
        # A branch that a sync made and nobody has merged does not tell which one is the default.
        if found is None and not all(map(is_made_branch, heads)):
            raise NotFound(f"the default branch of {self.address}", "Set its HEAD to a branch.")
        return found or own or self._unborn() or DEFAULT_BRANCH

    def _unborn(self) -> str:
        """The branch that its first commit will be on; empty where that is not known."""
        file = Path(git_place(self._path_here)) / "HEAD"
        said = file.read_text("utf-8", "replace").strip() if file.is_file() else ""
        name = said.removeprefix("ref: ").removeprefix(HEADS)
        return name if said == f"ref: {HEADS}{name}" and name != ".invalid" else ""

    @property
    def _path_here(self) -> Path:
        text = self._url.text
        return Path(unquote(text.removeprefix("file://")) if text.startswith("file://") else text)

    def _is_worked_in(self) -> bool:
        return self._path_here.is_dir() and not is_bare(self._path_here)

    def _unreadable(self, said: str) -> NotFound | Unavailable:
        if any(words in said for words in _ABSENT):
            return NotFound(f"the git repository {self.address}", "Correct the address.")
        error = Unavailable(f"{self.address} cannot be fetched: {said}")
        error.remedy = "Make sure that `git ls-remote ADDRESS` works without a prompt."
        return error

    # --- writing -------------------------------------------------------------------------------

    def commit(self, wanted: WantedCommit) -> CommitId:
        """See `Downstream.commit`.

        Raises:
            InvalidPath, RefusedForSafety: As `check_edits`.
        """
        present = self.files(wanted.parent) if wanted.parent else {}
        edits = check_edits(present, wanted)
        return make_commit(self._scratch.runner, self._scratch.new_ref(), wanted, edits)

    def move_branch(self, name: str, commit: CommitId, expected: CommitId | None) -> None:
        """See `Downstream.move_branch`."""
        self._push(name, commit, expected)
        self._known_heads()[name] = commit

    def delete_branch(self, name: str, expected: CommitId) -> None:
        """See `Downstream.delete_branch`."""
        self._push(name, None, expected)
        self._known_heads().pop(name, None)

    def _push(self, name: str, commit: CommitId | None, expected: CommitId | None) -> None:
        what = check_id(commit) if commit else ""
        lease = f"--force-with-lease={HEADS}{name}:{check_id(expected) if expected else ''}"
        options = [*_PUSH, _RECEIVE, lease]
        answer = self._scratch.exchange.run("push", options, self._url, f"{what}:{HEADS}{name}")
        if answer.status == 0:
            return
        refusals = [line for line in answer.out.splitlines() if line.startswith("!")]
        if refusals and _LOCKED in answer.said:
            raise RepositoryBusy(f"{self.address}: another git process holds a lock: {answer.said}")
        if refusals and _IN_THE_WAY in answer.said:
            raise self._refused(name, refusals, answer.said)
        if any(words in line for line in refusals for words in _MOVED):
            raise self._stale(expected)
        if not refusals:
            raise Unavailable(f"{self.address} cannot be pushed to: {answer.said}")
        raise self._refused(name, refusals, answer.said)

    def _stale(self, expected: CommitId | None) -> StaleBase:
        """The error for a branch that is elsewhere; where they are is asked again."""
        with self._lock:
            self._heads = None
        return StaleBase(expected, None)

    def _refused(self, name: str, refusals: Sequence[str], said: str) -> RefusedForSafety:
        why = redacted(refusals[0].split("\t")[-1])
        return RefusedForSafety(
            f"{self.address} refused the branch {name}: {why} ({said})",
            "See what its hooks and its configuration allow, and whether another branch has the "
            "beginning of that name.",
        )


def _entries(out: bytes) -> Iterator[tuple[str, DownstreamEntry]]:
    """The lines of `git ls-tree -r -z`."""
    for line in out.split(b"\0")[:-1]:
        facts, _, path = line.decode("utf-8", "surrogateescape").partition("\t")
        mode, _, sha = facts.split(" ")
        yield path, DownstreamEntry(mode, BlobId(sha))
