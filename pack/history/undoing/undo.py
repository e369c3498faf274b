"""Undo and redo: each takes back one commit by another, and nothing is ever rewritten.

Several commits are undone newest first, each by a commit of its own. All of them are planned
before the first is made, so that a conflict in one of them changes nothing at all; a process that
dies in between leaves whole commits. Each commit is a write like any other: guarded, with a true
index, made by compare-and-swap, and edits by hand below it are recorded first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, NamedTuple

from pack.actions import Action
from pack.core.decision import Decision
from pack.core.session import Session
from pack.errors import AskThePerson, CannotUndo, InvalidRequest, NothingToUndo
from pack.history.assigned import assigned_in, writer_of
from pack.history.undoing.choice import ChosenCommits
from pack.history.undoing.inverse import Inverse, Inverses
from pack.history.undoing.present import PresentFiles
from pack.history.undoing.restore import Restored, restore
from pack.history.undoing.stack import UndoStack, undone_commit
from pack.history.undoing.undone import (
    AgreeToUndo,
    UndoChoice,
    Undone,
    UndoneCommit,
    agreed_to_undo,
)
from pack.log import CommitFacts
from pack.model import BlobId, Delete, MemoryPath
from pack.paths import INDEX, is_memory_file
from pack.provenance import UNDOES, skips_sync, without_trailers
from pack.results import PlannedChange, Written
from pack.use_cases.merging import merge_version

OWN_FOR: Final = timedelta(hours=24)
"""For how long a client may undo what it wrote itself."""
_NAMED_PATHS: Final = 100
_NAMED_LEFT: Final = 5
_UNDO: Final = "undo"
_REDO: Final = "redo"
_NO_REDO: Final = "To bring back what was undone before that, undo the commit that undid it."


class Undo:
    """Takes back what was written, for one writer. Methods may be called from any thread.

    Args:
        session: The writer.
        only_own: Whether the writer may only take back what it wrote itself within a day.
    """

    def __init__(self, session: Session, *, only_own: bool = False) -> None:
        self._session = session
        self._core = session.core
        self._only_own = only_own
        self._inverses = Inverses(session.core)
        self._stack: UndoStack | None = None
        self._blobs: dict[BlobId, bytes] = {}

    def for_its_own(self) -> Undo:
        """The same, for a writer who may only take back what it wrote itself within a day."""
        return Undo(self._session, only_own=True)

    def undo(
        self, choice: UndoChoice, agree: AgreeToUndo = agreed_to_undo, *, dry_run: bool = False
    ) -> Undone:
        """Take back commits, each by a commit of its own; what was changed since stays.

        Without anything chosen, that is the newest change that is not undone.

        Args:
            choice: Which ones.
            agree: Asked before anything is written, unless it is a dry run.
            dry_run: Only say what would change.

        Raises:
            NotInitialised: There is no memory.
            InvalidRequest: The choice makes no sense; or the memory has no commit yet.
            NotFound: There is no such commit.
            NothingToUndo: Nothing fits the choice.
            CannotUndo: One of the commits can never be undone, or is undone already.
            UndoConflict: What one of them changed was changed again since; nothing was written.
            AskThePerson: The writer may not undo one of them.
            PackError: The store refused.
        """
        self._core.require_mode()
        with self._core.view(), self._core.reader.reading_once():
            plan = self._plan_choice(choice)
        return self._carry_out(plan, agree, dry_run=dry_run)

    def redo(
        self, last: int = 1, agree: AgreeToUndo = agreed_to_undo, *, dry_run: bool = False
    ) -> Undone:
        """Bring back what was undone, the last undo first, unless something was written since.

        Args:
            last: How many undos to take back.
            agree: As in `undo`.
            dry_run: Only say what would change.

        Raises:
            NothingToUndo: Nothing was undone, or something was written since.
            PackError: As `undo`.
        """
        self._core.require_mode()
        with self._core.view(), self._core.reader.reading_once():
            found = self._now().redoable(self._inverses.touches)
            plan = self._plan(found, _positive(last), _REDO)
        return self._carry_out(plan, agree, dry_run=dry_run)

    def restore(self, path: str, as_of: str | None = None, *, dry_run: bool = False) -> Restored:
        """Bring back a file as it was; see `pack.history.undoing.restore.restore`."""
        own = self._refuse_others if self._only_own else None
        return restore(self._session, path, as_of, own, dry_run=dry_run)

    # --- what a writer may do ------------------------------------------------------------------

    def _is_own(self, commit: CommitFacts) -> bool:
        is_fresh = self._core.clock() - commit.at <= OWN_FOR
        return is_fresh and self._writer(commit) == self._session.origin.label

    def _writer(self, commit: CommitFacts) -> str:
        return writer_of(commit, assigned_in(self._core).levels).origin

    def _refuse_others(self, commit: CommitFacts, action: Action, words: Sequence[str]) -> None:
        """Do nothing, unless a commit is not the writer's own, or is too old.

        Raises:
            AskThePerson: So it is.
        """
        if not self._is_own(commit):
            who = self._writer(commit)
            when = f"{commit.at:%Y-%m-%d %H:%M}Z"
            reason = f"commit {commit.id[:12]} was written by {who} at {when}"
            raise AskThePerson(reason, action, words)

    # --- planning ------------------------------------------------------------------------------

    def _now(self) -> UndoStack:
        """The history as it is now.

        Raises:
            InvalidRequest: There is none yet.
        """
        head = self._core.connector.head()
        if head is None:
            raise InvalidRequest("the memory has no history yet")
        if self._stack is None or self._stack.head != head:
            self._stack = UndoStack(self._core.log, head)
        return self._stack

    def _plan_choice(self, choice: UndoChoice) -> _Plan:
        chosen = ChosenCommits(self._core, self._now())
        filters = (choice.since, choice.by, choice.session)
        is_filtered = any(each is not None for each in filters)
        if choice.commits:
            if is_filtered or choice.last is not None:
                raise InvalidRequest("name the commits, or say which ones are meant, not both")
            return _Plan(self._plan_named([chosen.find(each) for each in choice.commits]))
        last = 1 if choice.last is None and not is_filtered else choice.last
        if last is not None:
            _positive(last)
        fitting = (
            commit
            for commit in chosen.fitting(choice)
            if not self._only_own or self._is_own(commit)
        )
        plan = self._plan(fitting, last, _UNDO)
        return _Plan(plan.steps) if is_filtered else plan

    def _plan_named(self, commits: Iterable[CommitFacts]) -> list[_Step]:
        """A plan for exactly these commits, newest first."""
        stack, now = self._now(), PresentFiles(self._core, self._blobs)
        chosen = {commit.id for commit in commits}
        plan: list[_Step] = []
        for commit in stack.commits():
            if commit.id not in chosen:
                continue
            if self._only_own:
                self._refuse_others(commit, Action.UNDO, [commit.id[:12]])
            _refuse_undone(stack, commit)
            inverse = self._inverses.plan(commit, now)
            _refuse_empty(inverse, commit)
            plan.append(self._step(commit, inverse, now))
            if len(plan) == len(chosen):
                break
        return plan

    def _plan(self, commits: Iterable[CommitFacts], last: int | None, what: str) -> _Plan:
        """A plan for the first of these commits that can be undone at all."""
        now = PresentFiles(self._core, self._blobs)
        plan: list[_Step] = []
        passed: list[CannotUndo] = []
        for commit in commits:
            try:
                inverse = self._inverses.plan(commit, now)
            except CannotUndo as error:
                passed += [error] if _is_a_change(commit) else []
                continue
            if not inverse.is_empty:
                plan.append(self._step(commit, inverse, now))
            if len(plan) == last:
                break
        if plan:
            return _Plan(plan, passed)
        if self._only_own:
            action = Action.REDO if what == _REDO else Action.UNDO
            raise AskThePerson("within a day, this client has written nothing else", action)
        raise NothingToUndo(what, _NO_REDO if what == _REDO else None)

    def _step(self, commit: CommitFacts, inverse: Inverse, now: PresentFiles) -> _Step:
        changes = [
            PlannedChange(
                change.path,
                now.content(change.path),
                None if isinstance(change, Delete) else change.content,
            )
            for change in inverse.changes
        ]
        now.plan(inverse.changes)
        stack = self._now()
        is_redo = undone_commit(commit) is not None and not stack.is_redo(commit)
        undone = UndoneCommit(
            commit.id,
            None,
            self._writer(commit),
            commit.at,
            without_trailers(stack.change_behind(commit).message),
            is_redo,
            tuple(changes),
            inverse.left,
        )
        return _Step(commit, undone)

    # --- writing -------------------------------------------------------------------------------

    def _carry_out(self, chosen: _Plan, agree: AgreeToUndo, *, dry_run: bool) -> Undone:
        plan = chosen.steps
        planned = tuple(step.undone for step in plan)
        left = sorted({path for each in planned for path in each.left})
        warnings: tuple[str, ...] = (_told(left),) if left else ()
        if chosen.passed:
            warnings = (_told_passed(chosen.passed), *warnings)
        if dry_run:
            return Undone(planned, None, warnings)
        agree(planned)
        done: list[UndoneCommit] = []
        held: Written | None = None
        with self._together(plan):
            for step in plan:
                written = self._write(step, is_alone=len(plan) == 1)
                warnings += written.warnings
                if written.commit is None:
                    held = written  # those before it may build on what it did
                    break
                done.append(replace(step.undone, by=written.commit))
        last = done[-1].by if done else None
        return Undone(tuple(done), last, tuple(dict.fromkeys(warnings)), held)

    @contextmanager
    def _together(self, plan: Sequence[_Step]) -> Iterator[None]:
        """Keep other writers out while several commits are made; each is planned again first."""
        if len(plan) == 1:
            yield
            return
        with self._core.connector.exclusive():
            with self._core.view(), self._core.reader.reading_once():
                self._plan_named(step.commit for step in plan)
            yield

    def _write(self, step: _Step, *, is_alone: bool) -> Written:
        def decide() -> Decision:
            if is_alone:
                stack = self._now()
                stack.find(step.commit.id)
                _refuse_undone(stack, step.commit)
            inverse = self._inverses.plan(step.commit, PresentFiles(self._core, self._blobs))
            _refuse_empty(inverse, step.commit)
            return _decision(step.undone, inverse)

        return self._session.write(decide)


@dataclass(frozen=True, slots=True)
class _Step:
    """One commit to undo."""

    commit: CommitFacts
    undone: UndoneCommit


class _Plan(NamedTuple):
    """What is to be undone.

    Attributes:
        steps: In this order.
        passed: Why newer changes, which nobody excluded, are passed over.
    """

    steps: Sequence[_Step]
    passed: Sequence[CannotUndo] = ()


def _is_a_change(commit: CommitFacts) -> bool:
    """Whether a commit is somebody's change, and does not only join histories or record a sync."""
    return not skips_sync(commit.message) and merge_version(commit) is None


