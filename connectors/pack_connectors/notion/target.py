"""Notion as a sync target: a page that holds the whole memory, or pages below one.

What is on a page is compared with what is to be there, and only the difference is written; a text
that was delivered before, on a page that nobody has touched since, costs one request.

An edit that somebody made in Notion is reported, and gives way to the memory when that changes:
the sync goes one way. Notion keeps the page's history. Pages that others made are never touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pack.actions import Action
from pack.errors import NotFound, PackError, RefusedForSafety
from pack.sync.target import Delivered, Page, PageId
from pack_connectors.notion.api import NotionApi, PageState, dashed, parse_id, url_of
from pack_connectors.notion.blocks.dialect import NotExpressible, write_chunks
from pack_connectors.notion.blocks.json import MAX_BLOCKS, MAX_BYTES
from pack_connectors.notion.blocks.model import count
from pack_connectors.notion.blocks.parse import parse
from pack_connectors.notion.http import LostAnswer, Refused, our_errors
from pack_connectors.notion.rewrite import holds_pages
from pack_connectors.notion.writer import PageReceipt, PageWriter, digest

SETTING: Final = "NOTION_SYNC_PAGE_ID"
_NOT_OURS: Final = (
    "PACK writes only pages that the integration of NOTION_TOKEN made. If the integration has "
    f"changed, forget the pages of the old one, then {Action.MIGRATE_NOTION}."
)


class NotionPage:
    """The page that shows the whole memory; a `pack.sync.target.Target`.

    Args:
        api: Asks Notion; closed with this.
        page: Id or address of the page.

    Raises:
        InvalidConfig: It is neither.
    """

    def __init__(self, api: NotionApi, page: str) -> None:
        self._api = api
        self._page = parse_id(page, SETTING)
        self._writer = PageWriter(api)

    @property
    def name(self) -> str:
        """See `Target.name`."""
        return "notion"

    @our_errors()
    def deliver(self, markdown: str, key: str, receipt: str) -> Delivered:
        """See `Target.deliver`; a repetition is known by the page itself, not by the key."""
        del key
        return self._writer.deliver(self._page, markdown, receipt)

    def close(self) -> None:
        """See `Target.close`."""
        self._api.close()


def _trashed(state: PageState) -> str:
    return (
        f"the Notion page {state.title!r} was edited in Notion; it is in the trash there now, as "
        "the memory does not have it any more"
    )


def _page(page: str, title: str) -> Page:
    return Page(PageId(page), title, url_of(page))


class NotionPages:
    """A page and those below it; a `pack.sync.target.Pages`.

    Args:
        api: Asks Notion; closed with this.
        parent: Id or address of the page above.

    Raises:
        InvalidConfig: It is neither.
    """

    def __init__(self, api: NotionApi, parent: str) -> None:
        self._api = api
        self._parent = parse_id(parent, SETTING)
        self._writer = PageWriter(api)
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
            receipt = PageReceipt(digest(made.id, markdown), made.edited, made.editor).write()
            return _page(made.id, title), Delivered(receipt, changed=True)
        made = self._api.create_page(self._parent, title, None)
        try:
            done = self._writer.deliver(made.id, markdown, "")
        except (PackError, Refused, LostAnswer):
            # It is there, and must not be forgotten; to `write` it fails again, or goes on.
            return _page(made.id, title), Delivered("", changed=True)
        return _page(made.id, title), Delivered(done.receipt, changed=True, warnings=done.warnings)

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
    def write(
        self, page: PageId | None, title: str | None, markdown: str, receipt: str
    ) -> Delivered:
        """See `Pages.write`."""
        if page is None:
            done = self._writer.deliver(
                self._parent, markdown, receipt, title, earlier=self._earlier
            )
            self._earlier = None
            return done
        return self._writer.deliver(dashed(page), markdown, receipt, title, check=self._check_maker)

    def _check_maker(self, state: PageState) -> None:
        """Return if this integration made the page: what others made is never touched.

        Raises:
            RefusedForSafety: It did not.
        """
        if state.maker != self._api.me():
            reason = f"the Notion page {state.title!r} ({state.url!r}) was not made by PACK"
            raise RefusedForSafety(reason, _NOT_OURS)

    @our_errors()
    def write_section(self, page: PageId, heading: str, markdown: str, receipt: str) -> Delivered:
        """See `Pages.write_section`."""
        return self._writer.deliver(
            dashed(page), markdown, receipt, heading=heading, check=self._check_maker
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
