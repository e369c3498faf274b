"""A Notion workspace: pages with their trees of blocks, users, what may be done to them."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.standins.github_http import Refusal
from tests.standins.notion_dialect import Node, read, rich, write

Json = dict[str, Any]
PERSON = "00000000-0000-4000-8000-00000000aaaa"
BOT = "00000000-0000-4000-8000-00000000bbbb"
_GRACE = timedelta(days=3)
_CODES = {
    400: "validation_error",
    401: "unauthorized",
    403: "restricted_resource",
    404: "object_not_found",
    409: "conflict_error",
    429: "rate_limited",
    500: "internal_server_error",
    503: "service_unavailable",
    504: "gateway_timeout",
    529: "service_overload",
}


def error_body(status: int, message: str) -> Json:
    """What Notion says when it refuses."""
    said = _CODES.get(status, "internal_server_error")
    return {
        "object": "error",
        "status": status,
        "code": said,
        "message": message,
        "request_id": str(uuid.UUID(int=status)),
    }


def not_found(what: str) -> Refusal:
    return Refusal(404, f"Could not find {what}. Make sure it is shared with your integration.")


@dataclass(slots=True, eq=False)
class Block:
    """A block that is there; a child page is one with the id of the page."""

    id: str
    type: str
    content: Json
    parent: Block | Page
    editor: str
    time: str
    children: list[Block] = field(default_factory=list)
    in_trash: bool = False


@dataclass(slots=True, eq=False)
class Page:
    """A page. `is_shared` says whether the integration may see it."""

    id: str
    title: str
    parent: Page | None
    creator: str
    created: datetime
    editor: str
    time: str
    children: list[Block] = field(default_factory=list)
    in_trash: bool = False
    is_shared: bool = True

    @property
    def url(self) -> str:
        return f"https://www.notion.so/{self.id.replace('-', '')}"


@dataclass(slots=True)
class NotionState:
    """Everything there is.

    Attributes:
        block_budget: How many blocks may be made, ever; `None` for any number.
        blocks_made: How many were.
    """

    clock: Callable[[], datetime]
    pages: dict[str, Page] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    block_budget: int | None = None
    blocks_made: int = 0
    _full_since: datetime | None = None
    _numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def new_id(self) -> str:
        return str(uuid.UUID(int=(0x1234 << 112) + (4 << 76) + (8 << 60) + next(self._numbers)))

    def now(self) -> str:
        """As Notion tells it: to the minute."""
        return self.clock().replace(second=0, microsecond=0).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    # --- pages ---------------------------------------------------------------------------------

    def add_page(self, title: str, parent: Page | None, by: str = PERSON) -> Page:
        """A page, below another or at the top of the workspace."""
        now = self.now()
        page = Page(self.new_id(), title, parent, by, self.clock(), by, now)
        self.pages[page.id] = page
        if parent is not None:
            block = Block(page.id, "child_page", {"title": title}, parent, by, now)
            parent.children.append(block)
            self.blocks[page.id] = block
            self.touch(parent, by)
        return page

    def page(self, page: str) -> Page:
        """A page by its id.

        Raises:
            Refusal: 404, it is not there or not shared.
        """
        found = self.pages.get(_dashed(page))
        if found is None or not found.is_shared:
            raise not_found(f"page with ID: {page}")
        return found

    def holder(self, block: str) -> Block | Page:
        """What may have blocks below it, by its id."""
        wanted = _dashed(block)
        if wanted in self.pages:
            return self.page(wanted)
        found = self.blocks.get(wanted)
        if found is None or not self.page_of(found).is_shared:
            raise not_found(f"block with ID: {block}")
        return found

    def page_of(self, block: Block | Page) -> Page:
        while isinstance(block, Block):
            block = block.parent
        return block

    def touch(self, page: Page, by: str) -> None:
        page.editor, page.time = by, self.now()

    def spend(self, number: int) -> None:
        """Count blocks that are made.

        Raises:
            Refusal: The workspace may not make any more.
        """
        if self._full_since is not None and self.clock() > self._full_since + _GRACE:
            raise Refusal(400, "This workspace has reached its block limit.")
        self.blocks_made += number
        budget = self.block_budget
        if budget is not None and self.blocks_made >= budget and self._full_since is None:
            self._full_since = self.clock()

    # --- blocks --------------------------------------------------------------------------------

    def grow(self, nodes: Iterable[Node], parent: Block | Page, by: str) -> list[Block]:
        """Blocks made of nodes, which are not put below the parent yet."""
        made = []
        for node in nodes:
            block = Block(self.new_id(), node.type, node.content, parent, by, self.now())
            block.children = self.grow(node.children, block, by)
            self.blocks[block.id] = block
            made.append(block)
        return made

    def node(self, block: Block) -> Node:
        page = self.pages.get(block.id)
        below = [] if page else [self.node(one) for one in block.children if not one.in_trash]
        content = {"title": page.title} if page else block.content
        return Node(block.type, content, below, page.url if page else "")

    def living(self, holder: Block | Page) -> list[Block]:
        return [one for one in holder.children if not one.in_trash]

    def text(self, holder: Block | Page) -> str:
        """A page as markdown."""
        return "\n".join(write([self.node(one) for one in self.living(holder)]))

    # --- somebody else -------------------------------------------------------------------------

    def set_text_as_person(self, page: Page, markdown: str) -> None:
        """A person makes a page hold what a text says."""
        page.children = self.grow(read(markdown), page, PERSON)
        self.touch(page, PERSON)

    def write_as_person(self, page: Page, text: str) -> None:
        """A person adds a paragraph at the end of a page."""
        node = Node("paragraph", {"rich_text": [rich(text)], "color": "default"})
        page.children += self.grow([node], page, PERSON)
        self.touch(page, PERSON)


def size_of(node: Node) -> int:
    return 1 + sum(map(size_of, node.children))


def _dashed(text: str) -> str:
    try:
        return str(uuid.UUID(text))
    except ValueError as error:
        raise Refusal(400, f"path failed validation: {text} is no uuid") from error
