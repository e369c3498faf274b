"""What was asked of a stand-in, and what it cost."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.standins.faults import FaultKind


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer; holds no token.

    Attributes:
        operation: As in `faults.Fault.matching`.
        path: Raw, with the query.
        status: What the client was meant to get; 0 where the connection was cut.
        is_free: It does not count against the primary limit: an authorised 304, `/rate_limit`,
            git's own transport, downloads.
    """

    operation: str
    method: str
    path: str
    status: int
    is_free: bool
    login: str | None = None
    fault: FaultKind | None = None


class RequestLog:
    """Exchanges in the order in which they were answered. Safe for use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._exchanges: list[Exchange] = []

    def add(self, exchange: Exchange) -> None:
        with self._lock:
            self._exchanges.append(exchange)

    def clear(self) -> None:
        with self._lock:
            self._exchanges.clear()

    def __iter__(self) -> Iterator[Exchange]:
        with self._lock:
            return iter(list(self._exchanges))

    def __len__(self) -> int:
        with self._lock:
            return len(self._exchanges)

    @property
    def paid(self) -> int:
        """Requests that count against the primary limit."""
        return sum(not one.is_free for one in self)

    @property
    def not_modified(self) -> int:
        """Conditional requests that were answered 304."""
        return sum(one.status == 304 for one in self)

    def operations(self) -> Counter[str]:
        """How many requests of each operation, 304s included."""
        return Counter(one.operation for one in self)

    @contextmanager
    def counting(self) -> Iterator[RequestLog]:
        """A log of its own of what is asked inside the `with` block; full at its end."""
        start = len(self)
        part = RequestLog()
        try:
            yield part
        finally:
            for exchange in list(self)[start:]:
                part.add(exchange)
