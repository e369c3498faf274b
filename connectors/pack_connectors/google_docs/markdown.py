"""Markdown as the paragraphs of a readable document. No text is left out.

What a document has no form for is kept as text: the language of a code block, HTML, definitions of
references, tables (`google_docs_table`), and lists that its numbering cannot express
(`google_docs_lists`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Final

from pack_connectors.google_docs.inline import inline_runs
from pack_connectors.google_docs.lists import Marker, TextList, is_native, native_items
from pack_connectors.google_docs.table import CODE, table_paragraphs
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


def rich_paragraphs(markdown: str) -> list[Paragraph]:
    """The paragraphs of a text in CommonMark with GFM's tables, task lists and struck text."""
    # Here, as it takes time to import and most processes never write a document.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    text = storable(markdown).removeprefix("\ufeff")
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    # Addresses are shown as they were written where they cannot be links.
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]  # documented hook
    tokens = parser.parse(text)
    return list(_paragraphs(tokens, text.split("\n"))) or [Paragraph()]


def _paragraphs(tokens: Sequence[Token], lines: Sequence[str]) -> Iterator[Paragraph]:
    """The blocks with an empty line between two of them, but none beside a heading."""
    loose = _LooseLines(tokens, lines)
    last: Paragraph | None = None
    for block in _top_level(tokens):
        start, end = block[0].map or (0, 0)
        for group in (loose.until(start), _block(block), loose.until(end)):
            if group:
                if last and not _is_heading(last) and not _is_heading(group[0]):
                    yield Paragraph()
                yield from group
                last = group[-1]
    if rest := loose.until(len(lines)):
        if last and not _is_heading(last):
            yield Paragraph()
        yield from rest


def _is_heading(paragraph: Paragraph) -> bool:
    return paragraph.style != NORMAL


def _top_level(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    start = 0
    for number, token in enumerate(tokens, 1):
        if token.level == 0 and token.nesting <= 0:
            yield tokens[start:number]
            start = number


def _block(tokens: Sequence[Token]) -> list[Paragraph]:
    if tokens[0].type.endswith("_list_open") and is_native(tokens):
        return list(native_items(tokens))
    return _Blocks().read(tokens)


class _LooseLines:
    """Lines that belong to no block: definitions of references, and what is nested too deep."""

    def __init__(self, tokens: Sequence[Token], lines: Sequence[str]) -> None:
        self._lines = lines
        self._next = 0
        self._taken = {
            number
            for token in tokens
            if token.type in _LEAVES and token.map
            for number in range(*token.map)
        }

    def until(self, end: int) -> list[Paragraph]:
        """Those before a line that were not asked for yet."""
        numbers = range(self._next, end)
        self._next = max(self._next, end)
        texts = (self._lines[number] for number in numbers if number not in self._taken)
        bare = (_CONTAINER_MARKS.sub("", text) for text in texts)
        return [Paragraph((TextRun(text),)) for text in bare if text]


class _Blocks:
    """The paragraphs of one block and of those within it."""

    def __init__(self) -> None:
        self._found: list[Paragraph] = []
        self._quotes = 0
        self._lists: list[TextList] = []
        self._marker: Marker | None = None

    @property
    def _indent(self) -> int:
        return _STEP * (self._quotes + len(self._lists))

    def read(self, tokens: Sequence[Token]) -> list[Paragraph]:
        style, number = NORMAL, 0
        while number < len(tokens):
            token = tokens[number]
            if token.type == "table_open":
                end = next(n for n in range(number, len(tokens)) if _ends_table(tokens[n]))
                self._flush()
                self._found += table_paragraphs(tokens[number : end + 1], self._indent)
                number = end
            elif token.type == "heading_open":
                style = f"HEADING_{token.tag[1:]}"
            elif token.type == "inline":
                self._text(token, style)
                style = NORMAL
            else:
                self._other(token)
            number += 1
        return self._found

    def _other(self, token: Token) -> None:
        if token.type == "blockquote_open":
            self._flush()
            self._quotes += 1
        elif token.type == "blockquote_close":
            self._quotes -= 1
        elif token.type.endswith("_list_open"):
            self._flush()
            self._lists.append(TextList(token, len(self._lists)))
        elif token.type.endswith("_list_close"):
            self._lists.pop()
        elif token.type == "list_item_open":
            self._marker = self._lists[-1].next_marker(token)
        elif token.type == "list_item_close":
            self._flush()
        elif token.type in ("fence", "code_block"):
            self._code(token)
        elif token.type == "html_block":
            self._verbatim(token.content)
        elif token.type == "hr":
            self._verbatim(_RULE)

    def _text(self, token: Token, style: str) -> None:
        runs = inline_runs(token.children or ())
        if self._marker:
            runs = self._marker.before(runs)
            self._marker = None
        self._found.append(Paragraph(runs, style, self._indent))

    def _flush(self) -> None:
        """Write the marker of an item that does not begin with text."""
        if self._marker:
            self._found.append(Paragraph(self._marker.before(()), indent=self._indent))
            self._marker = None

    def _code(self, token: Token) -> None:
        self._flush()
        if info := storable(token.info.strip()):
            note = TextRun(info, Look(italic=True, code=True))
            self._found.append(Paragraph((note,), indent=self._indent))
        self._verbatim(token.content, CODE)

    def _verbatim(self, text: str, look: Look | None = None) -> None:
        self._flush()
        for line in text.removesuffix("\n").split("\n"):
            runs = merged([TextRun(line, look or Look())])
            self._found.append(Paragraph(runs, indent=self._indent))


def _ends_table(token: Token) -> bool:
    return token.type == "table_close"
