"""The requests that make a document show something else, as few as it takes.

A batch is applied in order, each request sees the indexes that the one before left, and all of it
or nothing is applied. So the old text goes first, then the new one comes, then its looks, none of
which moves anything; lists are made last and from the end backwards, as each removes the tabs that
say how deep its items are.

Source: Google Docs API reference, `documents.batchUpdate` and the requests by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, Final

from pack_connectors.google_docs.document import CODE_FONT, ShownDocument
from pack_connectors.google_docs.text import NORMAL, Look, Paragraph, TextRun, text_of, utf16_length

Request = dict[str, Any]
_ORDERED: Final = "NUMBERED_DECIMAL_NESTED"
_UNORDERED: Final = "BULLET_DISC_CIRCLE_SQUARE"
_ALL_OF_A_LOOK: Final = (
    "bold,italic,strikethrough,underline,smallCaps,baselineOffset,link,weightedFontFamily,"
    "fontSize,foregroundColor,backgroundColor"
)
_SPACES: Final = "\n "
_ALL_OF_A_STYLE: Final = "namedStyleType,indentStart,indentFirstLine,indentEnd,alignment"


def in_tab(requests: Sequence[Request], tab: str | None) -> list[Request]:
    """The requests, about a tab; `None` for the first one, which they are about without a name."""
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
    """Replace what differs between its beginning and its end; how text looks stays.

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
    """How many characters are the same, up to the end of a word: no cluster is ever divided.

    Less than all of either, as the newline at the end belongs to the end.
    """
    same = min(_same(old, new, from_end=False), len(old) - 1, len(new) - 1)
    if old[same] in _SPACES and new[same] in _SPACES:
        return same
    return max(old.rfind(space, 0, same) for space in _SPACES) + 1


def _common_end(old: str, new: str) -> int:
    """As `_common_beginning`, from the end; at least the newline."""
    same = _same(old, new, from_end=True)
    tail = old[len(old) - same :]
    return same - min(place for space in _SPACES if (place := tail.find(space)) >= 0)


def _same(old: str, new: str, *, from_end: bool) -> int:
    """By halves, as comparing slices is a thousand times faster than comparing characters."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        if from_end:
            is_same = old[len(old) - middle :] == new[len(new) - middle :]
        else:
            is_same = old[:middle] == new[:middle]
        low, high = (middle, high) if is_same else (low, middle - 1)
    return low


def paragraph_edit(shown: ShownDocument, paragraphs: Sequence[Paragraph]) -> list[Request]:
    """Replace the paragraphs between the first and the last that differ, in text or look."""
    old = [block.paragraph for block in shown.blocks]
    before, after = _unchanged(old, paragraphs)
    if before == len(old) == len(paragraphs):
        return []
    return _replacement(shown, paragraphs, before, after)


def whole_edit(shown: ShownDocument, paragraphs: Sequence[Paragraph]) -> list[Request]:
    """Replace everything, and how it looks."""
    return _replacement(shown, paragraphs, 0, 0)


def _unchanged(old: Sequence[Paragraph], new: Sequence[Paragraph]) -> tuple[int, int]:
    """How many paragraphs at the beginning, and at the end, can stay as they are."""
    most = min(len(old), len(new))
    before = next((n for n in range(most) if old[n] != new[n]), most)
    if before == len(old) == len(new):
        return before, 0
    rest = most - before
    after = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    # A list is made as a whole, and one that begins beside another would become a part of it.
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
    # Two paragraphs that meet may come to look alike, so the one behind is dressed again.
    dressed = paragraphs[before : len(paragraphs) - after + 1]
    text = text_of([_with_tabs(paragraph) for paragraph in new])
    inserted = text if after else text.removesuffix("\n")
    return [*_removal(start, end), *_insertion(start, inserted), *_dressing(start, dressed)]


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


def _dressing(start: int, paragraphs: Sequence[Paragraph]) -> Iterator[Request]:
    """Take all looks away, then give the right ones."""
    inserted = [_with_tabs(paragraph) for paragraph in paragraphs]
    places, index = [], start
    for paragraph in inserted:
        places.append(index)
        index += utf16_length(paragraph.text) + 1
    everything = _range(start, index)
    yield {"deleteParagraphBullets": {"range": everything}}
    style = {"namedStyleType": NORMAL}
    yield _styling(everything, style, _ALL_OF_A_STYLE)
    yield {"updateTextStyle": {"range": everything, "textStyle": {}, "fields": _ALL_OF_A_LOOK}}
    yield from _styles(inserted, places, index)
    yield from _looks(inserted, places)
    yield from reversed(list(_lists(inserted, places, index)))


def _styling(place: dict[str, int], style: dict[str, Any], fields: str) -> Request:
    return {"updateParagraphStyle": {"range": place, "paragraphStyle": style, "fields": fields}}


def _styles(paragraphs: Sequence[Paragraph], places: Sequence[int], end: int) -> Iterator[Request]:
    ends = [*places[1:], end]
    numbers = range(len(paragraphs))
    for (style, indent), group in groupby(
        numbers, lambda n: (paragraphs[n].style, paragraphs[n].indent)
    ):
        alike = list(group)
        fields: dict[str, Any] = {} if style == NORMAL else {"namedStyleType": style}
        if indent:
            points = {"magnitude": indent, "unit": "PT"}
            fields |= {"indentStart": points, "indentFirstLine": points}
        if fields:
            yield _styling(_range(places[alike[0]], ends[alike[-1]]), fields, ",".join(fields))


def _looks(paragraphs: Sequence[Paragraph], places: Sequence[int]) -> Iterator[Request]:
    for look, start, end in _same_looks(paragraphs, places):
        style = _text_style(look)
        if style:
            fields = ",".join(style)
            place = _range(start, end)
            yield {"updateTextStyle": {"range": place, "textStyle": style, "fields": fields}}


def _same_looks(
    paragraphs: Sequence[Paragraph], places: Sequence[int]
) -> Iterator[tuple[Look, int, int]]:
    """Stretches that look the same, over several lines where only a newline is between."""
    current: tuple[Look, int, int] | None = None
    for paragraph, place in zip(paragraphs, places, strict=True):
        start = place
        for run in paragraph.runs:
            end = start + utf16_length(run.text)
            if current and current[0] == run.look and start - current[2] <= 1 and not run.look.link:
                current = (run.look, current[1], end)
            else:
                if current:
                    yield current
                current = (run.look, start, end)
            start = end
    if current:
        yield current


def _text_style(look: Look) -> dict[str, Any]:
    names = {"bold": look.bold, "italic": look.italic, "strikethrough": look.strike}
    fields: dict[str, Any] = {name: True for name, is_set in names.items() if is_set}
    if look.code:
        fields["weightedFontFamily"] = {"fontFamily": CODE_FONT, "weight": 400}
    if look.link is not None:
        fields["link"] = {"url": look.link}
    return fields


def _lists(paragraphs: Sequence[Paragraph], places: Sequence[int], end: int) -> Iterator[Request]:
    """One request for each list, in the order of the text."""
    ends = [*places[1:], end]
    number = 0
    while number < len(paragraphs):
        first = paragraphs[number].bullet
        last = number
        if first is not None:
            while last + 1 < len(paragraphs) and _goes_on(paragraphs[last + 1]):
                last += 1
            preset = _ORDERED if first.is_ordered else _UNORDERED
            place = _range(places[number], ends[last])
            yield {"createParagraphBullets": {"range": place, "bulletPreset": preset}}
        number = last + 1


def _goes_on(paragraph: Paragraph) -> bool:
    return paragraph.bullet is not None and not paragraph.bullet.begins
