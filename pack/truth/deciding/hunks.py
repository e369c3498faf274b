"""What a proposal would change, in parts that a person can decide on one by one.

A hunk is a run of changed lines. A file that is added, deleted or moved is one hunk. The stamps
that PACK sets at each write are in none: the write that accepts something sets them afresh.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from pack.deferred import pattern
from pack.files import frontmatter
from pack.history.differences.file_diff import FileDiff
from pack.history.differences.line_hunks import git_lines
from pack.history.differences.stamps import stamped_lines
from pack.log import ChangeKind
from pack.merge.diff import Hunk, find_hunks
from pack.model import MemoryPath
from pack.truth.deciding.hidden import HiddenCharacter, find_hidden

_AROUND: Final = 2
_KEY: Final = pattern(r"[^\s#-]")
"""How a line of a frontmatter begins that goes on with no key above it."""


@dataclass(frozen=True, slots=True)
class OfferedHunk:
    """One part of what a proposal would change.

    Attributes:
        number: Its number in the proposal, from 1.
        path: The file; where it would be, if it moves.
        change: What would happen to the file.
        line: The line of today's text that it begins at, from 1.
        old: The lines that would go.
        new: The lines that would come.
        above: What stays before it: two lines at most.
        below: What stays after it.
    """

    number: int
    path: MemoryPath
    change: ChangeKind
    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]
    above: tuple[str, ...] = ()
    below: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferedFile:
    """A file that a proposal would change.

    Attributes:
        diff: Today's text, and the text with all of the hunks.
        hunks: In the order of the text.
    """

    diff: FileDiff
    hunks: tuple[OfferedHunk, ...]

    def with_only(self, numbers: Collection[int]) -> FileDiff | None:
        """The file with only these hunks; `None` if none of them is in it."""
        chosen = [hunk for hunk in self.hunks if hunk.number in numbers]
        if not chosen:
            return None
        if len(chosen) == len(self.hunks):
            return self.diff
        lines = git_lines(self.diff.before)
        for hunk in reversed(chosen):
            lines[hunk.line - 1 : hunk.line - 1 + len(hunk.old)] = hunk.new
        return replace(self.diff, after="".join(lines))

    @property
    def line_counts(self) -> tuple[int, int]:
        """How many lines would come and go; of a file that moves, those that differ there."""
        if self.diff.change is not ChangeKind.MOVED:
            hunks = [(len(hunk.new), len(hunk.old)) for hunk in self.hunks]
        else:
            found = find_hunks(git_lines(self.diff.before), git_lines(self.diff.after))
            hunks = [(one.end - one.start, one.old_end - one.old_start) for one in found]
        return sum(new for new, _ in hunks), sum(old for _, old in hunks)

    @property
    def hidden(self) -> tuple[HiddenCharacter, ...]:
        """The hidden characters in the lines that would come, by their place in the new text."""
        lines: set[int] = set()
        moved = 0
        for hunk in self.hunks:
            first = hunk.line + moved
            lines.update(range(first, first + len(hunk.new)))
            moved += len(hunk.new) - len(hunk.old)
        return tuple(one for one in find_hidden(self.diff.after) if one.line in lines)


def offer_files(diffs: Iterable[FileDiff]) -> tuple[OfferedFile, ...]:
    """The files with their hunks, numbered through; without files that have none."""
    offered: list[OfferedFile] = []
    number = 1
    for diff in diffs:
        found = replace(diff, after=_as_stamped_before(diff)) if _is_edited(diff) else diff
        hunks = tuple(_hunks(found, number))
        if hunks:
            offered.append(OfferedFile(found, hunks))
        number += len(hunks)
    return tuple(offered)


def _is_edited(diff: FileDiff) -> bool:
    return diff.change is ChangeKind.EDITED and diff.unshown is None


def _hunks(diff: FileDiff, number: int) -> Iterator[OfferedHunk]:
    old, new = git_lines(diff.before), git_lines(diff.after)
    if not _is_edited(diff):
        yield OfferedHunk(number, diff.path, diff.change, 1, tuple(old), tuple(new))
        return
    for offset, hunk in enumerate(find_hunks(old, new)):
        yield OfferedHunk(
            number + offset,
            diff.path,
            diff.change,
            hunk.old_start + 1,
            tuple(old[hunk.old_start : hunk.old_end]),
            tuple(new[hunk.start : hunk.end]),
            tuple(old[max(hunk.old_start - _AROUND, 0) : hunk.old_start]),
            tuple(old[hunk.old_end : hunk.old_end + _AROUND]),
        )


def _as_stamped_before(diff: FileDiff) -> str:
    """The new text with the stamps of the old one where they were, so that no stamp differs."""
    stamps, old = _apart(diff.before)
    _, new = _apart(diff.after)
    parts = frontmatter.split("".join(new))
    if parts.block is None:
        return "".join(new)
    first = len(git_lines(parts.prefix + parts.opening))
    end = first + len(git_lines(parts.block))
    hunks = find_hunks(old, new)
    places = [
        place if first <= place < end and _KEY.match(new[place]) else end
        for place in (_place_in_new(above, hunks) for above, _ in stamps)
    ]
    in_order = sorted(range(len(places)), key=places.__getitem__)
    for number in reversed(in_order):
        new.insert(places[number], stamps[number][1])
    return "".join(new)


def _apart(text: str) -> tuple[list[tuple[int, str]], list[str]]:
    """The stamps of a text, each with the number of other lines above it, and the other lines."""
    lines = git_lines(text)
    stamped = sorted(stamped_lines(text, lines))
    stamps = [(place - above, lines[place]) for above, place in enumerate(stamped)]
    return stamps, [line for place, line in enumerate(lines) if place not in stamped]


def _place_in_new(place: int, hunks: Iterable[Hunk]) -> int:
    """Before which line of the new text it is that a place of the old one has become."""
    shift = 0
    for hunk in hunks:
        if place < hunk.old_start:
            break
        if place <= hunk.old_end:
            is_replaced = place == hunk.old_start < hunk.old_end
            return hunk.start if is_replaced else hunk.end
        shift = hunk.end - hunk.old_end
    return place + shift
