"""Asking a service again: when its limit is over, or a moment after a failure that passes.

The connectors share the rules and keep what differs: how a service says that it is limited, and
which of its failures pass.

- `Limited` is waited out for as long as the service says, up to a cap. The wait is announced
  before it begins, and `cancel` ends it.
- `NoAnswer` is tried again a few times, after a random pause that grows. A request that may already
  have been carried out is repeated only if the caller says that doing it twice is safe.

Sources: RFC 9110, 10.2.3 "Retry-After"; the AWS Architecture Blog, "Exponential Backoff And Jitter"
(full jitter).
"""

from __future__ import annotations

import math
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception

from pack.errors import RateLimited, Unavailable

_T = TypeVar("_T")
_LONGEST_LIMIT: Final = 24 * 3600.0
_LONGEST_PAUSE: Final = 8.0


@dataclass(frozen=True, slots=True)
class Pause:
    """A wait that a service asks for.

    Attributes:
        seconds: How long it is.
        until: When it ends, in UTC.
        reason: Why, in words for a person.
    """

    seconds: float
    until: datetime
    reason: str


Announce = Callable[[Pause], None]
"""Called with each wait for a limit before it begins."""


def announce_nothing(_: Pause) -> None:
    """Keep quiet about waits."""


class Limited(Exception):
    """The service takes no requests now, and did not carry out this one. Stays in the connector.

    Attributes:
        seconds: How long it says that will last, between a second and a day; `None` if it does not.
    """

    def __init__(self, seconds: float | None) -> None:
        super().__init__("rate limit" if seconds is None else f"rate limit for {seconds:g} s")
        self.seconds = None if seconds is None else min(max(seconds, 1.0), _LONGEST_LIMIT)


class NoAnswer(Exception):
    """A request got no answer that can be used. Stays in the connector.

    Attributes:
        reason: What happened, in words that follow the name of the service.
        may_be_done: Whether the service may have carried out the request.
    """

    def __init__(self, reason: str, *, may_be_done: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.may_be_done = may_be_done


class RetryPolicy:
    """Repeats requests to one service.

    Args:
        service: Its name, for messages.
        clock: Tells the time.
        most_wait: Seconds that one request may wait for limits in total.
        unstated_wait: Seconds to wait for a limit of unstated length; doubled with each attempt.
        attempts: How often a request is sent that keeps failing.
        first_pause: Upper bound, in seconds, of the pause after a first failure; it doubles too.
        announce: Called before each wait for a limit.
        sleep: Waits; `None` for a wait that `cancel` ends.
    """

    def __init__(
        self,
        service: str,
        clock: Callable[[], datetime],
        *,
        most_wait: float,
        unstated_wait: float = 60.0,
        attempts: int = 5,
        first_pause: float = 0.5,
        announce: Announce = announce_nothing,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self._service = service
        self._clock = clock
        self._most_wait = most_wait
        self._unstated_wait = unstated_wait
        self._attempts = attempts
        self._first_pause = first_pause
        self._announce = announce
        self._cancelled = threading.Event()
        self._sleep = sleep or self._wait

    def cancel(self) -> None:
        """End all waits, and refuse further requests."""
        self._cancelled.set()

    def call(self, ask: Callable[[], _T], *, is_safe: bool) -> _T:
        """What `ask` returns, called again after `Limited` and `NoAnswer`.

        Args:
            ask: Sends one request.
            is_safe: Whether carrying it out twice does no harm.

        Raises:
            RateLimited: A limit lasts longer than may be waited.
            Unavailable: It failed too often, or `cancel` was called.
            NoAnswer: It is not safe to repeat, and may or may not have been carried out.
        """

        def may_repeat(error: BaseException) -> bool:
            if isinstance(error, NoAnswer):
                return is_safe or not error.may_be_done
            return isinstance(error, Limited)

        def ask_if_open() -> _T:
            if self._cancelled.is_set():
                raise Unavailable(f"the connection to {self._service} was closed")
            return ask()

        retrying = Retrying(
            sleep=self._sleep,
            retry=retry_if_exception(may_repeat),
            wait=self._next_wait,
            stop=self._is_enough,
            before_sleep=self._tell,
            reraise=True,
        )
        try:
            return retrying(ask_if_open)
        except Limited as limited:
            seconds = self._unstated_wait if limited.seconds is None else limited.seconds
            raise RateLimited(self._service, seconds, self._after(seconds)) from limited
        except NoAnswer as error:
            if not may_repeat(error):
                raise
            raise Unavailable(f"{self._service} cannot be used now: {error.reason}") from error

    def attempts(self, most: int, longest: float = _LONGEST_PAUSE) -> Iterator[int]:
        """The numbers from 1 to `most`, with a random, growing pause before each but the first.

        Args:
            most: How many there are.
            longest: Upper bound of a pause, in seconds.

        Raises:
            Unavailable: `cancel` was called.
        """
        for number in range(1, most + 1):
            yield number
            if number < most:
                self._sleep(min(self._pause_after(number), longest))

    def _wait(self, seconds: float) -> None:
        if self._cancelled.wait(seconds):
            raise Unavailable(f"the wait for {self._service} was cancelled")

    def _next_wait(self, state: RetryCallState) -> float:
        error = _error(state)
        if not isinstance(error, Limited):
            return self._pause_after(state.attempt_number)
        if error.seconds is None:
            return math.ldexp(self._unstated_wait, state.attempt_number - 1)
        return error.seconds

    def _pause_after(self, attempt: int) -> float:
        most = min(self._first_pause * 2 ** (attempt - 1), _LONGEST_PAUSE)
        return random.uniform(0, most)  # noqa: S311 - spreads clients out; nothing secret

    def _is_enough(self, state: RetryCallState) -> bool:
        if isinstance(_error(state), Limited):
            return state.idle_for + state.upcoming_sleep > self._most_wait
        return state.attempt_number >= self._attempts

    def _tell(self, state: RetryCallState) -> None:
        if isinstance(_error(state), Limited):
            seconds = state.upcoming_sleep
            reason = f"{self._service}'s rate limit is used up"
            self._announce(Pause(seconds, self._after(seconds), reason))

    def _after(self, seconds: float) -> datetime:
        return self._clock().astimezone(UTC) + timedelta(seconds=seconds)


def _error(state: RetryCallState) -> BaseException | None:
    return state.outcome.exception() if state.outcome else None


def parse_retry_after(text: str | None, now: datetime) -> float | None:
    """The seconds until what a `Retry-After` names, a number or a date; `None` for neither."""
    if (seconds := parse_number(text)) is not None:
        return seconds
    when = parse_http_date(text)
    return (when - now).total_seconds() if when else None


def parse_number(text: str | None) -> float | None:
    """A finite number in a header; `None` if it holds none."""
    try:
        number = float(text) if text is not None else math.nan
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def parse_http_date(text: str | None) -> datetime | None:
    """A date in a header, in UTC unless it says otherwise; `None` if it holds none."""
    try:
        found = parsedate_to_datetime(text) if text else None
    except (ValueError, OverflowError):
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found
