"""Exchanging a memory with a remote: fetch, take in, push; again if somebody was faster.

What is to be done is decided by `decision`. Taking in is a fast-forward, or one merge commit
with a true index (C10), which any machine would make of the same two heads (`merging`). Either is
made as a write is, so that what the user edited, staged or put in the way is never touched: the
exchange waits, and says for what. A write never waits for it.
"""

from __future__ import annotations

import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, Final

from pack.catalog.scope import PROJECT_FILE, read_scope
from pack.connector import Connector
from pack.core.core import Core
from pack.core.decision import Decision
from pack.core.guard import guarded, refuse_excluded
from pack.core.referee import HeldBack
from pack.errors import (
    Conflict,
    InvalidPath,
    InvalidRequest,
    LimitExceeded,
    NotFound,
    PackError,
    PreconditionFailed,
    RefusedForSafety,
    RepositoryBusy,
    StaleBase,
)
from pack.model import BlobId, CommitId, EntryType, MemoryPath
from pack.paths import INDEX, is_memory_file
from pack.provenance import MERGER
from pack.remote import incoming
from pack.remote.branches import begin_there, choose_to_follow
from pack.remote.decision import Move, Permission, Position, plan_move
from pack.remote.outgoing import refuse_plain
from pack.remote.remote import (
    Exchange,
    Incoming,
    Outcome,
    Remote,
    RemoteBranch,
    Report,
    Stop,
    StopKind,
)
from pack.rules.exclusion import CommittedRules, ExclusionKind

if TYPE_CHECKING:
    from pack.remote.merge_store import MergeStore
    from pack.use_cases.merging import Merging

_ATTEMPTS: Final = 8
_JITTER_SECONDS: Final = 0.05
_NAMED_BRANCHES: Final = 20


