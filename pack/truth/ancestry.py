"""Which versions of a file each version was made from, as far back as need be.

The log names commits and blobs. That a version was made from another follows from the blob that
the commit had before it; the same blob may have been there several times, as after an undo. A log
is by date, too: where clocks differ, a commit may come before those that were made on it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from pack.core.truths import LineTruth
from pack.log import CommitFacts, FileChange
from pack.model import BlobId

Truth = tuple[LineTruth, ...]
_OPEN: Final = 1
_DONE: Final = 2


@dataclass(eq=False, slots=True)
class LinkedVersion:
    """A version of a file.

    Attributes:
        commit: Made it.
        change: What the commit did to the file.
        truth: The truth of its lines, once it is known.
        before: The versions that it was made from, in the order of `made_from`; `None` for one
            that was not found.
    """

    commit: CommitFacts
    change: FileChange
    truth: Truth | None = None
    before: list[LinkedVersion | None] = field(default_factory=list)


Steps = Iterable[tuple[CommitFacts, FileChange]]
Known = Callable[[CommitFacts, FileChange], Truth | None]
_Place = tuple[list["LinkedVersion | None"], int]


def made_from(change: FileChange) -> list[BlobId]:
    """The blobs that a version was made from; only its own if that is among them."""
    olds = dict.fromkeys(old for old in change.old_shas if old is not None)
    return [change.sha] if change.sha in olds and change.sha else list(olds)


def ancestry(sha: BlobId, steps: Steps, known: Known, most: int) -> LinkedVersion | None:
    """The newest version with a blob, and what it was made from, back to what is known.

    Args:
        sha: The blob.
        steps: What commits did to the file, newest first; only as many are asked for as it takes.
        known: The truth of a version, if it is known.
        most: How many versions may be unknown; older ones are not found.
    """
    return _Ancestry(known, most).of(sha, steps)


class _Ancestry:
    def __init__(self, known: Known, most: int) -> None:
        self._known = known
        self._left = most
        self._wanted: dict[BlobId, list[_Place]] = {}
        self._found: dict[BlobId, LinkedVersion] = {}

    def of(self, sha: BlobId, steps: Steps) -> LinkedVersion | None:
        start: list[LinkedVersion | None] = [None]
        self._wanted[sha] = [(start, 0)]
        passed: dict[BlobId, tuple[CommitFacts, FileChange]] = {}
        for commit, change in steps:
            if change.sha is not None and change.sha in self._wanted:
                self._add(change.sha, commit, change)
            elif change.sha is not None:
                passed[change.sha] = commit, change
            if not self._wanted or self._left <= 0:
                return start[0]
        while self._wanted and self._left > 0:
            wanted = next(iter(self._wanted))
            if wanted in passed:
                self._add(wanted, *passed.pop(wanted))
            else:
                for place, number in self._wanted.pop(wanted):
                    place[number] = self._found.get(wanted)
        return start[0]

    def _add(self, sha: BlobId, commit: CommitFacts, change: FileChange) -> None:
        version = LinkedVersion(commit, change, self._known(commit, change))
        self._found[sha] = version
        for place, number in self._wanted.pop(sha):
            place[number] = version
        if version.truth is None:
            self._left -= 1
            olds = made_from(change)
            version.before += [None] * len(olds)
            for number, old in enumerate(olds):
                self._wanted.setdefault(old, []).append((version.before, number))


def oldest_first(newest: LinkedVersion) -> Iterator[LinkedVersion]:
    """The versions whose truth is not known, each after those that it was made from.

    A version that seems to be made from itself, by way of others, loses that link.
    """
    state: dict[int, int] = {}
    stack = [newest]
    while stack:
        version = stack[-1]
        if state.get(id(version)) == _DONE or version.truth is not None:
            stack.pop()
        elif id(version) in state:
            state[id(version)] = _DONE
            stack.pop()
            yield version
        else:
            state[id(version)] = _OPEN
            for number, old in enumerate(version.before):
                if old is not None and state.get(id(old)) == _OPEN:
                    version.before[number] = None
                elif old is not None:
                    stack.append(old)
