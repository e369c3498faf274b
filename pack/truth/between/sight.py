"""How the person's lines are shown in a text in which one part changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from pack.deferred import pattern
from pack.truth.between.views import View, views_of

_SECTION: Final = pattern(r"#{1,6}[ \t]+\S")
_REACHES_ON: Final = ("<", "```", "~~~")
"""What may be open after any number of lines; where there is none, a heading is one."""


class _Seen(NamedTuple):
    """A piece of the text, from one line to another, and how the person's lines in it are shown."""

    top: int
    bottom: int
    known: Mapping[int, View]

    @property
    def views(self) -> list[View]:
        """How the lines are shown, in their order."""
        return list(self.known.values())


class Sight:
    """How the person's lines are shown, and whether they still are when the part changes.

    Only as much of the text is read as the change can reach: from a heading of the person's above
    the part to one below it. If that is shown as before, so is all that comes after it.

    Args:
        old: The lines of the text.
        kept: The numbers of the person's lines.
        part: Where the part begins, and where it ends.
        new: The lines that somebody wants in the part.
    """

    def __init__(
        self, old: Sequence[str], kept: Sequence[int], part: tuple[int, int], new: Sequence[str]
    ) -> None:
        self._old, self._kept, self._part, self._new = old, kept, part, new

    def of(self, number: int) -> View | None:
        """How a line of the part is shown now; `None` for one that is not the person's."""
        return self._now.known.get(number + self._part[0])

    def is_kept(self, lines: Sequence[str], own: Sequence[int]) -> bool:
        """Whether everything is shown as it is now with other lines in the part.

        Args:
            lines: The lines.
            own: The numbers of the person's lines among them.
        """
        (start, end), now = self._part, self._now
        above, below = self._old[now.top : start], self._old[end : now.bottom]
        after = len(above) + len(lines) - end
        numbers = [
            *(number - now.top for number in now.known if number < start),
            *(number + len(above) for number in own),
            *(number + after for number in now.known if number >= end),
        ]
        views = views_of([*above, *lines, *below], numbers)
        return all(new.is_like(old) for new, old in zip(views, now.views, strict=True))

    @cached_property
    def _now(self) -> _Seen:
        top, bottom = self._reach()
        seen = self._look(top, bottom)
        if bottom < len(self._old) and not seen.views[-1].is_section:
            return self._look(top, len(self._old))
        return seen

    def _look(self, top: int, bottom: int) -> _Seen:
        kept = [number for number in self._kept if top <= number < bottom]
        views = views_of(self._old[top:bottom], [number - top for number in kept])
        return _Seen(top, bottom, dict(zip(kept, views, strict=True)))

    def _reach(self) -> tuple[int, int]:
        """Where what the change can reach begins and ends."""
        start, end = self._part
        if any("]:" in line for line in (*self._old[start:end], *self._new)):
            return 0, len(self._old)  # a definition reaches all of the text
        sections = [number for number in self._kept if _SECTION.match(self._old[number])]
        top = max((number for number in sections if number <= start), default=0)
        if any(mark in line for line in self._old[:top] for mark in _REACHES_ON):
            top = 0
        return top, min(
            (number + 1 for number in sections if number >= end - 1), default=len(self._old)
        )
