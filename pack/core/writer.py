"""How a write is made: decide on the current commit, record the user's edits, commit once.

A write is decided from what the memory holds now, and committed on exactly that commit. If the
branch moves in between, it is decided again; a caller sees a conflict only if its own file has
changed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from itertools import chain, count

from pack.catalog.catalog import Catalog
from pack.catalog.imported import RECORDS, dated, read_record
from pack.catalog.refresh import NO_COMMIT, bring_up, complete, rows_now_held
from pack.catalog.row import Row, describe
from pack.catalog.scope import EVERYTHING, PROJECT_FILE, Scope, read_scope, scope_of
from pack.connector import Capability, Connector
from pack.core.decision import AllHeld, Decision, ProposedWrite
from pack.core.guard import Guard, guarded, refuse_excluded
from pack.core.index_update import IndexUpdate, plan_index_update, type_at_index
from pack.core.proposing import Proposing, not_kept, told
from pack.core.reader import Reader
from pack.deferred import dataclass
from pack.errors import BlobChanged, PackError, RepositoryBusy, StaleBase, UncommittedEdit
from pack.files.note import Note
from pack.model import (
    ABSENT,
    Change,
    Commit,
    CommitId,
    Delete,
    EntryType,
    Identity,
    MemoryPath,
    Put,
)
from pack.paths import INDEX, is_archived, is_memory_file
from pack.proposals.proposal import Proposal
from pack.proposals.shelf import ProposalShelf
from pack.provenance import EDITOR, Origin, commit_message
from pack.results import PlannedChange, Written

_ATTEMPTS = 40
_OVERTAKEN = 5
_SHORTEST = 0.002


class Writer:
    """Carries out decisions on one memory, for everyone who writes to it.

    Args:
        connector: Where the memory is kept.
        catalog: What is known about its files.
        reader: Reads it.
        new_request: Returns a fresh id for each write.
        proposals: Keeps what waits for the person's decision.
        guards: They see each decision before it is committed, in this order.
        on_commit: Called after each commit.
    """

    def __init__(
        self,
        connector: Connector,
        catalog: Catalog,
        reader: Reader,
        new_request: Callable[[], str],
        proposals: ProposalShelf,
        guards: Sequence[Guard] = (),
        on_commit: Callable[[], None] | None = None,
    ) -> None:
        self._connector = connector
        self._catalog = catalog
        self._reader = reader
        self._new_request = new_request
        self._proposals = proposals
        self._guards = guards
        self._on_commit = on_commit

    def write(
        self, decide: Callable[[], Decision], origin: Origin, *, dry_run: bool = False
    ) -> Written:
        """Make one commit of what `decide` wants, deciding again whenever the branch has moved.

        Args:
            decide: Says what to write; called inside a view of the memory, possibly several times.
            origin: Who writes.
            dry_run: Only say what would change.

        Raises:
            PackError: Whatever `decide`, a guard or the connector raises. Nothing was written.
        """
        writing = _Writing(origin, self._new_request(), dry_run)
        self._catalog.commit()  # if it is being filled, that is waited for here, without a lock
        overtaken = 0
        for attempt in range(_ATTEMPTS):
            try:
                # A new view for each attempt, so that it sees the present state.
                with (
                    self._connector.exclusive(),
                    self._connector.view(),
                    self._reader.reading_once(),
                ):
                    return self._attempt(decide(), writing)
            except _DecideAgain as again:
                overtaken += again.error is not None
                if again.error is not None and overtaken == _OVERTAKEN:
                    raise again.error from None
            except StaleBase:
                # Only somebody who does not use PACK's lock can have moved the branch.
                time.sleep(random.uniform(0, _pause(attempt)))  # noqa: S311 - jitter
        raise RepositoryBusy("the branch keeps moving while the write is being made")

    def guard(self, decision: Decision, origin: Origin) -> Decision:
        """The decision after all guards, for one that is committed some other way, such as a merge.

        Raises:
            PackError: A guard refuses it.
        """
        return guarded((refuse_excluded, *self._guards), decision, origin, self._reader)

    def _attempt(self, decided: Decision, writing: _Writing) -> Written:
        decision = self.guard(decided, writing.origin)
        head = self._connector.head()
        if decision.proposal is not None and not decision.proposal.is_beside:
            return self._propose(decision, decision.proposal, head, writing)
        if decision.with_index:
            self._bring_up(head, writing)
        effect = effect_of(self._connector, self._catalog, decision.changes, decision.notes)
        plan = self._plan_index(decision, head, effect)
        changes = [*decision.changes, *plan.changes]
        if not changes and decision.whole_index:
            return self._describe(decision, plan, changes)  # it is true already
        if writing.dry_run:
            return self._describe(decision, plan, changes)
        edits = self._edits_below(changes, writing.origin)
        if not writing.recorded.issuperset(edits):  # each is recorded only once
            self._record_edits(edits, decision, plan, head, writing.request)
            writing.recorded.update(edits)
            raise _DecideAgain
        message = commit_message(
            decision.subject,
            writing.origin,
            writing.request,
            decision.said,
            decision.names,
            skips_sync=decision.skips_sync,
            trailers=decision.trailers,
        )
        made = self._commit(head, changes, message, writing.origin.author)
        if decision.with_index and self._advance(head, made, effect) and plan.verified:
            self._catalog.verified(made.id)
        written = self._written(decision, plan, made)
        if decision.proposal is None:
            return written
        return self._proposed_beside(decision, written, made.id, writing)

    def _bring_up(self, head: CommitId | None, writing: _Writing) -> None:
        """Have the catalog describe the current commit, and nothing in the way of the index.

        Raises:
            _DecideAgain: Something was in the way.
        """
        if not writing.dry_run:
            self._free_index(head, writing.request)
        bring_up(self._catalog, self._connector, head)
        complete(self._catalog, self._connector)

    def _plan_index(self, decision: Decision, head: CommitId | None, effect: Effect) -> IndexUpdate:
        if not decision.with_index:
            return IndexUpdate((), (), verified=False)
        plan = plan_index_update(
            self._catalog,
            self._reader,
            *effect,
            decision.moved,
            order=decision.order,
            check_all=decision.whole_index,
        )
        for change in plan.changes:
            self._reader.refuse_excluded(change.path)
        if self._catalog.commit() != (head or NO_COMMIT):
            raise _DecideAgain  # it was lost, or moved on, while it was being read
        return plan

    def _commit(
        self,
        head: CommitId | None,
        changes: Sequence[Change],
        message: str,
        author: Identity | None = None,
    ) -> Commit:
        """Commit what was decided from the files as they were a moment ago.

        Raises:
            _DecideAgain: Somebody has changed one of them since. It may not be the caller's file at
                all (but the index, say); if it is, the next decision raises the conflict.
        """
        try:
            made = self._connector.commit(head, changes, message, author=author)
        except (BlobChanged, UncommittedEdit) as error:
            raise _DecideAgain(error) from error
        if self._on_commit is not None:
            self._on_commit()
        return made

    def _advance(self, head: CommitId | None, made: Commit, effect: Effect) -> bool:
        """Bring the catalog to a commit of ours; returns whether it is there.

        A store may convert line ends; what it has then is read when somebody asks for it.
        """
        rows, _ = effect
        is_as_given = all(made.blobs.get(row.path) == row.blob for row in rows)
        if is_as_given:
            self._catalog.advance(head or NO_COMMIT, made.id, *effect)
        return is_as_given

    def guarded_by(self, *guards: Guard) -> None:
        """Have more guards, which see each decision after the others."""
        self._guards = (*self._guards, *guards)

    # --- what waits for the person -------------------------------------------------------------

    def _propose(
        self,
        decision: Decision,
        wanted: ProposedWrite,
        head: CommitId | None,
        writing: _Writing,
    ) -> Written:
        """Keep a decision as a proposal; the memory stays as it is.

        Raises:
            AllHeld: It is never held, so it has to be decided otherwise.
            _DecideAgain: An edit made by hand had to be recorded first.
        """
        if decision.is_never_held and head is not None:
            raise AllHeld(wanted.path)
        known = self._reader.find(decision.path)
        here = Written(decision.path, known.sha if known else None, None)
        if writing.dry_run or head is None:
            planned = [self._planned(change) for change in wanted.changes]
            held = replace(here, warnings=decision.warnings, changes=tuple(planned))
            return told(held, wanted, None, decision)
        edits = self._edits_below(wanted.changes, writing.origin)
        if not writing.recorded.issuperset(edits):
            if decision.with_index:
                self._bring_up(head, writing)
            plan = self._plan_index(decision, head, ([], []))
            self._record_edits(edits, decision, plan, head, writing.request)
            writing.recorded.update(edits)
            raise _DecideAgain
        return told(here, wanted, self._keep(decision, wanted, head, writing), decision)

    def _proposed_beside(
        self, decision: Decision, written: Written, base: CommitId, writing: _Writing
    ) -> Written:
        """What was written, and what of the decision waits for the person."""
        wanted = decision.proposal
        if wanted is None:
            return written
        for attempt in count(1):
            try:
                return told(written, wanted, self._keep(decision, wanted, base, writing), decision)
            except PackError as error:  # the write itself is made
                is_overtaken = isinstance(error, StaleBase) and attempt < _OVERTAKEN
                if not is_overtaken:
                    return not_kept(written, wanted, error, decision)
        raise AssertionError("the last attempt returns")

    def _keep(
        self, decision: Decision, wanted: ProposedWrite, base: CommitId, writing: _Writing
    ) -> Proposal:
        message = commit_message(
            decision.subject, writing.origin, writing.request, decision.said, decision.names
        )
        proposing = Proposing(self._proposals, wanted, writing.origin, base, message)
        return proposing.keep()

    # --- the user's own edits ------------------------------------------------------------------

    def _free_index(self, head: CommitId | None, request: str) -> None:
        """Move away, in commits of the user, a folder that somebody made where the index belongs.

        Raises:
            _DecideAgain: A step was made.
            PackError: It cannot be.
        """
        if self._reader.find(INDEX) is not None or type_at_index(self._reader) is not EntryType.DIR:
            return
        inside = self._files_in_index()
        edited = [note for note in inside if not self._reader.is_committed(note)]
        changes: list[Change]
        if self._connector.get_committed(INDEX) is not None:
            changes, what = [Delete(INDEX, ABSENT)], "record that it was removed by hand"
        elif edited:
            changes = [Put(note.path, note.content, note.sha) for note in edited]
            what = "record a folder made by hand"
        elif inside:
            changes, what = self._moved(inside), "move what a folder of that name holds"
        else:
            return  # the store says what is in the way
        names = [change.path for change in changes if isinstance(change, Put)]
        decision = Decision(INDEX, changes, f"{INDEX}: {what}", names=names)
        record = self.guard(decision, EDITOR)
        message = commit_message(
            record.subject, EDITOR, request, paths=record.names, trailers=record.trailers
        )
        self._commit(head, record.changes, message)
        raise _DecideAgain

    def _files_in_index(self) -> list[Note]:
        inside = (
            self._reader.find(entry.path)
            for entry in self._reader.tree()
            if entry.path.startswith(f"{INDEX}/") and entry.type is EntryType.FILE
        )
        return [note for note in inside if note is not None]

    def _moved(self, inside: Sequence[Note]) -> list[Change]:
        """The files of a folder at the index's place, moved to one that nobody uses."""
        taken = {entry.name for entry in self._reader.list_dir(None)}
        names = (f"{INDEX[:-3]}{'' if number == 1 else f'-{number}'}" for number in count(1))
        folder = next(name for name in names if name not in taken)
        puts = [
            Put(MemoryPath(folder + note.path.removeprefix(INDEX)), note.content, ABSENT)
            for note in inside
        ]
        return [*puts, *(Delete(note.path, note.sha) for note in inside)]

    def _edits_below(self, changes: Sequence[Change], origin: Origin) -> list[Put]:
        """The hand edits that a write would replace or commit as its own, as separate changes."""
        if Capability.WORKING_TREE not in self._connector.capabilities:
            return []
        return [put for change in changes if (put := self._edit_below(change, origin))]

    def _record_edits(
        self,
        edits: Sequence[Put],
        decision: Decision,
        plan: IndexUpdate,
        head: CommitId | None,
        request: str,
    ) -> None:
        """Commit, in the name of the user or of the AI that keeps them, edits that are replaced."""
        paths = [put.path for put in edits]
        subject = f"{paths[0]}: record an edit made by hand"
        keepers = {scope_of(self._connector).keeper(path) for path in paths}
        writer = keepers.pop() if len(keepers) == 1 else None
        found = Decision(paths[0], edits, subject, names=paths[1:], is_wanted=writer is not None)
        writer = writer or EDITOR
        record = self.guard(found, writer)
        effect = effect_of(self._connector, self._catalog, record.changes, record.notes)
        # An edited index is recorded as it is; else the commit includes the index for the edit.
        index: Sequence[Change] = ()
        if decision.with_index and not {change.path for change in plan.changes}.intersection(paths):
            rows, _ = effect
            index = plan_index_update(self._catalog, self._reader, rows, (), {}).changes
        message = commit_message(
            record.subject, writer, request, paths=record.names, trailers=record.trailers
        )
        made = self._commit(head, [*record.changes, *index], message)
        self._advance(head, made, effect)

    def _edit_below(self, change: Change, origin: Origin) -> Put | None:
        """The uncommitted bytes that a change would replace, as a separate change.

        What is stored as it is found is the same commit, but only if whoever put it there makes it:
        the person, or the AI that keeps the file.
        """
        found = self._reader.find(change.path)
        if found is None or self._reader.is_committed(found):
            return None
        is_same = isinstance(change, Put) and change.content == found.content
        if is_same and origin.level == EDITOR.level:
            return None
        if is_same and origin == scope_of(self._connector).keeper(change.path):
            return None
        return Put(change.path, found.content, found.sha)

    # --- answers -------------------------------------------------------------------------------

    def _describe(
        self, decision: Decision, plan: IndexUpdate, changes: Sequence[Change]
    ) -> Written:
        planned = list(map(self._planned, changes))
        described = Written(
            decision.path,
            None,
            None,
            index_updated=decision.with_index,
            warnings=decision.warnings + plan.warnings,
            changes=tuple(planned),
        )
        return (
            told(described, decision.proposal, None, decision) if decision.proposal else described
        )

    def _planned(self, change: Change) -> PlannedChange:
        found = self._reader.find(change.path)
        after = change.content if isinstance(change, Put) else None
        gone = b"" if isinstance(change, Delete) else None  # removed by hand already
        return PlannedChange(change.path, found.content if found else gone, after)

    @staticmethod
    def _written(decision: Decision, plan: IndexUpdate, made: Commit) -> Written:
        return Written(
            decision.path,
            made.blobs.get(decision.path),
            made.id,
            made.url,
            index_updated=decision.with_index,
            warnings=decision.warnings + plan.warnings,
        )


