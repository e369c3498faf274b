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

_MOST_FILES: Final = 40
"""A commit that changed more is an import or the like; to compare all with all takes too long."""
ReadKeys = Callable[[BlobId | None], Sequence[str]]


class TakenFrom(NamedTuple):
    """A file that text was taken from, as it was in a parent of the commit."""

    parent: CommitId
    path: MemoryPath
    sha: BlobId


Taken = Mapping[int, tuple[TakenFrom, int]]
"""For a line of a file, the file that it was in and its place there."""


def taken_by(commit: CommitFacts, keys: ReadKeys) -> Mapping[MemoryPath, Taken]:
    """For each file that a commit changed, the lines that it took from others.

    Args:
        commit: With its files.
        keys: What makes each line of a blob the same; none for `None`.
    """
    changes = [one for one in commit.files or () if is_text(one.path)]
    if len(changes) < 2 or len(changes) > _MOST_FILES:
        return {}
    return _allocated(changes, [*_sources(commit, changes, keys)], LONG_ENOUGH, keys)


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
    whole = _Source(
        TakenFrom(commit.parents[0], v1_path, v1), [*map(_bare, keys(v1))], [*range(len(keys(v1)))]
    )
    return _allocated(changes, [whole], 1, keys)


def splits_v1(commit: CommitFacts, v1_path: MemoryPath) -> bool:
    """Whether a commit is such a migration: it keeps the original beside the notes."""
    original = original_path(v1_path)
    return any(one.path == original and not one.old_sha for one in commit.files or ())


class _Source(NamedTuple):
    """A file, its lines, and the places of those that are gone from it and not yet found."""

    source: TakenFrom
    keys: Sequence[str]
    gone: list[int]


def _sources(
    commit: CommitFacts, changes: Sequence[FileChange], keys: ReadKeys
) -> Iterator[_Source]:
    for change in changes:
        path = change.old_path or change.path
        for parent, old in zip(commit.parents, change.old_shas, strict=False):
            if old is not None and old != change.sha:
                gone = _beyond(keys(old), keys(change.sha))
                yield _Source(TakenFrom(parent, path, old), [*map(_bare, keys(old))], gone)


def _allocated(
    changes: Sequence[FileChange], sources: Sequence[_Source], least: int, keys: ReadKeys
) -> Mapping[MemoryPath, Taken]:
    found: dict[MemoryPath, dict[int, tuple[TakenFrom, int]]] = {}
    for change in changes:
        own = found.setdefault(change.path, {})
        new = [*map(_bare, keys(change.sha))]
        wanted = _beyond(keys(change.sha), keys(change.old_sha)) if change.sha else []
        for source, old, gone in sources:
            used = dict(recognised(new, wanted, old, gone, least))
            own.update((place, (source, was)) for place, was in used.items())
            wanted = [place for place in wanted if place not in used]
            left = set(gone).difference(used.values())
            gone[:] = [place for place in gone if place in left]
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
