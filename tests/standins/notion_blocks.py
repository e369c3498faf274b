"""Blocks as the API's JSON, and the limits of requests that hold them.

Source: Notion API reference, "Block", "Request limits".
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from tests.standins.github_http import Refusal
from tests.standins.notion_dialect import Node, rich
from tests.standins.notion_state import Block, NotionState, Page

Json = dict[str, Any]
_MAX = {"list": 100, "blocks": 1000, "bytes": 500_000, "text": 2000, "rich": 100, "url": 2000}
_MARKS = ("bold", "italic", "strikethrough", "underline", "code")


def answer_block(state: NotionState, block: Block) -> Json:
    """A block as it is answered."""
    parent = block.parent
    is_page = isinstance(parent, Page)
    below = block.id in state.pages or bool(state.living(block))
    content = {"title": state.pages[block.id].title} if block.id in state.pages else block.content
    user = {"object": "user", "id": block.editor}
    return {
        "object": "block",
        "id": block.id,
        "parent": {"type": "page_id", "page_id": parent.id}
        if is_page
        else {"type": "block_id", "block_id": parent.id},
        "created_time": block.time,
        "last_edited_time": block.time,
        "created_by": user,
        "last_edited_by": user,
        "has_children": below,
        "in_trash": block.in_trash,
        "type": block.type,
        block.type: content,
    }


def answer_page(page: Page) -> Json:
    """A page as it is answered."""
    parent: Json = {"type": "workspace", "workspace": True}
    if page.parent is not None:
        parent = {"type": "page_id", "page_id": page.parent.id}
    return {
        "object": "page",
        "id": page.id,
        "created_time": page.created.strftime("%Y-%m-%dT%H:%M:00.000Z"),
        "last_edited_time": page.time,
        "in_trash": page.in_trash,
        "is_locked": False,
        "url": page.url,
        "public_url": None,
        "parent": parent,
        "properties": {"title": {"id": "title", "type": "title", "title": [rich(page.title)]}},
        "icon": None,
        "cover": None,
        "created_by": {"object": "user", "id": page.creator},
        "last_edited_by": {"object": "user", "id": page.editor},
    }


def read_children(children: list[Json]) -> list[Node]:
    """The blocks of a request.

    Raises:
        Refusal: 400, beyond a limit.
    """
    if len(json.dumps(children, ensure_ascii=False).encode()) > _MAX["bytes"]:
        raise Refusal(413, "Request body too large.")
    nodes = [_read(one, 2) for one in _listed(children)]
    if sum(_count(one) for one in nodes) > _MAX["blocks"]:
        raise Refusal(400, "body.children has more than 1000 blocks.")
    return nodes


def _listed(children: list[Json]) -> list[Json]:
    if len(children) > _MAX["list"]:
        raise Refusal(400, f"body.children.length should be ≤ `100`, instead was {len(children)}.")
    return children


def _count(node: Node) -> int:
    return 1 + sum(map(_count, node.children))


def _read(given: Json, levels: int) -> Node:
    kind = given.get("type") or next(name for name in given if name != "object")
    content = dict(given[kind])
    children = content.pop("children", [])
    if children and levels == 0:
        raise Refusal(400, "body.children has more than two levels of nesting.")
    node = Node(kind, _filled(kind, content))
    node.children = [_read(one, levels - 1) for one in _listed(children)]
    return node


def _filled(kind: str, content: Json) -> Json:
    """Content with what Notion adds to it."""
    for name in ("rich_text", "caption"):
        if name in content:
            content[name] = read_rich(content[name])
    if kind == "table_row":
        content["cells"] = [read_rich(cell) for cell in _listed(content["cells"])]
    if kind == "image":
        _check_url(content["external"]["url"])
    if kind == "code":
        content.setdefault("caption", [])
    if kind.startswith("heading_"):
        content.setdefault("is_toggleable", False)
    if "rich_text" in content and kind != "code":
        content.setdefault("color", "default")
    return content


def read_rich(items: list[Json]) -> list[Json]:
    """The text of a request.

    Raises:
        Refusal: 400, beyond a limit.
    """
    if len(items) > _MAX["rich"]:
        raise Refusal(400, "rich_text.length should be ≤ `100`.")
    made = []
    for item in items:
        text = item["text"]["content"]
        if len(text.encode("utf-16-le")) // 2 > _MAX["text"]:
            raise Refusal(400, "rich_text.text.content.length should be ≤ `2000`.")
        link = (item["text"].get("link") or {}).get("url")
        if link is not None:
            _check_url(link)
        look = {k: v for k, v in item.get("annotations", {}).items() if k in _MARKS}
        if text:
            made.append(rich(text, link=link, **look))
    return made


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if len(url) > _MAX["url"] or parts.scheme not in ("http", "https", "mailto", "tel"):
        raise Refusal(400, "Invalid URL for link.")
