"""Which blocks of a page are one section of it: from a heading to the next of its level."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pack.errors import NotFound
from pack_connectors.notion.blocks.dialect import canonical, write_chunks
from pack_connectors.notion.blocks.model import Block, plain
from pack_connectors.notion.blocks.parse import parse

_LEVEL = re.compile(r"(#{1,4})[ \t]")


def parse_heading(heading: str) -> Block:
    """The heading that a section begins with.

    Raises:
        NotFound: The text is no heading.
    """
    blocks = parse(heading)
    if len(blocks) != 1 or not blocks[0].kind.startswith("heading_"):
        raise missing(heading)
    return blocks[0]


def missing(heading: str) -> NotFound:
    """There is no such section, or more than one."""
    return NotFound(f"the one section {heading[:120]!r} of the Notion page", "Write it whole.")


def span_in_chunks(chunks: Sequence[str], heading: Block) -> tuple[int, int]:
    """Where the section is among the blocks of a page, each as Notion's markdown.

    Raises:
        NotFound: It is nowhere, or in several places.
    """
    wanted = canonical(write_chunks([heading])[0])
    is_it = [canonical(chunk.split("\n")[0]) == wanted for chunk in chunks]
    found = [_LEVEL.match(chunk) for chunk in chunks]
    return _span(is_it, [len(one[1]) if one else 0 for one in found], heading)


def span_in_blocks(blocks: Sequence[Block], heading: Block) -> tuple[int, int]:
    """The same among blocks.

    Raises:
        As `span_in_chunks`.
    """
    text = " ".join(plain(heading.spans).split())
    is_it = [
        one.kind == heading.kind and " ".join(plain(one.spans).split()) == text for one in blocks
    ]
    return _span(is_it, [_level(one) for one in blocks], heading)


def _level(block: Block) -> int:
    return int(block.kind[-1]) if block.kind.startswith("heading_") else 0


def _span(is_it: Sequence[bool], levels: Sequence[int], heading: Block) -> tuple[int, int]:
    places = [at for at, is_here in enumerate(is_it) if is_here]
    if len(places) != 1:
        raise missing(plain(heading.spans))
    start = places[0]
    ends = (at for at in range(start + 1, len(levels)) if 0 < levels[at] <= levels[start])
    return start, next(ends, len(levels))
