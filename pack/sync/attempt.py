"""One attempt to bring one target to the current commit; see `engine` for the promises."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from pack.connector import Connector
from pack.errors import PackError, RateLimited
from pack.log import CommitFacts
from pack.model import CommitId
from pack.provenance import skips_sync
from pack.sync import state as states_of
from pack.sync.internal_errors import as_internal_errors
from pack.sync.results import Standing, SyncOutcome, Urgency
from pack.sync.routes import Delivery, Destination, Route, TargetFailed
from pack.sync.state import SyncStates, TargetState
from pack.sync.target import MEMO_BYTES

_NOTICE_CHARACTERS: Final = 500
_UNKNOWN: Final = (
    "the history does not connect the last delivered commit ({commit:.7}) to the current one: the "
    "changes in between were not delivered, and delivery continues from the current commit"
)
_REWRITTEN: Final = (
    "the history was rewritten after {commit:.7} was delivered: "
    "delivery continued from the last common commit"
)
_FORGOTTEN: Final = (
    "its receipt exceeded 64 KiB and was dropped, so the next delivery writes everything again"
)
DAMAGED: Final = "the stored state of this target could not be read, so it started over"


@dataclass(frozen=True, slots=True)
class Means:
    """What all attempts share; see `pack.sync.engine.Sync`."""

    connector: Connector
    states: SyncStates
    clock: Callable[[], datetime]
    jitter: Callable[[], float]


def held_back(
    destination: Destination, state: TargetState | None, urgency: Urgency, now: datetime
) -> SyncOutcome | None:
    """Why no attempt is made now; `None` if one is made."""
    if state is None or urgency is Urgency.UNPARKED:
        return None
    if states_of.is_parked(state, destination.config):
        return _outcome(destination.name, Standing.PARKED, state)
    is_bound = urgency is Urgency.DUE or state.is_asked
    if is_bound and states_of.is_waiting(state, now):
        return _outcome(destination.name, Standing.WAITING, state)
    return None


def _outcome(name: str, standing: Standing, state: TargetState) -> SyncOutcome:
    remedy = state.parked.remedy if state.parked else None
    return SyncOutcome(
        name,
        standing,
        problem=state.problem,
        remedy=remedy,
        code=state.parked.code if state.parked else None,
        next_attempt=state.not_before,
    )


class Attempt:
    """One attempt. The caller holds the target exclusively.

    Args:
        means: What all attempts share.
        destination: The target.
        route: Returns the route to it.
        state: Its progress; `None` for a new target.
        notice: What a person should know about the state itself.
        is_leaving: Called between two deliveries; whether the process wants to stop.
    """

    def __init__(
        self,
        means: Means,
        destination: Destination,
        route: Callable[[], Route],
        state: TargetState | None,
        notice: str | None,
        is_leaving: Callable[[], bool],
    ) -> None:
        self._means = means
        self._destination = destination
        self._route = route
        self._is_new = state is None
        self._state = state or TargetState()
        self._is_leaving = is_leaving
        self._warnings: list[str] = [notice] if notice else []
        self._commits = 0
        self._changed = False
        self._can_keep = False
        self._standing = Standing.UP_TO_DATE

    def deliver(self, *, full: bool) -> SyncOutcome:
        """Deliver everything in the queue, or as much as possible until the first failure.

        Raises:
            ConnectorError: The state cannot be stored.
        """
        try:
            with as_internal_errors():
                self._bring_up(full=full)
        except TargetFailed as failed:
            is_permanent = states_of.is_permanent(failed.error)
            if is_permanent or not self._is_cut_off(failed.error):
                return self._failed(failed.error, is_permanent=is_permanent)
        except PackError as error:  # reading or storing failed, or PACK has a bug
            if not self._is_cut_off(error):
                return self._failed(error, is_permanent=False)
        return self._ended(self._standing)

    def _is_cut_off(self, error: PackError) -> bool:
        """Whether it failed only because the process is stopping, not because of the target."""
        return self._is_leaving() and not isinstance(error, RateLimited)

    def _bring_up(self, *, full: bool) -> None:
        head = self._head()
        if self._is_new and not (head and self._destination.only_newest):
            self._keep(states_of.skipped_to(self._state, head, self._notice()))
        if not full and states_of.is_untried(self._state) and head == self._state.cursor:
            self._route()  # report unusable settings now, not later
            self._standing = Standing.STARTED
            if self._state.notice and not self._warnings:
                self._warnings.append(self._state.notice)  # from when it was new
            return
        while head is not None and (full or head != self._state.cursor):
            self._go_on(head, full=full)
            self._standing = Standing.DELIVERED
            if self._is_leaving():
                return
            full, head = False, self._head()

    def _go_on(self, head: CommitId, *, full: bool) -> None:
        if full:
            self._state = states_of.begun_anew(self._state)
        if self._destination.only_newest:
            self._bring_to(head)
        else:
            self._send_each(head)

    def _bring_to(self, head: CommitId) -> None:
        """Deliver the state at a commit, unless all commits since the last one can be skipped."""
        cursor = self._state.cursor
        commits = self._commits_since(cursor, head) if cursor else ()
        if commits and all(skips_sync(commit.message) for commit in commits):
            self._keep(states_of.skipped_to(self._state, head, None))
            return
        self._deliver(Delivery(cursor, commits, head, self._state.receipt))
        self._commits += max(len(commits), 1)

    def _commits_since(self, cursor: CommitId, head: CommitId) -> tuple[CommitFacts, ...]:
        """The commits in between; none if the history was rewritten."""
        line = self._means.connector.lineage(cursor, head)
        return line.commits if line and not line.is_rewritten else ()

    def _send_each(self, head: CommitId) -> None:
        """Send the commits up to `head` one by one."""
        cursor = self._state.cursor
        line = self._means.connector.lineage(cursor, head)
        if line is not None and line.is_unrelated:
            line = None  # as if git had already forgotten the old commit, as it eventually does
        if line is None or line.is_rewritten:
            self._warnings.append((_REWRITTEN if line else _UNKNOWN).format(commit=cursor))
        if line is None or not line.commits:
            self._keep(states_of.skipped_to(self._state, head, self._notice()))
            return
        for commit in line.commits:
            if skips_sync(commit.message):
                self._keep(states_of.skipped_to(self._state, commit.id, self._notice()))
            else:
                part = states_of.parts_done(self._state, commit.id, self._destination.form)
                before = self._state.cursor
                self._deliver(Delivery(before, (commit,), commit.id, self._state.receipt, part))
                self._commits += 1
            if self._is_leaving():
                return

    def _deliver(self, delivery: Delivery) -> None:
        def progress(part: int) -> None:
            now = self._means.clock()
            form = self._destination.form
            self._keep(states_of.after_part(self._state, now, delivery.head, part, form))
            self._changed = True

        route = self._route()
        if not self._can_keep:
            # Store first: with a full disk, every attempt would otherwise repeat the same delivery.
            self._keep(self._state)
        done = route.deliver(delivery, progress)
        self._changed = self._changed or done.changed
        self._warnings += done.warnings
        receipt = self._receipt(done.receipt)
        now, notice = self._means.clock(), self._notice()
        self._keep(states_of.after_delivery(self._state, now, delivery.head, receipt, notice))

    def _receipt(self, receipt: str) -> str:
        if len(receipt.encode("utf-8", "surrogatepass")) <= MEMO_BYTES:
            return receipt
        self._warnings.append(_FORGOTTEN)
        return ""

    # --- around it -----------------------------------------------------------------------------

    def _head(self) -> CommitId | None:
        return self._means.connector.head()

    def _keep(self, state: TargetState) -> None:
        self._means.states.save(self._destination.key, state)
        self._state = state
        self._can_keep = True

    def _notice(self) -> str | None:
        return "; ".join(self._warnings)[:_NOTICE_CHARACTERS] or None

    def _failed(self, error: PackError, *, is_permanent: bool) -> SyncOutcome:
        now = self._means.clock()
        before = replace(self._state, notice=self._notice() or self._state.notice)
        if is_permanent:
            self._keep(states_of.after_refusal(before, error, self._destination.config))
        else:
            self._keep(states_of.after_failure(before, now, error, self._means.jitter()))
        ended = self._ended(Standing.PARKED if is_permanent else Standing.WAITING)
        return replace(
            ended,
            problem=str(error),
            remedy=error.remedy,
            code=error.code,
            next_attempt=self._state.not_before,
        )

    def _ended(self, standing: Standing) -> SyncOutcome:
        warnings = tuple(self._warnings)
        name = self._destination.name
        return SyncOutcome(name, standing, self._commits, self._changed, warnings)
