"""Notion's own markdown: what the markdown endpoints take and give.

One line a block, blocks below others indented by a tab, tables and references to pages as tags.
Source: Notion developer guide, "Enhanced markdown format".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from pack_connectors.notion.blocks.model import Block, Spans, TextSpan

_SPECIAL: Final = re.compile(r"([\\*~`$\[\]<>{}|^])")
_LINE_START: Final = re.compile(r"(#{1,6}(?=\s|$)|[-+](?=\s|$|-)|:(?=::)|>)|(\d+)([.)])(?=\s|$)")
_FENCE: Final = re.compile(r"`{3,}|\$\$|:{3,}")
_TAG: Final = re.compile(r"<([a-z][a-z_-]*)\b[^>]*>")
_MARKS: Final = {"bold": "**", "italic": "*", "strikethrough": "~~"}
_INLINE: Final = re.compile(
    r"\\(?P<escaped>[^\w\s])|(?P<mark>\*\*|\*|~~)|(?P<space>\s+)|(?P<code>`[^`]*`)"
    r"|(?P<link>\[|\]\([^()\s]*\))|[^\\*~\s`\[\]]+|."
)
_PREFIXES: Final = {
    "heading_1": "# ",
    "heading_2": "## ",
    "heading_3": "### ",
    "heading_4": "#### ",
    "bulleted_list_item": "- ",
    "numbered_list_item": "1. ",
    "quote": "> ",
    "paragraph": "",
}
KEPT_TAGS: Final = ("<page ", "<database ", "<data-source ")


class NotExpressible(Exception):
    """A page that Notion's markdown has no certain words for; blocks can hold it."""


# --- from blocks ---------------------------------------------------------------------------------


def write_chunks(blocks: Sequence[Block]) -> list[str]:
    """The text of each block, with those below it.

    Raises:
        NotExpressible: Code that holds a fence or a tick.
    """
    return ["\n".join(_lines(block, "")) for block in blocks]


def _lines(block: Block, indent: str) -> Iterator[str]:
    match block.kind:
        case "code":
            yield from _code(block, indent)
        case "divider":
            yield f"{indent}---"
        case "image":
            yield f"{indent}![{_spans(block.spans)}]({_address(block.url)})"
        case "table":
            yield from _table(block, indent)
        case _:
            yield f"{indent}{_own_line(block)}"
    if block.kind != "table":
        for child in block.children:
            yield from _lines(child, f"{indent}\t")


def _own_line(block: Block) -> str:
    text = _spans(block.spans)
    if block.kind == "to_do":
        return f"- [{'x' if block.is_checked else ' '}] {text}"
    if block.kind == "paragraph":
        if not text.strip():
            return "<empty-block/>"
        text = _LINE_START.sub(_escaped_start, text, count=1) if _LINE_START.match(text) else text
    return f"{_PREFIXES[block.kind]}{text}"


def _escaped_start(found: re.Match[str]) -> str:
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}"


def _code(block: Block, indent: str) -> Iterator[str]:
    text = "".join(span.text for span in block.spans)
    if "```" in text or "\r" in text:
        raise NotExpressible
    yield f"{indent}```{block.language}"
    yield from (f"{indent}{line}" for line in text.split("\n"))
    yield f"{indent}```"


def _table(table: Block, indent: str) -> Iterator[str]:
    yield f'{indent}<table header-row="true">'
    for row in table.children:
        yield f"{indent}<tr>"
        yield from (f"{indent}<td>{_spans(cell)}</td>" for cell in row.cells)
        yield f"{indent}</tr>"
    yield f"{indent}</table>"


def _spans(spans: Spans) -> str:
    groups = groupby(spans, key=lambda span: span.link)
    return "".join(_linked(link, _marked(tuple(group), _MARKS)) for link, group in groups)


def _linked(link: str | None, text: str) -> str:
    return f"[{text}]({_address(link)})" if link else text


def _marked(spans: Spans, marks: Mapping[str, str]) -> str:
    """Text in which a mark reaches as far as it can, so that no two of a kind touch."""
    made = []
    at = 0
    while at < len(spans):
        ends = {name: _end(spans, at, name) for name in marks}
        name = max(ends, key=ends.__getitem__, default="")
        end = ends.get(name, at)
        if end == at:
            made.append(_leaf(spans[at]))
            at += 1
            continue
        inner = {one: mark for one, mark in marks.items() if one != name}
        made.append(_around(marks[name], _marked(spans[at:end], inner)))
        at = end
    return "".join(made)


def _end(spans: Spans, at: int, name: str) -> int:
    """Where a look that begins at a place ends; there, if it does not begin."""
    while at < len(spans) and getattr(spans[at], name):
        at += 1
    return at


def _around(mark: str, text: str) -> str:
    """Marked text; a mark beside a space is none."""
    bare = text.strip(" ")
    if not bare:
        return text
    start = text.index(bare)
    return f"{text[:start]}{mark}{bare}{mark}{text[start + len(bare) :]}"


def _leaf(span: TextSpan) -> str:
    if not span.code or not span.text.strip():
        return _escaped(span.text)
    if "`" in span.text or "\n" in span.text:
        raise NotExpressible
    return _around("`", span.text)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text).replace("\n", "<br>")


def _address(url: str) -> str:
    return url.replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E")


# --- from text -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page as its markdown.

    Attributes:
        chunks: The text of each block with those below it; without pages and databases.
        kept: The tags of pages and databases that are on it, in their order.
    """

    chunks: tuple[str, ...]
    kept: tuple[str, ...]


def read_chunks(markdown: str) -> ShownPage:
    """The blocks of a page, each as text."""
    chunks: list[str] = []
    kept: list[str] = []
    block: list[str] = []
    end = ""
    for line in markdown.split("\n"):
        if end:
            block.append(line)
            end = "" if line.strip() == end else end
            continue
        if not line.strip():
            continue
        if not line.startswith("\t"):
            _put(block, chunks, kept)
            block = []
        block.append(line)
        end = _closing(line)
    _put(block, chunks, kept)
    return ShownPage(tuple(chunks), tuple(kept))


def _put(block: Sequence[str], chunks: list[str], kept: list[str]) -> None:
    if not block:
        return
    if block[0].startswith(KEPT_TAGS):
        kept.append("\n".join(block))
    else:
        chunks.append("\n".join(block))


def _closing(line: str) -> str:
    """The line that ends what this one begins, without its indentation; empty for none."""
    text = line.strip()
    if fence := _FENCE.match(text):
        is_whole = fence[0] == "$$" and len(text) > 2 and text.endswith("$$")
        return "" if is_whole else fence[0]
    if (tag := _TAG.match(text)) and not text.endswith(("/>", f"</{tag[1]}>")):
        return f"</{tag[1]}>"
    return ""


def canonical(chunk: str) -> str:
    """A form that two texts of one block share, however Notion writes it.

    Each stretch of text is in it with the looks that are on; where the marks stand, what is escaped
    without need, and how tables are laid out, is not.
    """
    text = re.sub(r"<(table|tr|td)\b[^<>]*>", r"<\1>", chunk)
    made: list[str] = []
    on: frozenset[str] = frozenset()
    shown = on
    for token in _INLINE.finditer(text):
        if token["mark"]:
            on = on ^ {token["mark"]}
        elif token["space"]:
            made.append(" ")
        else:
            look = frozenset() if token["link"] else on
            made.append("".join(sorted(look)) + "\0" if look != shown else "")
            made.append(token["escaped"] or token[0])
            shown = look
    return " ".join("".join(made).split())
