"""From a markdown text to the blocks of a page (CommonMark 0.31 with GFM tables and task lists).

What Notion has no block for is kept as text: HTML and oversized tables as code, the numbers of a
list that does not start at 1 in front of its items, unused link definitions at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pack.files.markdown import split_lines
from pack_connectors.notion.blocks.fit import fitted
from pack_connectors.notion.blocks.inline import described, is_picture, spans_of
from pack_connectors.notion.blocks.languages import language_of
from pack_connectors.notion.blocks.model import Block, Spans, TextSpan

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token
    from markdown_it.tree import SyntaxTreeNode

_MAX_NESTING: Final = 60
"""The parser drops text below this level, so a text that comes close is sent as it is."""
_MOST_BRACKETS: Final = 20_000
"""In a paragraph. More would take the parser seconds; the paragraph is shown as written."""
_MAX_CELLS: Final = 100
"""That Notion accepts in a row."""
_UNPARSED: Final = "unparsed"
_TASK: Final = re.compile(r"\[([ xX])\](?=\s|$)")
_PIPE: Final = re.compile(r"(?<!\\)\|")


def parse(markdown: str) -> list[Block]:
    """The blocks that show a text, each within Notion's limits."""
    # Imported here because only a delivery needs it.
    from markdown_it.tree import SyntaxTreeNode  # noqa: PLC0415

    env: dict[str, Any] = {}
    tokens = _parser().parse(markdown, env)
    if any(token.level >= _MAX_NESTING - 2 for token in tokens):
        return fitted([Block("code", (TextSpan(markdown.strip("\n")),), language="markdown")])
    root = SyntaxTreeNode(tokens)
    blocks = _Converter([line.rstrip("\r\n") for line in split_lines(markdown)]).below(root)
    return fitted([*blocks, *_definitions(env, root)])


def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt  # noqa: PLC0415 - as in `parse`

    options = {"maxNesting": _MAX_NESTING}
    parser = MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    parser.core.ruler.after("block", "footnotes", _keep_footnotes)
    parser.core.ruler.after("block", _UNPARSED, _leave_unparsed)
    return parser


def _keep_footnotes(state: StateCore) -> None:
    """Take footnotes out of the references: one of a single word looks like a link definition."""
    references = state.env.setdefault("references", {})
    kept = {label: references[label] for label in list(references) if label.startswith("^")}
    for label in kept:
        del references[label]
    state.env["footnotes"] = kept


def _leave_unparsed(state: StateCore) -> None:
    for token in state.tokens:
        if token.type == "inline" and token.content.count("[") > _MOST_BRACKETS:
            token.type = _UNPARSED


def _definitions(env: Mapping[str, Any], root: SyntaxTreeNode) -> Iterator[Block]:
    """The definitions of targets that no link in the text uses, as text."""
    used = {
        str(node.attrs.get("href", node.attrs.get("src", "")))
        for node in root.walk()
        if node.type in ("link", "image")
    }
    unused = [(label, one) for label, one in env["references"].items() if one["href"] not in used]
    twice = [(str(one["label"]), one) for one in env.get("duplicate_refs", ())]
    for label, one in (*env["footnotes"].items(), *unused, *twice):
        shown = label.lower() if label.startswith("^") else label
        title = f' "{one["title"]}"' if one.get("title") else ""
        yield Block("paragraph", (TextSpan(f"[{shown}]: {one['href']}{title}"),))


