"""What can go wrong between a client and a service, planned in advance and the same in each run.

A plan is a queue. A fault waits for a request it fits, skips as many as it is told to, then
strikes as often as it is told to.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class FaultKind(StrEnum):
    """What happens; those of `AFTER` and `ANSWER` after the request had its effect."""

    # Before the effect.
    CUT = "connection cut before the effect"
    TIMEOUT = "no answer and no effect"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502, a page of HTML"
    UNAVAILABLE = "503"
    GATEWAY_TIMEOUT = "504 before the effect"
    TOO_MANY = "429 with retry-after"
    SECONDARY_LIMIT = "403 secondary limit with retry-after"
    SECONDARY_LIMIT_BARE = "403 secondary limit without retry-after"
    PRIMARY_LIMIT = "403 with nothing remaining"
    UNAUTHORIZED = "401"
    FORBIDDEN = "403"
    NOT_FOUND = "404"
    CONFLICT = "409"
    UNPROCESSABLE = "422"
    OTHER_WRITER = "another writer commits just before the ref moves"
    # After the effect.
    CUT_AFTER = "connection cut after the effect"
    TIMEOUT_AFTER = "no answer after the effect"
    SERVER_ERROR_AFTER = "500 after the effect"
    BAD_GATEWAY_AFTER = "502 after the effect"
    GATEWAY_TIMEOUT_AFTER = "504 after the effect"
    # The answer itself.
    CUT_IN_BODY = "connection cut in the middle of the body"
    GARBAGE = "200 with a body that is not JSON"
    SLOW_BODY = "the body comes in very small pieces"
    STALE_READ = "a read as it was before the last write"
    WRONG_ETAG = "an ETag that will never match"
    TRUNCATED_TREE = "a tree cut in the middle"


@dataclass(frozen=True, slots=True)
class Answer:
    """What a fault says instead of the service."""

    status: int
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)
    is_html: bool = False


_SECONDARY = "You have exceeded a secondary rate limit. Please wait a few minutes."
_BUSY = "We couldn't respond to your request in time. Sorry about that."
ANSWERS: Mapping[FaultKind, Answer] = {
    FaultKind.SERVER_ERROR: Answer(500, "Server Error"),
    FaultKind.SERVER_ERROR_AFTER: Answer(500, "Server Error"),
    FaultKind.BAD_GATEWAY: Answer(502, "<html><h1>Unicorn!</h1></html>", is_html=True),
    FaultKind.BAD_GATEWAY_AFTER: Answer(502, "<html><h1>Unicorn!</h1></html>", is_html=True),
    FaultKind.UNAVAILABLE: Answer(503, "Service Unavailable"),
    FaultKind.GATEWAY_TIMEOUT: Answer(504, _BUSY),
    FaultKind.GATEWAY_TIMEOUT_AFTER: Answer(504, _BUSY),
    FaultKind.TOO_MANY: Answer(429, _SECONDARY, {"retry-after": "30"}),
    FaultKind.SECONDARY_LIMIT: Answer(403, _SECONDARY, {"retry-after": "60"}),
    FaultKind.SECONDARY_LIMIT_BARE: Answer(403, _SECONDARY),
    FaultKind.PRIMARY_LIMIT: Answer(403, "API rate limit exceeded for user ID 1."),
    FaultKind.UNAUTHORIZED: Answer(401, "Bad credentials"),
    FaultKind.FORBIDDEN: Answer(403, "Resource not accessible by personal access token"),
    FaultKind.NOT_FOUND: Answer(404, "Not Found"),
    FaultKind.CONFLICT: Answer(409, "Conflict"),
    FaultKind.UNPROCESSABLE: Answer(422, "Validation Failed"),
}
"""What each fault that is an answer says; a `Fault` may add headers and change the status."""

CUTS = frozenset({FaultKind.CUT, FaultKind.CUT_AFTER})
TIMEOUTS = frozenset({FaultKind.TIMEOUT, FaultKind.TIMEOUT_AFTER})
AFTER = frozenset(
    {
        FaultKind.CUT_AFTER,
        FaultKind.TIMEOUT_AFTER,
        FaultKind.SERVER_ERROR_AFTER,
        FaultKind.BAD_GATEWAY_AFTER,
        FaultKind.GATEWAY_TIMEOUT_AFTER,
    }
)
ANSWER = frozenset(
    {
        FaultKind.CUT_IN_BODY,
        FaultKind.GARBAGE,
        FaultKind.SLOW_BODY,
        FaultKind.STALE_READ,
        FaultKind.WRONG_ETAG,
        FaultKind.TRUNCATED_TREE,
    }
)
ONLY_READS = frozenset({FaultKind.STALE_READ, FaultKind.WRONG_ETAG, FaultKind.TRUNCATED_TREE})
MOVES_A_REF = frozenset(
    {
        "graphql/mutation",
        "git/update-ref",
        "repos/create-or-update-file-contents",
        "repos/delete-file",
    }
)


@dataclass(slots=True)
class Fault:
    """One kind of trouble for requests that fit.

    Attributes:
        matching: The beginning of what it is for, empty for all: an operation id of the
            description (`git/get-tree`), `graphql/query`, `graphql/mutation`, `git-http/refs`
            (what git asks first), `git-http/fetch`, `git-http/push`, `archive/download`.
        times: How many requests it strikes.
        skip: How many that fit pass before.
        headers: Instead of, or beside, the usual ones of the kind.
        status: Instead of the usual one of the kind.
    """

    kind: FaultKind
    matching: str = ""
    times: int = 1
    skip: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int | None = None

    def fits(self, operation: str, *, is_write: bool) -> bool:
        if self.kind is FaultKind.TRUNCATED_TREE and operation != "git/get-tree":
            return False
        if self.kind is FaultKind.OTHER_WRITER and operation not in MOVES_A_REF:
            return False
        if self.kind in ONLY_READS and is_write:
            return False
        return operation.startswith(self.matching)


class FaultPlan:
    """The queue of faults of a stand-in. Safe for use from several threads.

    Attributes:
        struck: Kind and operation of every fault so far, in order.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._queue: list[Fault] = []
        self._random: random.Random | None = None
        self._rate = 0.0
        self._kinds: tuple[FaultKind, ...] = ()
        self._matching = ""
        self.struck: list[tuple[FaultKind, str]] = []

    def add(
        self,
        kind: FaultKind,
        matching: str = "",
        *,
        times: int = 1,
        skip: int = 0,
        headers: Mapping[str, str] | None = None,
        status: int | None = None,
    ) -> None:
        """Plan one fault; the arguments are the fields of `Fault`."""
        fault = Fault(kind, matching, times, skip, headers or {}, status)
        with self._lock:
            self._queue.append(fault)

    def at_random(
        self, seed: int, kinds: Iterable[FaultKind], *, rate: float, matching: str = ""
    ) -> None:
        """Besides the queue, strike requests by chance.

        One seed gives one sequence of choices; which request meets which depends on the order in
        which they come. `TIMEOUT` costs the client the time until it gives up, and after
        `PRIMARY_LIMIT` all is refused until the clock is moved to the reset.
        """
        with self._lock:
            self._random = random.Random(seed)
            self._kinds, self._rate, self._matching = tuple(kinds), rate, matching

    def clear(self) -> None:
        """No more faults from now on."""
        with self._lock:
            self._queue.clear()
            self._random = None

    @property
    def waiting(self) -> list[Fault]:
        """Faults that have not struck as often as planned."""
        with self._lock:
            return list(self._queue)

    def take(self, operation: str, *, is_write: bool) -> Fault | None:
        """The fault that strikes this request, if one does."""
        with self._lock:
            fault = self._queued(operation, is_write=is_write)
            if fault is None:
                fault = self._by_chance(operation, is_write=is_write)
            if fault is not None:
                self.struck.append((fault.kind, operation))
            return fault

    def _queued(self, operation: str, *, is_write: bool) -> Fault | None:
        for fault in self._queue:
            if not fault.fits(operation, is_write=is_write):
                continue
            if fault.skip > 0:
                fault.skip -= 1
                continue
            fault.times -= 1
            if fault.times == 0:
                self._queue.remove(fault)
            return fault
        return None

    def _by_chance(self, operation: str, *, is_write: bool) -> Fault | None:
        if self._random is None or self._random.random() >= self._rate:
            return None
        fault = Fault(self._random.choice(self._kinds), self._matching)
        return fault if fault.fits(operation, is_write=is_write) else None