def _refuse_undone(stack: UndoStack, commit: CommitFacts) -> None:
    undo = stack.undone_by(commit.id)
    if undo is not None:
        reason = f"{undo[:12]} has undone it already"
        raise CannotUndo(commit.id, reason, f"To bring it back, undo {undo[:12]}.")


def _refuse_empty(inverse: Inverse, commit: CommitFacts) -> None:
    if inverse.is_empty:
        raise CannotUndo(commit.id, "nothing is left of what it did")


def _decision(undone: UndoneCommit, inverse: Inverse) -> Decision:
    paths = [change.path for change in inverse.changes]
    first = next(filter(is_memory_file, paths), paths[0] if paths else INDEX)
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    verb = _REDO if undone.is_redo else _UNDO
    names = [path for path in paths if path != first]
    return Decision(
        first,
        inverse.changes,
        f"{first}: {verb} {undone.commit[:12]}{more}",
        undone.message.partition("\n")[0],
        _named(names),
        order=inverse.order,
        with_index=inverse.with_index,
        trailers=((UNDOES, undone.commit),),
    )


def _named(paths: Sequence[MemoryPath]) -> Sequence[str]:
    """The paths that a message names, and how many more there are."""
    more = len(paths) - _NAMED_PATHS
    return [*paths[:_NAMED_PATHS], f"… {more} more"] if more > 0 else paths


def _told(left: Sequence[MemoryPath]) -> str:
    more = f" and {len(left) - _NAMED_LEFT} more" if len(left) > _NAMED_LEFT else ""
    return f"not memory, so not touched: {', '.join(left[:_NAMED_LEFT])}{more}"


def _told_passed(passed: Sequence[CannotUndo]) -> str:
    more = f", and {len(passed) - _NAMED_LEFT} more" if len(passed) > _NAMED_LEFT else ""
    each = (f"{one.commit[:12]} ({one.reason})" for one in passed[:_NAMED_LEFT])
    return f"passed over, as it cannot be undone: {', '.join(each)}{more}"


def _positive(last: int) -> int:
    if last < 1:
        raise InvalidRequest("last must be at least 1")
    return last
