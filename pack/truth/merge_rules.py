"""What history says of the sides of a merge, from the commits alone.

The same commits give the same answers on every machine: no setting and no note of this one counts,
neither where truth levels are off here nor what the person assigned to commits later. What
`.pack.yaml` says of a folder is in the commits, and counts as it is in the merge base.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from pack.core.core import Core
from pack.core.reader import Reader
from pack.core.referee import HeldBack
from pack.core.truths import TruthMode
from pack.history.snapshot import PastStore
from pack.log import LogQuery
from pack.merge.heads import Lawful, Point, Read
from pack.merge.moves import SideFile, Trio
from pack.merge.tree import Aside, Weigh
from pack.merge.two_sides import Authority, Rank, TwoSides
from pack.model import BlobId, CommitId, MemoryPath, blob_id
from pack.truth.authority import authority_of
from pack.truth.lines import LineTruths
from pack.truth.referee import HistoryReferee
from pack.truth.versions import Versions

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
_V1_PATH: Final = MemoryPath("MEMORY.md")
_HELD_BACK: Final = "a machine changed text of the person's, which stays"
_FIRST: Final = (1.0, "")
_SECOND: Final = (0.0, "")


class CommitRules:
    """See `pack.merge.heads.MergeRules` for the methods.

    Args:
        core: The memory.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        self._versions: Versions | None = None

    def lawful(self, base: Sequence[CommitId], side: Point) -> Lawful:
        """See `MergeRules.lawful`; what was merged in memory is judged where its commits are."""
        if not base or len(side.commits) > 1:
            return Lawful(side.files)
        referee = HistoryReferee(self._at(base[0]))
        held = referee.held_back(base[0], side.commits[0], base[1:])
        return _lawful(side.files, held) if held else Lawful(side.files)

    def weigh(self, base: Sequence[CommitId], first: Point, second: Point, read: Read) -> Weigh:
        """See `MergeRules.weigh`."""

        def weighed(trio: Trio) -> TwoSides:
            return TwoSides(
                authority(trio, trio.ours, first, _FIRST),
                authority(trio, trio.theirs, second, _SECOND),
            )

        def authority(trio: Trio, file: SideFile | None, side: Point, rank: Rank) -> Authority:
            path, blob = (file.path, file.blob) if file is not None else (trio.path, None)
            core = self._at(side.commits[0])
            return authority_of(core, base, side.commits, path, blob, read, rank)

        return weighed

    def is_settled(self, path: MemoryPath, blob: BlobId, side: Point, other: Point) -> bool:
        """See `MergeRules.is_settled`."""
        if len(side.commits) > 1 or len(other.commits) > 1:
            return False
        query = LogQuery(side.commits[0], other.commits[0], path, with_files=True)
        return any(
            file.old_sha == blob and (file.sha is None or file.old_path == path)
            for commit in self._core.connector.log(query)
            if len(commit.parents) == 1
            for file in commit.files or ()
            if path in (file.path, file.old_path)
        )

    def _at(self, commit: CommitId) -> Core:
        """The memory as it was, as its commits alone have it."""
        store = _CommitsOnly(self._core.connector, commit, _LONG_AGO)
        reader = Reader(store, self._core.catalog, _V1_PATH)
        past = replace(self._core, connector=store, reader=reader, truths=None)
        if self._versions is None:
            self._versions = Versions(past)
        return replace(past, truths=LineTruths(past, TruthMode.ENFORCE, self._versions))


class _CommitsOnly(PastStore):
    """A commit without what the person said of commits on this machine."""

    def notes_head(self) -> CommitId | None:
        """See `Connector.notes_head`."""
        return None

    def read_notes(self, at: CommitId) -> Mapping[CommitId, str]:
        """See `Connector.read_notes`."""
        del at
        return {}


def _lawful(files: Mapping[MemoryPath, BlobId], held: Sequence[HeldBack]) -> Lawful:
    """A side's tree with each file as it should be, and what it has there instead."""
    allowed = dict(files)
    for one in held:
        if one.there is not None and (one.there == one.path or one.whole == one.content):
            allowed.pop(one.there, None)
        if one.content is not None:
            allowed[one.path] = blob_id(one.content)
    asides = [
        Aside(one.path, one.whole, _HELD_BACK)
        for one in held
        if one.there == one.path or one.whole is None
    ]
    made = {blob_id(one.content): one.content for one in held if one.content is not None}
    return Lawful(allowed, asides, made)
