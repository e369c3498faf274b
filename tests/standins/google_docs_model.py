"""A tab of a Google document: UTF-16 code units, each with what the document knows of it.

Nothing is shared between units, so that any range can be cut out, dressed or copied.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, NamedTuple

NEWLINE = 0x0A
TAB = 0x09


class Refused(Exception):
    """A request that the service answers with 400."""


@dataclass(frozen=True)
class ParagraphFormat:
    """What a paragraph knows of itself; it is kept with the newline that ends it."""

    style: Mapping[str, Any] = field(default_factory=lambda: {"namedStyleType": "NORMAL_TEXT"})
    list_id: str | None = None
    level: int = 0


class Unit(NamedTuple):
    """One code unit; `foreign` names the table or image that it is a part of."""

    code: int
    style: Mapping[str, Any]
    paragraph: ParagraphFormat | None = None
    foreign: str | None = None


def utf16(text: str) -> list[int]:
    raw = text.encode("utf-16-le")
    return [int.from_bytes(raw[at : at + 2], "little") for at in range(0, len(raw), 2)]


def text_of(units: list[Unit]) -> str:
    return b"".join(unit.code.to_bytes(2, "little") for unit in units).decode("utf-16-le")


class TabModel:
    """The body of a tab. Positions are from 0; the service's indexes are one more.

    Attributes:
        joins_lists: Whether a list of the same preset above goes on in a new one below. It does
            if it matches; when one that a person touched does is not documented.
    """

    def __init__(self, tab_id: str, title: str, text: str = "") -> None:
        self.tab_id = tab_id
        self.title = title
        self.lists: dict[str, str] = {}
        self.joins_lists = True
        self.units: list[Unit] = [_unit(code, {}, ParagraphFormat()) for code in utf16(text + "\n")]

    @property
    def text(self) -> str:
        return text_of(self.units)

    # --- looking ---------------------------------------------------------------------------

    def newline_after(self, place: int) -> int:
        """Where the paragraph that a unit belongs to ends."""
        while self.units[place].paragraph is None:
            place += 1
        return place

    def start_of(self, newline: int) -> int:
        """Where the paragraph that ends there begins."""
        place = newline
        while place > 0 and not self._is_boundary(self.units[place - 1]):
            place -= 1
        return place

    def _is_boundary(self, unit: Unit) -> bool:
        return unit.paragraph is not None or self.is_table(unit)

    @staticmethod
    def is_table(unit: Unit) -> bool:
        return unit.foreign is not None and unit.foreign.startswith("table")

    def newlines_in(self, start: int, end: int) -> list[int]:
        """The ends of the paragraphs that overlap a range."""
        found = []
        place = start
        while place < end:
            newline = self.newline_after(place)
            found.append(newline)
            place = newline + 1
        return found

    def splits_a_pair(self, place: int) -> bool:
        return 0 < place < len(self.units) and 0xDC00 <= self.units[place].code <= 0xDFFF

    # --- changing --------------------------------------------------------------------------

    def insert(self, place: int, text: str) -> None:
        if not 0 <= place < len(self.units):
            raise Refused("Index must be less than the end index of the referenced segment")
        if self.splits_a_pair(place):
            raise Refused("The index is inside a surrogate pair")
        if self.is_table(self.units[place]):
            raise Refused("The insertion index must be inside the bounds of an existing paragraph")
        paragraph = self.units[self.newline_after(place)].paragraph
        before = self.units[place - 1] if place else None
        same = before is not None and not self._is_boundary(before)
        style = self.units[place - 1 if same else place].style
        assert paragraph is not None
        self.units[place:place] = [_unit(code, style, paragraph) for code in utf16(_kept(text))]

    def delete(self, start: int, end: int, *, first_wins: bool) -> None:
        if end > len(self.units) - 1:
            raise Refused(
                "The range cannot include the newline character at the end of the segment"
            )
        if self.splits_a_pair(start) or self.splits_a_pair(end):
            raise Refused("Cannot delete one code unit of a surrogate pair")
        self._check_foreign(start, end)
        first = self.units[self.newline_after(start)].paragraph
        del self.units[start:end]
        if first_wins:
            newline = self.newline_after(start)
            self.units[newline] = self.units[newline]._replace(paragraph=first)

    def _check_foreign(self, start: int, end: int) -> None:
        for place in (start, end):
            inner = self.units[place].foreign if 0 < place < len(self.units) else None
            if inner is not None and self.units[place - 1].foreign == inner:
                raise Refused("Cannot delete a part of a table")
        if self.units[end - 1].code == NEWLINE and self.is_table(self.units[end]):
            raise Refused("Cannot delete the newline before a table")

    def put_foreign(self, place: int, name: str, length: int) -> None:
        """A table (`table…`, before a paragraph) or an image, as another user inserts it."""
        self.units[place:place] = [Unit(0xE907, {}, None, name)] * length

    def style_paragraphs(self, start: int, end: int, style: Mapping[str, Any], fields: str) -> None:
        for newline in self.newlines_in(start, end):
            old = self.units[newline].paragraph
            assert old is not None
            new = {"namedStyleType": "NORMAL_TEXT", **masked(old.style, style, fields)}
            self._set(newline, replace(old, style=new))

    def style_text(self, start: int, end: int, style: Mapping[str, Any], fields: str) -> None:
        # Neighbours share a style, and go on sharing one; the old one is kept for its identity.
        made: dict[tuple[int, bool], tuple[Mapping[str, Any], Mapping[str, Any]]] = {}
        for place in range(start, end):
            unit = self.units[place]
            key = id(unit.style), unit.code == NEWLINE
            if key not in made:
                made[key] = unit.style, _restyled(unit, style, fields)
            self.units[place] = unit._replace(style=made[key][1])

    def make_list(self, start: int, end: int, preset: str) -> None:
        newlines = self.newlines_in(start, end)
        list_id = self._list_before(self.start_of(newlines[0]), preset) or self._new_list(preset)
        for newline in reversed(newlines):
            begin = self.start_of(newline)
            level = 0
            while self.units[begin + level].code == TAB:
                level += 1
            level, tabs = min(level, 8), level
            old = self.units[newline].paragraph
            assert old is not None
            points = {"magnitude": 36 * (level + 1), "unit": "PT"}
            new = ParagraphFormat({**old.style, "indentStart": points}, list_id, level)
            self._set(newline, new)
            del self.units[begin : begin + tabs]

    def _list_before(self, start: int, preset: str) -> str | None:
        before = self.units[start - 1].paragraph if start else None
        if before is None or before.list_id is None or not self.joins_lists:
            return None
        return before.list_id if self.lists[before.list_id] == preset else None

    def _new_list(self, preset: str) -> str:
        list_id = f"kix.list{len(self.lists)}"
        self.lists[list_id] = preset
        return list_id

    def end_lists(self, start: int, end: int) -> None:
        for newline in self.newlines_in(start, end):
            old = self.units[newline].paragraph
            assert old is not None
            if old.list_id is not None:
                self._set(newline, ParagraphFormat(old.style))

    def _set(self, newline: int, paragraph: ParagraphFormat) -> None:
        self.units[newline] = self.units[newline]._replace(paragraph=paragraph)


def _unit(code: int, style: Mapping[str, Any], paragraph: ParagraphFormat) -> Unit:
    if code == NEWLINE:
        return Unit(code, {k: v for k, v in style.items() if k != "link"}, paragraph)
    return Unit(code, style)


def _restyled(unit: Unit, style: Mapping[str, Any], fields: str) -> dict[str, Any]:
    new = masked(unit.style, style, fields)
    if "link" in style and "link" in fields.split(","):
        new |= {"underline": True, "foregroundColor": {"color": {"rgbColor": {"blue": 1}}}}
    if unit.code == NEWLINE:
        new.pop("link", None)
    return new


def _kept(text: str) -> str:
    """What is left of a text that is inserted: `InsertTextRequest` says what is not."""
    return "".join(
        c for c in text if not (c <= "\x08" or "\x0c" <= c <= "\x1f" or "\ue000" <= c <= "\uf8ff")
    )


def masked(old: Mapping[str, Any], new: Mapping[str, Any], fields: str) -> dict[str, Any]:
    """`old` with the named fields as in `new`; unset where they are not in it, or false."""
    names = fields.split(",")
    if not all(names):
        raise Refused("At least one field must be listed in 'fields'")
    kept = {name: value for name, value in old.items() if name not in names}
    return kept | {name: new[name] for name in names if new.get(name)}


# --- as the service shows it -------------------------------------------------------------------


def content(tab: TabModel) -> list[dict[str, Any]]:
    """The structural elements of a body."""
    elements: list[dict[str, Any]] = [{"endIndex": 1, "sectionBreak": {"sectionStyle": {}}}]
    start = 0
    while start < len(tab.units):
        unit = tab.units[start]
        if tab.is_table(unit):
            end = start
            while tab.units[end].foreign == unit.foreign:
                end += 1
            table = {"rows": 1, "columns": 1, "tableRows": []}
            elements.append(_element(start, end, table=table))
        else:
            end = tab.newline_after(start) + 1
            elements.append(_element(start, end, paragraph=_paragraph(tab, start, end)))
        start = end
    return elements


def _element(start: int, end: int, **kind: Any) -> dict[str, Any]:
    return {"startIndex": start + 1, "endIndex": end + 1, **kind}


def _paragraph(tab: TabModel, start: int, end: int) -> dict[str, Any]:
    known = tab.units[end - 1].paragraph
    assert known is not None
    found: dict[str, Any] = {
        "elements": list(_elements(tab, start, end)),
        "paragraphStyle": dict(known.style),
    }
    if known.list_id is not None:
        # As in all answers of the service, a number that is 0 is left out.
        level = {"nestingLevel": known.level} if known.level else {}
        found["bullet"] = {"listId": known.list_id, "textStyle": {}, **level}
    return found


def _elements(tab: TabModel, start: int, end: int) -> Iterator[dict[str, Any]]:
    for (style, foreign), places in groupby(
        range(start, end), lambda place: (tab.units[place].style, tab.units[place].foreign)
    ):
        run = list(places)
        first, last = run[0], run[-1] + 1
        if foreign is not None:
            yield _element(first, last, inlineObjectElement={"inlineObjectId": foreign})
        else:
            text = text_of(tab.units[first:last])
            yield _element(first, last, textRun={"content": text, "textStyle": dict(style)})


def lists(tab: TabModel) -> dict[str, Any]:
    """The lists of a tab, by id."""
    return {
        list_id: {"listProperties": {"nestingLevels": [_level(preset)] * 9}}
        for list_id, preset in tab.lists.items()
    }


def _level(preset: str) -> dict[str, Any]:
    if preset.startswith("NUMBERED"):
        return {"glyphType": "DECIMAL", "glyphFormat": "%0.", "startNumber": 1}
    return {"glyphSymbol": "●", "glyphFormat": "%0"}
