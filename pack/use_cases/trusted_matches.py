"""Search results with how far each is trusted: labelled, filtered, and in the order of that."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import groupby

from pack.core.core import Core
from pack.core.labels import PERSONS, Label, labels_of
from pack.errors import InvalidRequest
from pack.files.markdown import split_lines
from pack.files.note import Note
from pack.model import MemoryPath
from pack.provenance import TRUTH_LEVELS
from pack.results import Match


def labelled(
    core: Core, matches: Sequence[Match], said: Collection[MemoryPath]
) -> tuple[Match, ...]:
    """Results, each with the label of the passage it shows; of two alike, the stronger first.

    A note that is the person's alone is not read for it.

    Args:
        core: The memory.
        matches: The results.
        said: Those files among them that say of themselves that they are not wholly the person's.
    """
    if core.truths is None:
        return tuple(matches)
    shared = shared_among(core, [match.path for match in matches], said)
    found = []
    for _, alike in groupby(matches, key=lambda match: round(match.score, 6)):
        found += sorted((_with_label(core, one, shared) for one in alike), key=_level)
    return tuple(found)


def check_level(level: int | None) -> None:
    """Refuse what is no level.

    Raises:
        InvalidRequest: There is no such level.
    """
    if level is not None and level not in TRUTH_LEVELS.values():
        raise InvalidRequest("max_level is a level from 1 (the person) to 5 (an AI elsewhere)")


def is_wanted(label: Label | None, max_level: int | None, origin: str | None) -> bool:
    """Whether a text passes a filter by trust.

    Args:
        label: How far it is trusted; `None` where nobody asks for levels, so that all passes.
        max_level: The weakest level that is wanted.
        origin: The beginning of the origin that is wanted; case does not matter.
    """
    if label is None:
        return True
    is_trusted = max_level is None or label.level <= max_level
    return is_trusted and (origin is None or label.origin.casefold().startswith(origin.casefold()))


def shared_among(
    core: Core, paths: Collection[MemoryPath], said: Collection[MemoryPath]
) -> Collection[MemoryPath]:
    """Those of some files that may hold text that is not the person's; without reading them.

    Args:
        core: The memory; levels count in it.
        paths: The files.
        said: Those among them that say so themselves.
    """
    return {*said, *core.truths.shared_among(paths)} if core.truths else ()


def label_at(core: Core, path: MemoryPath, line: int) -> Label | None:
    """How far the passage at a line of a file is trusted, by its history.

    `None` where that is not known.
    """
    note = core.reader.find(path)
    if note is None:
        return None
    first, last = _passage(note, line)
    found = labels_of(core, note, first, last, with_channel=True)
    return found.whole if found else None


def _passage(note: Note, line: int) -> tuple[int, int]:
    """The first and the last line of the passage that a line is in."""
    spans = ((one.line, one.line + len(split_lines(one.text)) - 1) for one in note.passages())
    fitting = [span for span in spans if span[0] <= line <= span[1]]
    return fitting[-1] if fitting else (line, line)


def _with_label(core: Core, match: Match, shared: Collection[MemoryPath]) -> Match:
    label = label_at(core, match.path, match.line) if match.path in shared else PERSONS
    return match.with_trust(label.level, label.origin) if label else match


def _level(match: Match) -> int:
    return match.level or 0
