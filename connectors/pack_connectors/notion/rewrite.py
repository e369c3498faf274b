"""Making a page show blocks, with as few new ones as that takes.

The page is read, compared with what it is to show, and only what differs is written: as Notion's
markdown, or, where a page is too large for it or holds what it has no words for, block by block. A
workspace may have a number of blocks that it may ever make; what stays costs none.

Pages and databases that lie on the page stay where they are; nothing here may delete them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from pack.errors import NotFound, Unavailable
from pack.merge.diff import Hunk, find_hunks
from pack_connectors.notion.api import END, START, NotionApi
from pack_connectors.notion.blocks.dialect import (
    KEPT_TAGS,
    NotExpressible,
    ShownPage,
    canonical,
    read_chunks,
    write_chunks,
)
from pack_connectors.notion.blocks.json import (
    MAX_BLOCKS,
    MAX_BYTES,
    Json,
    batches,
    read_block,
    same_form,
)
from pack_connectors.notion.blocks.model import Block, count
from pack_connectors.notion.blocks.sections import span_in_blocks, span_in_chunks
from pack_connectors.notion.http import LostAnswer, Refused

_ATTEMPTS: Final = 4
_MAX_UPDATES: Final = 100
_WIDEN: Final = 4
_PAGES: Final = ("child_page", "child_database")
Notice = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What was done to a page.

    Attributes:
        changed: Whether anything was written.
        removed: Whether something that was on it is not any more.
        missing: How many pieces of text the page does not show, as far as Notion tells.
    """

    changed: bool
    removed: bool = False
    missing: int = 0


def rewrite(
    api: NotionApi,
    page: str,
    blocks: Sequence[Block],
    section: Block | None = None,
    notice: Notice = lambda: None,
) -> Rewritten:
    """Make a page show blocks, or one section of it.

    Args:
        api: Asks Notion.
        page: Its id.
        blocks: What it is to show.
        section: The heading of the section that they are; `None` for the whole page.
        notice: Called each time before something that is on the page is replaced or removed.

    Raises:
        NotFound: There is no such page, or no such section; nothing was changed.
        Unavailable: Answers were lost too often; the next attempt goes on from there.
        PackError: As `NotionHttp`.
    """
    refused: Refused | None = None
    for _ in range(_ATTEMPTS):
        try:
            return _rewrite_once(api, page, blocks, section, notice)
        except LostAnswer:
            refused = None  # what was done is seen in the page, which is read again
        except Refused as error:
            refused = error  # a person may have removed what it was to be put after
        except NotFound:
            if section is None:
                api.page(page)  # it is there; something on it went away meanwhile
            else:
                raise
    raise refused or Unavailable("the Notion page changes too often, or its answers are lost")


def _rewrite_once(
    api: NotionApi, page: str, blocks: Sequence[Block], section: Block | None, notice: Notice
) -> Rewritten:
    try:
        chunks = write_chunks(blocks)
        if count(blocks) > MAX_BLOCKS or sum(len(one.encode()) for one in chunks) > MAX_BYTES:
            raise NotExpressible
        text = api.markdown(page)
        if not text.is_whole:
            raise NotExpressible
        return _ByMarkdown(api, page, text.markdown, notice).show(blocks, chunks, section)
    except (NotExpressible, Refused, _BetterAsBlocks):
        return _ByBlocks(api, notice).show(page, blocks, section)


def holds_pages(api: NotionApi, page: str) -> bool:
    """Whether a page or a database lies somewhere on a page. Mostly one request."""
    try:
        text = api.markdown(page)
        if text.is_whole and not any(tag in text.markdown for tag in KEPT_TAGS):
            return False
    except Refused:
        pass  # a server without markdown; what the text may only quote is looked for, too
    return any(map(_ByBlocks(api).holds_page, api.children(page)))


class _BetterAsBlocks(Exception):
    """To write the page as markdown would make more new blocks than differ."""


# --- as markdown ---------------------------------------------------------------------------------


