"""The sync brings every target to the current commit: at least once, in order, never in a write.

The log is the queue. Each target has a cursor, the last commit that was delivered. Every later
commit along first parents, whoever wrote it, is still to be delivered. So a crash, an outage or a
week offline loses nothing, and at most repeats what was under way. A target that shows a state is
brought to the newest one; a target that receives events gets one for every commit
(`pack.sync.routes`).

A new target that shows a state gets the current one. A new target that receives events begins at
the current commit and gets nothing earlier. Commits marked `Pack-Sync: skip` are skipped.

If the commit of a cursor is no longer in the history, because that was rewritten, the target gets
the current state, or the events since the last common commit. If there is no common commit (a
shallow clone, say, was updated and lacks the commits in between), events continue from the current
one. These last two cases leave a notice, as does a damaged state, since events may be missing or
repeated.
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
        states: Stores how far each target is.
        clock: Tells the time, with a time zone.
        jitter: Returns a random number from 0 to 1.
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
        """Call `listener` after each write of this process; it must return at once."""
        self._listeners.append(listener)

    def tell(self) -> None:
        """Tell the listeners that there is something new to deliver."""
        for listener in self._listeners:
            listener()

    def begin(self, name: str) -> bool:
        """If the target receives events and is new, let it begin at the current commit.

        A server calls this before its first answer, so that everything written through it is
        delivered. Nothing is sent; `deliver` shows whether the settings are usable.

        Returns:
            Whether the target was new.

        Raises:
            NotFound: There is no such target.
            RepositoryBusy: Another process is doing the same at this moment.
            ConnectorError: The memory cannot be read, or the state cannot be stored.
            InternalError: There is a bug in PACK.
        """
        destination = self._find(name)
        if destination.only_newest:
            return False
        with as_internal_errors():
            if self._load(destination)[0] is not None:
                return False  # without the lock, which a delivery may hold for a long time
            with self._states.exclusive(destination.key):
                state, notice = self._load(destination)
                if state is None:
                    begun = states_of.skipped_to(TargetState(), self._connector.head(), notice)
                    self._states.save(destination.key, begun)
        return state is None

    def is_due(self, name: str) -> bool:
        """Whether `deliver` has something to do; cheap enough to call every second.

        Raises:
            ConnectorError: The memory or the target's state cannot be read.
            InternalError: There is a bug in PACK.
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
        """Bring one target to the current commit, or as close as possible.

        Args:
            name: The target.
            urgency: Who wants it.
            full: Write everything again, whether it seems changed or not. Has no effect on a target
                that receives events: what was sent is not sent again.
            is_leaving: Called between two deliveries. If it returns true, the rest stays in the
                queue.

        Raises:
            NotFound: There is no such target.
            ConnectorError: Its state cannot be read or stored, so nothing is delivered.
            InternalError: There is a bug in PACK outside the delivery; one inside it is in the
                outcome.
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
            return SyncOutcome(name, Standing.BUSY, problem="another process is delivering to it")

    def status(self) -> tuple[TargetStatus, ...]:
        """What is known about all targets; asks only the memory's own store and no service."""
        return tuple(map(self._status, self._destinations.values()))

    def notices(self) -> tuple[str, ...]:
        """What users of the memory should know: the targets that are waiting for a person."""
        reasons = {one.name: self._stopped(one) for one in self._destinations.values()}
        return tuple(
            f"Not copied to {name}: {reason}. {Action.SEE_TARGETS} for details."
            for name, reason in reasons.items()
            if reason is not None
        )

    def close(self) -> None:
        """Close all routes; deliveries under way soon fail."""
        for route in tuple(self._routes.values()):
            route.close()

    # --- for one target ------------------------------------------------------------------------

    def _find(self, name: str) -> Destination:
        if name not in self._destinations:
            known = ", ".join(self._destinations) or "none"
            raise NotFound(f"the target {name[:100]!r}", f"These are set up: {known}.")
        return self._destinations[name]

    def _stopped(self, destination: Destination) -> str | None:
        """Why nothing is copied to a target until a person acts; `None` if copying goes on."""
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
            TargetFailed: It cannot be used with its present settings.
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
                return None  # everything, so there is no need to count the log
            line = self._connector.lineage(state.cursor, head)
        except (ConnectorError, InvalidRequest):
            return None
        return None if line is None else len(line.commits)
