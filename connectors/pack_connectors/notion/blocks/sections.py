"""Which blocks of a page form one section: from a heading to the next of its level or above."""

from __future__ import annotations

from collections.abc import Sequence

from pack.errors import NotFound
from pack_connectors.notion.blocks.model import Block, plain
from pack_connectors.notion.blocks.parse import parse


def parse_heading(heading: str) -> Block:
    """The heading that a section begins with.

    Raises:
        NotFound: The text is no heading.
    """
    blocks = parse(heading)
    if len(blocks) != 1 or not _level(blocks[0]):
        raise _missing(heading)
    return blocks[0]


def find_section(blocks: Sequence[Block], heading: Block) -> tuple[int, int]:
    """Where the section starts and ends among the blocks of a page.

    Raises:
        NotFound: The heading is not on the page, or more than once.
    """
    places = [at for at, block in enumerate(blocks) if _key(block) == _key(heading)]
    if len(places) != 1:
        raise _missing(plain(heading.spans))
    start = places[0]
    later = range(start + 1, len(blocks))
    ends = (at for at in later if 0 < _level(blocks[at]) <= _level(heading))
    return start, next(ends, len(blocks))


def _level(block: Block) -> int:
    return int(block.kind[-1]) if block.kind.startswith("heading_") else 0


def _key(block: Block) -> tuple[str, list[str]]:
    return block.kind, plain(block.spans).split()


def _missing(heading: str) -> NotFound:
    return NotFound(f"one section {heading[:120]!r} on the Notion page", "Write the whole page.")
