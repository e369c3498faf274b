"""Finds the link labels of a markdown text with a parser, and changes them by position.

Code, HTML, escaped brackets and everything else that is not a label stay as they are, byte for
byte.

Source: CommonMark 0.31, 4.7 "Link reference definitions", 6.3 "Links".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_FOOTNOTE: Final = re.compile(r"\[\^([^\[\]\s]+)\]")
_DEFINES_FOOTNOTE: Final = re.compile(r"^ {0,3}\[(\^[^\[\]\s]+)\]:", re.MULTILINE)
_LABEL: Final = re.compile(r"(?:[^\]\\]|\\.)*", re.DOTALL)
_MOST_BRACKETS: Final = 20_000  # take a second if nested maliciously

_Rule = Callable[["StateInline", bool], bool]


def compared(label: str) -> str:
    """A label in the form used for comparing: case and white space do not count."""
    return " ".join(_printable(label).split()).lower().upper()


def _printable(text: str) -> str:
    """A text as parsers read it: with NUL replaced (CommonMark 0.31, 2.3)."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _parser() -> MarkdownIt:
    # Imported on first use, as in `pack.files.markdown`.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    parser = MarkdownIt("commonmark", {"inline_definitions": True})
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def label_targets(text: str) -> Iterator[tuple[str, str]]:
    """Each label that a text defines, and its target; the first definition counts."""
    env: dict[str, dict[str, dict[str, str]]] = {}
    for token in _parser().parse(text, env):
        if token.type == "inline":
            for footnote in _DEFINES_FOOTNOTE.findall(token.content):
                yield compared(footnote), ""
    for label, one in env.get("references", {}).items():
        yield compared(label), f"{one['href']}\n{one['title']}"


def renamed(text: str, names: frozenset[str], suffix: str) -> str:
    """The text with a suffix added to these labels.

    In a text of more than 20,000 brackets, only the definitions change, so that no text takes
    minutes.

    Args:
        text: Markdown with LF line ends.
        names: The labels, in the form that `compared` returns.
        suffix: What to add.
    """
    parser, env = _parser(), dict[str, object]()
    tokens = parser.parse(text, env)
    places = list(_definitions(text, tokens, names, suffix))
    if text.count("[") <= _MOST_BRACKETS:
        places += _Uses(parser, names, suffix).find(text, tokens, env)
    pieces: list[str] = []
    last = 0
    for at, added in sorted(places):
        pieces += (text[last:at], added)
        last = at
    return "".join((*pieces, text[last:]))


def _definitions(
    text: str, tokens: Sequence[Token], names: frozenset[str], suffix: str
) -> Iterator[tuple[int, str]]:
    """The positions at which the labels of definitions end, and what to add there."""
    lines = _line_starts(text)
    for token in tokens:
        if token.type == "definition" and token.map and compared(token.meta["id"]) in names:
            # Nothing before it on its line, such as `> - `, contains a bracket.
            begin = text.index("[", lines[token.map[0]]) + 1
            label = _LABEL.match(text, begin)
            if label is not None:
                yield begin + len(label[0].rstrip()), suffix


def _line_starts(text: str) -> list[int]:
    return [0, *accumulate(len(line) + 1 for line in text.split("\n"))]


class _Uses:
    """Finds the links, images and footnotes that use certain labels, ignoring code and the like."""

    def __init__(self, parser: MarkdownIt, names: frozenset[str], suffix: str) -> None:
        from markdown_it.rules_inline import image, link  # noqa: PLC0415

        self._parser = parser
        self._names = names
        self._suffix = suffix
        self._content = ""
        self._found: list[tuple[int, str]] = []
        parser.inline.ruler.at("link", self._watched(link, 0))
        parser.inline.ruler.at("image", self._watched(image, 1))

    def find(
        self, text: str, tokens: Sequence[Token], env: dict[str, object]
    ) -> Iterator[tuple[int, str]]:
        """The positions at which to add something to a text, and what to add."""
        lines = _printable(text).split("\n")
        starts = _line_starts(text)
        for token in tokens:
            if token.type != "inline" or token.map is None or "[" not in token.content:
                continue
            self._content, self._found = token.content, []
            self._parser.inline.parse(self._content, self._parser, env, [])
            for row, column, added in self._by_line(token.content, lines[slice(*token.map)]):
                yield starts[token.map[0] + row] + column, added

    def _by_line(self, content: str, lines: Sequence[str]) -> Iterator[tuple[int, int, str]]:
        """What was found in a block, by line of the file and position in the line."""
        starts = _line_starts(content)
        # Whatever precedes the content on a line is list markers and the like, or white space.
        parts = content.split("\n")
        columns = [line.rfind(part) for line, part in zip(lines, parts, strict=False)]
        for at, added in self._found:
            row = bisect_right(starts, at) - 1
            if columns[row] >= 0:
                yield row, columns[row] + at - starts[row], added

    def _watched(self, rule: _Rule, marks: int) -> _Rule:
        """A parser rule that also notes its matches.

        Args:
            rule: The rule.
            marks: The number of characters before the bracket.
        """

        def watch(state: StateInline, silent: bool) -> bool:
            at = state.pos + marks
            is_one = rule(state, silent)
            # The parser treats an image's description as a separate text.
            if not silent and state.src is self._content and state.src[at : at + 1] == "[":
                self._note(state, at, is_image=marks > 0, is_one=is_one)
            return is_one

        return watch

    def _note(self, state: StateInline, at: int, *, is_image: bool, is_one: bool) -> None:
        footnote = _FOOTNOTE.match(state.src, at)
        if footnote is not None:
            if compared(f"^{footnote[1]}") in self._names:
                self._found.append((footnote.end() - 1, self._suffix))
        elif is_one:
            end = state.md.helpers.parseLinkLabel(state, at, not is_image)
            self._note_link(state.src[at + 1 : end], state.src[end + 1 : state.pos], state.pos)

    def _note_link(self, text: str, rest: str, end: int) -> None:
        """Note a link that consists of `[text]` and what follows it, and ends at `end`."""
        if rest.startswith("("):
            return
        label = rest[1:-1] or text
        if compared(label) not in self._names:
            return
        again = f"{' '.join(label.split())}{self._suffix}"
        if rest == "":
            self._found.append((end, f"[{again}]"))
        elif rest == "[]":
            self._found.append((end - 1, again))
        else:
            self._found.append((end - 1 - len(label) + len(label.rstrip()), self._suffix))
