"""Where proposals are kept: a ref beside the branch for each, so that git keeps and clones them.

An open one is `proposals/ID`, one commit on the commit that it was made on. A refused one is
`rejected/ID`: the same commit, and on top of it an empty one that says why. That one decides: if
the ref still has its old name then, as after a crash, it is refused all the same. One that nobody
decided on in time only gets the other name.

What a merge withheld would come back with the merge (`pack.proposals.withheld`). So it leaves such
a record however it was decided, and it does not expire: its dates are those of the merge.

Refs come from whoever can push. What is no proposal is left out, and named in the log.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Container, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pack.actions import Action
from pack.connector import Connector
from pack.errors import NotFound, PackError, StaleBase
from pack.log import CommitFacts, LogQuery
from pack.model import ABSENT, Absent, Change, CommitId, Delete, Identity, MemoryPath, Put
from pack.proposals.folding import Texts
from pack.proposals.proposal import (
    REASON_TRAILER,
    STATUS_TRAILER,
    NoProposal,
    Proposal,
    ProposalStatus,
    is_id,
    make_id,
    may_be_older,
    plain,
    read_proposal,
    tag_of,
)
from pack.proposals.withheld import is_withheld
from pack.provenance import PROPOSAL

logger = logging.getLogger(__name__)
OPEN: Final = "proposals"
REFUSED: Final = "rejected"
LIFETIME: Final = timedelta(days=90)
_ATTEMPTS: Final = 5
_REMEMBERED: Final = 1000
_REASON: Final = 500
_REFUSALS: Final = (ProposalStatus.REJECTED, ProposalStatus.EXPIRED)
_ENDINGS: Final = {ProposalStatus.ACCEPTED: "accepted", ProposalStatus.WITHDRAWN: "withdrawn"}


class ProposalShelf:
    """The proposals of one memory, for everybody who makes them and decides.

    Args:
        connector: Where the memory is kept.
        clock: Tells the time.
    """

    def __init__(self, connector: Connector, clock: Callable[[], datetime]) -> None:
        self._connector = connector
        self._clock = clock
        # A commit never changes; `None` for one that holds no proposal.
        self._known: dict[tuple[str, CommitId, str], Proposal | None] = {}

    # --- looking -------------------------------------------------------------------------------

    def count(self) -> int:
        """How many are open; none of them is read."""
        return len(self._refs(OPEN))

    def open(self, about: MemoryPath | None = None) -> list[Proposal]:
        """Those that wait for a decision, the oldest first.

        Args:
            about: Only those about this file; the others are not read.
        """
        return [one for one in self._in(OPEN, about) if one.status is ProposalStatus.OPEN]

    def rejected(self, about: MemoryPath | None = None) -> list[Proposal]:
        """Those that were refused, or waited too long; the oldest first."""
        found = [*self._in(REFUSED, about), *self._in(OPEN, about)]
        return sorted((one for one in found if one.status in _REFUSALS), key=_age)

    def names(self) -> Mapping[str, CommitId]:
        """The ids of those that are open, and where each is; none of them is read."""
        return self._refs(OPEN)

    def decided(self) -> Container[str]:
        """The ids of those that are known to be decided on; none of them is read."""
        return self._refs(REFUSED)

    def unreadable(self) -> list[str]:
        """The refs that hold no proposal, as in `proposals/ID`; all of them are read."""
        return [
            f"{folder}/{name}"
            for folder in (OPEN, REFUSED)
            for name, commit in self._connector.side_refs(folder).items()
            if self._read(folder, name, commit) is None
        ]

    def find(self, proposal_id: str) -> Proposal:
        """The proposal with an id, whatever has become of it.

        Raises:
            NotFound: There is none.
        """
        for folder in (OPEN, REFUSED):
            commit = self._refs(folder).get(proposal_id)
            found = self._read(folder, proposal_id, commit) if commit is not None else None
            if found is not None:
                return found
        raise _no_proposal(proposal_id)

    def changes(self, proposal: Proposal) -> list[Change]:
        """What a proposal changes on its base, with contents."""
        found = self._connector.changes_between(proposal.base, proposal.commit) or []
        blobs = [sha for _, sha in found if sha is not None]
        contents = dict(self._connector.read_blobs(dict.fromkeys(blobs)))
        changes: list[Change] = []
        for path, sha in found:
            before = self._connector.get_committed(path, proposal.base)
            if sha is not None:
                changes.append(Put(path, contents[sha], before or ABSENT))
            elif before is not None:
                changes.append(Delete(path, before))
        return changes

    def texts(self, proposal: Proposal) -> tuple[Texts, Texts]:
        """The files that a proposal changes, as they were on its base and as it wants them."""
        changes = self.changes(proposal)
        shas = {c.path: c.expect for c in changes if not isinstance(c.expect, Absent)}
        contents = dict(self._connector.read_blobs(dict.fromkeys(shas.values())))
        before = {c.path: contents[shas[c.path]] if c.path in shas else None for c in changes}
        after = {c.path: c.content if isinstance(c, Put) else None for c in changes}
        return before, after

    def content(self, path: MemoryPath, commit: CommitId) -> bytes | None:
        """A file as a commit has it; `None` if it has none."""
        sha = self._connector.get_committed(path, commit)
        return dict(self._connector.read_blobs([sha]))[sha] if sha is not None else None

    def _in(self, folder: str, about: MemoryPath | None) -> list[Proposal]:
        end = tag_of(about) if about is not None else ""
        found = [
            self._read(folder, name, commit)
            for name, commit in self._refs(folder).items()
            if name.endswith(end)
        ]
        wanted = (one for one in found if one is not None and about in (None, one.path))
        return sorted(wanted, key=_age)

    def _refs(self, folder: str) -> dict[str, CommitId]:
        """The refs in a folder that are named like a proposal."""
        found = self._connector.side_refs(folder)
        return {name: commit for name, commit in found.items() if is_id(name)}

    def _read(self, folder: str, proposal_id: str, commit: CommitId) -> Proposal | None:
        """The proposal that a ref holds; `None` if somebody has put something else there."""
        key = (proposal_id, commit, folder)
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            try:
                self._known[key] = self._read_commit(folder, proposal_id, commit)
            except (NoProposal, NotFound) as error:
                logger.warning("%s/%r is no proposal: %s", folder, proposal_id[:80], error)
                self._known[key] = None
        return self._known[key]

    def _read_commit(self, folder: str, proposal_id: str, commit: CommitId) -> Proposal:
        """The proposal that a commit holds, or whose end it records.

        Raises:
            NoProposal, NotFound: It holds none.
        """
        newest = self._facts(commit, proposal_id)
        if STATUS_TRAILER in newest.trailers and newest.parents:
            return read_proposal(proposal_id, self._facts(newest.parents[0], proposal_id), newest)
        found = read_proposal(proposal_id, newest, None)
        return found if folder == OPEN else replace(found, status=ProposalStatus.EXPIRED)

    def _facts(self, commit: CommitId, proposal_id: str) -> CommitFacts:
        """What a commit says that PACK made for a proposal."""
        query = LogQuery(commit, limit=1, first_parent=True, with_files=True)
        found = next(iter(self._connector.log(query)), None)
        if found is None or not is_id(proposal_id) or found.trailers.get(PROPOSAL) != proposal_id:
            raise NoProposal(f"PACK did not make {commit} for it")
        return found

    # --- changing ------------------------------------------------------------------------------

    def add(
        self,
        base: CommitId,
        about: MemoryPath,
        changes: Sequence[Change],
        message: str,
        author: Identity | None,
    ) -> Proposal:
        """Keep a new proposal.

        Args:
            base: The commit that it is made on.
            about: The file that it is about; one of those that it changes.
            changes: What it changes.
            message: With trailers.
            author: Who proposes; `None` for the user.

        Raises:
            PackError: As `Connector.commit_aside`.
        """
        for attempt in range(_ATTEMPTS):
            new_id = make_id(about, self._clock(), secrets.randbits(15))
            text = f"{message.rstrip()}\n{PROPOSAL}: {new_id}"
            try:
                commit = self._connector.commit_aside(
                    f"{OPEN}/{new_id}", None, base, changes, text, author=author
                )
            except StaleBase:
                if attempt + 1 == _ATTEMPTS:
                    raise
            else:
                return self._read_commit(OPEN, new_id, commit)
        raise AssertionError("the last attempt returns or raises")

    def replace(
        self,
        proposal: Proposal,
        base: CommitId,
        changes: Sequence[Change],
        message: str,
        author: Identity | None,
    ) -> Proposal:
        """Have another commit for an open proposal, which keeps its id.

        Raises:
            StaleBase: It has changed, or is not open any more.
            PackError: As `Connector.commit_aside`.
        """
        ref, text = f"{OPEN}/{proposal.id}", f"{message.rstrip()}\n{PROPOSAL}: {proposal.id}"
        commit = self._connector.commit_aside(
            ref, proposal.commit, base, changes, text, author=author
        )
        return self._read_commit(OPEN, proposal.id, commit)

    def close(
        self, proposal: Proposal, status: ProposalStatus, reason: str | None = None
    ) -> Proposal:
        """Take an open proposal off the list; one that is not to come back stays readable.

        Raises:
            StaleBase: It has changed, or is not open any more.
        """
        ref, refused = f"{OPEN}/{proposal.id}", f"{REFUSED}/{proposal.id}"
        if status in _ENDINGS and not is_withheld(proposal.id):
            self._connector.move_aside(ref, None, proposal.commit)
            return replace(proposal, status=status, reason=reason)
        commit = proposal.commit
        if status is not ProposalStatus.EXPIRED:  # from here on, it is
            message = _record(proposal, status, reason)
            commit = self._connector.commit_aside(ref, commit, commit, [], message)
        self._connector.move_aside(ref, refused, commit)
        return self._read_commit(REFUSED, proposal.id, commit)

    def expire(self) -> list[Proposal]:
        """Close those that have waited for 90 days; returns them."""
        oldest = self._clock() - LIFETIME
        closed = []
        for name, commit in self._refs(OPEN).items():
            one = self._read(OPEN, name, commit) if may_be_older(name, oldest) else None
            if one is None or one.time >= oldest:
                continue
            with suppress(PackError):  # somebody decides on it now; the others are still late
                self._connector.move_aside(f"{OPEN}/{name}", f"{REFUSED}/{name}", commit)
                closed.append(self._read_commit(REFUSED, name, commit))
        return closed


def _age(proposal: Proposal) -> tuple[datetime, str]:
    return proposal.time, proposal.id


def _no_proposal(proposal_id: str) -> NotFound:
    return NotFound(f"proposal {proposal_id[:40]}", f"{Action.SEE_PROPOSALS} to see what waits.")


def _record(proposal: Proposal, status: ProposalStatus, reason: str | None) -> str:
    """The message of the commit that says what was decided."""
    trailers = [f"{STATUS_TRAILER}: {status}", f"{PROPOSAL}: {proposal.id}"]
    if why := plain(reason or ""):
        trailers.append(f"{REASON_TRAILER}: {why[:_REASON]}")
    subject = f"{proposal.path}: refuse proposal {proposal.id}"
    if status in _ENDINGS:
        subject = f"{proposal.path}: proposal {proposal.id} was {_ENDINGS[status]}"
    return f"{subject}\n\n" + "\n".join(trailers)
