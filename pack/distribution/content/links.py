"""Where the links of a markdown text are, to the character, as a CommonMark parser sees them.

Inline links and images, references with their definitions, wiki links, and the links of HTML. What
is in code, escaped, or no link for the parser is not found; nor is an address in the middle of a
text.

Source: CommonMark 0.31, 4.7 "Link reference definitions", 6.3 "Links", 6.4 "Images".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from enum import Enum
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Final, NamedTuple

from pack.errors import InvalidContent, LimitExceeded
from pack.files.markdown import split_lines

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_MOST_BRACKETS: Final = 20_000  # take a second if nested maliciously
_MAY_LINK: Final = re.compile(r"\]\(|\]:|\[\[|<(?:a|img)\b", re.IGNORECASE)
_WIKI: Final = re.compile(r"\[\[([^\[\]|#\n]+)(?:#[^\[\]|\n]*)?(?:\|([^\[\]\n]*))?\]\]")
_LABEL: Final = re.compile(r"\[((?:[^\]\\]|\\.)*)\]:", re.DOTALL)
_BLANKS: Final = re.compile(r"[ \t]*(?:\r\n|\r|\n)?[ \t>]*")
_TAG: Final = re.compile(
    r"<(?P<name>a|img)\b(?:[^<>\"']|\"[^\"]*\"|'[^']*')*?\s(?:href|src)\s*=\s*"
    r"(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"'<>=`]+))"
    r"(?:[^<>\"']|\"[^\"]*\"|'[^']*')*>|(?P<end></a\s*>)",
    re.IGNORECASE,
)
_RAW: Final = re.compile(r" {0,3}<(?:pre|script|style|textarea)\b|<!--", re.IGNORECASE)
_ALT: Final = re.compile(r"\salt\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)

_FOOTNOTE: Final = "^"
"""A footnote's label begins with it; for CommonMark, which has none, its word would be a target."""

_Rule = Callable[["StateInline", bool], bool]


class LinkKind(Enum):
    """How a link is written."""

    LINK = "link"
    IMAGE = "image"
    REFERENCE = "reference"
    DEFINITION = "definition"
    WIKI = "wiki"
    HTML = "html"
    HTML_IMAGE = "html_image"


class Span(NamedTuple):
    """Characters `start` to `end` of a text."""

    start: int
    end: int


class LinkSpan(NamedTuple):
    """A link in a text.

    Attributes:
        kind: How it is written.
        whole: All of it; of an HTML link, the tag that begins it.
        label: What is read, without the brackets.
        target: Where it leads, as written, without angle brackets or quotes; `None` where a
            definition says so.
        leads_to: Where it leads, with escapes and entities resolved.
        closing: Of an HTML link, the tag that ends it.
    """

    kind: LinkKind
    whole: Span
    label: Span
    target: Span | None
    leads_to: str
    closing: Span | None = None


@lru_cache(2048)
def find_links(body: str) -> tuple[LinkSpan, ...]:
    """The links of a text without its frontmatter, in its order.

    Raises:
        LimitExceeded: It has more than 20,000 brackets, which would take too long.
        InvalidContent: A link is written so that its place cannot be told; names the line.
    """
    if not _MAY_LINK.search(body):
        return ()
    if body.count("[") > _MOST_BRACKETS:
        raise LimitExceeded("the number of brackets", _MOST_BRACKETS, "brackets")
    return tuple(sorted(_Finder(body).find(), key=lambda one: (one.whole, one.kind.value)))


class _Found(NamedTuple):
    """A link in the content of one block."""

    kind: LinkKind
    whole: Span
    label: Span
    target: Span | None
    leads_to: str


