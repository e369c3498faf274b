"""The text within a block of markdown, as runs that look alike. Nothing written is left out.

What a document has no place for is written out beside the text: the title of a link, the address
of one that leads to another file, the address of an image that stands in a link.
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
        base: How text looks that nothing is said about.
    """
    reader = _Reader(base)
    for token in tokens:
        reader.read(token)
    return merged(reader.runs)


class _Reader:
    """Reads tokens one after the other; text may be nested thousands of levels deep."""

    def __init__(self, base: Look) -> None:
        self.runs: list[TextRun] = []
        self._looks = [base]
        self._links: list[tuple[str, str, int]] = []

    @property
    def _look(self) -> Look:
        return self._looks[-1]

    def read(self, token: Token) -> None:
        kind, _, side = token.type.rpartition("_")
        if kind == "link":
            self._link(token, begins=side == "open")
        elif kind in ("strong", "em", "s"):
            self._turn(kind, is_on=side == "open")
        elif token.type == "image":
            self._image(token)
        elif token.type == "softbreak":
            self._add(" ")
        elif token.type == "hardbreak":
            self._add(LINE_BREAK)
        elif token.type == "code_inline":
            self._add(token.content, replace(self._look, code=True))
        else:
            self._add(token.content)

    def _add(self, text: str, look: Look | None = None) -> None:
        text = storable(text).replace("\n", LINE_BREAK)
        if text:
            self.runs.append(TextRun(text, look or self._look))

    def _turn(self, kind: str, *, is_on: bool) -> None:
        if is_on:
            self._looks.append(_with_face(self._look, kind))
        else:
            self._looks.pop()

    def _link(self, token: Token, *, begins: bool) -> None:
        if not begins:
            self._close_link()
            return
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
    """Where a document can link to: nothing but a whole address."""
    encoded = quote(target, safe=_ASCII, errors="replace")
    return encoded if _LINKED.fullmatch(encoded) else None


def without_prefix(runs: Sequence[TextRun], length: int) -> tuple[TextRun, ...]:
    """The runs without their first characters, which are all in the first one."""
    first, *rest = runs
    return merged([TextRun(first.text[length:], first.look), *rest])
