"""Closes what a file leaves open, so that it does not swallow the files after it.

Only code fences and some HTML blocks continue until something ends them; everything else ends at
the rule between two files. Source: CommonMark 0.31, 4.5 "Fenced code blocks", 4.6 "HTML blocks".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it.token import Token

_MAY_BE_OPEN: Final = re.compile(r"^[ \t]*(?:`{3,}|~{3,}|<)", re.MULTILINE)
_TAG: Final = re.compile(r"<(pre|script|style|textarea)(?=[ \t\n>]|\Z)", re.IGNORECASE)
_ENDS_TAG: Final = re.compile(r"</(?:pre|script|style|textarea)>", re.IGNORECASE)
_BLOCKS: Final = (
    (re.compile(r"<!--"), "-->"),
    (re.compile(r"<\?"), "?>"),
    (re.compile(r"<!\[CDATA\["), "]]>"),
    (re.compile(r"<![A-Za-z]"), ">"),
)
"""What begins an HTML block that a blank line does not end, and what ends it; see also `_TAG`."""


def with_end(text: str) -> str:
    """The text, with an added line that closes whatever it leaves open.

    Args:
        text: Markdown with LF line ends but none at the end.
    """
    if not _MAY_BE_OPEN.search(text):
        return text
    # Imported on first use, as in `pack.files.markdown`.
    from markdown_it import MarkdownIt  # noqa: PLC0415

    parser = MarkdownIt("commonmark")
    parser.core.ruler.enableOnly(["normalize", "block"])
    tokens = parser.parse(f"{text}\n")  # without the line end, white space at the end is not a line
    end = _end_of(tokens[-1], text) if tokens else None
    return text if end is None else f"{text}\n{end}"


def _end_of(last: Token, text: str) -> str | None:
    """What closes the last block of a text; `None` if it is closed or needs no closing."""
    if last.map is None or last.map[1] <= text.count("\n"):
        return None
    if last.type == "fence":
        first = last.map[0] == text.count("\n")
        return last.markup if first or not _is_fence_end(last.markup, text) else None
    return _end_of_html(last.content.lstrip(" ")) if last.type == "html_block" else None


def _is_fence_end(markup: str, text: str) -> bool:
    line = text[text.rfind("\n") + 1 :]
    marks = line.strip(" \t")
    is_indented = len(line) - len(line.lstrip(" ")) > 3 or line.startswith("\t")
    return not is_indented and set(marks) == {markup[0]} and len(marks) >= len(markup)


def _end_of_html(block: str) -> str | None:
    if tag := _TAG.match(block):
        return None if _ENDS_TAG.search(block) else f"</{tag[1].lower()}>"
    for begin, end in _BLOCKS:
        if begin.match(block):
            return None if end in block else end
    return None
