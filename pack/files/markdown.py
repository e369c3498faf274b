"""Headings, sections and links of a memory file, as a CommonMark parser sees them.

Lines end with LF, CR or CR LF only; form feeds and U+2028 are text (CommonMark 0.31, "line
ending"). All line and column numbers are 1-based; columns count characters.

Every function takes a *body*: text without its frontmatter, whose closing `---` would otherwise
turn the last key into a heading. `first_line` is the line of the file that the body begins on
(`pack.files.frontmatter.split` knows it), so that results have the line numbers of the file.

Why markdown-it-py: of the three common parsers, only this one keeps line numbers and supports all
of CommonMark. It is imported on first use, so that it does not slow down the server's start.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from html import unescape
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

from pack.deferred import dataclass, pattern

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

BOM: Final = "\ufeff"
_LINE: Final = pattern(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_BACKTICKS: Final = pattern("`+")
_NOT_RELATIVE: Final = pattern(r"[a-z][a-z0-9+.-]*:|//", re.IGNORECASE)
# `](target` or `](<target>`, with one level of parentheses in the bare form.
_WRITTEN_TARGET: Final = pattern(
    r"\]\([ \t]*+(?:<([^<>\r\n]*+)>"
    r"|((?:[^\s()<]|\([^\s()]*+\))[^\s()]*+(?:\([^\s()]*+\)[^\s()]*+)*+))"
)
_HTML_TARGET: Final = pattern(
    r"""(?<=\s)(?:href|src)\s{0,9}=\s{0,9}(?:"([^"\r\n]*+)"|'([^'\r\n]*+)'|([^\s"'<>`=]++))""",
    re.IGNORECASE,
)
_AFTER_TARGET: Final = ("", " ", "\t", "\r", "\n", ")")  # not in the pattern: it stays linear
_PARSED_BRACKETS: Final = 20_000  # take a second if nested maliciously


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading outside lists, quotations, fences and HTML blocks.

    Attributes:
        level: 1 to 6.
        title: Its text without markup, white space collapsed.
        line: The line it begins on.
        end_line: The last line of the heading itself; later than `line` if it is underlined.
    """

    level: int
    title: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link or image that points into the same memory.

    Attributes:
        target: The path to look up: percent-decoded, without query and fragment.
        line: The line that the target is on; if uncertain, the first line of its block.
        column: The column that the target begins at; 1 if uncertain.
    """

    target: str
    line: int
    column: int


def split_lines(text: str) -> list[str]:
    """The lines of `text` with their line ends; joining them restores `text`."""
    return _LINE.findall(text)


def code_spans(line: str) -> list[tuple[int, int]]:
    """Where the code spans of a line begin and end, their backticks included. Takes linear time."""
    runs = [match.span() for match in _BACKTICKS.finditer(line)]
    if not runs:
        return []
    later: dict[int, list[int]] = {}
    for number in reversed(range(len(runs))):
        later.setdefault(runs[number][1] - runs[number][0], []).append(number)
    found: list[tuple[int, int]] = []
    at = 0
    while at < len(runs):
        same = later[runs[at][1] - runs[at][0]]
        while same and same[-1] <= at:
            same.pop()
        if same:
            found.append((runs[at][0], runs[same[-1]][1]))
            at = same[-1]
        at += 1
    return found


def count_line_ends(text: str, start: int, end: int) -> int:
    """How many lines end in a part of a text; a CR LF that the part cuts counts at its end."""
    ends = text.count("\n", start, end) + text.count("\r", start, end)
    is_cut = text[end - 1 : end + 1] == "\r\n"
    return ends - text.count("\r\n", start, end) - is_cut


