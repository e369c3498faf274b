"""The sync targets: all that the core knows about where copies of the memory go (C3).

A target gets markdown and knows nothing about files, folders, versions or frontmatter. The core
decides what to join, leave out, split and link, and in which order; `pack.sync.engine` decides when
to deliver and when to retry. Every target passes `pack.testing.TargetContract`.

Errors determine what the sync does next: it retries after `retryable` errors, and after
`RateLimited` not before the time it names; after all others, the target is parked until a person
acts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NewType, Protocol

MEMO_BYTES: Final = 64 * 1024
"""The largest `Delivered.receipt` that is kept, in bytes."""
PageId = NewType("PageId", str)
"""A target's own id for one of its pages."""


class Target(Protocol):
    """Holds the whole memory as one text: a page or a document. Only the newest state matters.

    Methods may be called from any thread, but only one at a time.
    """

    @property
    def name(self) -> str:
        """Its name in messages and in its state; never contains a secret."""
        ...

    def deliver(self, markdown: str, key: str, receipt: str) -> Delivered:
        """Make the target show a text. Repeating a delivery, complete or not, does no harm.

        Args:
            markdown: The whole text; CommonMark with GFM tables and task lists.
            key: Identifies the delivery; the same whenever it is repeated.
            receipt: What the last delivery returned; empty if there is none, or to write everything
                whether it seems changed or not.

        Raises:
                AuthFailed, NotFound, InvalidConfig, LimitExceeded: It cannot succeed until
                    something changes.
                RateLimited: It can be tried again at the time that the error names.
                ConnectorError: The service cannot be used now; part of the text may have been
                    delivered.
        """
        ...

    def close(self) -> None:
        """Close connections; a delivery under way soon fails."""
        ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """The outcome of a delivery.

    Attributes:
        receipt: What the next delivery has to know about this one, such as a hash. At most 64 KiB
            of text; a larger one is dropped with a warning, and the next delivery writes
            everything.
        changed: Whether anything had to be written.
        warnings: What a person should know, such as that somebody else's edit was replaced, or that
            the target cannot show a text as it is.
    """

    receipt: str
    changed: bool
    warnings: tuple[str, ...] = ()


class EventTarget(Protocol):
    """Receives the events of every commit, in order, such as a webhook. Otherwise like `Target`."""

    @property
    def name(self) -> str:
        """As `Target.name`; only the host of an address."""
        ...

    def send(self, key: str, body: bytes) -> None:
        """Send one event.

        Args:
            key: The commit (see `event_key`), by which the receiver recognises repetitions.
            body: JSON in UTF-8, to be sent unchanged.

        Raises:
            As `Target.deliver`.
        """
        ...

    def close(self) -> None:
        """As `Target.close`."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """A page at a target.

    Attributes:
        id: The target's own id for it.
        title: As shown.
        url: Where a browser shows it.
    """

    id: PageId
    title: str
    url: str


class Pages(Protocol):
    """A parent page and the pages below it. Otherwise like `Target`."""

    @property
    def name(self) -> str:
        """As `Target.name`."""
        ...

    @property
    def parent(self) -> PageId:
        """The parent page; the same id in whatever form the setting has it."""
        ...

    def list_pages(self) -> Sequence[Page]:
        """The pages directly below the parent that are not in the trash."""
        ...

    def create(self, title: str, markdown: str, key: str) -> tuple[Page, Delivered]:
        """Create a page below the parent. After `OutcomeUnknown`, `list_pages` shows if it exists.

        If its receipt is empty, the page does not have all of the text yet.
        """
        ...

    def write(
        self, page: PageId | None, title: str | None, markdown: str, receipt: str
    ) -> Delivered:
        """Make a page show a text. Pages below it stay where they are.

        If `page` is `None`, that is the parent; if `title` is `None`, the title stays.

        Raises:
            NotFound: There is no such page, or it is in the trash.
            RefusedForSafety: Somebody else created the page; nothing was changed.
        """
        ...

    def write_section(self, page: PageId, heading: str, markdown: str, receipt: str) -> Delivered:
        """Replace a section of a page, from its heading (`# Title`) to the next of the same level.

        Raises:
            NotFound: There is no such page, or it has no such heading; nothing was changed.
            RefusedForSafety: As `write`.
        """
        ...

    def trash(self, page: PageId) -> tuple[str, ...]:
        """Move a page to the trash, unless it is there already, is gone, or holds other pages.

        Returns:
            What a person should know: why it stays, or that an edit went to the trash with it.

        Raises:
            RefusedForSafety: Somebody else created it, so it stays.
        """
        ...

    def url_of(self, page: PageId) -> str:
        """Where a browser shows a page; makes no request."""
        ...

    def close(self) -> None:
        """As `Target.close`."""
        ...
