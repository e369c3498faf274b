"""The text inside a block: from the tokens of a markdown parser to formatted text.

What Notion cannot hold is kept as text: HTML as written, the title of a link, and a link that only
works inside the memory, as its words followed by the target.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pack_connectors.notion.blocks.model import Spans, TextSpan, joined, plain

if TYPE_CHECKING:
    from markdown_it.token import Token

MAX_URL: Final = 2000
_BREAK: Final = re.compile(r"<br\s*/?>", re.IGNORECASE)


def is_address(url: str) -> bool:
    """Whether Notion accepts it as the target of a link."""
    try:
        parts = urlsplit(url)
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
    is_plain = url.isprintable() and " " not in url and len(url.encode("utf-16-le")) // 2 <= MAX_URL
    return is_plain and (is_web or (parts.scheme in ("mailto", "tel") and bool(parts.path)))


def is_picture(url: str) -> bool:
    """Whether Notion can show an image from there."""
    return is_address(url) and url.lower().startswith(("http:", "https:"))


def spans_of(tokens: Sequence[Token]) -> Spans:
    """The text of a block."""
    return joined(_walk(tokens))


def _walk(tokens: Sequence[Token]) -> Iterator[TextSpan]:
    look = TextSpan("")
    links: list[tuple[Token, int]] = []
    made: list[TextSpan] = []
    for token in tokens:
        if token.type == "link_open":
            links.append((token, len(made)))
        elif token.type == "link_close":
            opened, start = links.pop()
            made[start:] = _linked(opened, made[start:])
        elif token.nesting:
            look = _marked(look, token)
        else:
            made += _leaf(token, look)
    return iter(made)


def _marked(look: TextSpan, token: Token) -> TextSpan:
    is_on = token.nesting == 1
    if token.tag == "strong":
        return replace(look, bold=is_on)
    return replace(look, italic=is_on) if token.tag == "em" else replace(look, strikethrough=is_on)


def _leaf(token: Token, look: TextSpan) -> list[TextSpan]:
    if token.type == "image":
        return _inline_image(token, look)
    if token.type == "code_inline":
        return [replace(look, text=token.content, code=True)]
    if token.type == "softbreak":
        return [replace(look, text=" ")]
    if token.type == "hardbreak" or (token.type == "html_inline" and _BREAK.match(token.content)):
        return [replace(look, text="\n")]
    return [replace(look, text=token.content)]


def _linked(opened: Token, inside: Sequence[TextSpan]) -> list[TextSpan]:
    target, title = str(opened.attrs.get("href", "")), str(opened.attrs.get("title", ""))
    shown = [span for span in inside if span.text]
    said = [TextSpan(f' "{title}"')] if title else []
    if is_address(target):
        if not shown:
            shown = [TextSpan(target)]
        return [span if span.link else replace(span, link=target) for span in shown] + said
    behind = [] if target in ("", plain(shown)) else [TextSpan(f" ({target})" if shown else target)]
    return [*shown, *behind, *said]


def _inline_image(token: Token, look: TextSpan) -> list[TextSpan]:
    """An image within text, where Notion has none: its description as a link to it."""
    target, title = str(token.attrs.get("src", "")), str(token.attrs.get("title", ""))
    caption = described(token)
    said = f' "{title}"' if title else ""
    if is_picture(target):
        return [
            replace(look, text=caption or target, link=target),
            *([TextSpan(said)] if said else []),
        ]
    return [replace(look, text=f"![{caption}]({target}{said})")]


def described(token: Token) -> str:
    """The description of an image, without markup."""
    return plain(spans_of(token.children or ()))
