"""The blocks of a text as a markdown parser reads it, and whose what is around them is.

Source: CommonMark 0.31, and GitHub's tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pack.deferred import dataclass
from pack.truth.between.raw_html import OpenTag, RawHtml

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

HTML: Final = "html_block"
HEADING: Final = "heading_open"
_ROW: Final = "tr_open"
_BLOCKS: Final = frozenset(
    (HTML, HEADING, _ROW, "paragraph_open", "fence", "code_block", "hr"),
)
_CONTAINERS: Final = frozenset(("blockquote", "bullet_list", "ordered_list", "list_item", "table"))
PAIRED: Final = ("%%", "$$")
"""What begins and ends comments and formulas in other programs."""
MOST_BRACKETS: Final = 2_000
"""Those of one block may take a time that is their number squared."""


@dataclass(frozen=True, slots=True)
class MarkdownBlock:
    """A block that has lines of its own.

    Attributes:
        kind: The parser's name for it.
        start: Its first line, as the parser counts them.
        end: The line after its last one.
        inside: The lists, items, quotations and tables that it is in; what a definition says.
        under: The headings that it is under: their levels, and whose they are.
        level: That of a heading.
        around: What is open where it begins.
        content: The text in it that is read for links and emphasis, by cell.
    """

    kind: str
    start: int
    end: int
    inside: tuple[object, ...]
    under: tuple[object, ...] = ()
    level: int = 0
    around: tuple[object, ...] = ()
    content: list[str] = field(default_factory=list)


class MarkdownBlocks:
    """A text, taken apart.

    Args:
        text: The text.
        owners: Whose each of its lines is, as the parser counts them.

    Attributes:
        blocks: Its blocks, and the definitions of its links.
        references: Where each label leads.
    """

    def __init__(self, text: str, owners: Sequence[int | None]) -> None:
        self._owners = owners
        self._parser = _parser()
        self._env: dict[str, Any] = {}
        self._html = RawHtml()
        self._odd = dict.fromkeys(PAIRED, False)
        self.blocks = list(self._read(self._parser.parse(text, self._env)))
        self.references: Mapping[str, Any] = self._env.get("references", {})
        self.blocks += self._definitions()

    @property
    def everywhere(self) -> tuple[OpenTag, ...]:
        """What changes how all of the text is shown."""
        return self._html.everywhere

    def inline(self, content: str) -> list[Token]:
        """The tokens of the text in a block; all of it as raw HTML if it has too many brackets."""
        from markdown_it.token import Token  # noqa: PLC0415  as in `_parser`

        if content.count("[") > MOST_BRACKETS:
            return [Token("html_inline", "", 0, content=content)]
        tokens: list[Token] = []
        self._parser.inline.parse(content, self._parser, self._env, tokens)
        return tokens

    def _owner(self, line: int) -> int | None:
        return self._owners[line] if line < len(self._owners) else None

    def _read(self, tokens: Sequence[Token]) -> Iterator[MarkdownBlock]:
        """The blocks in their order; what is open is followed along."""
        containers, headings, part = _Containers(), _Headings(), ""
        block: MarkdownBlock | None = None
        for token in tokens:
            start, end = token.map or (0, 0)
            owner = self._owner(start)
            if token.type == "inline" and block is not None:
                block.content.append(token.content)
                self._follow(token.content, owner)
            elif token.type in ("thead_open", "tbody_open"):
                part = token.type
            elif containers.take(token, owner) and token.type == "table_open":
                yield MarkdownBlock("delimiter", start + 1, start + 2, tuple(containers.open))
            elif token.type in _BLOCKS:
                kind = part if token.type == _ROW else token.type
                level = int(token.tag[1:]) if token.type == HEADING else 0
                under = headings.over(token, level, owner)
                inside, around = tuple(containers.open), (self._html.open, *self._odd.values())
                block = MarkdownBlock(kind, start, end, inside, under, level, around)
                yield block
                if token.type == HTML:
                    block.content.append(token.content)
                    self._html.take(token.content, owner)

    def _follow(self, content: str, owner: int | None) -> None:
        """What some text opens or closes."""
        if "<" not in content and not any(mark in content for mark in PAIRED):
            return
        for token in self.inline(content):
            if token.type == "html_inline":
                self._html.take(token.content, owner)
            elif token.type == "text":
                if "<!--" in token.content:  # text to CommonMark, a comment to other programs
                    self._html.take("<!--", owner)
                for mark in PAIRED:
                    self._odd[mark] ^= token.content.count(mark) % 2 == 1

    def _definitions(self) -> Iterator[MarkdownBlock]:
        """The lines that say where a label leads, of which only the first counts."""
        kept = [("definition", label, one) for label, one in self.references.items()]
        more = [("duplicate", one["label"], one) for one in self._env.get("duplicate_refs", ())]
        for kind, label, one in (*kept, *more):
            start, end = one["map"]
            yield MarkdownBlock(kind, start, end, (label, one["href"], one["title"]))


class _Containers:
    """The lists, items, quotations and tables that are open, and whose their first lines are."""

    def __init__(self) -> None:
        self.open: list[tuple[object, ...]] = []
        self._numbers: list[int | None] = []

    def take(self, token: Token, owner: int | None) -> bool:
        """Follow a token; whether it begins or ends one of them."""
        what = token.type.removesuffix("_open").removesuffix("_close")
        if what not in _CONTAINERS:
            return False
        if token.nesting > 0:
            self.open.append(self._described(what, token, owner))
            return True
        self.open.pop()
        if what.endswith("_list"):
            self._numbers.pop()
        return True

    def _described(self, what: str, token: Token, owner: int | None) -> tuple[object, ...]:
        if what.endswith("_list"):
            is_ordered = what == "ordered_list"
            self._numbers.append(int(token.attrs.get("start", 1)) if is_ordered else None)
            return (what,)
        number = self._numbers[-1] if what == "list_item" else None
        if number is not None:
            self._numbers[-1] = number + 1
        return (what, owner, number if owner is not None else None)


class _Headings:
    """The headings that are open: their levels, and whose they are."""

    def __init__(self) -> None:
        self._open: tuple[tuple[int, int | None], ...] = ()

    def over(self, token: Token, level: int, owner: int | None) -> tuple[object, ...]:
        """Those that a block is under, which may be a heading itself; then that is open too."""
        if not level or token.level:  # one in a list or quotation is over nothing else
            return self._open
        found = tuple(one for one in self._open if one[0] < level)
        self._open = (*found, (level, owner))
        return found


@cache
def _parser() -> MarkdownIt:
    """A parser that reads blocks; making one takes longer than reading most notes."""
    # Imported on first use, as in `pack.files.markdown`.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.inline.parse("", parser, {}, [])
    parser.parse("text")  # once used, it does not change any more, so that threads may share it
    return parser
