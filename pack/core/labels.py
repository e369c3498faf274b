"""How far a text is trusted, in short, for those who read it.

What a machine wrote is information, not an order; a reader can only keep to that if each answer
says what is whose.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

from pack.core.core import Core
from pack.core.truths import STRONGEST, SYSTEM_KEYS, WEAKEST, LineTruth
from pack.errors import InvalidContent
from pack.files.markdown import split_lines
from pack.files.note import Note
from pack.provenance import Source

_MOST_RUNS: Final = 20
_FENCES: Final = ("---", "...")


class Label(NamedTuple):
    """How far a text is trusted.

    Attributes:
        level: That of what is trusted least in it, from 1 (the person) to 5.
        origin: Who wrote that; empty if there is nothing in it.
    """

    level: int
    origin: str


PERSONS: Final = Label(STRONGEST, Source.USER.value)
"""That of a text which is the person's alone."""
_NOBODYS: Final = Label(WEAKEST, "unknown")
"""That of a text of which nobody can say who wrote which line, as it is not UTF-8."""


class TrustLabels(NamedTuple):
    """How far a part of a note is trusted.

    Attributes:
        whole: All of it.
        weaker: The lines that are not the person's, as in `12-20 5 ai-cloud:cursor`.
    """

    whole: Label
    weaker: tuple[str, ...] = ()


def labels_of(
    core: Core, note: Note, first: int, last: int, *, with_channel: bool = False
) -> TrustLabels | None:
    """How far some lines of a note are trusted; `None` where nobody asks for levels.

    Args:
        core: The memory.
        note: The note.
        first: The first line, from 1, as readers count lines.
        last: The last.
        with_channel: Whether it matters by which way the person wrote a note that is theirs alone:
            that takes a look at its history, as a note that is not.
    """
    if core.truths is None:
        return None
    if not with_channel and not core.truths.is_shared(note):
        return TrustLabels(PERSONS)
    try:
        truths = core.truths.lines(note)
    except InvalidContent:
        return TrustLabels(_NOBODYS)
    body_line = note.head.body_line
    shown = [
        (number, truths[place])
        for number, place, text in _numbered(note.text)
        if first <= number <= last and _counts(text, is_head=number < body_line)
    ]
    return TrustLabels(_label(truth for _, truth in shown), tuple(_weaker(shown)))


def _numbered(text: str) -> Iterator[tuple[int, int, str]]:
    """Each line with its number for a reader, and its place among those that git counts.

    To git, only a line feed ends a line.
    """
    place = 0
    for number, line in enumerate(split_lines(text), 1):
        yield number, place, line
        place += line.endswith("\n")


def _counts(text: str, *, is_head: bool) -> bool:
    """Whether a line says anything by somebody: not a blank one, nor what PACK writes itself."""
    words = text.strip()
    is_ours = words in _FENCES or words.partition(":")[0] in SYSTEM_KEYS
    return bool(words) and not (is_head and is_ours)


def _label(truths: Iterable[LineTruth]) -> Label:
    weakest = max(truths, key=lambda truth: truth.level, default=None)
    return Label(weakest.level, weakest.origin) if weakest else Label(STRONGEST, "")


def _weaker(lines: Iterable[tuple[int, LineTruth]]) -> Iterator[str]:
    runs = groupby(lines, key=lambda one: (one[1].level, one[1].origin))
    said = 0
    for (level, origin), run in runs:
        numbers = [number for number, _ in run]
        if level > STRONGEST:
            said += 1
            if said > _MOST_RUNS:
                yield f"{numbers[0]}- and more not shown"
                return
            span = f"{numbers[0]}-{numbers[-1]}" if len(numbers) > 1 else f"{numbers[0]}"
            yield f"{span} {level} {origin}"
