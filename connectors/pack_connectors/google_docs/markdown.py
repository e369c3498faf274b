"""Markdown as the paragraphs of a readable document. No text is left out.

What a document has no form for is kept as text: the language of a code block, HTML, definitions of
references, tables (see `table`), and lists that its numbering cannot express (see `lists`).
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from pack_connectors.google_docs.inline import inline_runs
from pack_connectors.google_docs.lists import is_native, native_items, text_markers, with_marker
from pack_connectors.google_docs.table import CODE, Cell, table_paragraphs
from pack_connectors.google_docs.text import NORMAL, Look, Paragraph, TextRun, merged, storable

if TYPE_CHECKING:
    from markdown_it.token import Token

_STEP: Final = 18
"""Points that a quotation, or an item of a list, is indented."""
_RULE: Final = "─" * 24
_LEAVES: Final = frozenset(
    "paragraph_open heading_open fence code_block html_block hr table_open".split()
)
_CONTAINER_MARKS: Final = re.compile(r"^(?:[\s>]|[-+*](?=\s|$)|\d{1,9}[.)](?=\s|$))+")
_BEFORE_TEXT: Final = frozenset(["paragraph_open", "heading_open", "inline"])


def rich_paragraphs(markdown: str) -> list[Paragraph]:
    """The paragraphs of a text in CommonMark with GFM's tables, task lists and strikethrough."""
    # Here, as it takes time to import and most processes never write a document.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    text = storable(markdown).removeprefix("\ufeff")
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    # An address that cannot be a link is shown as it was written.
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]  # documented hook
    tokens = parser.parse(text)
    return list(_paragraphs(tokens, text.split("\n"))) or [Paragraph()]


def _paragraphs(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[Paragraph]:
    """The groups with an empty line between each two, but none next to a heading."""
    last: Paragraph | None = None
    for group in filter(None, _groups(tokens, lines)):
        if last and last.style == group[0].style == NORMAL:
            yield Paragraph()
        yield from group
        last = group[-1]


def _groups(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[list[Paragraph]]:
    """The paragraphs of each block, and before and after it those of lines that are in none.

    Such lines are definitions of references, and what is nested too deep for the parser.
    """
    leaves = (token.map for token in tokens if token.type in _LEAVES and token.map)
    taken = {number for start, end in leaves for number in range(start, end)}
    loose = deque(number for number in range(len(lines)) if number not in taken)

    def loose_until(end: int) -> list[Paragraph]:
        texts = []
        while loose and loose[0] < end:
            texts.append(_CONTAINER_MARKS.sub("", lines[loose.popleft()]))
        return [Paragraph((TextRun(text),)) for text in texts if text]

    for block in _top_level(tokens):
        start, end = block[0].map or (0, 0)
        yield loose_until(start)
        yield _block(block)
        yield loose_until(end)
    yield loose_until(len(lines))


def _top_level(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    start = 0
    for number, token in enumerate(tokens, 1):
        if token.level == 0 and token.nesting <= 0:
            yield tokens[start:number]
            start = number


def _block(tokens: Sequence[Token]) -> list[Paragraph]:
    if tokens[0].type.endswith("_list_open") and is_native(tokens):
        return list(native_items(tokens))
    reader = _BlockReader()
    for token in tokens:
        reader.read(token)
    return reader.found


class _BlockReader:
    """Reads the tokens of one block and of those within it.

    Attributes:
        found: Their paragraphs.
    """

    def __init__(self) -> None:
        self.found: list[Paragraph] = []
        self._style = NORMAL
        self._quotes = 0
        self._lists: list[Iterator[str]] = []
        self._marker: str | None = None  # of an item whose text is still to come
        self._rows: list[list[Cell]] = []

    @property
    def _indent(self) -> int:
        return _STEP * (self._quotes + len(self._lists))

    def read(self, token: Token) -> None:  # noqa: C901, PLR0912 - a table
        if self._marker and token.type not in _BEFORE_TEXT:  # the item does not begin with text
            self._add(())
        match token.type:
            case "heading_open":
                self._style = f"HEADING_{token.tag[1:]}"
            case "heading_close":
                self._style = NORMAL
            case "inline" if self._rows:
                self._rows[-1].append(inline_runs(token.children or (), CODE))
            case "inline":
                self._add(inline_runs(token.children or ()))
            case "blockquote_open":
                self._quotes += 1
            case "blockquote_close":
                self._quotes -= 1
            case "bullet_list_open" | "ordered_list_open":
                self._lists.append(text_markers(token, len(self._lists)))
            case "bullet_list_close" | "ordered_list_close":
                self._lists.pop()
            case "list_item_open":
                self._marker = next(self._lists[-1])
            case "tr_open":
                self._rows.append([])
            case "table_close":
                self.found += table_paragraphs(self._rows, self._indent)
                self._rows = []
            case "fence" | "code_block":
                self._code(token)
            case "html_block":
                self._verbatim(token.content)
            case "hr":
                self._verbatim(_RULE)

    def _add(self, runs: tuple[TextRun, ...]) -> None:
        if self._marker:
            runs, self._marker = with_marker(self._marker, runs), None
        self.found.append(Paragraph(runs, self._style, self._indent))

    def _code(self, token: Token) -> None:
        if info := storable(token.info.strip()):
            self._add((TextRun(info, Look(italic=True, code=True)),))
        self._verbatim(token.content, CODE)

    def _verbatim(self, text: str, look: Look | None = None) -> None:
        for line in text.removesuffix("\n").split("\n"):
            self._add(merged([TextRun(line, look or Look())]))
