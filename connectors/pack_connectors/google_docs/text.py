"""Text as a Google document holds it: paragraphs, looks, and lengths in UTF-16 code units.

Source: Google Docs API reference, "Structure of a Google Docs document" (indexes are UTF-16 code
units) and `InsertTextRequest` (which characters it strips).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

NORMAL: Final = "NORMAL_TEXT"
_LINE_END: Final = re.compile(r"\r\n?")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0c-\x1f]")
_PRIVATE: Final = re.compile(r"[\ue000-\uf8ff]")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")


class DocumentFormat(StrEnum):
    """How a document shows the memory."""

    PLAIN = "plain"
    """The markdown text as it is."""
    RICH = "rich"
    """As a person would write it: headings, lists, links."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a piece of text looks.

    Attributes:
        bold: In bold type.
        italic: In italics.
        strike: Struck through.
        code: In a typeface of fixed width.
        link: The address it leads to; `None` for no link.
    """

    bold: bool = False
    italic: bool = False
    strike: bool = False
    code: bool = False
    link: str | None = None


PLAIN_LOOK: Final = Look()


@dataclass(frozen=True, slots=True)
class TextRun:
    """Text that looks the same from its beginning to its end."""

    text: str
    look: Look = PLAIN_LOOK


@dataclass(frozen=True, slots=True)
class Bullet:
    """What makes a paragraph an item of a list.

    Attributes:
        level: How deep it is nested, from 0.
        is_ordered: Whether it is numbered.
        begins: Whether it is the first item of its list.
    """

    level: int
    is_ordered: bool
    begins: bool


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of a document.

    Attributes:
        runs: Its text without the newline at its end; no run is empty, and neighbours differ in
            look.
        style: The named style, `NORMAL_TEXT` or `HEADING_1` to `HEADING_6`.
        indent: Points from the margin; 0 for an item of a list.
        bullet: What makes it an item of a list; `None` if it is none.
    """

    runs: tuple[TextRun, ...] = ()
    style: str = NORMAL
    indent: int = 0
    bullet: Bullet | None = None

    @property
    def text(self) -> str:
        """Its text without the newline."""
        return "".join(run.text for run in self.runs)


def utf16_length(text: str) -> int:
    """How many UTF-16 code units a text has."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def merged(runs: Iterable[TextRun]) -> tuple[TextRun, ...]:
    """The runs without empty ones, and with neighbours of the same look joined."""
    found: list[TextRun] = []
    for run in runs:
        if found and found[-1].look == run.look:
            found[-1] = TextRun(found[-1].text + run.text, run.look)
        elif run.text:
            found.append(run)
    return tuple(found)


def storable(text: str) -> str:
    """The text with only characters that a document keeps.

    Line ends become LF, a control character its picture (U+2400 and up), a private-use character
    its number. A storable text comes back unchanged.
    """
    text = _LINE_END.sub("\n", text)
    text = _CONTROL.sub(lambda found: chr(0x2400 + ord(found[0])), text)
    text = _PRIVATE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)
    return _SURROGATE.sub("\N{REPLACEMENT CHARACTER}", text)


def is_kept(text: str) -> bool:
    """Whether a document keeps a text as it is, apart from its line ends."""
    return storable(text) == _LINE_END.sub("\n", text)


def plain_paragraphs(text: str) -> Iterator[Paragraph]:
    """The lines of a storable text; the newline at its end is the document's own."""
    for line in text.removesuffix("\n").split("\n"):
        yield Paragraph((TextRun(line),)) if line else Paragraph()


def text_of(paragraphs: Iterable[Paragraph]) -> str:
    """The text of a document: every paragraph ends with a newline."""
    return "".join(f"{paragraph.text}\n" for paragraph in paragraphs)
