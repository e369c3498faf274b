"""Delivering a text to one page of Notion, and noticing what others did to it.

An edit that somebody made in Notion is reported before it is replaced, up to the last moment.
Notion has no preconditions, only the time of the last edit, to the minute, and its author.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Final

from pack.errors import NotFound
from pack.sync.target import Delivered
from pack_connectors.notion.api import NotionApi, PageState
from pack_connectors.notion.blocks.parse import parse
from pack_connectors.notion.blocks.sections import parse_heading
from pack_connectors.notion.rewrite import rewrite

logger = logging.getLogger(__name__)
_FORM: Final = "1"
"""To be raised when PACK shows the same text differently, so that pages are written again."""
_MOST_DIGESTS: Final = 4000
"""A receipt may have 64 KiB."""
_IN_TRASH: Final = "Restore it in Notion, or set NOTION_SYNC_PAGE_ID to another page."


@dataclass(frozen=True, slots=True)
class PageReceipt:
    """What is known of a page since the last delivery.

    Attributes:
        sent: Digest of page and text; empty if that was only a part of the page.
        edited: When the page was last edited, as Notion says it.
        editor: Who edited it.
        blocks: Digests of the blocks on it, separated by spaces; empty if unknown.
    """

    sent: str
    edited: str
    editor: str
    blocks: str = ""

    def write(self) -> str:
        """As the receipt of a target."""
        return json.dumps(asdict(self), separators=(",", ":"))


def read_receipt(text: str) -> PageReceipt | None:
    """The receipt of an earlier delivery; `None` if there is none that can be used."""
    try:
        found = json.loads(text or "null")
        sent, edited, editor = (str(found[name]) for name in ("sent", "edited", "editor"))
        return PageReceipt(sent, edited, editor, str(found.get("blocks", "")))
    except (ValueError, TypeError, KeyError):
        return None


class PageWriter:
    """Delivers texts to single pages."""

    def __init__(self, api: NotionApi) -> None:
        self._api = api

    def deliver(
        self,
        page: str,
        markdown: str,
        receipt: str,
        title: str | None = None,
        heading: str = "",
        earlier: PageState | None = None,
        check: Callable[[PageState], None] = lambda _: None,
    ) -> Delivered:
        """Make a page, or one section of it, show a text; see `Target.deliver`.

        Args:
            page: The page.
            markdown: The text.
            receipt: Of the last delivery.
            title: Of the page; `None` to keep the one it has.
            heading: Of the section; empty for the whole page.
            earlier: The state of the page before other writes of this delivery touched it.
            check: Raises for a page that may not be written.
        """
        known = read_receipt(receipt)
        state = self._state(page)
        check(state)
        is_foreign = any(self._is_foreign(one, known) for one in (state, earlier) if one)
        is_renamed = title is not None and title != state.title
        if title is not None and is_renamed:
            self._api.set_title(page, title)
        sent = "" if heading else digest(page, markdown)
        if known is not None and known.sent and known.sent == sent:
            seen = (_edited(state),) if is_foreign else ()
            now = self._api.page(page) if is_renamed else state
            receipt = replace(known, edited=now.edited, editor=now.editor).write()
            return Delivered(receipt, is_renamed, seen)
        watch = _Watch(self._api, state, is_foreign=is_foreign)
        section = parse_heading(heading) if heading else None
        is_as_left = known is not None and _edit(known) == _edit(state)
        digests = known.blocks.split() if known is not None and is_as_left else ()
        done = rewrite(self._api, page, parse(markdown), section, digests, watch.notice)
        is_changed = is_renamed or done.changed
        now = self._api.page(page) if is_changed else state
        warnings = (_replaced(state),) if watch.is_foreign and done.removed else ()
        # Somebody may have edited it right after us; naming ourselves makes the next run see that.
        editor = self._api.me() if done.changed else now.editor
        is_known = watch.is_foreign == is_foreign and len(done.digests) <= _MOST_DIGESTS
        blocks = done.digests if is_known else ()
        receipt = PageReceipt(sent, now.edited, editor, " ".join(blocks)).write()
        return Delivered(receipt, is_changed, warnings)

    def _state(self, page: str) -> PageState:
        state = self._api.page(page)
        if state.in_trash:
            raise NotFound(f"the Notion page {page} (it is in the trash)", _IN_TRASH)
        return state

    def _is_foreign(self, state: PageState, known: PageReceipt | None) -> bool:
        """Whether somebody else has edited the page since PACK did."""
        is_as_left = known is not None and _edit(known) == _edit(state)
        return not is_as_left and state.editor != self._api.me()


class _Watch:
    """Looks for edits by others up to the last moment, and logs them before they are replaced.

    Attributes:
        is_foreign: Whether there is one.
    """

    def __init__(self, api: NotionApi, state: PageState, *, is_foreign: bool) -> None:
        self.is_foreign = is_foreign
        self._api = api
        self._state = state
        self._is_logged = False

    def notice(self) -> None:
        """What is on the page is about to be replaced."""
        if not self.is_foreign:
            now = self._api.page(self._state.id)
            self.is_foreign = _edit(now) != _edit(self._state) and now.editor != self._api.me()
        if self.is_foreign and not self._is_logged:
            self._is_logged = True
            logger.warning("%s", _replaced(self._state))


def _edit(page: PageState | PageReceipt) -> tuple[str, str]:
    """The last edit of a page, as far as Notion identifies it."""
    return page.edited, page.editor


def digest(page: str, markdown: str) -> str:
    """Names what a page should show."""
    return hashlib.sha256(f"{_FORM}\n{page}\n{markdown}".encode()).hexdigest()[:24]


def _replaced(state: PageState) -> str:
    return (
        f"the Notion page {state.title!r} was edited in Notion; what did not come from the memory "
        "was replaced, and is in the page's history there"
    )


def _edited(state: PageState) -> str:
    return (
        f"the Notion page {state.title!r} was edited in Notion; "
        "the next change of the memory replaces that edit"
    )
