"""One remote of a local repository; git does the talking.

Three kinds of refs keep our commits safe from git's housekeeping: `refs/pack/seen/` (what both
sides agreed on last), `refs/pack/fetched/` (the remote's head) and `refs/pack/rescue/`.

Each name goes on with that of the remote and its branch, so remotes share none of them but
`rescue`, which is named by the commit. So are the files: `remote-NAME.json` and `.lock`. What
upstream shipped of kits goes along with the branch (`kit_refs`).

Source: git-push(1) "--porcelain".
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Final
from urllib.parse import quote

from pack.errors import ConnectorError, RepositoryBusy, StaleBase, Unavailable
from pack.model import CommitId
from pack.remote.remote import RemoteBranch, RemoteRecord
from pack_connectors.local_git.beside.side_refs import is_side_branch
from pack_connectors.local_git.connector import LocalGit
from pack_connectors.local_git.process import check_id
from pack_connectors.local_git.remote.config import (
    HEADS,
    ConfiguredBranch,
    check_name,
    read_config,
)
from pack_connectors.local_git.remote.history import GitHistory
from pack_connectors.local_git.remote.kit_refs import KitRefs, is_kit_line
from pack_connectors.local_git.remote.record import RecordFile
from pack_connectors.local_git.remote.transport import GitExchange
from pack_connectors.local_git.remote.url import redacted
from pack_connectors.system.process_lock import ProcessLock

EXCHANGE_SECONDS: Final = 600.0
"""How long git may talk to a remote."""
_LONGEST_NAME: Final = 100
# Spelled out, as the repository's configuration could name other programs.
_UPLOAD: Final = "--upload-pack=git-upload-pack"
_RECEIVE: Final = "--receive-pack=git-receive-pack"
_FETCH: Final = (
    "--quiet --no-tags --no-prune --refmap= --no-recurse-submodules --no-write-fetch-head "
    "--no-auto-maintenance"
).split()
_PUSH: Final = "--porcelain --no-verify --no-signed --recurse-submodules=no".split()
# What a remote says if its branch has moved since we asked.
_MOVED: Final = ("fetch first", "non-fast-forward", "cannot lock ref", "failed to update ref")


class GitRemote(GitHistory):
    """A remote of one memory. See `pack.remote.remote.Remote`.

    Args:
        local: The memory.
        name: What git's configuration calls the remote.
        is_default: Whether it is the one that 2.0.0 would have used, and kept a record of.
        seconds: How long git may talk to the remote.
        is_cancelled: Asked often while it does; git is ended once the answer is yes.
    """

    def __init__(
        self,
        local: LocalGit,
        name: str,
        *,
        is_default: bool = False,
        seconds: float = EXCHANGE_SECONDS,
        is_cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        super().__init__(local)
        self._name = name
        repository = local.repository
        self._is_cancelled = is_cancelled
        self._exchange = GitExchange(self._runner, seconds, is_cancelled)
        state_dir, stem = repository.state_dir, _file_stem(name)
        self._kits = KitRefs(self._runner, name)
        self._lock = ProcessLock(state_dir / f"{stem}.lock", 0)
        old_record = state_dir / "remote.json" if is_default else None
        self._record = RecordFile(state_dir / f"{stem}.json", old_record)
        self._exchanging: int | None = None
        self._held: ConfiguredBranch | None = None
        self._checked: str | None = None

    def close(self) -> None:
        """Close the lock file."""
        self._lock.close()

    # --- what is configured --------------------------------------------------------------------

    @property
    def name(self) -> str:
        """See `Remote.name`."""
        return "".join(c if c.isprintable() else "?" for c in self._name)

    def branch(self) -> RemoteBranch:
        """See `Remote.branch`."""
        found = self._configured()
        if self._exchanging == threading.get_ident():
            self._held = found  # one exchange talks to one branch, until `follow` says otherwise
        return _described(found)

    def follow(self, branch: str) -> RemoteBranch:
        """See `Remote.follow`."""
        found = replace(self._place(), branch=branch)
        self._check_name(found)
        self._held = found
        return _described(found)

    def _configured(self) -> ConfiguredBranch:
        """The branch that is set up, or the one that the last exchange took in its place."""
        found = read_config(self._local.repository, self._runner).branch(self._name)
        known = self.record()
        if known.branch is not None and known.configured == found.branch:
            found = replace(found, branch=known.branch)
        self._check_name(found)
        return found

    def _check_name(self, found: ConfiguredBranch) -> None:
        if self._checked != (name := found.ref("seen")):  # what git says of a name stays true
            check_name(self._runner, found)
            self._checked = name

    def _place(self) -> ConfiguredBranch:
        is_ours = self._exchanging == threading.get_ident()
        return (self._held if is_ours else None) or self._configured()

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """See `Remote.exclusive`."""
        try:
            self._local.repository.state_dir.mkdir(exist_ok=True)
        except OSError as error:
            raise Unavailable(f"{error.filename}: {error.strerror}") from error
        try:
            self._lock.acquire()
        except RepositoryBusy as error:
            reason = f"another pack process is exchanging with the remote {self.name}"
            raise RepositoryBusy(reason) from error
        try:
            self._exchanging = threading.get_ident()
            yield
        finally:
            self._exchanging = self._held = None
            self._lock.release()

    # --- talking to it -------------------------------------------------------------------------

    def is_given_up(self) -> bool:
        """See `Remote.is_given_up`."""
        return self._is_cancelled()

    def heads(self) -> Mapping[str, CommitId]:
        """See `Remote.heads`."""
        url = self._place().url
        answer = self._exchange.run("ls-remote", ["--quiet", "--heads", _UPLOAD], url)
        if answer.status != 0:
            raise Unavailable(f"the remote {redacted(url.text)} does not answer: {answer.said}")
        return {
            name.removeprefix(HEADS): CommitId(check_id(head))
            for head, _, name in (line.partition("\t") for line in answer.out.splitlines())
            if name.startswith(HEADS) and not is_side_branch(name.removeprefix(HEADS))
        }

    def taken(self) -> Collection[str]:
        """See `Remote.taken`."""
        out = self._runner.run(["for-each-ref", "--format=%(refname)", HEADS])
        local = [line.removeprefix(HEADS) for line in os.fsdecode(out).splitlines()]
        return read_config(self._local.repository, self._runner).taken(self._name, local)

    def fetch(self, head: CommitId | None) -> CommitId | None:
        """See `Remote.fetch`."""
        place = self._place()
        if head is None or head in (self.fetched(), self.seen(), self._local.head()):
            if head is not None:
                self._set_refs(dict.fromkeys(place.tracking, head))
            return head
        refs = [f"+{HEADS}{place.branch}:{ref}" for ref in place.tracking]
        refs.append(self._kits.fetched)
        answer = self._exchange.run("fetch", [*_FETCH, _UPLOAD], place.url, *refs)
        if answer.status != 0:
            raise Unavailable(f"git fetch failed: {answer.said}")
        self._kits.take()
        return self.fetched()

    def push(self, commit: CommitId, theirs: CommitId | None) -> None:
        """See `Remote.push`."""
        place = self._place()
        refspec = f"{check_id(commit)}:{HEADS}{place.branch}"
        kits = self._kits.pushed()
        leases = [one for one in kits if one.startswith("--")]
        options, refs = [*_PUSH, _RECEIVE, *leases], [refspec, *kits[len(leases) :]]
        answer = self._exchange.run("push", options, place.push_url, *refs)
        lines = answer.out.splitlines()
        self._kits.note_pushed(lines)
        refusals = [line for line in lines if line.startswith("!")]
        if answer.status != 0 and not (refusals and all(map(is_kit_line, refusals))):
            refusals = [line for line in refusals if not is_kit_line(line)]
            if any(words in line for line in refusals for words in _MOVED):
                raise StaleBase(theirs, None)
            if refusals:
                why = redacted(refusals[0].split("\t")[-1])
                raise ConnectorError(f"the remote refused the push: {why} ({answer.said})")
            raise Unavailable(f"git push failed: {answer.said}")
        self._set_refs(dict.fromkeys(place.tracking, commit))

    # --- refs ------------------------------------------------------------------------------------

    def seen(self) -> CommitId | None:
        """See `Remote.seen`."""
        return self._local.commit_of(self._place().ref("seen"))

    def note_seen(self, commit: CommitId) -> None:
        """See `Remote.note_seen`."""
        self._set_refs({self._place().ref("seen"): commit})

    def fetched(self) -> CommitId | None:
        """See `Remote.fetched`."""
        return self._local.commit_of(self._place().ref("fetched"))

    def was_fetched(self) -> bool:
        """See `Remote.was_fetched`."""
        return bool(self._runner.run(["for-each-ref", "--count=1", f"refs/remotes/{self._name}/"]))

    # --- how it went -----------------------------------------------------------------------------

    def record(self) -> RemoteRecord:
        """See `Remote.record`."""
        return self._record.load()

    def save(self, record: RemoteRecord) -> None:
        """See `Remote.save`."""
        self._record.save(record)


def _described(found: ConfiguredBranch) -> RemoteBranch:
    url = redacted(found.url.text)
    return RemoteBranch(found.name, url, found.branch, found.local, found.configured)


def _file_stem(name: str) -> str:
    """What the files of a remote are called; a name may hold what no file name can."""
    quoted = quote(name, safe="", errors="surrogateescape")
    if len(quoted) > _LONGEST_NAME:
        quoted = hashlib.sha256(quoted.encode("ascii")).hexdigest()
    return f"remote-{quoted}"
