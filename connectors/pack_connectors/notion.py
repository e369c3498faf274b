"""Notion as a sync target: a page that holds the whole memory, or pages below one.

What is on a page is compared with what is to be there, and only the difference is written; a text
that was delivered before, on a page that nobody has touched since, costs one request.

An edit that somebody made in Notion is reported, and gives way to the memory when that changes:
the sync goes one way. Notion keeps the page's history.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final

from pack.errors import NotFound, PackError, RefusedForSafety
from pack.targets import Delivered, Page, PageId
from pack_connectors.notion_api import NotionApi, PageState, dashed, parse_id, url_of
from pack_connectors.notion_http import LostAnswer, Refused, our_errors
from pack_connectors.notion_json import MAX_BLOCKS, MAX_BYTES
from pack_connectors.notion_markdown import NotExpressible, write_chunks
from pack_connectors.notion_model import count
from pack_connectors.notion_parse import parse
from pack_connectors.notion_rewrite import Rewritten, holds_pages, rewrite
from pack_connectors.notion_sections import parse_heading

logger = logging.getLogger(__name__)
SETTING: Final = "NOTION_SYNC_PAGE_ID"
_FORM: Final = "1"
"""Changes when the same text is to be shown otherwise, so that pages are written anew."""
_NOT_OURS: Final = (
    "Only pages that the integration of NOTION_TOKEN made are written. If that is another one "
    "than it was, forget the pages of the old one and run `pack migrate-notion`."
)
_IN_TRASH: Final = "Restore it in Notion, or set NOTION_SYNC_PAGE_ID to another page."


@dataclass(frozen=True, slots=True)
class Memo:
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
        """As a target's memo."""
        return json.dumps(asdict(self), separators=(",", ":"))


def read_memo(text: str) -> Memo | None:
    """The memo of an earlier delivery; `None` for none that can be used."""
    try:
        found = json.loads(text) if text else None
        return Memo(*(str(found[name]) for name in ("sent", "edited", "editor"))) if found else None
    except (ValueError, TypeError, KeyError):
        return None


class _Writer:
    """Delivers texts to single pages."""

    def __init__(self, api: NotionApi) -> None:
        self._api = api

    def deliver(
        self,
        page: str,
        markdown: str,
        memo: str,
        title: str | None = None,
        heading: str = "",
        earlier: PageState | None = None,
        check: Callable[[PageState], None] = lambda _: None,
    ) -> Delivered:
        """Make a page, or the section of a heading, show a text; see `Target.deliver`.

        Args:
            page: The page.
            markdown: The text.
            memo: Of the last delivery.
            title: Of the page; `None` for the one it has.
            heading: Of the section; empty for the whole page.
            earlier: How the page was before other writes of the same delivery touched it.
            check: Raises for a page that may not be written.
        """
        known = read_memo(memo)
        state = self._state(page)
        check(state)
        watch = _Watch(self._api, state)
        watch.is_foreign = self._is_foreign(earlier or state, known)
        changed = title is not None and title != state.title
        if title is not None and changed:
            self._api.set_title(page, title)
        sent = "" if heading else _digest(page, markdown)
        if known is not None and known.sent and known.sent == sent:
            seen = (_edited(state),) if watch.is_foreign else ()
            now = self._api.page(page) if changed else state
            return Delivered(Memo(sent, now.edited, now.editor).write(), changed, seen)
        section = parse_heading(heading) if heading else None
        done = rewrite(self._api, page, parse(markdown), section, watch.notice)
        now = self._api.page(page)
        warnings = tuple(_warnings(state, done, is_foreign=watch.is_foreign))
        # Somebody else may have edited it since we did, a moment ago: that is told the next time.
        editor = self._api.me() if done.changed else now.editor
        memo = Memo(sent, now.edited, editor).write()
        return Delivered(memo, changed or done.changed, warnings)

    def _state(self, page: str) -> PageState:
        state = self._api.page(page)
        if state.in_trash:
            raise NotFound(f"the Notion page {page} (it is in the trash)", _IN_TRASH)
        return state

    def _is_foreign(self, state: PageState, known: Memo | None) -> bool:
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


def _digest(page: str, markdown: str) -> str:
    return hashlib.sha256(f"{_FORM}\n{page}\n{markdown}".encode()).hexdigest()[:24]


def _trashed(state: PageState) -> str:
    return (
        f"the Notion page {state.title!r} was edited in Notion; it is in the trash there now, as "
        "the memory does not have it any more"
    )


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