class _Finder:
    def __init__(self, body: str) -> None:
        from markdown_it import MarkdownIt  # noqa: PLC0415  as in `pack.files.markdown`
        from markdown_it.rules_inline import html_inline, image, link  # noqa: PLC0415

        self._body = body
        self._lines = split_lines(body)
        self._starts = [0, *accumulate(map(len, self._lines))]
        parser = MarkdownIt("commonmark", {"inline_definitions": True})
        parser.core.ruler.enableOnly(["normalize", "block"])
        parser.normalizeLink = lambda url: url  # type: ignore[method-assign]  # documented hook
        parser.inline.ruler.at("link", self._watched(link, LinkKind.LINK))
        parser.inline.ruler.at("image", self._watched(image, LinkKind.IMAGE))
        parser.inline.ruler.at("html_inline", self._watched(html_inline, LinkKind.HTML))
        self._parser: MarkdownIt = parser
        self._content = ""
        self._found: list[_Found] = []
        self._tags: list[Span] = []

    def find(self) -> Iterator[LinkSpan]:
        env: dict[str, object] = {}
        for token in self._parser.parse(self._body, env):
            if token.map is None:
                continue
            if token.type == "definition":
                if not token.meta["label"].startswith(_FOOTNOTE):
                    yield self._definition(token)
            elif token.type == "html_block" and not _RAW.match(token.content):
                yield from self._html(self._block_tags(token))
            elif token.type == "inline":
                yield from self._inline(token, env)

    # --- definitions -----------------------------------------------------------------------------

    def _definition(self, token: Token) -> LinkSpan:
        first, last = token.map or (0, 0)
        helpers = self._parser.helpers
        # Nothing before it on its line, such as `> - `, contains a bracket.
        start = self._body.index("[", self._starts[first])
        label = _LABEL.match(self._body, start)
        blanks = _BLANKS.match(self._body, label.end()) if label is not None else None
        if label is not None and blanks is not None:
            at = blanks.end()
            target = helpers.parseLinkDestination(self._body, at, len(self._body))
            if target.ok and target.str == token.meta["url"]:
                end = self._starts[last - 1] + len(self._lines[last - 1].rstrip("\r\n"))
                place = _inner(self._body, at, target.pos)
                whole, inside = Span(start, end), Span(*label.span(1))
                return LinkSpan(LinkKind.DEFINITION, whole, inside, place, target.str)
        raise _unplaced(first)

    # --- inside paragraphs and headings ----------------------------------------------------------

    def _inline(self, token: Token, env: dict[str, object]) -> Iterator[LinkSpan]:
        if not any(mark in token.content for mark in "[<"):
            return
        self._content, self._found, self._tags = token.content, [], []
        self._parser.inline.parse(self._content, self._parser, env, [])
        if not self._found and not self._tags:
            return
        place = self._places(token)
        end = -1
        for one in sorted(self._found, key=lambda found: found.whole):
            if one.whole.start < end:
                continue  # in the brackets of a wiki link
            if one.kind is LinkKind.WIKI:
                end = one.whole.end
            spans = [place(one.whole), place(one.label)]
            target = place(one.target) if one.target is not None else None
            yield LinkSpan(one.kind, spans[0], spans[1], target, one.leads_to)
        yield from self._html([place(tag) for tag in self._tags])

    def _places(self, token: Token) -> Callable[[Span], Span]:
        """What turns places in the content of a block into places in the text."""
        first = (token.map or (0, 0))[0]
        parts = token.content.split("\n")
        starts = [0, *accumulate(len(part) + 1 for part in parts)]
        columns: list[int] = []
        for line, part in zip(self._lines[first:], parts, strict=False):
            # To the left there are list markers and the like, and white space in another form.
            bare = part.lstrip()
            column = line.replace("\0", "\N{REPLACEMENT CHARACTER}").rfind(bare)
            if column < 0:
                raise _unplaced(first)
            columns.append(column - (len(part) - len(part.lstrip())))

        def place(span: Span) -> Span:
            found: list[int] = []
            for at in span:
                row = bisect_right(starts, at) - 1
                found.append(self._starts[first + row] + columns[row] + at - starts[row])
            return Span(*found)

        return place

    def _watched(self, rule: _Rule, kind: LinkKind) -> _Rule:
        """A parser rule that also notes its matches."""

        def watch(state: StateInline, silent: bool) -> bool:
            at = state.pos
            is_one = rule(state, silent)
            # The parser treats an image's description as a separate text.
            if silent or state.src is not self._content:
                return is_one
            if not is_one:
                self._note_wiki(state.src, at, kind)
            elif kind is LinkKind.HTML:
                self._tags.append(Span(at, state.pos))
            else:
                self._note(state, at, kind)
            return is_one

        return watch

    def _note_wiki(self, src: str, at: int, kind: LinkKind) -> None:
        match = _WIKI.match(src, at) if kind is LinkKind.LINK else None
        if match is None:
            return
        start = at - 1 if src[at - 1 : at] == "!" else at
        label = Span(*match.span(2 if match[2] else 1))
        whole = Span(start, match.end())
        self._found.append(_Found(LinkKind.WIKI, whole, label, Span(*match.span(1)), match[1]))

    def _note(self, state: StateInline, at: int, kind: LinkKind) -> None:
        is_image = kind is LinkKind.IMAGE
        helpers, src, whole = state.md.helpers, state.src, Span(at, state.pos)
        start = at + is_image
        end = helpers.parseLinkLabel(state, start, not is_image)
        label, rest = Span(start + 1, end), src[end + 1 : state.pos]
        if rest.startswith("("):
            begin = end + 2
            while src[begin] in " \t\n":
                begin += 1
            found = helpers.parseLinkDestination(src, begin, state.posMax)
            if found.ok:
                target = _inner(src, begin, found.pos)
                self._found.append(_Found(kind, whole, label, target, found.str))
            return
        name = rest[1:-1] or src[label.start : label.end]
        if name.startswith(_FOOTNOTE):
            return
        href = _href(state, name)
        self._found.append(_Found(LinkKind.REFERENCE, whole, label, None, href))

    # --- HTML ------------------------------------------------------------------------------------

    def _block_tags(self, token: Token) -> list[Span]:
        first, last = token.map or (0, 0)
        start, end = self._starts[first], self._starts[last]
        return [Span(*match.span()) for match in _TAG.finditer(self._body, start, end)]

    def _html(self, tags: Sequence[Span]) -> Iterator[LinkSpan]:
        """The links that some tags make, each with the tag that ends it."""
        waiting: LinkSpan | None = None
        for span in tags:
            match = _TAG.fullmatch(self._body, *span)
            if match is None:
                continue
            if match["end"] is not None:
                if waiting is not None:
                    yield waiting._replace(closing=span)
                waiting = None
                continue
            group = next(name for name in ("double", "single", "bare") if match[name] is not None)
            target = Span(*match.span(group))
            if match["name"].lower() == "img":
                alt = _ALT.search(self._body, *span)
                label = (
                    Span(*alt.span(1 if alt[1] is not None else 2))
                    if alt
                    else Span(span[0], span[0])
                )
                yield LinkSpan(LinkKind.HTML_IMAGE, span, label, target, match[group])
            else:
                if waiting is not None:
                    yield waiting
                waiting = LinkSpan(
                    LinkKind.HTML, span, Span(span.end, span.end), target, match[group]
                )
        if waiting is not None:
            yield waiting


def _inner(text: str, start: int, end: int) -> Span:
    """A target without its angle brackets."""
    return Span(start + 1, end - 1) if text[start : start + 1] == "<" else Span(start, end)


def _href(state: StateInline, label: str) -> str:
    from markdown_it.common.utils import normalizeReference  # noqa: PLC0415  on first use

    references = state.env.get("references", {})
    return str(references.get(normalizeReference(label), {}).get("href", ""))


def _unplaced(row: int) -> InvalidContent:
    return InvalidContent("a link is written in a way that PACK cannot follow", row + 1, 1)
