"""What a machine puts between two lines of the person, set apart from them.

What stands apart changes nothing: between blocks, at the end of a list, at the end of the text. So
a blank line is added where new text would run into the person's, and nothing goes into the middle
of a block. Whether the person's lines are still shown as they were is then seen from the whole text
(`views`).

Source: CommonMark 0.31, "Leaf blocks", "Container blocks".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Final

from pack.deferred import dataclass, pattern

_HEADING: Final = pattern(r" {0,3}#{1,6}(?:[ \t]|$)")
_FENCE: Final = pattern(r" {0,3}(?:`{3,}|~{3,})")
_ITEM: Final = pattern(r"([ \t]*)(?:[-*+]|(\d{1,9})[.)])(?:[ \t]|$)")
_MOST_BLANKS: Final = 4
"""After the mark of an item; with more, its text is code."""
_BREAK: Final = pattern(r" {0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")


@dataclass(frozen=True, slots=True)
class Between:
    """What stands between two protected lines.

    Attributes:
        above: The line above; `None` at the beginning of the text.
        below: The line below; `None` at its end.
        old: The lines between them as they are.
        new: Those that a writer wants there.
        is_one: Whether the two lines are of one block.
        joined: Whether words between them are of one block with the line above, and below.
    """

    above: str | None
    below: str | None
    old: Sequence[str]
    new: Sequence[str]
    is_one: bool = False
    joined: tuple[bool, bool] = (False, False)

    def settled(self, eol: str) -> list[str] | None:
        """The lines to have there; `None` if they would change what the person's lines say.

        They are the writer's, but for blank lines: those that the person set stay, and one is added
        where two texts would become one paragraph.
        """
        before, after = words_of(self.old), words_of(self.new)
        if before == after:
            return list(self.new if before else self.old)
        if not after:
            return list(self.new) if any(map(_is_blank, self.new)) else self._blanks()
        if not before and (self.is_one or not (self.old or self._may_stand_inside(after))):
            return None
        return self._apart(eol)

    def _blanks(self) -> list[str]:
        """The blank lines that stay where words of a machine go: those on one side of them."""
        leading = [*takewhile(_is_blank, self.old)]
        if leading or self.above is None:
            return leading
        trailing = [*takewhile(_is_blank, reversed(self.old))]
        return trailing or [line for line in self.old if _is_blank(line)][:1]

    def _may_stand_inside(self, lines: Sequence[str]) -> bool:
        """Whether lines may come between two that touch each other."""
        above, below = self.above, self.below
        if above is None or below is None or _stands_alone(above) or _stands_alone(below):
            return True
        items = [_ITEM.match(line) for line in (above, below, *lines)]
        return all(found is not None and found[2] is None for found in items)

    def _apart(self, eol: str) -> list[str] | None:
        lines = list(self.new)
        if self.above is not None and not self._touched(lines[0], first=True):
            if _goes_on(self.above, lines) and not _goes_on(self.above, self.old):
                return None
            if lines[0].strip() and not _may_follow(self.above, lines[0]):
                lines.insert(0, eol)
        if self.below is not None and lines[-1].strip():
            is_new = not self._touched(lines[-1], first=False)
            if is_new and not _may_follow(lines[-1], self.below):
                lines.append(eol)
        return lines

    def _touched(self, line: str, *, first: bool) -> bool:
        """Whether the line, or another in its place, touched the person's before."""
        if self.joined[0 if first else 1]:
            return True
        old = (self.old[0] if first else self.old[-1]) if self.old else ""
        return bool(old.strip()) and old.rstrip() == line.rstrip()


def words_of(lines: Iterable[str]) -> list[str]:
    """The lines that say something, without blanks at their ends."""
    return [line.rstrip() for line in lines if line.strip()]


def _stands_alone(line: str) -> bool:
    """Whether a line is a block by itself, whatever is next to it."""
    return _HEADING.match(line) is not None or _BREAK.match(line.rstrip()) is not None


def _goes_on(above: str, lines: Iterable[str]) -> bool:
    """Whether some lines go on with the person's list item, blank lines or items in it or not.

    Items in it are no part of what it says, nor is what is in those.
    """
    first = next(iter(lines), "")
    is_inside = _ITEM.match(above) is not None or above[:1] in (" ", "\t")
    if not is_inside:
        return False
    if first[:1] in (" ", "\t") and first.strip() and _ITEM.match(first) is None:
        return True
    start, inner = _content(above), 0
    for line in filter(str.strip, lines):
        indent = _indent(line)
        if indent < start:
            return False
        if _ITEM.match(line):
            inner = _content(line) if not inner or indent < inner else inner
        elif not inner or indent < inner:
            return True
    return False


def _content(line: str) -> int:
    """The column from which on a line below belongs to what a line says."""
    item = _ITEM.match(line)
    if item is None:
        return _indent(line)
    marker = line[: item.end()].rstrip().expandtabs(4)
    blanks = _indent(line.rstrip()[len(line[: item.end()].rstrip()) :])
    return len(marker) + (blanks if 1 <= blanks <= _MOST_BLANKS else 1)


def _indent(line: str) -> int:
    plain = line.expandtabs(4)
    return len(plain) - len(plain.lstrip())


def _is_blank(line: str) -> bool:
    return not line.strip()


def _may_follow(above: str, line: str) -> bool:
    """Whether a line right below another is read as one by itself."""
    if _stands_alone(above) or _HEADING.match(line) or _FENCE.match(above):
        return True
    item, other = _ITEM.match(above), _ITEM.match(line)
    if item and other:
        return (item[2] is None) == (other[2] is None)
    return above.lstrip().startswith("|") and line.lstrip().startswith("|")