class NotionPage:
    """The page that shows the whole memory; a `pack.targets.Target`.

    Args:
        api: Asks Notion; closed with this.
        page: Id or address of the page.

    Raises:
        InvalidConfig: It is neither.
    """

    def __init__(self, api: NotionApi, page: str) -> None:
        self._api = api
        self._page = parse_id(page, SETTING)
        self._writer = _Writer(api)

    @property
    def name(self) -> str:
        """See `Target.name`."""
        return "notion"

    @our_errors()
    def deliver(self, markdown: str, key: str, memo: str) -> Delivered:
        """See `Target.deliver`; a repetition is known by the page itself, not by the key."""
        del key
        return self._writer.deliver(self._page, markdown, memo)

    def close(self) -> None:
        """See `Target.close`."""
        self._api.close()


def _page(page: str, title: str) -> Page:
    return Page(PageId(page), title, url_of(page))


class NotionPages:
    """A page and those below it; a `pack.targets.Pages`.

    Args:
        api: Asks Notion; closed with this.
        parent: Id or address of the page above.

    Raises:
        InvalidConfig: It is neither.
    """

    def __init__(self, api: NotionApi, parent: str) -> None:
        self._api = api
        self._parent = parse_id(parent, SETTING)
        self._writer = _Writer(api)
        self._earlier: PageState | None = None

    @property
    def name(self) -> str:
        """See `Pages.name`."""
        return "notion"

    @property
    def parent(self) -> PageId:
        """See `Pages.parent`."""
        return PageId(self._parent)

    @our_errors()
    def list_pages(self) -> Sequence[Page]:
        """See `Pages.list_pages`; only those that this integration made: others are not ours."""
        me = self._api.me()
        found = []
        for block in self._api.children(self._parent):
            maker, page = block.get("created_by"), block.get("child_page")
            if isinstance(maker, dict) and maker.get("id") == me and isinstance(page, dict):
                found.append(_page(str(block["id"]), str(page.get("title", ""))))
        return found

    @our_errors()
    def create(self, title: str, markdown: str, key: str) -> tuple[Page, Delivered]:
        """See `Pages.create`."""
        del key
        self._look_at_parent()
        made = self._create_whole(title, markdown)
        if made is not None:
            memo = Memo(_digest(made.id, markdown), made.edited, made.editor).write()
            return _page(made.id, title), Delivered(memo, changed=True)
        made = self._api.create_page(self._parent, title, None)
        try:
            done = self._writer.deliver(made.id, markdown, "")
        except (PackError, Refused, LostAnswer):
            # It is there, and must not be forgotten; to `write` it fails again, or goes on.
            return _page(made.id, title), Delivered("", changed=True)
        return _page(made.id, title), Delivered(done.memo, changed=True, warnings=done.warnings)

    def _look_at_parent(self) -> None:
        """Remember who edited the parent, before a page below it makes us the one who did."""
        if self._earlier is None:
            self._earlier = self._api.page(self._parent)

    def _create_whole(self, title: str, markdown: str) -> PageState | None:
        """A page with its text; `None` where that is too much for one request."""
        blocks = parse(markdown)
        try:
            chunks = write_chunks(blocks)
            text = "\n".join(chunks)
            if count(blocks) > MAX_BLOCKS or len(text.encode()) > MAX_BYTES:
                return None
            return self._api.create_page(self._parent, title, text)
        except (NotExpressible, Refused):
            return None

    @our_errors()
    def write(self, page: PageId | None, title: str | None, markdown: str, memo: str) -> Delivered:
        """See `Pages.write`."""
        if page is None:
            done = self._writer.deliver(self._parent, markdown, memo, title, earlier=self._earlier)
            self._earlier = None
            return done
        return self._writer.deliver(dashed(page), markdown, memo, title, check=self._check_maker)

    def _check_maker(self, state: PageState) -> None:
        """Return if this integration made the page: what others made is never touched.

        Raises:
            RefusedForSafety: It did not.
        """
        if state.maker != self._api.me():
            reason = f"the Notion page {state.title!r} ({state.url}) was not made by PACK"
            raise RefusedForSafety(reason, _NOT_OURS)

    @our_errors()
    def write_section(self, page: PageId, heading: str, markdown: str, memo: str) -> Delivered:
        """See `Pages.write_section`."""
        return self._writer.deliver(
            dashed(page), markdown, memo, heading=heading, check=self._check_maker
        )

    @our_errors()
    def trash(self, page: PageId) -> tuple[str, ...]:
        """See `Pages.trash`."""
        try:
            state = self._api.page(dashed(page))
            if state.in_trash:
                return ()
            self._check_maker(state)
            if holds_pages(self._api, state.id):
                return (f"the Notion page {state.title!r} stays, as other pages are on it",)
            self._look_at_parent()
            self._api.trash(state.id)
        except NotFound:
            return ()
        is_foreign = state.editor != self._api.me()
        return (_trashed(state),) if is_foreign else ()

    def url_of(self, page: PageId) -> str:
        """See `Pages.url_of`."""
        return url_of(page)

    def close(self) -> None:
        """See `Pages.close`."""
        self._api.close()
