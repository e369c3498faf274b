"""What a Google document shows, from the answer of `documents.get`.

Only one tab is read: the named one, or else the first, which requests without the id of a tab are
about. All others stay as they are. Whatever is not text (a table, an image, a chip) is represented
by `FOREIGN` characters, which the text of a memory never has, so that it is never mistaken for it.

Source: Google Docs API reference, `Document`, `StructuralElement`, `ParagraphElement`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pack.actions import Action
from pack.errors import AuthFailed, ConnectorError, NotFound
from pack_connectors.google_docs.text import (
    NORMAL,
    Bullet,
    Look,
    Paragraph,
    TextRun,
    merged,
    utf16_length,
)

FOREIGN: Final = "\ue907"
_NO_TAB: Final = (
    "Set GOOGLE_DOC_ID to the address that the browser shows while the tab is open; without "
    "`?tab=`, the first tab is written."
)
CODE_FONT: Final = "Courier New"
_Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DocumentBlock:
    """A paragraph of a document, or something else in its place.

    Attributes:
        paragraph: What it shows; `FOREIGN` text if it is no paragraph.
        start: Index of its first code unit.
        end: Index after its last one, which in a paragraph is a newline.
        text: All of it, with that newline.
    """

    paragraph: Paragraph
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class ShownDocument:
    """A document as it was read.

    Attributes:
        revision: Its revision, opaque.
        blocks: All of the tab, without gaps; the last one is a paragraph.
    """

    revision: str
    blocks: Sequence[DocumentBlock]

    @property
    def text(self) -> str:
        """All its text, with `FOREIGN` for everything else."""
        return "".join(block.text for block in self.blocks)

    @property
    def end(self) -> int:
        """The index after the last newline, which cannot be removed."""
        return self.blocks[-1].end


def read_document(document: _Json, tab: str | None = None) -> ShownDocument:
    """The document of an answer.

    Args:
        document: The answer.
        tab: The wanted tab of an answer with tabs; `None` for an answer without.

    Raises:
        NotFound: It has no such tab.
        AuthFailed: It may be read but not edited.
        ConnectorError: It is not what the reference describes.
    """
    revision = document.get("revisionId")
    if not revision:
        raise AuthFailed(
            "the Google account may read the document of GOOGLE_DOC_ID but not edit it",
            "Share the document with that account as an editor; or, to use another account, "
            f"{Action.ALLOW_GOOGLE}.",
        )
    try:
        source = document if tab is None else _tab(document.get("tabs", ()), tab)
        blocks = list(_blocks(source["body"]["content"], source.get("lists", {})))
    except (LookupError, TypeError, AttributeError) as error:
        raise ConnectorError("Google Docs answered with something unknown") from error
    if not blocks or not blocks[-1].text.endswith("\n"):
        raise ConnectorError("Google Docs answered with a document that has no end")
    return ShownDocument(str(revision), blocks)


def _tab(tabs: Sequence[_Json], wanted: str) -> _Json:
    left = list(tabs)
    while left:
        one = left.pop()
        if one["tabProperties"]["tabId"] == wanted:
            found: _Json = one["documentTab"]
            return found
        left += one.get("childTabs", ())
    raise NotFound(f"the tab {wanted!r} that GOOGLE_DOC_ID names", _NO_TAB)


def _blocks(content: Sequence[_Json], lists: _Json) -> Iterator[DocumentBlock]:
    known_lists: set[str] = set()
    for element in content:
        start, end = element.get("startIndex", 0), element["endIndex"]
        if start == 0:  # the section that every body begins with; it cannot be changed
            continue
        source = element.get("paragraph", {"elements": []})
        runs = [_run(part) for part in source["elements"]]
        text = "".join(run.text for run in runs)
        if utf16_length(text) == end - start:
            yield DocumentBlock(_paragraph(source, runs, lists, known_lists), start, end, text)
        else:
            yield _foreign(start, end, "\n" if text else "")


def _foreign(start: int, end: int, ending: str) -> DocumentBlock:
    """Something that is no paragraph, or a paragraph whose indexes do not fit its text."""
    text = FOREIGN * (end - start - len(ending)) + ending
    return DocumentBlock(Paragraph((TextRun(text.removesuffix("\n")),)), start, end, text)


def _run(element: _Json) -> TextRun:
    if "textRun" not in element:
        return TextRun(FOREIGN * (element["endIndex"] - element.get("startIndex", 0)))
    source = element["textRun"]
    return TextRun(source.get("content", ""), _look(source.get("textStyle", {})))


def _look(style: _Json) -> Look:
    font = style.get("weightedFontFamily", {}).get("fontFamily")
    return Look(
        bold=style.get("bold", False),
        italic=style.get("italic", False),
        strike=style.get("strikethrough", False),
        code=font == CODE_FONT,
        link=_address(style.get("link")),
    )


def _address(link: _Json | None) -> str | None:
    """Where a link leads; for a place in a document, something that PACK never writes."""
    if link is None:
        return None
    return str(link.get("url", FOREIGN))


def _paragraph(
    source: _Json, runs: list[TextRun], lists: _Json, known_lists: set[str]
) -> Paragraph:
    if runs:
        # The look of the newline does not matter.
        runs[-1] = TextRun(runs[-1].text.removesuffix("\n"), runs[-1].look)
    style = source.get("paragraphStyle", {})
    bullet = _bullet(source.get("bullet"), lists, known_lists)
    indent = 0 if bullet else round(style.get("indentStart", {}).get("magnitude", 0))
    return Paragraph(merged(runs), style.get("namedStyleType", NORMAL), indent, bullet)


def _bullet(source: _Json | None, lists: _Json, known_lists: set[str]) -> Bullet | None:
    if source is None:
        return None
    list_id, level = source["listId"], source.get("nestingLevel", 0)
    begins = list_id not in known_lists
    known_lists.add(list_id)
    # A list that somebody only suggests may have no properties yet.
    levels = lists.get(list_id, {}).get("listProperties", {}).get("nestingLevels", ())
    is_ordered = level < len(levels) and "glyphSymbol" not in levels[level]
    return Bullet(level, is_ordered, begins)
