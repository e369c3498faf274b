"""The ways in which commits reach a target: as the whole memory, or as events for each file.

A route determines what is delivered; `engine` decides whether, when and how often. Another way to
reach a target, such as several pages, is another class with `deliver` and `close`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from pack.catalog.managed import sharing
from pack.connector import Connector
from pack.errors import PackError
from pack.log import CommitFacts
from pack.model import CommitId, MemoryPath
from pack.sync.events import FileEvent, read_events
from pack.sync.payload import PayloadVersion, event_key, file_payload, memory_payload
from pack.sync.target import Delivered, EventTarget, Target
from pack.sync.text import TextSource


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a route is to deliver.

    Attributes:
        start: The last commit that was delivered; `None` if there is none, or to deliver
            everything.
        commits: The commits after it, oldest first; empty if they are unknown. A single commit if
            the target gets every one.
        head: The last of them, whose state the target shows afterwards.
        receipt: What the last delivery returned; empty if there is none, or to write everything
            again.
        part: How many parts an earlier attempt has delivered already, according to `progress`.
    """

    start: CommitId | None
    commits: Sequence[CommitFacts]
    head: CommitId
    receipt: str
    part: int = 0


Progress = Callable[[int], None]
"""Called with the number of parts delivered so far, so that a crash does not repeat them."""


class Route(Protocol):
    """How commits reach one target. Only `close` may be called while another method is running.

    What a target raises is passed on as `TargetFailed` (see `target_errors`), and decides what
    happens next. Any other `PackError` means that the memory could not be read, and is retried.
    """

    def deliver(self, delivery: Delivery, progress: Progress) -> Delivered:
        """Bring the target to `delivery.head`. Repeating a delivery, or part of one, does no harm.

        Raises:
            TargetFailed: The target could not be brought there.
            PackError: The memory cannot be read.
        """
        ...

    def close(self) -> None:
        """Close connections, from any thread; a delivery under way soon fails."""
        ...


class TargetFailed(Exception):
    """Something went wrong on the target's side.

    Attributes:
        error: What the target raised.
    """

    def __init__(self, error: PackError) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def target_errors() -> Iterator[None]:
    """Treat every `PackError` raised inside as coming from the target.

    Raises:
        TargetFailed: In place of any `PackError`.
    """
    try:
        yield
    except PackError as error:
        raise TargetFailed(error) from error


@dataclass(frozen=True, slots=True)
class Destination:
    """A target as set up; no connection is opened before the first delivery.

    Attributes:
        name: What people call it; contains no secret.
        key: The name of its state: letters, digits, hyphens. Contains no secret.
        config: Changes whenever its settings do; contains no secret.
        only_newest: Whether it shows a state, so that earlier ones may be skipped; otherwise each
            commit is delivered separately, in order.
        open: Creates its route.
        form: The format of the parts of a delivery; parts in another format do not count as
            delivered.
    """

    name: str
    key: str
    config: str
    only_newest: bool
    open: Callable[[], Route]
    form: str = ""


class WholeRoute:
    """Delivers the whole memory to a target, as one text (C3).

    Args:
        target: The target.
        source: The texts of the memory.
        today: Returns the day by which expired files are left out; `None` to keep them.
    """

    def __init__(
        self, target: Target, source: TextSource, today: Callable[[], date] | None = None
    ) -> None:
        self._target = target
        self._source = source
        self._today = today

    def deliver(self, delivery: Delivery, progress: Progress) -> Delivered:
        """See `Route.deliver`; a delivery has one part."""
        del progress
        text = self._source.text_at(delivery.head, self._today() if self._today else None)
        with target_errors():
            return self._target.deliver(text, delivery.head, delivery.receipt)

    def close(self) -> None:
        """See `Route.close`."""
        self._target.close()


class EventRoute:
    """Sends a target the events of every commit (C8). Each event is a part.

    Args:
        target: The target.
        connector: Where the memory is kept.
        source: The texts of the memory, for v1.
        v1_path: The single file of a v1 memory.
        repo: The name of the memory.
        version: Which payloads the target gets.
        today: As for `WholeRoute`; for v1.
    """

    def __init__(
        self,
        target: EventTarget,
        connector: Connector,
        source: TextSource,
        *,
        v1_path: MemoryPath,
        repo: str,
        version: PayloadVersion,
        today: Callable[[], date] | None = None,
    ) -> None:
        self._target = target
        self._connector = connector
        self._source = source
        self._v1_path = v1_path
        self._repo = repo
        self._version = version
        self._today = today

    def deliver(self, delivery: Delivery, progress: Progress) -> Delivered:
        """See `Route.deliver`."""
        is_changed = False
        if not delivery.commits:
            return Delivered("", is_changed)
        with self._connector.view():
            is_shared = sharing(self._connector)
        for commit in delivery.commits:
            events = read_events(self._connector, commit, self._v1_path, is_shared)
            for part, body in enumerate(self._bodies(commit, events)):
                if part < delivery.part:
                    continue
                with target_errors():
                    self._target.send(event_key(commit, part), body)
                progress(part + 1)
                is_changed = True
        return Delivered("", is_changed)

    def _bodies(self, commit: CommitFacts, events: Sequence[FileEvent]) -> list[bytes]:
        if not events:
            return []
        if self._version is PayloadVersion.V1:
            text = self._source.text_at(commit.id, self._today() if self._today else None)
            return [memory_payload(events, text, self._repo)]
        return [file_payload(event, self._repo) for event in events]

    def close(self) -> None:
        """See `Route.close`."""
        self._target.close()
