"""The requests that make a document show something else, as few as it takes.

A batch is applied in order and as a whole, and each request sees the indexes that the one before
left. So the old text is removed first, then the new text is inserted, then it is styled, which
moves nothing. Lists are made last and from the end backwards, as making one removes the tabs that
say how deep its items are nested.

Source: Google Docs API reference, `documents.batchUpdate` and the requests by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import accumulate, groupby
from typing import Any, Final, TypeVar

from pack_connectors.google_docs.document import CODE_FONT, ShownDocument
from pack_connectors.google_docs.text import (
    NORMAL,
    Bullet,
    Look,
    Paragraph,
    TextRun,
    text_of,
    utf16_length,
)

Request = dict[str, Any]
_Kind = TypeVar("_Kind")
_Placed = tuple[Paragraph, int, int]
"""A paragraph as it is inserted, the index where it starts, and the one after its newline."""
_EVERY_TEXT_STYLE: Final = (
    "bold,italic,strikethrough,underline,smallCaps,baselineOffset,link,weightedFontFamily,"
    "fontSize,foregroundColor,backgroundColor"
)
_EVERY_PARAGRAPH_STYLE: Final = "namedStyleType,indentStart,indentFirstLine,indentEnd,alignment"
_SPACES: Final = "\n "


def in_tab(requests: Sequence[Request], tab: str | None) -> list[Request]:
    """The requests for a tab; `None` for the first one, which requests without a tab are about."""
    if tab is None:
        return list(requests)
    return [
        {kind: {name: _in(tab, name, value) for name, value in details.items()}}
        for request in requests
        for kind, details in request.items()
    ]


def _in(tab: str, name: str, value: Any) -> Any:
    return {**value, "tabId": tab} if name in ("range", "location") else value


def text_edit(shown: ShownDocument, text: str) -> list[Request]:
    """Replace the words that differ, from the first to the last of them; styles stay.

    Args:
        shown: The document.
        text: What it is to show, with the newline at its end.
    """
    old = shown.text
    if old == text:
        return []
    start = _common_beginning(old, text)
    end = _common_end(old[start:], text[start:])
    removed, added = old[start : len(old) - end], text[start : len(text) - end]
    index = shown.blocks[0].start + utf16_length(old[:start])
    return [*_removal(index, index + utf16_length(removed)), *_insertion(index, added)]


def _common_beginning(old: str, new: str) -> int:
    """How many characters are the same, in whole words, so that no character cluster is split.

    Fewer than either text has, as the newline at the end belongs to the end.
    """
    same = min(_same(old, new), len(old) - 1, len(new) - 1)
    if old[same] in _SPACES and new[same] in _SPACES:
        return same
    return max(old.rfind(space, 0, same) for space in _SPACES) + 1


def _common_end(old: str, new: str) -> int:
    """As `_common_beginning`, from the end; at least the newline."""
    same = _same(old[::-1], new[::-1])
    tail = old[len(old) - same :]
    return same - min(place for space in _SPACES if (place := tail.find(space)) >= 0)


def _same(old: Sequence[Any], new: Sequence[Any]) -> int:
    """How many elements at the beginning are the same."""
    pairs = zip(old, new, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))


def paragraph_edit(shown: ShownDocument, paragraphs: Sequence[Paragraph]) -> list[Request]:
    """Replace the paragraphs that differ in text or style, from the first to the last of them."""
    old = [block.paragraph for block in shown.blocks]
    if old == list(paragraphs):
        return []
    return _replacement(shown, paragraphs, *_unchanged(old, paragraphs))


def whole_edit(shown: ShownDocument, paragraphs: Sequence[Paragraph]) -> list[Request]:
    """Replace everything, styles included."""
    return _replacement(shown, paragraphs, 0, 0)


def _unchanged(old: Sequence[Paragraph], new: Sequence[Paragraph]) -> tuple[int, int]:
    """How many paragraphs at the beginning, and at the end, can stay as they are."""
    most = min(len(old), len(new))
    before = _same(old, new)
    after = min(_same(old[::-1], new[::-1]), most - before)
    # A list is made as a whole, and one that begins next to another would become part of it.
    while after and new[len(new) - after].bullet:
        after -= 1
    if not after and before == most:
        # Nothing can be put after the last newline, nor can that be removed.
        before -= 1
    while before and new[before - 1].bullet:
        before -= 1
    return before, after


def _replacement(
    shown: ShownDocument, paragraphs: Sequence[Paragraph], before: int, after: int
) -> list[Request]:
    start = shown.blocks[before].start
    kept = len(shown.blocks) - after
    end = shown.blocks[kept].start if after else shown.end - 1
    new = paragraphs[before : len(paragraphs) - after]
    text = text_of(map(_with_tabs, new))
    inserted = text if after else text.removesuffix("\n")
    # Where two paragraphs are joined, the second may take the style of the first: style it again.
    styled = paragraphs[before : len(paragraphs) - after + 1]
    return [*_removal(start, end), *_insertion(start, inserted), *_styling(start, styled)]


def _with_tabs(paragraph: Paragraph) -> Paragraph:
    """The paragraph as it is inserted: tabs say how deep an item is nested."""
    if paragraph.bullet is None or not paragraph.bullet.level:
        return paragraph
    tabs = TextRun("\t" * paragraph.bullet.level)
    return replace(paragraph, runs=(tabs, *paragraph.runs))


def _range(start: int, end: int) -> dict[str, int]:
    return {"startIndex": start, "endIndex": end}


def _removal(start: int, end: int) -> list[Request]:
    return [{"deleteContentRange": {"range": _range(start, end)}}] if end > start else []


def _insertion(index: int, text: str) -> list[Request]:
    return [{"insertText": {"location": {"index": index}, "text": text}}] if text else []


def _styling(start: int, paragraphs: Sequence[Paragraph]) -> Iterator[Request]:
    """Remove all styles, then set the right ones."""
    placed = list(_placed(start, paragraphs))
    end = placed[-1][2]
    yield {"deleteParagraphBullets": {"range": _range(start, end)}}
    yield _paragraph_style(start, end, {"namedStyleType": NORMAL}, _EVERY_PARAGRAPH_STYLE)
    yield _text_style(start, end, {}, _EVERY_TEXT_STYLE)
    named = (((one.style, one.indent), first, last) for one, first, last in placed)
    for (name, indent), first, last in _stretches(named):
        if style := _paragraph_fields(name, indent):
            yield _paragraph_style(first, last, style, ",".join(style))
    for (look, _), first, last in _stretches(_runs(placed)):
        if style := _text_fields(look):
            yield _text_style(first, last, style, ",".join(style))
    yield from reversed(list(_lists(placed)))


def _placed(start: int, paragraphs: Iterable[Paragraph]) -> Iterator[_Placed]:
    for paragraph in map(_with_tabs, paragraphs):
        end = start + utf16_length(paragraph.text) + 1
        yield paragraph, start, end
        start = end


def _runs(placed: Iterable[_Placed]) -> Iterator[tuple[tuple[Look, int], int, int]]:
    """The runs with their looks; no link goes on in the next run, as it may not hold a newline."""
    for paragraph, begin, _ in placed:
        start = begin
        for run in paragraph.runs:
            end = start + utf16_length(run.text)
            yield (run.look, start if run.look.link is not None else 0), start, end
            start = end


def _lists(placed: Sequence[_Placed]) -> Iterator[Request]:
    """One request for each list, in the order of the text."""
    begun = accumulate(bool(one.bullet and one.bullet.begins) for one, *_ in placed)
    items = (
        ((_preset(one.bullet), number), start, end)
        for (one, start, end), number in zip(placed, begun, strict=True)
    )
    for (preset, _), start, end in _stretches(items):
        if preset:
            place = _range(start, end)
            yield {"createParagraphBullets": {"range": place, "bulletPreset": preset}}


def _preset(bullet: Bullet | None) -> str | None:
    if bullet is None:
        return None
    return "NUMBERED_DECIMAL_NESTED" if bullet.is_ordered else "BULLET_DISC_CIRCLE_SQUARE"


def _stretches(pieces: Iterable[tuple[_Kind, int, int]]) -> Iterator[tuple[_Kind, int, int]]:
    """Successive pieces of one kind as one, with the newlines between them."""
    for kind, group in groupby(pieces, key=lambda piece: piece[0]):
        (_, start, end), *more = group
        yield kind, start, more[-1][2] if more else end


def _paragraph_style(start: int, end: int, style: dict[str, Any], fields: str) -> Request:
    place = _range(start, end)
    return {"updateParagraphStyle": {"range": place, "paragraphStyle": style, "fields": fields}}


def _paragraph_fields(name: str, indent: int) -> dict[str, Any]:
    fields: dict[str, Any] = {} if name == NORMAL else {"namedStyleType": name}
    if indent:
        points = {"magnitude": indent, "unit": "PT"}
        fields |= {"indentStart": points, "indentFirstLine": points}
    return fields


def _text_style(start: int, end: int, style: dict[str, Any], fields: str) -> Request:
    place = _range(start, end)
    return {"updateTextStyle": {"range": place, "textStyle": style, "fields": fields}}


def _text_fields(look: Look) -> dict[str, Any]:
    names = {"bold": look.bold, "italic": look.italic, "strikethrough": look.strike}
    fields: dict[str, Any] = {name: True for name, is_set in names.items() if is_set}
    if look.code:
        fields["weightedFontFamily"] = {"fontFamily": CODE_FONT, "weight": 400}
    if look.link is not None:
        fields["link"] = {"url": look.link}
    return fields
