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

from pack.catalog.catalog import Catalog
from pack.core.truths import STRONGEST, WEAKEST, LineState, LineTruth
from pack.log import CommitFacts, FileChange
from pack.model import CommitId, MemoryPath
from pack.truth.ancestry import Truth

_RULES: Final = 1
"""Raise it with every change of what the truth of a version is: all are then found out again."""
_T = TypeVar("_T")


class KeptTruths:
    """The truth of versions, for the next process. May be used from any thread.

    Args:
        catalog: Keeps it.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._is_stopped = False

    def stop(self) -> None:
        """Keep nothing more of what this process finds out, as part of the history is missing."""
        self._is_stopped = True

    def of(self, path: MemoryPath) -> dict[str, str]:
        """What is kept of a file, by `kept_key`; `read_back` makes truths of it."""
        return self._catalog.remembered(path)

    def keep(self, path: MemoryPath, key: str, truth: Truth) -> None:
        """Keep the truth of a version, unless part of it is not known."""
        if not self._is_stopped and all(line.commit is not None for line in truth):
            self._catalog.remember(path, key, written_down(truth))


def kept_key(
    commit: CommitFacts,
    change: FileChange,
    earlier: Collection[CommitId],
    joined: Collection[CommitId],
) -> str:
    """What the truth of a version follows from.

    Args:
        commit: Made the version.
        change: What it did to the file.
        earlier: The commits that accepted something of other versions of the file.
        joined: The commits whose history began elsewhere.
    """
    parts = (str(_RULES), commit.id, change.sha or "", *sorted(earlier), "joined", *sorted(joined))
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
