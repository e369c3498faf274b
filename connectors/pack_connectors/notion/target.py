"""Notion as a sync target: one page that holds the whole memory, or pages below one.

What is on a page is compared with what should be there, and only the difference is written.
Delivering a text again to a page that nobody has touched costs one request.

An edit that somebody made in Notion is reported, and replaced when the memory changes: the sync
goes one way. Notion keeps the page's history. Pages that others created are never touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pack.actions import Action
from pack.errors import NotFound, RefusedForSafety
from pack.sync.target import Delivered, Page, PageId
from pack_connectors.notion.api import NotionApi, PageState, dashed, parse_id, url_of
from pack_connectors.notion.blocks.json import at_once
from pack_connectors.notion.blocks.parse import parse
from pack_connectors.notion.http import Refused, our_errors
from pack_connectors.notion.rewrite import holds_pages
from pack_connectors.notion.writer import PageReceipt, PageWriter, digest

SETTING: Final = "NOTION_SYNC_PAGE_ID"
_NOT_OURS: Final = (
    "PACK only writes pages that the integration of NOTION_TOKEN created. If you have switched to "
    f"another integration, forget the pages of the old one; then {Action.MIGRATE_NOTION}."
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
        """See `Target.deliver`; the page itself tells whether this was delivered, not the key."""
        del key
        return self._writer.deliver(self._page, markdown, receipt)

    def close(self) -> None:
        """See `Target.close`."""
        self._api.close()


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
        """See `Pages.list_pages`; only those that this integration created."""
        me = self._api.me()
        found = []
        for block in self._api.children(self._parent):
            maker, page = block.get("created_by"), block.get("child_page")
            if isinstance(maker, dict) and maker.get("id") == me and isinstance(page, dict):
                found.append(_page(str(block["id"]), str(page.get("title", ""))))
        return found

    @our_errors()
    def create(self, title: str, markdown: str, key: str) -> tuple[Page, Delivered]:
        """See `Pages.create`; empty if the text takes several requests, or is refused."""
        del key
        self._look_at_parent()
        blocks = at_once(parse(markdown))
        try:
            made = self._api.create_page(self._parent, title, blocks or [])
        except Refused:
            if not blocks:
                raise
            blocks = None
            made = self._api.create_page(self._parent, title, [])
        receipt = PageReceipt(digest(made.id, markdown), made.edited, made.editor).write()
        return _page(made.id, title), Delivered("" if blocks is None else receipt, changed=True)

    def _look_at_parent(self) -> None:
        """Remember who edited the parent, before a page below it makes us the last one."""
        if self._earlier is None:
            self._earlier = self._api.page(self._parent)

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
        """Return if this integration created the page.

        Raises:
            RefusedForSafety: It did not.
        """
        if state.maker != self._api.me():
            reason = f"PACK did not create the Notion page {state.title!r} ({url_of(state.id)!r})"
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
                return (f"the Notion page {state.title!r} stays, as there are other pages on it",)
            self._look_at_parent()
            self._api.trash(state.id)
        except NotFound:
            return ()
        if state.editor == self._api.me():
            return ()
        return (
            f"the Notion page {state.title!r} was edited in Notion; it is in the trash there now, "
            "as its file is no longer in the memory",
        )

    def url_of(self, page: PageId) -> str:
        """See `Pages.url_of`."""
        return url_of(page)

    def close(self) -> None:
        """See `Pages.close`."""
        self._api.close()
