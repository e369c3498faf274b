"""Notion's enhanced markdown: what a page's blocks look like as text, and the blocks of a text.

Stricter than the vendor: what is not escaped and looks like a tag is dropped, so that a client
that forgets to escape loses text here.

Source: Notion developer guide, "Enhanced markdown format".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
_SPECIAL = re.compile(r"([\\*~`$\[\]<>{}|^])")
_TOKEN = re.compile(
    r"\\(?P<escaped>.)|`(?P<code>[^`\n]+)`|\[(?P<text>(?:\\.|[^\]\\])*)\]\((?P<url>[^()\s]*)\)"
    r"|(?P<mark>\*\*|\*|~~)|(?P<br><br/?>)|(?P<tag></?[a-zA-Z!][^>]*>)|(?P<plain>.)",
    re.DOTALL,
)
_MARKS = {"**": "bold", "*": "italic", "~~": "strikethrough"}
_HEADING = re.compile(r"(#{1,6})\s+(.*)")
_TASK = re.compile(r"- \[([ xX])\] ?(.*)")
_NUMBER = re.compile(r"\d+\.(?: (.*)|$)")
_IMAGE = re.compile(r"!\[((?:\\.|[^\]\\])*)\]\(([^()\s]*)\)$")
_PAGE = re.compile(r'<page url="([^"]*)"[^>]*>(.*)</page>$')


@dataclass(slots=True)
class Node:
    """A block: its type, what is in it, and those below it; `page` is the URL of a child page."""

    type: str
    content: Json
    children: list[Node] = field(default_factory=list)
    page: str = ""


def rich(text: str, **look: Any) -> Json:
    """One piece of text as the API answers it."""
    link = look.pop("link", None)
    marks = ("bold", "italic", "strikethrough", "underline", "code")
    annotations = {mark: bool(look.get(mark)) for mark in marks}
    return {
        "type": "text",
        "text": {"content": text, "link": {"url": link} if link else None},
        "plain_text": text,
        "href": link,
        "annotations": {**annotations, "color": "default"},
    }


# --- reading -------------------------------------------------------------------------------------


def read_inline(text: str) -> list[Json]:
    """Pieces of text, of at most 2,000 characters each."""
    found: list[tuple[str, tuple[tuple[str, Any], ...]]] = []
    look: dict[str, Any] = {}
    for token in _TOKEN.finditer(text.strip()):
        kind = token.lastgroup
        if kind == "mark":
            name = _MARKS[token["mark"]]
            look[name] = not look.get(name)
            continue
        if kind == "url" or kind == "text":
            for one in read_inline(token["text"]):
                marks = {name: on for name, on in one["annotations"].items() if on is True}
                inner = {**{k: v for k, v in look.items() if v}, **marks, "link": token["url"]}
                found.append((one["plain_text"], tuple(sorted(inner.items()))))
            continue
        now = {name: on for name, on in look.items() if on}
        if kind == "code":
            now["code"] = True
        shown = {"br": "\n", "tag": ""}.get(kind or "", token[kind] if kind else "")
        found.append((shown, tuple(sorted(now.items()))))
    return _merged(found)


def _merged(found: list[tuple[str, tuple[tuple[str, Any], ...]]]) -> list[Json]:
    joined: list[tuple[str, tuple[tuple[str, Any], ...]]] = []
    for text, look in found:
        if joined and joined[-1][1] == look:
            joined[-1] = (joined[-1][0] + text, look)
        elif text:
            joined.append((text, look))
    return [
        rich(text[at : at + 2000], **dict(look))
        for text, look in joined
        for at in range(0, len(text), 2000)
    ]


def read(markdown: str) -> list[Node]:
    """The blocks of a text; blank lines are nothing."""
    return _read(markdown.split("\n"), 0)


def _read(lines: list[str], depth: int) -> list[Node]:
    made: list[Node] = []
    indent = "\t" * depth
    at = 0
    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
            continue
        own = line.removeprefix(indent) if line.startswith(indent) else line.lstrip("\t")
        if own.startswith("\t") and made:
            below = at
            while at < len(lines) and (
                not lines[at].strip() or lines[at].startswith(indent + "\t")
            ):
                at += 1
            made[-1].children += _read(lines[below:at], depth + 1)
            continue
        at, node = _block(lines, at, own.strip("\t"), indent)
        made.append(node)
    return made


def _block(lines: list[str], at: int, text: str, indent: str) -> tuple[int, Node]:
    if text.startswith("```"):
        return _read_code(lines, at, text, indent)
    if text.startswith("<table"):
        return _read_table(lines, at, text)
    return at + 1, _simple(text)


def _read_code(lines: list[str], at: int, text: str, indent: str) -> tuple[int, Node]:
    body: list[str] = []
    at += 1
    while at < len(lines) and lines[at].strip() != "```":
        body.append(lines[at].removeprefix(indent))
        at += 1
    content = "\n".join(body)
    pieces = [rich(content[start : start + 2000]) for start in range(0, len(content), 2000)]
    language = text[3:].strip() or "plain text"
    return at + 1, Node("code", {"rich_text": pieces, "caption": [], "language": language})


def _read_table(lines: list[str], at: int, text: str) -> tuple[int, Node]:
    rows: list[list[list[Json]]] = []
    while lines[at].strip() != "</table>":
        line = lines[at].strip()
        if line == "<tr>":
            rows.append([])
        elif line.startswith("<td"):
            rows[-1].append(read_inline(re.sub(r"^<td[^>]*>|</td>$", "", line)))
        at += 1
    width = max(map(len, rows))
    content = {
        "table_width": width,
        "has_column_header": 'header-row="true"' in text,
        "has_row_header": False,
    }
    children = [Node("table_row", {"cells": row + [[]] * (width - len(row))}) for row in rows]
    return at + 1, Node("table", content, children)


def _simple(text: str) -> Node:
    if text in ("---", "***"):
        return Node("divider", {})
    if found := _PAGE.match(text):
        return Node("child_page", {"title": found[2]}, page=found[1])
    if found := _IMAGE.match(text):
        content = {"type": "external", "external": {"url": found[2]}}
        return Node("image", {**content, "caption": read_inline(found[1])})
    if text == "<empty-block/>":
        return Node("paragraph", {"rich_text": [], "color": "default"})
    return _textual(text)


def _textual(text: str) -> Node:
    color: Json = {"color": "default"}
    if found := _HEADING.match(text):
        level = min(len(found[1]), 4)
        content = {"rich_text": read_inline(found[2]), **color, "is_toggleable": False}
        return Node(f"heading_{level}", content)
    if found := _TASK.match(text):
        content = {"rich_text": read_inline(found[2]), **color, "checked": found[1] != " "}
        return Node("to_do", content)
    if text == "-" or text.startswith("- "):
        return Node("bulleted_list_item", {"rich_text": read_inline(text[2:]), **color})
    if found := _NUMBER.match(text):
        return Node("numbered_list_item", {"rich_text": read_inline(found[1] or ""), **color})
    if text.startswith(">"):
        return Node("quote", {"rich_text": read_inline(text[1:]), **color})
    return Node("paragraph", {"rich_text": read_inline(text), **color})


# --- writing -------------------------------------------------------------------------------------


def write_inline(pieces: list[Json]) -> str:
    """Pieces of text as markdown: a mark stands where a look begins and where it ends."""
    made = []
    now: set[str] = set()
    link = None
    for piece in [*pieces, rich("")]:
        look = {name for name, on in piece["annotations"].items() if on is True}
        if piece["href"] != link:
            made.append(_toggled(now, set()))
            now = set()
            made.append(f"]({link})" if link else "")
            link = piece["href"]
            made.append("[" if link else "")
        made.append(_toggled(now, look))
        now = look
        escaped = _SPECIAL.sub(r"\\\1", piece["plain_text"]).replace("\n", "<br>")
        made.append(f"`{piece['plain_text']}`" if "code" in look else escaped)
    return "".join(made)


def _toggled(old: set[str], new: set[str]) -> str:
    return "".join(mark for mark, name in _MARKS.items() if (name in old) != (name in new))


def write(nodes: list[Node], depth: int = 0) -> Iterator[str]:
    """The lines of blocks."""
    indent = "\t" * depth
    for node in nodes:
        yield from (f"{indent}{line}" for line in _own_lines(node))
        if node.type not in ("table", "child_page"):
            yield from write(node.children, depth + 1)


def _own_lines(node: Node) -> Iterator[str]:
    content = node.content
    match node.type:
        case "code":
            yield f"```{content['language']}"
            yield from "".join(p["plain_text"] for p in content["rich_text"]).split("\n")
            yield "```"
        case "table":
            header = "true" if content["has_column_header"] else "false"
            yield f'<table fit-page-width="true" header-row="{header}">'
            for row in node.children:
                yield "\t<tr>"
                yield from (f"\t\t<td>{write_inline(c)}</td>" for c in row.content["cells"])
                yield "\t</tr>"
            yield "</table>"
        case "divider":
            yield "---"
        case "image":
            yield f"![{write_inline(content['caption'])}]({content['external']['url']})"
        case "child_page":
            yield f'<page url="{node.page}">{content["title"]}</page>'
        case _:
            yield _text_line(node)


def _text_line(node: Node) -> str:
    text = write_inline(node.content["rich_text"])
    if node.type.startswith("heading_"):
        return f"{'#' * int(node.type[-1])} {text}"
    if node.type == "to_do":
        return f"- [{'x' if node.content['checked'] else ' '}] {text}"
    if node.type == "paragraph":
        if not text:
            return "<empty-block/>"
        return re.sub(r"^(#|-|\d+(?=\.)|:::)", lambda m: _escaped_start(m[1]), text)
    return {"bulleted_list_item": "- ", "numbered_list_item": "1. ", "quote": "> "}[
        node.type
    ] + text


def _escaped_start(text: str) -> str:
    return f"{text}\\" if text.isdigit() else f"\\{text}"
