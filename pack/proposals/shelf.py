"""Where proposals are kept: a ref beside the branch for each, so that git keeps and clones them.

An open one is `proposals/ID`, one commit on the commit that it was made on. A refused one is
`rejected/ID`: the same commit, and on top of it an empty one that says why. One that nobody decided
on in time only gets the other name.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
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
    Proposal,
    ProposalStatus,
    is_id,
    make_id,
    may_be_older,
    read_proposal,
    tag_of,
)
from pack.provenance import PROPOSAL

OPEN: Final = "proposals"
REFUSED: Final = "rejected"
LIFETIME: Final = timedelta(days=90)
_ATTEMPTS: Final = 5
_REMEMBERED: Final = 1000
_REASON: Final = 500


class ProposalShelf:
    """The proposals of one memory, for everybody who makes them and decides.

    Args:
        connector: Where the memory is kept.
        clock: Tells the time.
    """

    def __init__(self, connector: Connector, clock: Callable[[], datetime]) -> None:
        self._connector = connector
        self._clock = clock
        self._known: dict[tuple[str, CommitId, str], Proposal | None] = {}  # a commit never changes

    # --- looking -------------------------------------------------------------------------------

    def count(self) -> int:
        """How many are open; none of them is read."""
        return len(self._refs(OPEN))

    def open(self, about: MemoryPath | None = None) -> list[Proposal]:
        """Those that wait for a decision, the oldest first.

        Args:
            about: Only those about this file; the others are not read.
        """
        return self._in(OPEN, about)

    def rejected(self, about: MemoryPath | None = None) -> list[Proposal]:
        """Those that were refused, or waited too long; the oldest first."""
        return self._in(REFUSED, about)

    def find(self, proposal_id: str) -> Proposal:
        """The proposal with an id, whatever has become of it.

        Raises:
            NotFound: There is none.
        """
        for folder in (OPEN, REFUSED):
            commit = self._refs(folder).get(proposal_id)
            if commit is not None:
                return self._read(folder, proposal_id, commit)
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

    def _in(self, folder: str, about: MemoryPath | None) -> list[Proposal]:
        end = tag_of(about) if about is not None else ""
        found = [
            self._find(folder, name, commit)
            for name, commit in self._refs(folder).items()
            if name.endswith(end)
        ]
        wanted = (one for one in found if one and (about is None or one.path == about))
        return sorted(wanted, key=lambda one: (one.time, one.id))

    def _refs(self, folder: str) -> dict[str, CommitId]:
        """The refs in a folder that are named like a proposal."""
        found = self._connector.side_refs(folder)
        return {name: commit for name, commit in found.items() if is_id(name)}

    def _read(self, folder: str, proposal_id: str, commit: CommitId) -> Proposal:
        """The proposal that a ref holds.

        Raises:
            NotFound: Somebody has put something else there.
        """
        found = self._find(folder, proposal_id, commit)
        if found is None:
            raise _no_proposal(proposal_id)
        return found

    def _find(self, folder: str, proposal_id: str, commit: CommitId) -> Proposal | None:
        """The proposal that a ref holds; `None` if somebody has put something else there."""
        key = (proposal_id, commit, folder)
        if key not in self._known:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[key] = self._read_commit(folder, proposal_id, commit)
        return self._known[key]

    def _read_commit(self, folder: str, proposal_id: str, commit: CommitId) -> Proposal | None:
        facts = self._facts(commit, proposal_id)
        record = None
        if facts is not None and folder == REFUSED and STATUS_TRAILER in facts.trailers:
            record, facts = facts, self._facts(facts.parents[0], proposal_id)
        if facts is None:
            return None
        found = read_proposal(proposal_id, facts, record)
        is_open = folder == OPEN or record is not None
        return found if is_open else replace(found, status=ProposalStatus.EXPIRED)

    def _facts(self, commit: CommitId, proposal_id: str) -> CommitFacts | None:
        """What a commit says that PACK made for a proposal; `None` for any other."""
        query = LogQuery(commit, limit=1, first_parent=True, with_files=True)
        try:
            found = next(self._connector.log(query))
        except NotFound:
            return None
        is_ours = found.trailers.get(PROPOSAL) == proposal_id and bool(found.parents)
        return found if is_ours else None

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
                return self._read(OPEN, new_id, commit)
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
        return self._read(OPEN, proposal.id, commit)

    def close(
        self, proposal: Proposal, status: ProposalStatus, reason: str | None = None
    ) -> Proposal:
        """Take an open proposal off the list; a refused or expired one stays readable.

        Raises:
            StaleBase: It has changed, or is not open any more.
        """
        ref, refused = f"{OPEN}/{proposal.id}", f"{REFUSED}/{proposal.id}"
        if status in (ProposalStatus.ACCEPTED, ProposalStatus.WITHDRAWN):
            self._connector.move_aside(ref, None, proposal.commit)
            return replace(proposal, status=status, reason=reason)
        self._connector.move_aside(ref, refused, proposal.commit)
        commit = proposal.commit
        if status is ProposalStatus.REJECTED:
            message = _record(proposal, status, reason)
            commit = self._connector.commit_aside(refused, commit, commit, [], message)
        return self._read(REFUSED, proposal.id, commit)

    def expire(self) -> list[Proposal]:
        """Close those that have waited for 90 days; returns them."""
        oldest = self._clock() - LIFETIME
        found = [
            self._find(OPEN, name, commit)
            for name, commit in self._refs(OPEN).items()
            if may_be_older(name, oldest)
        ]
        late = [one for one in found if one is not None and one.time < oldest]
        closed = []
        for one in late:
            with suppress(PackError):  # somebody decides on it now; the others are still late
                closed.append(self.close(one, ProposalStatus.EXPIRED))
        return closed


def _no_proposal(proposal_id: str) -> NotFound:
    return NotFound(f"proposal {proposal_id[:40]}", f"{Action.SEE_PROPOSALS} to see what waits.")


def _record(proposal: Proposal, status: ProposalStatus, reason: str | None) -> str:
    """The message of the commit that says what was decided."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in reason or "").split())
    trailers = [f"{STATUS_TRAILER}: {status}", f"{PROPOSAL}: {proposal.id}"]
    if plain:
        trailers.append(f"{REASON_TRAILER}: {plain[:_REASON]}")
    return f"{proposal.path}: refuse proposal {proposal.id}\n\n" + "\n".join(trailers)