class _Converter:
    """Turns a syntax tree into blocks; knows the lines that the tree was parsed from."""

    def __init__(self, source: Sequence[str]) -> None:
        self._source = source

    def below(self, node: SyntaxTreeNode) -> list[Block]:
        made: list[Block] = []
        for child in node.children:
            made += self._blocks(child, made[-1].kind if made else "")
        return made

    def _blocks(self, node: SyntaxTreeNode, before: str) -> list[Block]:
        made: list[Block]
        match node.type:
            case "paragraph":
                made = _paragraph(node)
            case "heading":
                made = [Block(f"heading_{min(int(node.tag[1]), 4)}", _inline(node))]
            case "bullet_list":
                made = [self._item(item, "bulleted_list_item") for item in node.children]
            case "ordered_list":
                made = self._ordered(node, before)
            case "blockquote":
                made = [self._parent(node, "quote")]
            case "table":
                made = [self._table(node)]
            case "hr":
                made = [Block("divider")]
            case _:  # a fence, indented code, HTML
                made = [_code(node.content, node.info if node.type != "html_block" else "html")]
        return made

    def _parent(self, node: SyntaxTreeNode, kind: str) -> Block:
        """A block whose first paragraph is its own text, with the rest below it."""
        children = self.below(node)
        if children and children[0].kind == "paragraph":
            return Block(kind, children[0].spans, tuple(children[1:]))
        return Block(kind, (), tuple(children))

    def _item(self, node: SyntaxTreeNode, kind: str) -> Block:
        item = self._parent(node, kind)
        task = _TASK.match(item.spans[0].text) if item.spans else None
        if task is None or item.spans[0] != replace(item.spans[0], code=False, link=None):
            return item
        first = replace(item.spans[0], text=item.spans[0].text[task.end() :].lstrip())
        spans = (first, *item.spans[1:]) if first.text else item.spans[1:]
        return replace(item, kind="to_do", spans=spans, is_checked=task[1] != " ")

    def _ordered(self, node: SyntaxTreeNode, before: str) -> list[Block]:
        """A list that Notion numbers as written; if it would not, with its numbers as text."""
        start = int(node.attrs.get("start", 1))
        if start == 1 and before != "numbered_list_item":
            return [self._item(item, "numbered_list_item") for item in node.children]
        items = [self._item(item, "bulleted_list_item") for item in node.children]
        return [
            replace(item, spans=(TextSpan(f"{number}. "), *item.spans))
            for number, item in enumerate(items, start)
        ]

    def _table(self, node: SyntaxTreeNode) -> Block:
        rows = [row for part in node.children for row in part.children]
        width = len(rows[0].children)
        lines = self._lines(node)
        if width > _MAX_CELLS or any(_cells(line) > width for line in lines):
            return _code("\n".join(lines), "markdown")
        made = (Block("table_row", cells=tuple(map(_inline, row.children))) for row in rows)
        return Block("table", children=tuple(made))

    def _lines(self, node: SyntaxTreeNode) -> Sequence[str]:
        first, end = node.map or (0, 0)
        return self._source[first:end]


def _cells(line: str) -> int:
    """How many cells a line of a table has, without the markers of a list or quote around it."""
    line = line.strip().lstrip("> \t").removeprefix("|")
    line = line[:-1] if _PIPE.match(line, len(line) - 1) and not line.endswith("\\|") else line
    return len(_PIPE.split(line))


def _inline(node: SyntaxTreeNode) -> Spans:
    for child in node.children:
        if child.type == _UNPARSED:
            return (TextSpan(child.content),)
    return spans_of(_tokens(node))


def _tokens(node: SyntaxTreeNode) -> Sequence[Token]:
    """The tokens inside a block."""
    found = (child.token for child in node.children if child.type == "inline")
    return next((token.children or [] for token in found if token is not None), [])


def _paragraph(node: SyntaxTreeNode) -> list[Block]:
    """A paragraph, or its pictures if it consists of nothing else."""
    shown = [token for token in _tokens(node) if token.type != "softbreak"]
    is_pictures = shown and all(
        token.type == "image" and is_picture(str(token.attrs.get("src", ""))) for token in shown
    )
    return list(map(_picture, shown)) if is_pictures else [Block("paragraph", _inline(node))]


def _picture(token: Token) -> Block:
    title = f' "{token.attrs["title"]}"' if token.attrs.get("title") else ""
    caption = f"{described(token)}{title}".strip()
    return Block("image", (TextSpan(caption),) if caption else (), url=str(token.attrs["src"]))


def _code(content: str, info: str) -> Block:
    text = content.removesuffix("\n")
    return Block("code", (TextSpan(text),) if text else (), language=language_of(info))