class _ByMarkdown:
    """One page, as it is now."""

    def __init__(self, api: NotionApi, page: str, markdown: str, notice: Notice) -> None:
        self._api = api
        self._notice = notice
        self._page = page
        self._markdown = markdown
        self._shown: ShownPage = read_chunks(markdown)

    def show(
        self, blocks: Sequence[Block], chunks: Sequence[str], section: Block | None
    ) -> Rewritten:
        shown = self._shown.chunks
        start, end = span_in_chunks(shown, section) if section else (0, len(shown))
        wanted = [*shown[:start], *chunks, *shown[end:]]
        hunks = find_hunks([canonical(one) for one in shown], [canonical(one) for one in wanted])
        if not hunks:
            return Rewritten(changed=False)
        if sum(len(one.encode()) for one in wanted) > MAX_BYTES:
            raise NotExpressible
        removed = any(hunk.old_end > hunk.old_start for hunk in hunks)
        if removed:
            self._notice()
        now = self._write(hunks, wanted)
        return Rewritten(changed=True, removed=removed, missing=_missing(blocks, now))

    def _write(self, hunks: Sequence[Hunk], wanted: Sequence[str]) -> str:
        updates = self._updates(hunks, wanted)
        if updates:
            try:
                return self._api.update_markdown(self._page, updates).markdown
            except Refused as refused:
                raise _BetterAsBlocks from refused  # it does not find what it showed
        if sum(hunk.end - hunk.start for hunk in hunks) < len(wanted) / 2:
            raise _BetterAsBlocks
        whole = "\n".join([*wanted, *self._shown.kept])
        return self._api.replace_markdown(self._page, whole).markdown

    def _updates(self, hunks: Sequence[Hunk], wanted: Sequence[str]) -> list[tuple[str, str]]:
        """Old and new text of each difference; empty where the page is better written whole."""
        shown = self._shown.chunks
        if not shown or len(hunks) > _MAX_UPDATES:
            return []
        ends = [0, *(hunk.old_end for hunk in hunks)]
        starts = [*(hunk.old_start for hunk in hunks[1:]), len(shown)]
        found = []
        for hunk, lowest, highest in zip(hunks, ends, starts, strict=False):
            wide = self._unique(hunk, lowest, highest)
            if wide is None:
                return []
            old = "\n".join(shown[wide.old_start : wide.old_end])
            found.append((old, "\n".join(wanted[wide.start : wide.end])))
        return found

    def _unique(self, hunk: Hunk, lowest: int, highest: int) -> Hunk | None:
        """The difference with so many blocks around it that its old text is on the page once.

        Where one side is empty, a block is around it in any case.
        """
        is_bare = hunk.old_start == hunk.old_end or hunk.start == hunk.end
        for more in range(int(is_bare), _WIDEN):
            before = min(more, hunk.old_start - lowest)
            after = min(more - before, highest - hunk.old_end)
            wide = Hunk(
                hunk.old_start - before, hunk.old_end + after, hunk.start - before, hunk.end + after
            )
            old = "\n".join(self._shown.chunks[wide.old_start : wide.old_end])
            if before + after == more and old and self._markdown.count(old) == 1:
                return wide
        return None


def _missing(blocks: Sequence[Block], markdown: str) -> int:
    """How many pieces of text a page does not show: their letters and digits are not in it."""
    shown = _letters(canonical(markdown).replace("<br>", " "))
    return sum(1 for text in _pieces(blocks) if _letters(text) not in shown)


def _pieces(blocks: Sequence[Block]) -> Iterator[str]:
    for block in blocks:
        for spans in (block.spans, *block.cells):
            yield from (span.text for span in spans)
        yield from _pieces(block.children)


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


# --- block by block ------------------------------------------------------------------------------


class _ByBlocks:
    """Reads and changes the blocks of pages."""

    def __init__(self, api: NotionApi, notice: Notice = lambda: None) -> None:
        self._api = api
        self._notice = notice

    def show(self, page: str, blocks: Sequence[Block], section: Block | None) -> Rewritten:
        found = [one for one in self._api.children(page) if one.get("type") not in _PAGES]
        alone = [read_block(one) for one in found]
        start, end = span_in_blocks(alone, section) if section else (0, len(found))
        before = str(found[start - 1]["id"]) if start else START
        ids = [str(one["id"]) for one in found[start:end]]
        wanted = [_form(block) for block in blocks]
        bare = {_form(replace(block, children=())) for block in blocks}
        shown = [_form(self._whole(one, lambda form: form in bare)) for one in found[start:end]]
        hunks = find_hunks(shown, wanted)
        removed = any(hunk.old_end > hunk.old_start for hunk in hunks)
        if removed:
            self._notice()
        for hunk in hunks:
            place = ids[hunk.old_start - 1] if hunk.old_start else before
            self._append(page, blocks[hunk.start : hunk.end], place)
            for one in found[start:end][hunk.old_start : hunk.old_end]:
                self._delete(one)
        return Rewritten(changed=bool(hunks), removed=removed)

    def _whole(self, answer: Json, is_wanted: Callable[[str], bool]) -> Block:
        """A block with those below it; without them, where it is not wanted anyway."""
        block = read_block(answer)
        if not answer.get("has_children") or not is_wanted(_form(block)):
            return block
        below = self._api.children(str(answer["id"]))
        return replace(block, children=tuple(self._whole(one, lambda _: True) for one in below))

    def _delete(self, answer: Json) -> None:
        """Delete a block; one with a page somewhere below it stays."""
        if not self.holds_page(answer):
            self._api.delete_block(str(answer["id"]))

    def holds_page(self, answer: Json) -> bool:
        """Whether a block is a page or database, or has one somewhere below it."""
        if answer.get("type") in _PAGES:
            return True
        if not answer.get("has_children") or answer.get("type") == "table":
            return False
        return any(map(self.holds_page, self._api.children(str(answer["id"]))))

    def _append(self, parent: str, blocks: Sequence[Block], place: str) -> None:
        for batch in batches(blocks):
            ids = self._api.append(parent, batch.blocks, place)
            if len(ids) != len(batch.blocks):
                raise LostAnswer
            for one, later in zip(ids, batch.later, strict=True):
                if later:
                    self._append(one, later, END)
            place = place if place == END else ids[-1]


def _form(block: Block) -> str:
    return repr(same_form(block))
