"""The sync: bringing every target to the current commit; at least once, in order, never in a write.

The log is the queue. Each target has a cursor, the commit that was delivered last; what came after
it, by whomever, along first parents, is what is to be delivered. So a crash, an outage or a week
offline loses nothing, and repeats at most what was under way. A target that shows a state is
brought to the newest; one that is told of events gets every commit (`pack.sync.routes`).

A new target that shows a state gets the current one; one that is told of events begins at the
current commit, without what came before. Commits marked `Pack-Sync: skip` are passed over.

A cursor whose commit is not in the history any more (it was rewritten) means: the current state,
or the events from the last common commit on; from the current one, where there is none, as it is
where a shallow clone was moved on without what is between. The latter two leave a notice, as do
damaged states: events may be missing or come again then.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from pack.actions import Action
from pack.connector import Connector
from pack.errors import ConnectorError, InternalError, InvalidRequest, NotFound, RepositoryBusy
from pack.sync import state as states_of
from pack.sync.attempt import DAMAGED, Attempt, Means, held_back
from pack.sync.internal_errors import as_internal_errors
from pack.sync.last_states import LastStates
from pack.sync.results import Standing, SyncOutcome, TargetStatus, Urgency
from pack.sync.routes import Destination, Route, target_errors
from pack.sync.state import DamagedState, SyncStates, TargetState


def _never() -> bool:
    return False


class Sync:
    """The targets of one memory. Methods may be called from any thread.

    Args:
        connector: Where the memory is kept.
        destinations: The targets; names and keys are distinct.
        states: Keeps how far each is.
        clock: Tells the time, with a time zone.
        jitter: Gives a random number from 0 to 1.
    """

    def __init__(
        self,
        connector: Connector,
        destinations: Sequence[Destination],
        states: SyncStates,
        clock: Callable[[], datetime],
        jitter: Callable[[], float],
    ) -> None:
        states = LastStates(states)
        self._connector = connector
        self._destinations = {one.name: one for one in destinations}
        self._states = states
        self._clock = clock
        self._means = Means(connector, states, clock, jitter)
        self._routes: dict[str, Route] = {}
        self._listeners: list[Callable[[], None]] = []

    @property
    def names(self) -> tuple[str, ...]:
        """The targets, in the order of the settings."""
        return tuple(self._destinations)

    def on_news(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each write of this process; it must return at once."""
        self._listeners.append(listener)

    def tell(self) -> None:
        """Say that there is something new to deliver."""
        for listener in self._listeners:
            listener()

    def begin(self, name: str) -> bool:
        """Let a new target that is told of events begin at the current commit, if it is one.

        A server asks for it before its first answer, so that all that is written through it is
        delivered. Nothing is sent; `deliver` says whether the settings can be used.

        Returns:
            Whether it was new.

        Raises:
            NotFound: There is no such target.
            RepositoryBusy: Another process lets it begin, at this moment.
            ConnectorError: The memory cannot be read, or the state not be stored.
            InternalError: A mistake of PACK's own.
        """
        destination = self._find(name)
        if destination.only_newest:
            return False
        with as_internal_errors():
            if self._load(destination)[0] is not None:
                return False  # and whoever delivers to it may hold it for long
            with self._states.exclusive(destination.key):
                state, notice = self._load(destination)
                if state is None:
                    begun = states_of.skipped_to(TargetState(), self._connector.head(), notice)
                    self._states.save(destination.key, begun)
        return state is None

    def is_due(self, name: str) -> bool:
        """Whether `deliver` has something to do; cheap enough to be asked every second.

        Raises:
            ConnectorError: The memory, or the target's state, cannot be read.
            InternalError: A mistake of PACK's own.
        """
        destination = self._find(name)
        with as_internal_errors():
            state, _ = self._load(destination)
            if state is None:
                return True
            if states_of.is_parked(state, destination.config):
                return False
            if states_of.is_waiting(state, self._clock()):
                return False
            return self._connector.head() != state.cursor

    def deliver(
        self,
        name: str,
        urgency: Urgency = Urgency.DUE,
        *,
        full: bool = False,
        is_leaving: Callable[[], bool] = _never,
    ) -> SyncOutcome:
        """Bring one target to the current commit, as far as it can be brought.

        Args:
            name: The target.
            urgency: Who wants it.
            full: Write all that it shows anew, whether it seems changed or not. Of no effect on one
                that is told of events: what was sent is not sent again.
            is_leaving: Asked between two deliveries; the rest stays in the queue.

        Raises:
            NotFound: There is no such target.
            ConnectorError: Its state cannot be read or stored; nothing is delivered then.
            InternalError: A mistake of PACK's own in that; one of the target is in the outcome.
        """
        destination = self._find(name)
        try:
            with as_internal_errors(), self._states.exclusive(destination.key):
                state, notice = self._load(destination)
                if state is not None and urgency is Urgency.UNPARKED:
                    state = states_of.set_free(state)
                    self._states.save(destination.key, state)
                held = held_back(destination, state, urgency, self._clock())
                if held is not None:
                    return held
                route = partial(self._route, destination)
                run = Attempt(self._means, destination, route, state, notice, is_leaving)
                return run.deliver(full=full and destination.only_newest)
        except RepositoryBusy:
            return SyncOutcome(name, Standing.BUSY, problem="another process delivers to it now")

    def status(self) -> tuple[TargetStatus, ...]:
        """All targets as they are known; nobody is asked but the memory's own store."""
        return tuple(map(self._status, self._destinations.values()))

    def notices(self) -> tuple[str, ...]:
        """What whoever uses the memory should know: the targets that wait for a person."""
        reasons = {one.name: self._stopped(one) for one in self._destinations.values()}
        return tuple(
            f"Not copied to {name}: {reason}. {Action.SEE_TARGETS} for details."
            for name, reason in reasons.items()
            if reason is not None
        )

    def close(self) -> None:
        """Close all routes; deliveries under way end soon, as failed."""
        for route in tuple(self._routes.values()):
            route.close()

    # --- for one target ------------------------------------------------------------------------

    def _find(self, name: str) -> Destination:
        if name not in self._destinations:
            known = ", ".join(self._destinations) or "none"
            raise NotFound(f"the target {name[:100]!r}", f"These are set up: {known}.")
        return self._destinations[name]

    def _stopped(self, destination: Destination) -> str | None:
        """Why nothing is copied to a target until a person acts, if nothing is."""
        try:
            state, _ = self._load(destination)
        except (ConnectorError, InternalError) as error:
            return str(error)
        if state is None or not states_of.is_parked(state, destination.config):
            return None
        return state.parked.reason if state.parked else None

    def _load(self, destination: Destination) -> tuple[TargetState | None, str | None]:
        try:
            with as_internal_errors():
                return self._states.load(destination.key), None
        except DamagedState:
            return None, DAMAGED

    def _route(self, destination: Destination) -> Route:
        """The route to a target, opened when first needed.

        Raises:
            TargetFailed: It cannot be used as it is set up.
        """
        if destination.key not in self._routes:
            with target_errors():
                self._routes[destination.key] = destination.open()
        return self._routes[destination.key]

    def _status(self, destination: Destination) -> TargetStatus:
        try:
            state, notice = self._load(destination)
        except (ConnectorError, InternalError) as error:
            return TargetStatus(destination.name, None, is_new=False, problem=str(error))
        if state is None:
            return TargetStatus(destination.name, None, is_new=True, notice=notice)
        return TargetStatus(
            destination.name,
            self._backlog(destination, state),
            is_new=False,
            delivered_at=state.delivered_at,
            failures=state.failures,
            is_open=states_of.is_open(state),
            next_attempt=state.not_before,
            problem=state.problem,
            notice=state.notice,
            parked=state.parked if states_of.is_parked(state, destination.config) else None,
        )

    def _backlog(self, destination: Destination, state: TargetState) -> int | None:
        try:
            head = self._connector.head()
            if head is None or head == state.cursor:
                return 0
            if state.cursor is None and destination.only_newest:
                return None  # everything: the log need not be counted
            line = self._connector.lineage(state.cursor, head)
        except (ConnectorError, InvalidRequest):
            return None
        return None if line is None else len(line.commits)
