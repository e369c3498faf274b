"""What history says of the sides of a merge, from the commits alone.

The same commits give the same answers on every machine: no setting and no note of this one counts,
neither where truth levels are off here nor what the person assigned to commits later. What
`.pack.yaml` says of a folder is in the commits, and counts as it is in the merge base.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from pack.catalog.row import is_catalogued
from pack.catalog.scope import PROJECT_FILE, scope_of
from pack.core.core import Core
from pack.core.reader import Reader
from pack.core.referee import HeldBack
from pack.core.truths import TruthMode
from pack.errors import InvalidPath
from pack.history.origins import written_by
from pack.history.snapshot import PastStore
from pack.log import CommitFacts, LogQuery
from pack.merge.heads import Lawful, Point, Read
from pack.merge.moves import SideFile, Trio
from pack.merge.tree import Aside, MachineWriter, Weigh
from pack.merge.two_sides import PERSON, Authority, Rank, TwoSides
from pack.model import BlobId, CommitId, MemoryPath, blob_id
from pack.paths import INDEX
from pack.proposals.proposal import STATUS_TRAILER
from pack.provenance import PROPOSAL, parse_label
from pack.truth.authority import authority_of, changes_since
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
        if not held:
            return Lawful(side.files)
        return _lawful(side.files, held, lambda path: self.writer(base, side, path))

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

    def writer(
        self, base: Sequence[CommitId], side: Point, path: MemoryPath
    ) -> MachineWriter | None:
        """See `MergeRules.writer`: the weakest of the machines, and the last commit of theirs."""
        if not self._may_be_proposed(self._at([*base, *side.commits][0]), path):
            return None
        writers = [
            (one, written_by(one))
            for one in changes_since(self._at(side.commits[0]), base, side.commits, path)
        ]
        level = max((writer.level for _, writer in writers), default=PERSON)
        commit, last = next((pair for pair in writers if pair[1].level == level), (None, None))
        if commit is None or last is None or level == PERSON or parse_label(last.origin) is None:
            return None
        return MachineWriter(last.origin, commit.id)

    def accepted(self, commits: Iterable[CommitFacts]) -> Collection[str]:
        """See `MergeRules.accepted`; where parts were accepted and others not, it is open."""
        return {
            said[PROPOSAL]
            for one in commits
            if PROPOSAL in one.message  # most name none, and a history can be long
            if PROPOSAL in (said := one.trailers) and STATUS_TRAILER not in said
            if written_by(one).is_accepted
        }

    def _may_be_proposed(self, core: Core, path: MemoryPath) -> bool:
        """Whether a person can be shown a file, and decide on what it says."""
        if path == INDEX or not (is_catalogued(path) or path == PROJECT_FILE):
            return False
        try:
            scope_of(core.connector).refuse_reading(path)
        except InvalidPath:
            return False
        return core.reader.exclusion(path) is None

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


def _lawful(
    files: Mapping[MemoryPath, BlobId],
    held: Sequence[HeldBack],
    find_writer: Callable[[MemoryPath], MachineWriter | None],
) -> Lawful:
    """A side's tree with each file as it should be, and what it has there instead."""
    allowed = dict(files)
    for one in held:
        if one.there is not None and (one.there == one.path or one.whole == one.content):
            allowed.pop(one.there, None)
        if one.content is not None:
            allowed[one.path] = blob_id(one.content)
    asides = [
        Aside(
            one.path,
            one.whole,
            _HELD_BACK,
            None if one.is_dropped else find_writer(one.path),
            one.content,
        )
        for one in held
        if one.there == one.path or one.whole is None
    ]
    made = {blob_id(one.content): one.content for one in held if one.content is not None}
    return Lawful(allowed, asides, made)
