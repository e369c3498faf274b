"""Blocks as the API's JSON, both ways.

Source: Notion API reference, "Block", "Rich text", "Append block children" (2 levels in a request,
100 blocks in a list, 1,000 in all, 500 KB).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pack_connectors.notion.blocks.model import (
    LIST_KINDS,
    Block,
    Spans,
    TextSpan,
    count,
    depth,
    joined,
)

Json = dict[str, Any]
MAX_LIST: Final = 100
MAX_BLOCKS: Final = 1000
MAX_BYTES: Final = 450_000
"""Of 500 KB, leaving room for what surrounds the blocks."""
_MAX_LEVELS: Final = 2
_MARKS: Final = ("bold", "italic", "strikethrough", "code")
_TEXTUAL: Final = LIST_KINDS | {
    "paragraph",
    "quote",
    "heading_1",
    "heading_2",
    "heading_3",
    "heading_4",
}


# --- to the API ----------------------------------------------------------------------------------


def rich_text(spans: Spans) -> list[Json]:
    """The text of a block."""
    return [_rich(span) for span in spans]


def _rich(span: TextSpan) -> Json:
    text: Json = {"content": span.text}
    if span.link:
        text["link"] = {"url": span.link}
    made: Json = {"type": "text", "text": text}
    marks = {mark: True for mark in _MARKS if getattr(span, mark)}
    return {**made, "annotations": marks} if marks else made


def write_block(block: Block) -> Json:
    """One block, with those below it."""
    content: Json = {}
    match block.kind:
        case "table_row":
            content["cells"] = [rich_text(cell) for cell in block.cells]
        case "table":
            width = max(len(row.cells) for row in block.children)
            content |= {"table_width": width, "has_column_header": True, "has_row_header": False}
        case "image":
            content |= {"type": "external", "external": {"url": block.url}}
            content["caption"] = rich_text(block.spans)
        case "code":
            content |= {"rich_text": rich_text(block.spans), "language": block.language}
        case "to_do":
            content |= {"rich_text": rich_text(block.spans), "checked": block.is_checked}
        case kind if kind in _TEXTUAL:
            content["rich_text"] = rich_text(block.spans)
    if block.children:
        content["children"] = [write_block(child) for child in block.children]
    return {"type": block.kind, block.kind: content}


@dataclass(frozen=True, slots=True)
class Batch:
    """What one request appends.

    Attributes:
        blocks: As JSON.
        later: What to append below each of them afterwards.
    """

    blocks: list[Json]
    later: list[Sequence[Block]]


def batches(blocks: Iterable[Block]) -> list[Batch]:
    """The blocks in as few requests as the limits allow."""
    made: list[Batch] = []
    number = size = 0
    for block in blocks:
        now, later = _divided(block)
        number, size = number + count([now]), size + _size(now)
        is_full = not made or len(made[-1].blocks) == MAX_LIST
        if is_full or number > MAX_BLOCKS or size > MAX_BYTES:
            made.append(Batch([], []))
            number, size = count([now]), _size(now)
        made[-1].blocks.append(write_block(now))
        made[-1].later.append(later)
    return made


def at_once(blocks: Sequence[Block]) -> list[Json] | None:
    """The blocks as JSON if one request can hold them all; otherwise `None`."""
    made = batches(blocks) or [Batch([], [])]
    return None if len(made) > 1 or any(made[0].later) else made[0].blocks


def _divided(block: Block) -> tuple[Block, Sequence[Block]]:
    """What one request can hold of a block, and what is to follow below it."""
    if _fits(block):
        return block, ()
    at_once = 1 if block.kind == "table" else 0  # Notion takes no table without a row
    return replace(block, children=block.children[:at_once]), block.children[at_once:]


def _fits(block: Block) -> bool:
    if not block.children:
        return True
    is_small = depth(block) <= _MAX_LEVELS and count([block]) <= MAX_BLOCKS
    return is_small and _lists_fit(block) and _size(block) <= MAX_BYTES


def _lists_fit(block: Block) -> bool:
    return len(block.children) <= MAX_LIST and all(map(_lists_fit, block.children))


def _size(block: Block) -> int:
    return len(json.dumps(write_block(block), ensure_ascii=False).encode("utf-8", "replace"))


# --- from the API --------------------------------------------------------------------------------


def read_spans(rich: object) -> Spans:
    """The text in an answer; mentions and equations as the text they show."""
    found = []
    for item in rich if isinstance(rich, list) else ():
        if not isinstance(item, Mapping):
            continue
        annotations = item.get("annotations")
        look = annotations if isinstance(annotations, Mapping) else {}
        marks = {mark: look.get(mark) is True for mark in _MARKS}
        link = item.get("href")
        text = str(item.get("plain_text", ""))
        found.append(TextSpan(text, link=link if isinstance(link, str) else None, **marks))
    return joined(found)


def read_block(answer: Json, children: Sequence[Block] = ()) -> Block:
    """The block in an answer, with those below it."""
    kind = str(answer.get("type", ""))
    found = answer.get(kind)
    content = found if isinstance(found, Mapping) else {}
    external = content.get("external")
    return Block(
        kind,
        read_spans(content.get("caption" if kind == "image" else "rich_text")),
        tuple(children),
        tuple(read_spans(cell) for cell in content.get("cells", ())),
        str(content.get("language", "")),
        str(external.get("url", "")) if isinstance(external, Mapping) else "",
        content.get("checked") is True,
    )


def same_form(block: Block) -> Block:
    """A form in which what was sent equals what Notion answers."""
    return replace(
        block,
        spans=joined(block.spans),
        children=tuple(map(same_form, block.children)),
        cells=tuple(map(joined, block.cells)),
    )
