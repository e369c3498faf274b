"""The text within a block of markdown, as runs that look alike. Nothing written is left out.

What a document has no place for follows the text in brackets: the title of a link, the address of
one that leads to another file, the address of an image inside a link.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from pack_connectors.google_docs.text import PLAIN_LOOK, Look, TextRun, merged, storable

if TYPE_CHECKING:
    from markdown_it.token import Token

LINE_BREAK: Final = "\v"
"""A new line in the same paragraph."""
_LINKED: Final = re.compile(r"(?:https?://|mailto:)[!-~]{1,2000}", re.IGNORECASE)
_ASCII: Final = "".join(map(chr, range(0x21, 0x7F)))


def inline_runs(tokens: Iterable[Token], base: Look = PLAIN_LOOK) -> tuple[TextRun, ...]:
    """The runs of some inline tokens.

    Args:
        tokens: The children of an inline token.
        base: The look of text without any markup.
    """
    reader = _Reader(base)
    for token in tokens:
        reader.read(token)
    return merged(reader.runs)


class _Reader:
    """Reads tokens one by one: emphasis may be nested thousands of levels deep."""

    def __init__(self, base: Look) -> None:
        self.runs: list[TextRun] = []
        self._looks = [base]
        self._links: list[tuple[str, str, int]] = []

    @property
    def _look(self) -> Look:
        return self._looks[-1]

    def read(self, token: Token) -> None:
        match token.type:
            case "link_open":
                self._open_link(token)
            case "link_close":
                self._close_link()
            case "strong_open" | "em_open" | "s_open":
                self._looks.append(_with_face(self._look, token.tag))
            case "strong_close" | "em_close" | "s_close":
                self._looks.pop()
            case "image":
                self._image(token)
            case "softbreak":
                self._add(" ")
            case "hardbreak":
                self._add(LINE_BREAK)
            case "code_inline":
                self._add(token.content, replace(self._look, code=True))
            case _:
                self._add(token.content)

    def _add(self, text: str, look: Look | None = None) -> None:
        text = storable(text).replace("\n", LINE_BREAK)
        if text:
            self.runs.append(TextRun(text, look or self._look))

    def _open_link(self, token: Token) -> None:
        target, title = str(token.attrs.get("href", "")), str(token.attrs.get("title", ""))
        self._links.append((target, title, len(self.runs)))
        self._looks.append(replace(self._look, link=_address(target)))

    def _close_link(self) -> None:
        target, title, first = self._links.pop()
        is_empty = len(self.runs) == first
        if is_empty:
            self._add(target)
        is_hidden = self._look.link is None and not is_empty
        self._looks.pop()
        self._beside(target if is_hidden else "", title)

    def _image(self, token: Token) -> None:
        source, title = str(token.attrs.get("src", "")), str(token.attrs.get("title", ""))
        outer = self._look
        address = _address(source) if outer.link is None else None
        inner = inline_runs(token.children or (), replace(outer, link=address or outer.link))
        self.runs += inner or (TextRun(source, replace(outer, link=address or outer.link)),)
        self._beside(source if inner and address is None else "", title)

    def _beside(self, *notes: str) -> None:
        for note in notes:
            if note:
                self._add(f" ({note})")


def _with_face(look: Look, kind: str) -> Look:
    if kind == "s":
        return replace(look, strike=True)
    return replace(look, bold=True) if kind == "strong" else replace(look, italic=True)


def _address(target: str) -> str | None:
    """What a document can link to: only a whole address."""
    encoded = quote(target, safe=_ASCII, errors="replace")
    return encoded if _LINKED.fullmatch(encoded) else None


def without_prefix(runs: Sequence[TextRun], length: int) -> tuple[TextRun, ...]:
    """The runs without their first characters, all of which are in the first one."""
    first, *rest = runs
    return merged([TextRun(first.text[length:], first.look), *rest])