def headings(body: str, first_line: int = 1) -> list[Heading]:
    """The top-level headings, ATX and underlined, in text order."""
    parser = _parser()
    tokens = _blocks(parser, body, {})
    return [
        Heading(
            int(opening.tag[1:]),
            _plain(parser, inline.content),
            first_line + opening.map[0],
            first_line + opening.map[1] - 1,
        )
        for opening, inline in pairwise(tokens)
        if opening.type == "heading_open" and opening.level == 0 and opening.map is not None
    ]


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A fenced block of code, wherever it stands.

    Attributes:
        info: What stands behind the opening fence, such as `json`.
        content: The code, without the indentation of the fence.
        line: The line of the opening fence.
        end_line: The line of the closing fence, or the last one that belongs to it.
    """

    info: str
    content: str
    line: int
    end_line: int


def code_blocks(body: str, first_line: int = 1) -> list[CodeBlock]:
    """The fenced blocks of code, in text order."""
    if "```" not in body and "~~~" not in body:
        return []
    return [
        CodeBlock(
            token.info.strip(),
            token.content,
            first_line + token.map[0],
            first_line + token.map[1] - 1,
        )
        for token in _blocks(_parser(), body, {})
        if token.type == "fence" and token.map is not None
    ]


def plain_text(title: str) -> str:
    """The text of a title as `Heading.title` has it, without its markup."""
    return _plain(_parser(), title)


def links(body: str, first_line: int = 1) -> list[Link]:
    """Links and images with a relative target, in text order.

    Leaves out targets with a scheme or a host, and mere fragments. A target that begins with `/` is
    kept; the caller decides what it is relative to. After 20,000 brackets, anything written like a
    link counts as one, even in code spans, so that no text takes minutes.
    """
    if "](" not in body and "]:" not in body:  # it has no links, and parsing may take seconds
        return []
    body = body.removeprefix(BOM)
    parser = _parser()
    parser.disable("emphasis")  # markup in labels does not matter here, and takes time
    env: dict[str, object] = {}
    lines = split_lines(body)
    found: list[Link] = []
    brackets = 0
    for token in _blocks(parser, body, env):
        if token.type == "inline" and token.map is not None and "]" in token.content:
            start, end = token.map
            written = _written_targets(lines[start:end])
            brackets += token.content.count("[")
            if brackets > _PARSED_BRACKETS:
                targets = [raw for raw, _, _ in written]
            else:
                targets = list(_targets(_inline(parser, token.content, env)))
            found += _located(targets, written, first_line + start)
    return found


def html_links(body: str, first_line: int = 1) -> list[Link]:
    """Relative targets in HTML (`href`, `src`), in text order; their columns are uncertain."""
    if _HTML_TARGET.search(body) is None:
        return []
    parser = _parser()
    return [
        Link(target, first_line + line, 1)
        for html, line in _html(parser, _blocks(parser, body, {}))
        for target, line in _html_targets(html, line)
    ]


def _html(parser: MarkdownIt, tokens: Iterable[Token]) -> Iterator[tuple[str, int]]:
    """Each piece of HTML, and its line from 0."""
    for token in tokens:
        if token.map is None or token.type not in ("html_block", "inline"):
            continue
        line = token.map[0]
        for part in [token] if token.type == "html_block" else _inline(parser, token.content, {}):
            if part.type.startswith("html_"):
                yield part.content, line
            is_break = part.type in ("softbreak", "hardbreak")
            line += 1 if is_break else part.content.count("\n")


def _html_targets(html: str, line: int) -> Iterator[tuple[str, int]]:
    for match in _HTML_TARGET.finditer(html):
        if target := _lookup_path(unescape(match[match.lastindex or 0])):
            yield target, line + html.count("\n", 0, match.start())


def _parser() -> MarkdownIt:
    """A parser that leaves targets as written. A new one per call takes 0.1 ms, with no sharing."""
    from markdown_it import MarkdownIt  # noqa: PLC0415  see the module's docstring

    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    parser.normalizeLink = lambda url: url  # type: ignore[method-assign]  # documented hook
    return parser


def _blocks(parser: MarkdownIt, body: str, env: dict[str, object]) -> list[Token]:
    """Block tokens, with inline text not parsed yet. A byte-order mark is not part of the text."""
    return parser.parse(body.removeprefix(BOM), env)


def _inline(parser: MarkdownIt, content: str, env: dict[str, object]) -> list[Token]:
    tokens: list[Token] = []
    parser.inline.parse(content, parser, env, tokens)
    return tokens


def _plain(parser: MarkdownIt, content: str) -> str:
    return " ".join("".join(_texts(_inline(parser, content, {}))).split())


def _texts(tokens: Iterable[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in ("text", "text_special", "code_inline"):
            yield token.content
        elif token.type in ("softbreak", "hardbreak"):
            yield " "
        elif token.children:
            yield from _texts(token.children)


def _targets(tokens: Iterable[Token]) -> Iterator[str]:
    """Targets as written, with escapes and entities resolved."""
    for token in tokens:
        raw = token.attrs.get({"link_open": "href", "image": "src"}.get(token.type, ""))
        if isinstance(raw, str):
            yield raw
        yield from _targets(token.children or ())


def _written_targets(lines: Sequence[str]) -> list[tuple[str, int, int]]:
    """Everything written like a target, with its line (from 0) and column."""
    return [
        (match[match.lastindex or 0], number, match.start(match.lastindex or 0) + 1)
        for number, line in enumerate(lines)
        for match in _WRITTEN_TARGET.finditer(line)
        if line[match.end() : match.end() + 1] in _AFTER_TARGET
    ]


def _located(
    targets: Sequence[str], written: Sequence[tuple[str, int, int]], first_line: int
) -> Iterator[Link]:
    """The relative targets of a block, with their positions.

    A position is certain if the target is written in the block exactly as often as the block links
    to it: then no code or escaped bracket was taken for a link.
    """
    linked = Counter(targets)
    seen = Counter(raw for raw, _, _ in written)
    certain = {raw for raw in seen if seen[raw] == linked[raw]}
    places: dict[str, list[tuple[int, int]]] = {raw: [] for raw in certain}
    for raw, offset, column in reversed(written):
        if raw in certain:
            places[raw].append((offset, column))
    for raw in targets:
        offset, column = places[raw].pop() if raw in certain else (0, 1)
        if target := _lookup_path(raw):
            yield Link(target, first_line + offset, column)


def _lookup_path(raw: str) -> str:
    """The path that a target leads to; empty if it leads out of the memory or to a fragment."""
    if _NOT_RELATIVE.match(raw):
        return ""
    return unquote(raw.partition("#")[0].partition("?")[0])
