"""What may stand between two lines of the person without changing what they say.

A line put inside a paragraph, a sentence, a code block or a numbered list changes the person's text
as much as another word in it would; so does a heading above it, or a fence that hides it. What
stands apart changes nothing: between blocks, at the end of a list, at the end of the text.

Source: CommonMark 0.31, "Leaf blocks", "Container blocks".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

_HEADING: Final = re.compile(r" {0,3}(#{1,6})(?:[ \t]|$)")
_FENCE: Final = re.compile(r"[ \t]*(`{3,}|~{3,})(.*)")
_ITEM: Final = re.compile(r"([ \t]*)(?:[-*+]|(\d{1,9})[.)])(?:[ \t]|$)")
_BREAK: Final = re.compile(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
_UNDERLINE: Final = re.compile(r" {0,3}(?:=+|-+)[ \t]*$")
_SENTENCE_END: Final = re.compile(r"[.!?:;。!?…][\"'”’)\]*_`]*$")
_FACT: Final = re.compile(r"[*_]{0,2}[^\W\d_][\w -]{0,30}[*_]{0,2}:[*_]{0,2} ")
_CONTINUES: Final = re.compile(r"[a-zà-öø-ÿ,;.:)(&…-]")
_MARKS: Final = ("```", "~~~", "<!--", "-->")
_LOWEST: Final = 7
"""Below the lowest heading: what text is."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is open where a line begins.

    Attributes:
        fence: The fence of a code block; empty outside one.
        in_comment: Whether it is inside an HTML comment.
    """

    fence: str = ""
    in_comment: bool = False

    @property
    def is_text(self) -> bool:
        """Whether a line here is read as text."""
        return not self.fence and not self.in_comment

    def after(self, lines: Iterable[str]) -> Place:
        """What is open after some lines."""
        place = self
        if self.is_text:
            lines = [one for one in lines if any(mark in one for mark in _MARKS)]
        for line in lines:
            place = place._after(line)
        return place

    def _after(self, line: str) -> Place:
        if not self.in_comment:
            found = _FENCE.match(line.rstrip())
            if self.fence:
                closes = found and found[1].startswith(self.fence) and not found[2].strip()
                return Place() if closes else self
            if found and not (found[1][0] == "`" and "`" in found[2]):
                return Place(found[1])
        if "<!--" not in line and not self.in_comment:
            return self
        return Place("", _ends_in_comment(line, is_inside=self.in_comment))


def _ends_in_comment(line: str, *, is_inside: bool) -> bool:
    rest = line
    while True:
        _, found, rest = rest.partition("-->" if is_inside else "<!--")
        if not found:
            return is_inside
        is_inside = not is_inside


def heading_level(line: str) -> int:
    """The level of a heading; more than that of any for another line."""
    found = _HEADING.match(line)
    return len(found[1]) if found else _LOWEST


@dataclass(frozen=True, slots=True)
class Between:
    """What stands between two protected lines.

    Attributes:
        above: The line above; `None` at the beginning of the text.
        below: The line below; `None` at its end.
        place: What is open after the line above.
        old: The lines between them as they are.
        new: Those that a writer wants there.
    """

    above: str | None
    below: str | None
    place: Place
    old: Sequence[str]
    new: Sequence[str]

    def settled(self, eol: str) -> list[str] | None:
        """The lines to have there; `None` if they would change what the person's lines say.

        They are the writer's, but for blank lines: those that the person set stay, and one is added
        where two texts would become one paragraph.
        """
        before, after = _words(self.old), _words(self.new)
        if before == after:
            return list(self.new if before else self.old)
        if not self._keeps_place() or not self._keeps_headings():
            return None
        if not after:
            is_apart = any(not line.strip() for line in self.old)
            is_still = any(not line.strip() for line in self.new)
            blanks = [line for line in self.old if not line.strip()]
            return list(self.new) if is_still or not is_apart else blanks
        if not before and not self.old and not self._may_stand_inside(after):
            return None
        return self._apart(eol) if self.place.is_text else list(self.new)

    def _keeps_place(self) -> bool:
        """Whether the lines below are still text, or still code."""
        if self.below is not None and self.place.after(self.old) != self.place.after(self.new):
            return False
        return self.place.is_text or bool(_words(self.old))

    def _keeps_headings(self) -> bool:
        """Whether the line below is still under the same headings of the person."""
        if self.below is None:
            return True
        own = heading_level(self.below) if self.place.after(self.new).is_text else _LOWEST
        old, new = self._headings(self.old), self._headings(self.new)
        if min([own, *old]) != min([own, *new]):
            return False
        return len(_open(new, own)) <= len(_open(old, own))

    def _headings(self, lines: Sequence[str]) -> list[int]:
        place, found = self.place, []
        for line in lines:
            level = heading_level(line)
            if place.is_text and level < _LOWEST:
                found.append(level)
            place = place.after([line])
        return found

    def _may_stand_inside(self, lines: Sequence[str]) -> bool:
        """Whether lines may come between two that touch each other."""
        above, below = self.above, self.below
        if above is None or below is None or _stands_alone(above) or _stands_alone(below):
            return True
        items = [_ITEM.match(line) for line in (above, below, *lines)]
        return all(found is not None and found[2] is None for found in items)

    def _apart(self, eol: str) -> list[str] | None:
        lines = list(self.new)
        if self.above is not None and lines[0].strip() and not self._touched(lines[0], first=True):
            if _continues_item(self.above, lines[0]):
                return None
            if not _may_follow(self.above, lines[0]):
                lines.insert(0, eol)
        if self.below is not None and lines[-1].strip():
            is_new = not self._touched(lines[-1], first=False)
            if is_new and not _may_follow(lines[-1], self.below):
                lines.append(eol)
        return lines

    def _touched(self, line: str, *, first: bool) -> bool:
        """Whether the line touched the person's before."""
        old = (self.old[0] if first else self.old[-1]) if self.old else ""
        return bool(old.strip()) and old.rstrip() == line.rstrip()


def _words(lines: Iterable[str]) -> list[str]:
    return [line.rstrip() for line in lines if line.strip()]


def _open(levels: Sequence[int], own: int) -> list[int]:
    """The headings that are still open at a line of a level."""
    found: list[int] = []
    for level in (*levels, own):
        while found and found[-1] >= level:
            found.pop()
        found.append(level)
    return found[:-1]


def _stands_alone(line: str) -> bool:
    """Whether a line is a block by itself, whatever is next to it."""
    return heading_level(line) < _LOWEST or _BREAK.match(line.rstrip()) is not None


def _continues_item(above: str, line: str) -> bool:
    """Whether an indented line goes on with the person's list item, and is no item itself."""
    is_inside = _ITEM.match(above) is not None or above[:1] in " \t"
    return is_inside and line[:1] in " \t" and _ITEM.match(line) is None


def _may_follow(above: str, line: str) -> bool:
    """Whether a line right below another is read as one by itself."""
    if _stands_alone(above) or heading_level(line) < _LOWEST or _FENCE.match(above):
        return True
    if _UNDERLINE.match(line.rstrip()):
        return False
    item, other = _ITEM.match(above), _ITEM.match(line)
    if item or other:
        return bool(item and other) and (item[2] is None) == (other[2] is None)  # type: ignore[index]
    if above.lstrip().startswith((">", "|")) or line.lstrip().startswith((">", "|")):
        return above.lstrip().startswith("|") and line.lstrip().startswith("|")
    ends = _SENTENCE_END.search(above.rstrip()) or _FACT.match(above.lstrip())
    return bool(ends) and not _CONTINUES.match(line.lstrip()) and line[:1] not in " \t"
