"""The ways a commit takes to a target: as the whole memory, or as what it did to each file.

A route says what is delivered; when, again, and whether at all is decided in `engine`. Another
way to a target, such as several pages, is another class with `deliver` and `close`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Protocol

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
        start: The commit delivered last; `None` for none, or where all is to be delivered anew.
        commits: What came after it, the oldest first; empty where that is not known. One commit
            where every one counts.
        head: The last of them, and the state that a target shows afterwards.
        receipt: What the last delivery returned; empty for none, or to have all written again.
        part: How many parts of it were delivered by an attempt before, as it told `progress`.
    """

    start: CommitId | None
    commits: Sequence[CommitFacts]
    head: CommitId
    receipt: str
    part: int = 0


Progress = Callable[[int], None]
"""Told how many parts of a delivery are done, so that they are not repeated after a crash."""


class Route(Protocol):
    """How commits get to one target. Methods are called by one thread at a time, but for `close`.

    What a target raises is passed on as `TargetFailed` (see `target_errors`), and decides what
    happens next. A `PackError` beside it means that the memory could not be read: tried again.
    """

    def deliver(self, delivery: Delivery, progress: Progress) -> Delivered:
        """Bring the target to `delivery.head`. To repeat one, whole or in part, does no harm.

        Raises:
            TargetFailed: The target could not be brought there.
            PackError: The memory cannot be read.
        """
        ...

    def close(self) -> None:
        """Close connections, from any thread; a delivery under way ends soon, as failed."""
        ...


class TargetFailed(Exception):
    """What went wrong on the side of a target.

    Attributes:
        error: What the target raised.
    """

    def __init__(self, error: PackError) -> None:
        super().__init__(str(error))
        self.error = error


@contextmanager
def target_errors() -> Iterator[None]:
    """What is raised inside comes from the target.

    Raises:
        TargetFailed: In place of any `PackError`.
    """
    try:
        yield
    except PackError as error:
        raise TargetFailed(error) from error


@dataclass(frozen=True, slots=True)
class Destination:
    """A target as it is set up; nothing is opened before something is delivered.

    Attributes:
        name: What people call it; holds no secret.
        key: What its state is kept under; letters, digits, hyphens. Holds no secret.
        config: Changes with its settings; holds no secret.
        only_newest: Whether it shows a state, so that those in between may be skipped; otherwise
            each commit is delivered by itself, in order.
        open: Makes its route.
        form: What the parts of a delivery are; parts of another form do not count as delivered.
    """

    name: str
    key: str
    config: str
    only_newest: bool
    open: Callable[[], Route]
    form: str = ""


class WholeRoute:
    """Gives a target the whole memory as one text (C3).

    Args:
        target: Gets it.
        source: The texts of the memory.
        today: Gives the day on which expired files are left out; `None` to keep them.
    """

    def __init__(
        self, target: Target, source: TextSource, today: Callable[[], date] | None = None
    ) -> None:
        self._target = target
        self._source = source
        self._today = today

    def deliver(self, delivery: Delivery, progress: Progress) -> Delivered:
        """See `Route.deliver`; it has one part."""
        del progress
        text = self._source.text_at(delivery.head, self._today() if self._today else None)
        with target_errors():
            return self._target.deliver(text, delivery.head, delivery.receipt)

    def close(self) -> None:
        """See `Route.close`."""
        self._target.close()


class EventRoute:
    """Tells a target of every commit (C8). A part is one event.

    Args:
        target: Is told.
        connector: Where the memory is kept.
        source: The texts of the memory, for v1.
        v1_path: The single file of a v1 memory.
        repo: What the memory is called.
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
        for commit in delivery.commits:
            events = read_events(self._connector, commit, self._v1_path)
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
