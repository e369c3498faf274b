"""The truth of versions that an earlier process found out, so that nobody has to do so again.

It is kept with what else is derived (`Catalog.remembered`): in the user's cache, never in the
memory. What is kept of a version says from what it follows, so it is never out of date; it can only
be missing. Where part of the history is, nothing is kept, as more of it may come.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Collection
from itertools import groupby
from typing import Final, TypeVar

from pack._version import __version__
from pack.catalog.catalog import Catalog
from pack.core.known_log import KnownLog
from pack.core.truths import STRONGEST, WEAKEST, LineState, LineTruth
from pack.log import CommitFacts, FileChange
from pack.model import BlobId, CommitId, MemoryPath
from pack.truth.acceptances import acceptances_among
from pack.truth.ancestry import Truth

RULES: Final = f"4/{__version__}"
"""By which truth was found out: with others, as in another version of PACK, it is found out again.
Between versions, raise the number with every change of what the truth of a version is."""
_NEWEST: Final = f"newest {RULES}"
_T = TypeVar("_T")


class KeptTruths:
    """The truth of versions, for the next process. May be used from any thread.

    Args:
        catalog: Keeps it.
        log: The log of the memory.
    """

    def __init__(self, catalog: Catalog, log: KnownLog) -> None:
        self._catalog = catalog
        self._log = log
        self._is_stopped = False

    def stop(self) -> None:
        """Keep nothing more of what this process finds out, as part of the history is missing."""
        self._is_stopped = True

    def of(self, path: MemoryPath) -> dict[str, str]:
        """What is kept of a file, by `kept_key`; `read_back` makes truths of it."""
        return self._catalog.remembered(path)

    def newest(
        self, head: CommitId, path: MemoryPath, sha: BlobId, assigned: CommitId | None
    ) -> Truth | None:
        """The truth of a file at a commit, if it was found out there or nothing happened since.

        Args:
            head: The commit.
            path: Where the file is.
            sha: Its blob.
            assigned: Stands for what the person has assigned to commits (`AssignedLevels.state`).
        """
        key, _, text = self.of(path).get(_NEWEST, "").partition(" ")
        at, _, rest = key.partition(":")
        is_of_it = rest == f"{sha}:{assigned or ''}"
        if not at or not is_of_it or not self._is_untouched(head, CommitId(at), path):
            return None
        return read_back(text)

    def keep_newest(
        self,
        head: CommitId,
        path: MemoryPath,
        sha: BlobId,
        truth: Truth,
        assigned: CommitId | None,
    ) -> None:
        """Keep the truth of a file at a commit, with all that was accepted of it; see `newest`."""
        if self._is_certain(truth):
            key = f"{head}:{sha}:{assigned or ''}"
            self._catalog.remember(path, _NEWEST, f"{key} {written_down(truth)}")

    def _is_untouched(self, head: CommitId, at: CommitId, path: MemoryPath) -> bool:
        """Whether no commit after another has anything to do with a file, or accepts anything."""
        if head == at:
            return True
        new = self._log.after(head, at)
        if new is None or acceptances_among(new):
            return False
        changes = (change for commit in new for change in commit.files or ())
        return all(path not in (change.path, change.old_path) for change in changes)

    def _is_certain(self, truth: Truth) -> bool:
        return not self._is_stopped and all(line.commit is not None for line in truth)

    def keep(self, path: MemoryPath, key: str, truth: Truth) -> None:
        """Keep the truth of a version, unless part of it is not known."""
        if self._is_certain(truth):
            self._catalog.remember(path, key, written_down(truth))


def kept_key(
    commit: CommitFacts,
    change: FileChange,
    earlier: Collection[CommitId],
    joined: str,
    assigned: CommitId | None,
) -> str:
    """What the truth of a version follows from.

    Args:
        commit: Made the version.
        change: What it did to the file.
        earlier: The commits that accepted something of other versions of the file.
        joined: Stands for the commits whose history began elsewhere (`KnownHistory.joined`).
        assigned: Stands for what the person has assigned to commits.
    """
    parts = (
        *(RULES, commit.id, change.sha or "", assigned or "", *sorted(earlier)),
        *("joined", joined),
    )
    return hashlib.sha256(" ".join(parts).encode()).hexdigest()


def written_down(truth: Truth) -> str:
    """The truth of lines as a text, each different one and its runs."""
    numbers: dict[LineTruth, int] = {}
    runs = [
        [numbers.setdefault(line, len(numbers)), sum(1 for _ in run)]
        for line, run in groupby(truth)
    ]
    different = [[one.level, one.origin, one.state, one.commit] for one in numbers]
    return json.dumps([different, runs], separators=(",", ":"))


def read_back(text: str) -> Truth | None:
    """The truth of lines that was written down; `None` if the text is no such thing."""

    def read() -> Truth:
        different, runs = json.loads(text)
        lines = [_line(*one) for one in different]
        return tuple(line for number, count in runs for line in [lines[number]] * count)

    return readable(read)


def readable(read: Callable[[], _T]) -> _T | None:
    """What is read from a text that was kept; `None` if something is wrong with it."""
    try:
        return read()
    except (ValueError, TypeError, KeyError, IndexError):
        return None


def _line(level: int, origin: str, state: str, commit: str) -> LineTruth:
    if level not in range(STRONGEST, WEAKEST + 1):
        raise ValueError(level)
    return LineTruth(level, str(origin), LineState(state), CommitId(commit))