def _pause(attempt: int) -> float:
    """The longest wait in seconds; several machines that write to a remote store need up to one."""
    return _SHORTEST * (1 << min(attempt, 9))


@dataclass(frozen=True, slots=True)
class _Writing:
    """One write across all its attempts: writer, request, and the hand edits recorded for it."""

    origin: Origin
    request: str
    dry_run: bool = False
    recorded: set[Put] = field(default_factory=set)


def _scope_after(connector: Connector, changes: Sequence[Change]) -> Scope:
    """Which files are memory once the changes are made."""
    for change in changes:
        if change.path == PROJECT_FILE:
            return read_scope(change.content).require() if isinstance(change, Put) else EVERYTHING
    return scope_of(connector).require()


Effect = tuple[list[Row], list[MemoryPath]]
"""Catalog rows that changes add, and paths they remove."""


class _DecideAgain(Exception):
    """The memory no longer holds what a write was decided from.

    Attributes:
        error: The store's error, if it refused the write for that reason.
    """

    def __init__(self, error: PackError | None = None) -> None:
        super().__init__()
        self.error = error


def effect_of(
    connector: Connector, catalog: Catalog, changes: Sequence[Change], notes: Sequence[Note] = ()
) -> Effect:
    """Catalog rows that changes add, and paths they remove.

    Args:
        connector: Has the commit that the changes are made on.
        catalog: Describes that commit.
        changes: What is written.
        notes: The notes that changes store, as far as they were parsed already.

    Raises:
        InvalidConfig: It is not certain which files are memory.
    """
    known = {note.path: note for note in notes}
    records = (one for one in changes if isinstance(one, Put) and one.path in RECORDS)
    dates = dict(chain.from_iterable(read_record(one.content).items() for one in records))
    rows: list[Row] = []
    gone: list[MemoryPath] = []
    scope = _scope_after(connector, changes)
    if any(change.path == PROJECT_FILE for change in changes):
        gone += [row.path for row in catalog.rows() if not scope.holds(row.path)]
        changed = {change.path for change in changes}
        rows += [row for row in rows_now_held(catalog, connector, scope) if row.path not in changed]
    for change in changes:
        if not is_memory_file(change.path) or is_archived(change.path):
            continue
        if scope.left_out_by(change.path) is not None:
            continue
        if isinstance(change, Delete):
            gone.append(change.path)
            continue
        note = known.get(change.path) or Note(change.path, change.content)
        if (row := describe(note)) is not None:
            rows.append(dated(row, dates))
    return rows, gone
