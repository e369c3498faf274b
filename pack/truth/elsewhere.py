"""Text that a commit took from one file to another, as when a note is split or two are joined.

Only what is gone from a file can have gone to another, and only once: a copy is new text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from pack.history.differences.line_owners import LONG_ENOUGH, recognised
from pack.log import CommitFacts, FileChange
from pack.model import BlobId, CommitId, MemoryPath
from pack.paths import original_path
from pack.truth.seals import is_text

_MOST_FILES: Final = 1000
"""To read more of them takes too long: nobody knows where the text of such a commit is from, unless
it only adds files, as an import does."""
ReadKeys = Callable[[BlobId | None], Sequence[str]]


class TakenFrom(NamedTuple):
    """A file that text was taken from, as it was in a parent of the commit."""

    parent: CommitId
    path: MemoryPath
    sha: BlobId


Taken = Mapping[int, tuple[TakenFrom, int]]
"""For a line of a file, the file that it was in and its place there."""


class _Line(NamedTuple):
    """A line of a file, and what makes it the same in another one."""

    of: TakenFrom
    place: int
    key: str


def compared_by(commit: CommitFacts) -> Sequence[FileChange]:
    """The files of a commit between which it may have moved text; usually none.

    Args:
        commit: With its files.
    """
    changes = [one for one in commit.files or () if is_text(one.path)]
    if len(changes) > _MOST_FILES or not any(_losing(commit, changes)):
        return ()
    return changes if len(changes) > 1 else ()


def may_have_taken(commit: CommitFacts) -> bool:
    """Whether a commit may have moved text between files of which not all are compared."""
    changes = [one for one in commit.files or () if is_text(one.path)]
    return len(changes) > _MOST_FILES and any(_losing(commit, changes))


def taken_by(commit: CommitFacts, keys: ReadKeys) -> Mapping[MemoryPath, Taken]:
    """For each file that a commit changed, the lines that it took from others.

    Args:
        commit: With its files.
        keys: What makes each line of a blob the same; none for `None`.
    """
    changes = compared_by(commit)
    gone = [
        _Line(source, place, _bare(keys(source.sha)[place]))
        for source, new in _losing(commit, changes)
        for place in _beyond(keys(source.sha), keys(new))
    ]
    return _allocated(changes, gone, LONG_ENOUGH, keys)


def taken_from_v1(
    commit: CommitFacts, v1_path: MemoryPath, v1: BlobId | None, keys: ReadKeys
) -> Mapping[MemoryPath, Taken]:
    """The same for a migration, which makes notes of the single file of a v1 memory.

    Args:
        commit: With its files.
        v1_path: That file.
        v1: Its blob before.
        keys: As for `taken_by`.
    """
    changes = [one for one in commit.files or () if is_text(one.path)]
    if v1 is None:
        return {}
    whole = TakenFrom(commit.parents[0], v1_path, v1)
    lines = [_Line(whole, place, _bare(key)) for place, key in enumerate(keys(v1))]
    return _allocated(changes, lines, 1, keys)


def splits_v1(commit: CommitFacts, v1_path: MemoryPath) -> bool:
    """Whether a commit is such a migration: it keeps the original beside the notes."""
    original = original_path(v1_path)
    return any(one.path == original and not one.old_sha for one in commit.files or ())


def _losing(
    commit: CommitFacts, changes: Sequence[FileChange]
) -> Iterator[tuple[TakenFrom, BlobId | None]]:
    """The files that may have lost text, each with what it is now."""
    for change in changes:
        path = change.old_path or change.path
        for parent, old in zip(commit.parents, change.old_shas, strict=False):
            if old is not None and old != change.sha:
                yield TakenFrom(parent, path, old), change.sha


def _allocated(
    changes: Sequence[FileChange], gone: Sequence[_Line], least: int, keys: ReadKeys
) -> Mapping[MemoryPath, Taken]:
    """Each new line with the one that it was before, if that is among those that are gone."""
    new = [
        (change.path, place, _bare(keys(change.sha)[place]))
        for change in (changes if gone else ())
        for place in _beyond(keys(change.sha), keys(change.old_sha))
    ]
    found: dict[MemoryPath, dict[int, tuple[TakenFrom, int]]] = {}
    texts, old = [key for _, _, key in new], [line.key for line in gone]
    for number, was in recognised(texts, range(len(new)), old, range(len(gone)), least):
        path, place, _ = new[number]
        found.setdefault(path, {})[place] = gone[was].of, gone[was].place
    return found


def _beyond(keys: Sequence[str], others: Sequence[str]) -> list[int]:
    """The places of the lines that are there more often than in another text, the last ones."""
    more = Counter(keys)
    more.subtract(others)
    found = []
    for place in range(len(keys) - 1, -1, -1):
        if more[keys[place]] > 0:
            more[keys[place]] -= 1
            found.append(place)
    return found[::-1]


def _bare(key: str) -> str:
    """A line without the sign of a heading, which may become the title of a note."""
    return key.removeprefix("# ")
