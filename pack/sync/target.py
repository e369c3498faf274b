"""The sync targets: what the core knows of where copies of the memory go (C3).

A target is given markdown, and never learns of files, folders, versions or frontmatter. What is
joined, left out, split, linked and in which order is decided in the core; when it is delivered, and
again, by `pack.sync.engine`. Every target passes `pack.testing.connector.TargetContract`.

Errors say what the sync does next: those that are `retryable` are tried again, `RateLimited` not
before the time it names; with all others the target is parked until a person has done something.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NewType, Protocol

MEMO_BYTES: Final = 64 * 1024
"""The most that is kept of a `Delivered.receipt`."""
PageId = NewType("PageId", str)
"""What a target calls one of its pages."""


class Target(Protocol):
    """Holds the whole memory as one text: a page, a document. Only the newest state matters.

    Methods may be called from any thread, by one at a time.
    """

    @property
    def name(self) -> str:
        """What it is called in messages and in its state; never holds a secret."""
        ...

    def deliver(self, markdown: str, key: str, receipt: str) -> Delivered:
        """Make it show a text. To repeat a delivery, in whole or after a part, does no harm.

        Args:
            markdown: The whole text; CommonMark with GFM tables and task lists.
            key: Names the delivery; the same whenever it is repeated.
            receipt: What the last delivery returned; empty for none, or where all is to be written
                whether it seems changed or not.

        Raises:
            AuthFailed, NotFound, InvalidConfig, LimitExceeded: It cannot be done as it is.
            RateLimited: Not now, but at the time it names.
            ConnectorError: The service cannot be used now; part of it may be done.
        """
        ...

    def close(self) -> None:
        """Close connections; a delivery under way ends soon, as failed."""
        ...


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a delivery came to.

    Attributes:
        receipt: For the next delivery: what was sent, such as its hash. At most 64 KiB of text; a
            larger one is dropped, with a warning, so that the next delivery writes all.
        changed: Whether anything had to be written.
        warnings: What a person should know: an edit by somebody else that was replaced, a text
            that the target shows otherwise.
    """

    receipt: str
    changed: bool
    warnings: tuple[str, ...] = ()


class EventTarget(Protocol):
    """Is told of every commit, in order: a webhook. As `Target` otherwise."""

    @property
    def name(self) -> str:
        """As `Target.name`; of an address only the host."""
        ...

    def send(self, key: str, body: bytes) -> None:
        """Send one event.

        Args:
            key: The commit; the receiver knows a repetition by it.
            body: JSON in UTF-8, to be sent as it is.

        Raises:
            As `Target.deliver`.
        """
        ...

    def close(self) -> None:
        """As `Target.close`."""
        ...


@dataclass(frozen=True, slots=True)
class Page:
    """A page that a target has.

    Attributes:
        id: What the target calls it.
        title: As it is shown.
        url: Where a browser shows it.
    """

    id: PageId
    title: str
    url: str


class Pages(Protocol):
    """A parent page and the pages below it. As `Target` otherwise."""

    @property
    def name(self) -> str:
        """As `Target.name`."""
        ...

    @property
    def parent(self) -> PageId:
        """The page above; the same however the setting writes it."""
        ...

    def list_pages(self) -> Sequence[Page]:
        """The pages directly below the parent that are not in the trash."""
        ...

    def create(self, title: str, markdown: str, key: str) -> tuple[Page, Delivered]:
        """A new page below the parent. After `OutcomeUnknown`, `list_pages` tells.

        Where its receipt is empty, the text is not on it yet, or not all of it.
        """
        ...

    def write(
        self, page: PageId | None, title: str | None, markdown: str, receipt: str
    ) -> Delivered:
        """Make a page show a text; `None` is the parent, and a title that is to stay.

        Pages below it stay where they are.

        Raises:
            NotFound: There is no such page, or it is in the trash.
            RefusedForSafety: It is one that somebody else made; nothing was changed.
        """
        ...

    def write_section(self, page: PageId, heading: str, markdown: str, receipt: str) -> Delivered:
        """Replace one section of a page, from its heading (`# Title`) to the next of its level.

        Raises:
            NotFound: There is no such page, or no such heading in it; nothing was changed.
            RefusedForSafety: As `write`.
        """
        ...

    def trash(self, page: PageId) -> tuple[str, ...]:
        """Move a page to the trash; nothing happens if it is there or gone, or holds other pages.

        Returns:
            What a person should know: why it stays, an edit that went along.

        Raises:
            RefusedForSafety: Somebody else made it; it stays.
        """
        ...

    def url_of(self, page: PageId) -> str:
        """Where a browser shows a page; no request."""
        ...

    def close(self) -> None:
        """As `Target.close`."""
        ...
