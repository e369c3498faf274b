"""Waiting for GitHub: its rate limits, and failures that pass.

A limit is waited for as GitHub says, announced, for so long as was allowed, and cancellable; what
failed on the way is repeated after a short time that differs between processes.

Source: GitHub REST documentation, "Rate limits for the REST API" and "Best practices" (handle rate
limit errors appropriately).
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, wait_random_exponential

from pack.errors import RateLimited, Unavailable
from pack_connectors.github.http import Answer, NoAnswer

_T = TypeVar("_T")
_ATTEMPTS: Final = 5
_BARE_SECONDS: Final = 60.0
"""How long to wait where a limit does not say for how long."""
_LONGEST: Final = 24 * 3600.0
_between_failures = wait_random_exponential(multiplier=0.2, max=5)


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait that GitHub asks for.

    Attributes:
        seconds: How long.
        until: Its end, in UTC.
        reason: Why, in words for a person.
    """

    seconds: float
    until: datetime
    reason: str


Announce = Callable[[Pause], None]
"""Told of each wait before it begins."""


class LimitReached(Exception):
    """GitHub takes no request now. Never leaves the connector.

    Attributes:
        seconds: For how long.
        is_stated: Whether GitHub said so.
    """

    def __init__(self, seconds: float, *, is_stated: bool) -> None:
        super().__init__(f"limited for {seconds} seconds")
        self.seconds = min(max(seconds, 1.0), _LONGEST)
        self.is_stated = is_stated


class RetryPolicy:
    """Repeats what may succeed later.

    Args:
        clock: Tells the time.
        announce: Told of each wait for a limit.
        most: Seconds that the limits met by one request may cost together.
        sleep: Waits; `None` for a wait that `cancel` ends.
    """

    def __init__(
        self,
        clock: Callable[[], datetime],
        announce: Announce,
        most: float,
        sleep: Callable[[float], None] | None,
    ) -> None:
        self._clock = clock
        self._announce = announce
        self._most = most
        self._cancelled = threading.Event()
        self._sleep = sleep or self._wait

    def cancel(self) -> None:
        """End all waits, with an error for those who wait."""
        self._cancelled.set()

    def sleep(self, seconds: float) -> None:
        """Wait.

        Raises:
            Unavailable: The connector was closed meanwhile.
        """
        self._sleep(seconds)

    def _wait(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise Unavailable("the wait for GitHub was cancelled")

    def jitter(self, attempt: int) -> None:
        """Wait for a moment between two attempts, longer each time."""
        self.sleep(_between_failures(_state(attempt)))

    def insist(self, ask: Callable[[], _T]) -> _T:
        """The answer of `ask`, asked again after limits, and after failures that may pass.

        Raises:
            NoAnswer: It failed too often.
            RateLimited: A limit lasts longer than may be waited.
        """
        return self._retry(ask, (LimitReached, NoAnswer))

    def outlast_limits(self, ask: Callable[[], _T]) -> _T:
        """The answer of `ask`, asked again after limits only.

        Raises:
            NoAnswer: None came.
            RateLimited: As `insist`.
        """
        return self._retry(ask, (LimitReached,))

    def _retry(self, ask: Callable[[], _T], on: tuple[type[Exception], ...]) -> _T:
        retrying = Retrying(
            sleep=self._sleep,
            retry=retry_if_exception_type(on),
            wait=_wait_after,
            stop=self._is_enough,
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            return retrying(ask)
        except LimitReached as limited:
            until = self._clock().astimezone(UTC) + timedelta(seconds=limited.seconds)
            raise RateLimited("GitHub", limited.seconds, until) from limited

    def _is_enough(self, state: RetryCallState) -> bool:
        if isinstance(_error(state), LimitReached):
            return state.idle_for + state.upcoming_sleep > self._most
        return state.attempt_number >= _ATTEMPTS

    def _tell(self, state: RetryCallState) -> None:
        if isinstance(_error(state), LimitReached):
            seconds = state.upcoming_sleep
            until = self._clock().astimezone(UTC) + timedelta(seconds=seconds)
            self._announce(Pause(seconds, until, "GitHub's rate limit is used up"))


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def _state(attempt: int) -> RetryCallState:
    state = RetryCallState(Retrying(), None, (), {})
    state.attempt_number = attempt
    return state


def _wait_after(state: RetryCallState) -> float:
    error = _error(state)
    if isinstance(error, LimitReached):
        return error.seconds if error.is_stated else error.seconds * 2 ** (state.attempt_number - 1)
    return _between_failures(state)


def check_limit(answer: Answer, clock: Callable[[], datetime]) -> None:
    """Do nothing for an answer that is no limit.

    Raises:
        LimitReached: It is one.
    """
    if answer.status not in (403, 429):
        return
    headers = answer.headers
    message = str(answer.member("message") or "").lower()
    if (stated := _retry_after(headers.get("retry-after"), clock)) is not None:
        raise LimitReached(stated, is_stated=True)
    if headers.get("x-ratelimit-remaining") == "0":
        raise reset_limit(answer, clock)
    if answer.status == 429 or "rate limit" in message or "abuse detection" in message:
        raise LimitReached(_BARE_SECONDS, is_stated=False)


def reset_limit(answer: Answer, clock: Callable[[], datetime]) -> LimitReached:
    """The wait until the current window of the primary limit ends."""
    reset = _number(answer.headers.get("x-ratelimit-reset"))
    if reset is None:
        return LimitReached(_BARE_SECONDS, is_stated=False)
    return LimitReached(reset - _now(answer, clock).timestamp() + 1, is_stated=True)


def _now(answer: Answer, clock: Callable[[], datetime]) -> datetime:
    """The server's time, which its limits are counted by."""
    return _date(answer.headers.get("date")) or clock()


def _retry_after(text: str | None, clock: Callable[[], datetime]) -> float | None:
    seconds = _number(text)
    if seconds is None and (when := _date(text)) is not None:
        seconds = (when - clock()).total_seconds()
    return seconds


def _number(text: str | None) -> float | None:
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _date(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found