class Exchanger:
    """One exchange with one remote."""

    def __init__(
        self,
        core: Core,
        remote: Remote,
        branch: RemoteBranch,
        allowed: Permission,
        report: Report,
    ) -> None:
        self._core = core
        self._connector = core.connector
        self._remote = remote
        self._branch = branch
        self._allowed = allowed
        self._report = report
        self._outcome = Outcome.UP_TO_DATE
        self._received = 0
        self._copies: tuple[str, ...] = ()
        self._others: tuple[str, ...] = ()
        self._proposals: tuple[str, ...] = ()

    def run(self) -> Exchange:
        """Fetch, take in, push.

        Raises:
            RepositoryBusy: Both sides move too fast.
            ConnectorError: The remote does not answer, or refuses.
        """
        self._bring_up_proposals(self._connector.head())
        for attempt in range(_ATTEMPTS):
            if attempt:
                time.sleep(random.uniform(0, _JITTER_SECONDS * 2**attempt))  # noqa: S311 - jitter
            self._report("asking the remote")
            try:
                return self._attempt(self._remote.heads())
            except StaleBase:
                continue  # somebody wrote here or pushed there meanwhile
        raise RepositoryBusy("both sides move faster than they can be brought together")

    @property
    def _label(self) -> str:
        return self._branch.label

    def _attempt(self, heads: Mapping[str, CommitId]) -> Exchange:
        chosen = self._choose(heads)
        self._others = tuple(sorted(heads.keys() - {self._branch.branch}))[:_NAMED_BRANCHES]
        if isinstance(chosen, Stop):
            return self._stopped(chosen, Position(self._connector.head(), None))
        theirs = chosen
        position, stop = self._look(theirs)
        decision = stop or plan_move(position, self._label, self._allowed)
        if isinstance(decision, Stop):
            return self._stopped(self._with_branch(decision), position)
        try:
            if decision not in (Move.NOTHING, Move.PUSH):
                self._refuse_managed(position)
            head = self._take_in(decision, position)
        except (StaleBase, NotFound):
            raise  # somebody wrote here meanwhile; or git has lost something, which is no waiting
        except (Conflict, InvalidRequest, PreconditionFailed, RefusedForSafety) as error:
            return self._waiting(error)
        return self._send(head, theirs)

    # --- looking -------------------------------------------------------------------------------

    def _choose(self, heads: Mapping[str, CommitId]) -> CommitId | Stop | None:
        """Settle the branch there, and have its history here; or why a person must choose."""
        remote, before = self._remote, self._branch
        seen = remote.seen()
        is_empty = self._connector.head() is None
        chosen = choose_to_follow(before, heads, seen, remote.taken(), is_empty=is_empty)
        if isinstance(chosen, Stop):
            return chosen
        if chosen == before.branch:
            return remote.fetch(heads.get(chosen))
        self._branch = remote.follow(chosen)
        theirs = remote.fetch(heads[chosen])
        if seen is None or theirs is None or remote.is_ancestor(seen, theirs):
            return theirs
        self._branch = remote.follow(before.branch)  # another branch, and not that one renamed
        return None

    def _with_branch(self, stop: Stop) -> Stop:
        """A stop that says, where the two sides have different branches, how to keep them apart."""
        if stop.kind is not StopKind.UNRELATED or self._branch.local == self._branch.branch:
            return stop
        return replace(stop, remedy=f"{stop.remedy} {begin_there(self._branch)}")

    def _look(self, theirs: CommitId | None) -> tuple[Position, Stop | None]:
        """Where both sides are, and whether the remote holds what is not taken in at all."""
        remote = self._remote
        ours, seen = self._connector.head(), remote.seen()
        position = Position(ours, theirs, seen)
        if theirs is None:
            return position, None
        position = replace(
            position,
            base=remote.merge_base(ours, theirs) if ours else None,
            has_seen=seen is None or remote.is_ancestor(seen, theirs),
            in_seen=seen is not None and remote.is_ancestor(theirs, seen),
        )
        if theirs in (ours, position.base):
            return position, None
        stop = self._refuse(position.base, theirs)
        if stop is None:
            position = replace(position, is_emptied=self._is_emptied(theirs, seen or position.base))
        return position, stop

    def _refuse(self, base: CommitId | None, theirs: CommitId) -> Stop | None:
        try:
            found: Sequence[Incoming] = self._remote.incoming(base, theirs)
        except (InvalidPath, LimitExceeded) as error:
            return incoming.refused(str(error), self._label)
        stop = incoming.refuse(found, self._label)
        if stop is not None:
            return stop
        paths = (entry.path for entry in self._connector.get_tree(theirs))
        return incoming.refuse_twins(found, paths, self._label)

    def _refuse_managed(self, position: Position) -> None:
        """Do nothing, unless new on the remote is a file whose bytes git converts.

        Taken in by PACK, what a filter hides would be lost, or become memory in its hidden form.

        Raises:
            RefusedForSafety: There is one; the person's git, which runs the filter, can take it in.
        """
        theirs = position.theirs
        if theirs is None:
            return
        ours, others = self._files(position.ours), self._files(theirs)
        rules = CommittedRules(others.get, self._read)
        with self._connector.view():
            for found in self._remote.incoming(position.base, theirs):
                path = found.path
                if ours.get(path) == others.get(path):
                    continue
                here = self._connector.exclusion(path)
                managed = here is not None and here.kind is ExclusionKind.MANAGED
                if managed or rules.is_managed(path):
                    raise RefusedForSafety(
                        f"{path} is managed by a git filter, which PACK does not run",
                        "Run `git pull` in the memory folder: your git runs the filter.",
                    )

    def _is_emptied(self, theirs: CommitId, before: CommitId | None) -> bool:
        return before is not None and self._is_memory(before) and not self._is_memory(theirs)

    def _is_memory(self, commit: CommitId) -> bool:
        own, files = (INDEX, self._core.reader.v1_path), self._files(commit)
        chosen = files.get(PROJECT_FILE)
        at_root = chosen is not None and read_scope(self._read(chosen)).root_notes
        return any(
            path in own or (is_memory_file(path) and ("/" in path or at_root)) for path in files
        )

    def _files(self, commit: CommitId | None) -> Mapping[MemoryPath, BlobId]:
        return _files(self._connector, commit) if commit is not None else {}

    # --- acting --------------------------------------------------------------------------------

    def _take_in(self, move: Move, position: Position) -> CommitId | None:
        """Have here what the remote has; the commit that both sides should be at."""
        ours, theirs = position.ours, position.theirs
        if theirs is None or move in (Move.NOTHING, Move.PUSH):
            return ours
        news = self._remote.count(theirs, ours)
        is_forward = move is Move.FAST_FORWARD and not self._held_back(position.base, theirs)
        if ours is None or is_forward:
            self._report("taking in what is new there")
            self._bring_up_proposals(theirs)
            self._remote.fast_forward(ours, theirs)
            head = theirs
            self._outcome = max(self._outcome, Outcome.RECEIVED, key=_RANK.index)
        else:
            self._report("merging")
            head = self._merge(ours, theirs)
            self._outcome = Outcome.MERGED
        self._received += news
        return head

    def _held_back(self, base: CommitId | None, theirs: CommitId) -> Sequence[HeldBack]:
        """What machines there did to text that they may not change."""
        referee = self._core.referee()
        return referee.held_back(base, theirs) if referee is not None and base is not None else ()

    def _merge(self, ours: CommitId, theirs: CommitId) -> CommitId:
        store, merging = self._merging
        plan = merging.plan(ours, theirs)
        changes = merging.changes(plan, ours)
        first = changes[0].path if changes else INDEX
        decision = Decision(first, changes, plan.commit.message, is_tracked=True)
        with self._connector.exclusive():
            if self._connector.head() != ours:
                raise StaleBase(ours, self._connector.head())
            guarded([refuse_excluded], decision, MERGER, self._core.reader)
            whole = store.prepare(ours, plan.commit, changes) if plan.withheld else theirs
            self._bring_up_proposals(whole)
            made = store.merge(ours, plan.commit, changes)
        self._copies += tuple(dict.fromkeys(one.copy for one in plan.conflicts if one.copy))
        return made.id

    @cached_property
    def _merging(self) -> tuple[MergeStore, Merging]:
        # Here, as a server that meets no other machine never merges.
        from pack.use_cases.merging import Merging  # noqa: PLC0415

        store = self._remote.merges()
        return store, Merging(self._core, store)

    def _bring_up_proposals(self, head: CommitId | None) -> None:
        """Have the proposals of all merges that lead to a commit, before the branch is there."""
        from pack.use_cases.withheld import WithheldProposals  # noqa: PLC0415 - see `_merging`

        self._proposals += tuple(WithheldProposals(self._core, *self._merging).bring_up(head))

    def _read(self, blob: BlobId) -> bytes:
        return _read(self._connector, blob)

    def _send(self, head: CommitId | None, theirs: CommitId | None) -> Exchange:
        sent = 0
        if head is not None:
            if head != theirs:
                stop = refuse_outgoing(self._connector, self._remote, head, theirs, self._label)
                if stop is not None:
                    return self._ended(Outcome.STOPPED, stop=stop)
                sent = self._remote.count(head, theirs)
                self._report("sending what is new here")
                self._remote.push(head, theirs)
                self._outcome = max(self._outcome, Outcome.SENT, key=_RANK.index)
            self._remote.note_seen(head)
        return self._ended(self._outcome, sent=sent, agreed=head)

    # --- not acting ----------------------------------------------------------------------------

    def _stopped(self, stop: Stop, position: Position) -> Exchange:
        stop = replace(stop, rescue=self._rescue(stop, position))
        return self._ended(Outcome.STOPPED, stop=stop)

    def _rescue(self, stop: Stop, position: Position) -> str:
        """Have both histories kept as they were when the exchange first stopped."""
        before = self._remote.record().stop
        if before is not None and (before.kind, before.reason) == (stop.kind, stop.reason):
            return before.rescue
        kept = [commit for commit in (position.ours, position.seen) if commit is not None]
        return self._remote.rescue(*kept) if kept else ""

    def _waiting(self, error: PackError) -> Exchange:
        reason = f"what is new on {self._label} cannot be taken in yet: {error}"
        return self._ended(Outcome.WAITING, reason=reason, remedy=error.remedy)

    def _ended(
        self,
        outcome: Outcome,
        *,
        sent: int = 0,
        agreed: CommitId | None = None,
        reason: str = "",
        remedy: str = "",
        stop: Stop | None = None,
    ) -> Exchange:
        return Exchange(
            outcome,
            sent,
            self._received,
            agreed,
            self._copies,
            reason,
            remedy,
            stop,
            self._branch,
            self._others,
            self._proposals,
        )


# Of what happened in one exchange, the last of these is what it is called.
_RANK: Final = (Outcome.UP_TO_DATE, Outcome.SENT, Outcome.RECEIVED, Outcome.MERGED)


def refuse_outgoing(
    connector: Connector, remote: Remote, head: CommitId, theirs: CommitId | None, label: str
) -> Stop | None:
    """Why a push of a commit is not made, as far as that is known here; `None` if it may be."""
    outgoing = remote.outgoing(head, theirs)
    return refuse_plain(outgoing, label, partial(_files, connector), partial(_read, connector))


def _files(connector: Connector, commit: CommitId) -> Mapping[MemoryPath, BlobId]:
    entries = connector.get_tree(commit)
    return {entry.path: entry.sha for entry in entries if entry.type is EntryType.FILE}


def _read(connector: Connector, blob: BlobId) -> bytes:
    ((_, content),) = connector.read_blobs([blob])
    return content
