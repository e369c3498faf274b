"""Delivering a text to one page of Notion, and seeing what others did to it.

An edit that somebody made in Notion is told before it is replaced, and noticed to the last moment:
Notion has no precondition, only a time to the minute and the last editor.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from pack.errors import NotFound
from pack.sync.target import Delivered
from pack_connectors.notion.api import NotionApi, PageState
from pack_connectors.notion.blocks.parse import parse
from pack_connectors.notion.blocks.sections import parse_heading
from pack_connectors.notion.rewrite import Rewritten, rewrite

logger = logging.getLogger(__name__)
_FORM: Final = "1"
"""Changes when the same text is to be shown otherwise, so that pages are written anew."""
_IN_TRASH: Final = "Restore it in Notion, or set NOTION_SYNC_PAGE_ID to another page."


@dataclass(frozen=True, slots=True)
class PageReceipt:
    """What is known of a page from the last delivery.

    Attributes:
        sent: Digest of page and text; empty where that was only a part of the page.
        edited: When Notion says it was last edited.
        editor: By whom.
    """

    sent: str
    edited: str
    editor: str

    def write(self) -> str:
        """As a target's receipt."""
        return json.dumps(asdict(self), separators=(",", ":"))


def read_receipt(text: str) -> PageReceipt | None:
    """The receipt of an earlier delivery; `None` for none that can be used."""
    try:
        found = json.loads(text) if text else None
        return (
            PageReceipt(*(str(found[name]) for name in ("sent", "edited", "editor")))
            if found
            else None
        )
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
        """Make a page, or the section of a heading, show a text; see `Target.deliver`.

        Args:
            page: The page.
            markdown: The text.
            receipt: Of the last delivery.
            title: Of the page; `None` for the one it has.
            heading: Of the section; empty for the whole page.
            earlier: How the page was before other writes of the same delivery touched it.
            check: Raises for a page that may not be written.
        """
        known = read_receipt(receipt)
        state = self._state(page)
        check(state)
        watch = _Watch(self._api, state)
        watch.is_foreign = any(self._is_foreign(one, known) for one in (state, earlier) if one)
        changed = title is not None and title != state.title
        if title is not None and changed:
            self._api.set_title(page, title)
        sent = "" if heading else digest(page, markdown)
        if known is not None and known.sent and known.sent == sent:
            seen = (_edited(state),) if watch.is_foreign else ()
            now = self._api.page(page) if changed else state
            return Delivered(PageReceipt(sent, now.edited, now.editor).write(), changed, seen)
        section = parse_heading(heading) if heading else None
        done = rewrite(self._api, page, parse(markdown), section, watch.notice)
        now = self._api.page(page) if changed or done.changed else state
        warnings = tuple(_warnings(state, done, is_foreign=watch.is_foreign))
        # Somebody else may have edited it since we did, a moment ago: that is told the next time.
        editor = self._api.me() if done.changed else now.editor
        receipt = PageReceipt(sent, now.edited, editor).write()
        return Delivered(receipt, changed or done.changed, warnings)

    def _state(self, page: str) -> PageState:
        state = self._api.page(page)
        if state.in_trash:
            raise NotFound(f"the Notion page {page} (it is in the trash)", _IN_TRASH)
        return state

    def _is_foreign(self, state: PageState, known: PageReceipt | None) -> bool:
        """Whether somebody else was the last to edit the page, since PACK did."""
        if known is not None and (known.edited, known.editor) == (state.edited, state.editor):
            return False
        return state.editor != self._api.me()


class _Watch:
    """Looks for edits by others to the last moment, and tells of them before they are replaced.

    Attributes:
        is_foreign: Whether there is one.
    """

    def __init__(self, api: NotionApi, state: PageState) -> None:
        self.is_foreign = False
        self._api = api
        self._state = state
        self._is_told = False

    def notice(self) -> None:
        """What is on the page is about to be replaced."""
        if self._is_told:
            return
        if not self.is_foreign:
            now = self._api.page(self._state.id)
            is_same = (now.edited, now.editor) == (self._state.edited, self._state.editor)
            self.is_foreign = not is_same and now.editor != self._api.me()
        if self.is_foreign:
            self._is_told = True
            logger.warning("%s", _replaced(self._state))


def _replaced(state: PageState) -> str:
    return (
        f"the Notion page {state.title!r} was edited in Notion; what was not from the memory "
        "was replaced, and is in the page's history there"
    )


def digest(page: str, markdown: str) -> str:
    """Names what a page is to show."""
    return hashlib.sha256(f"{_FORM}\n{page}\n{markdown}".encode()).hexdigest()[:24]


def _edited(state: PageState) -> str:
    return (
        f"the Notion page {state.title!r} was edited in Notion; "
        "the next change of the memory replaces that edit"
    )


def _warnings(state: PageState, done: Rewritten, *, is_foreign: bool) -> Sequence[str]:
    found = []
    if is_foreign and done.removed:
        found.append(_replaced(state))
    if done.missing:
        found.append(
            f"Notion shows {done.missing} pieces of text on the page {state.title!r} otherwise "
            "than they are in the memory"
        )
    return found
