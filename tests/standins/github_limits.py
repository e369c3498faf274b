"""Primary and secondary rate limits, counted per token by the injected clock.

Source: GitHub REST documentation, "Rate limits for the REST API".
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from tests.standins.github_http import Refusal

WINDOW = 3600
SECONDARY = (
    "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
)


@dataclass(slots=True)
class Limits:
    """What a token may do. `None` switches a secondary limit off.

    Attributes:
        primary: Requests (REST) and points (GraphQL), each per hour.
        points_per_minute: A read costs 1 point, a write 5.
        content_per_minute: Requests that create content.
        content_per_hour: The same, per hour.
        concurrent: Requests at once.
        status: 403 or 429, both occur.
    """

    primary: int = 5000
    points_per_minute: int | None = None
    content_per_minute: int | None = None
    content_per_hour: int | None = None
    concurrent: int | None = None
    status: int = 403

    @classmethod
    def documented(cls) -> Limits:
        """The ceilings GitHub documents."""
        return cls(
            points_per_minute=900, content_per_minute=80, content_per_hour=500, concurrent=100
        )


@dataclass(slots=True)
class Window:
    """A primary window: what was used, and when (epoch seconds) it ends."""

    used: int
    reset: int


class RateLimiter:
    """Counts and refuses.

    Attributes:
        most_writes_at_once: Of all tokens together; a careful client never has two on a branch.
    """

    def __init__(self, clock: Callable[[], datetime], limits: Limits) -> None:
        self.limits = limits
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, str], Window] = {}
        self._points: dict[str, deque[tuple[float, int]]] = defaultdict(deque)
        self._content: dict[str, deque[tuple[float, int]]] = defaultdict(deque)
        self._at_once = {False: 0, True: 0}
        self.most_writes_at_once = 0

    def window(self, token: str, resource: str) -> Window:
        """The current window, a new one where the last has ended."""
        now = self._clock().timestamp()
        found = self._windows.get((token, resource))
        if found is None or now >= found.reset:
            found = Window(0, int(now) + WINDOW)
            self._windows[token, resource] = found
        return found

    def charge(self, token: str, resource: str, *, is_write: bool) -> None:
        """Count a request.

        Raises:
            Refusal: A limit is reached; the request was not counted.
        """
        with self._lock:
            self._check_secondary(token, is_write=is_write)
            window = self.window(token, resource)
            if window.used >= self.limits.primary:
                message = f"API rate limit exceeded for {resource}."
                raise Refusal(self.limits.status, message)
            window.used += 1

    @contextmanager
    def in_flight(self, *, is_write: bool) -> Iterator[None]:
        """A request is being answered inside the `with` block.

        Raises:
            Refusal: Too many are.
        """
        with self._lock:
            ceiling = self.limits.concurrent
            if ceiling is not None and sum(self._at_once.values()) >= ceiling:
                raise Refusal(self.limits.status, SECONDARY, headers={"retry-after": "60"})
            self._at_once[is_write] += 1
            self.most_writes_at_once = max(self.most_writes_at_once, self._at_once[True])
        try:
            yield
        finally:
            with self._lock:
                self._at_once[is_write] -= 1

    def refund(self, token: str, resource: str) -> None:
        """Take back one request: an authorised 304 is free."""
        with self._lock:
            self.window(token, resource).used -= 1

    def exhaust(self, token: str, resource: str = "core") -> None:
        """Leave nothing of the primary limit."""
        with self._lock:
            self.window(token, resource).used = self.limits.primary

    def headers(self, token: str, resource: str) -> dict[str, str]:
        """The `x-ratelimit-*` headers of every answer."""
        with self._lock:
            window = self.window(token, resource)
            values = {
                "limit": self.limits.primary,
                "remaining": max(0, self.limits.primary - window.used),
                "reset": window.reset,
                "used": window.used,
                "resource": resource,
            }
        return {f"x-ratelimit-{name}": str(value) for name, value in values.items()}

    def overview(self, token: str) -> dict[str, object]:
        """The body of `GET /rate_limit`."""
        resources: dict[str, dict[str, int]] = {}
        for resource in ("core", "graphql", "search"):
            with self._lock:
                window = self.window(token, resource)
                resources[resource] = {
                    "limit": self.limits.primary,
                    "remaining": max(0, self.limits.primary - window.used),
                    "reset": window.reset,
                    "used": window.used,
                }
        return {"resources": resources, "rate": resources["core"]}

    def _check_secondary(self, token: str, *, is_write: bool) -> None:
        limits, now = self.limits, self._clock().timestamp()
        points, content = self._points[token], self._content[token]
        _drop_before(points, now - 60)
        _drop_before(content, now - WINDOW)
        cost = 5 if is_write else 1
        recent = sum(1 for when, _ in content if when > now - 60)
        for count, ceiling, wait in (
            (sum(n for _, n in points) + cost, limits.points_per_minute, 60),
            (recent + is_write, limits.content_per_minute, 60),
            (len(content) + is_write, limits.content_per_hour, WINDOW),
        ):
            if ceiling is not None and count > ceiling:
                raise Refusal(limits.status, SECONDARY, headers={"retry-after": str(wait)})
        points.append((now, cost))
        if is_write:
            content.append((now, 1))


def _drop_before(events: deque[tuple[float, int]], moment: float) -> None:
    while events and events[0][0] <= moment:
        events.popleft()
