"""Making a page show blocks while creating as few new ones as possible.

The page is read and compared with what it should show, and only the difference is written. Blocks
that stay keep their comments, and cost nothing where a workspace limits the blocks it may ever
create.

Pages and databases on the page stay where they are; nothing here deletes one.

Why not Notion's markdown endpoints: they cannot read or write a page of any size, they refuse a
change next to a page that lies inside a block, and their dialect cannot express every text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pack.errors import NotFound, Unavailable
from pack.merge.diff import find_hunks
from pack_connectors.notion.api import END, START, NotionApi
from pack_connectors.notion.blocks.json import Json, batches, read_block, same_form
from pack_connectors.notion.blocks.model import Block
from pack_connectors.notion.blocks.sections import find_section
from pack_connectors.notion.http import Refused
from pack_connectors.system.retry import NoAnswer

_ATTEMPTS: Final = 4
_PAGES: Final = ("child_page", "child_database")
Notice = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What was done to a page.

    Attributes:
        changed: Whether anything was written.
        removed: Whether something that was on the page is gone.
        digests: Of the blocks that the whole page shows now; empty if unknown.
    """

    changed: bool
    removed: bool
    digests: Sequence[str]


def rewrite(
    api: NotionApi,
    page: str,
    blocks: Sequence[Block],
    section: Block | None,
    digests: Sequence[str],
    notice: Notice,
) -> Rewritten:
    """Make a page, or one section of it, show blocks.

    Args:
        api: Asks Notion.
        page: Its id.
        blocks: What it should show.
        section: The heading of the section to replace; `None` for the whole page.
        digests: What an earlier call returned, if nobody has edited the page since. They save
            reading what lies below its blocks, one request for each.
        notice: Called before anything on the page is replaced or removed.

    Raises:
        NotFound: There is no such page or section; nothing was changed.
        Unavailable: Too many answers were lost; the next attempt goes on from there.
        PackError: As `NotionHttp`.
    """
    refused: Refused | None = None
    for _ in range(_ATTEMPTS):
        try:
            return _rewrite_once(api, page, blocks, section, digests, notice)
        except NoAnswer:
            refused = None  # reading the page again shows what was done
        except Refused as error:
            refused = error  # a person may have removed the block that was to come before
        except NotFound:
            if section is not None:
                raise
            api.page(page)  # if it is there, only something on it has gone meanwhile
        digests = ()
    raise refused or Unavailable("the Notion page keeps changing, or its answers get lost")


def _rewrite_once(
    api: NotionApi,
    page: str,
    blocks: Sequence[Block],
    section: Block | None,
    digests: Sequence[str],
    notice: Notice,
) -> Rewritten:
    found = [one for one in api.children(page) if one.get("type") not in _PAGES]
    known = list(digests) if len(digests) == len(found) else []
    start, end = 0, len(found)
    if section is not None:
        start, end = find_section([read_block(one) for one in found], section)
    shown = known[start:end] or _read_digests(api, found[start:end], blocks)
    wanted = [_digest(block) for block in blocks]
    hunks = find_hunks(shown, wanted)
    is_removing = any(hunk.old_end > hunk.old_start for hunk in hunks)
    if is_removing:
        notice()
    for hunk in hunks:
        first, last = start + hunk.old_start, start + hunk.old_end
        place = str(found[first - 1]["id"]) if first else START
        _append(api, page, blocks[hunk.start : hunk.end], place)
        for one in found[first:last]:
            if not _holds_page(api, one):
                api.delete_block(str(one["id"]))
    is_known = bool(known) or section is None
    return Rewritten(
        bool(hunks), is_removing, [*known[:start], *wanted, *known[end:]] if is_known else ()
    )


def _read_digests(api: NotionApi, found: Sequence[Json], blocks: Sequence[Block]) -> list[str]:
    """The digests of blocks on a page; what lies below is only read if it can make a match."""
    own = {_digest(replace(block, children=())) for block in blocks}
    return [_digest(_read_below(api, one, lambda block: _digest(block) in own)) for one in found]


def _read_below(api: NotionApi, answer: Json, is_wanted: Callable[[Block], bool]) -> Block:
    """A block with everything below it, or by itself if it is not wanted."""
    block = read_block(answer)
    if not answer.get("has_children") or not is_wanted(block):
        return block
    below = api.children(str(answer["id"]))
    return replace(block, children=tuple(_read_below(api, one, lambda _: True) for one in below))


def _append(api: NotionApi, parent: str, blocks: Sequence[Block], place: str) -> None:
    for batch in batches(blocks):
        ids = api.append(parent, batch.blocks, place)
        if len(ids) != len(batch.blocks):
            raise NoAnswer("only a part was appended")
        for one, later in zip(ids, batch.later, strict=True):
            if later:
                _append(api, one, later, END)
        place = place if place == END else ids[-1]


def holds_pages(api: NotionApi, page: str) -> bool:
    """Whether there is a page or a database anywhere on a page."""
    return any(_holds_page(api, one) for one in api.children(page))


def _holds_page(api: NotionApi, answer: Json) -> bool:
    """Whether a block is a page or database, or has one anywhere below it."""
    if answer.get("type") in _PAGES:
        return True
    if not answer.get("has_children") or answer.get("type") == "table":
        return False
    return holds_pages(api, str(answer["id"]))


def _digest(block: Block) -> str:
    return hashlib.sha256(repr(same_form(block)).encode()).hexdigest()[:12]
