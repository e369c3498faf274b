"""A proposal as it is now: carried over to today's text, in hunks, with a hash of what is shown.

It is carried over by a three-way merge, as an exchange makes one: what was changed since it was
made stays. If it wanted to change something that is no longer there, it is stale: nobody can accept
it as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.errors import IgnoredPath, InvalidPath, ManagedPath, NotFound
from pack.history.differences.file_diff import FileDiff, Read, read_diffs
from pack.history.differences.renames import with_renames
from pack.history.undoing.present import PresentFiles
from pack.history.undoing.sides import Blobs, diff_of, sides_of
from pack.log import ChangeKind, compare_trees
from pack.merge.tree import merge_trees
from pack.model import ABSENT, BlobId, Change, Delete, MemoryPath, Put, blob_id
from pack.paths import INDEX
from pack.proposals.proposal import Proposal
from pack.truth.deciding.hidden import HiddenCharacter, find_hidden
from pack.truth.deciding.hunks import OfferedFile, OfferedHunk, offer_files

_HASH: Final = 16
"""Hex digits of the hash: enough that nobody finds another proposal with the same one."""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a proposal would do to the memory as it is now.

    Attributes:
        proposal: The proposal.
        files: What would change; for a stale one, what it wanted to change when it was made.
        is_stale: Whether what it wanted to change is no longer there.
        shown: The hash of what a person is shown, by which they accept exactly that.
        made: The bytes of the files that would come of it, by path.
    """

    proposal: Proposal
    files: tuple[OfferedFile, ...]
    is_stale: bool
    shown: str
    made: Mapping[MemoryPath, bytes] = field(default_factory=dict, repr=False)

    @property
    def hunks(self) -> tuple[OfferedHunk, ...]:
        """The parts that can be decided on."""
        return tuple(chain.from_iterable(file.hunks for file in self.files))

    @property
    def added(self) -> int:
        """How many lines would come."""
        return sum(file.line_counts[0] for file in self.files)

    @property
    def removed(self) -> int:
        """How many lines would go."""
        return sum(file.line_counts[1] for file in self.files)

    @property
    def hidden(self) -> tuple[HiddenCharacter, ...]:
        """The hidden characters in what would come: in the texts, and in the names of files."""
        texts = (file.hidden for file in self.files)
        paths = (find_hidden(file.diff.path) for file in self.files)
        return tuple(chain.from_iterable(chain(texts, paths)))


class Offers:
    """Carries proposals over to the memory as it is at one moment."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._now = PresentFiles(core)
        self._scope = scope_of(core.connector)

    def of(self, proposal: Proposal) -> Offer:
        """A proposal as it is now; without its text if that is not memory any more.

        Raises:
            ConnectorError: The store cannot be read.
        """
        try:
            return self._carried_over(proposal)
        except (NotFound, IgnoredPath, ManagedPath, InvalidPath):
            # This clone does not have what it was made on, or nobody could ask for the file.
            return Offer(proposal, (), is_stale=True, shown=_hash(proposal, ()))

    def _refuse_outside(self, paths: Iterable[MemoryPath]) -> None:
        for path in paths:
            self._core.reader.refuse_excluded(path)
            self._scope.refuse_reading(path)

    def _carried_over(self, proposal: Proposal) -> Offer:
        core = self._core
        wanted = diff_of(core, proposal.base, proposal.commit)
        theirs = {path: blob for path, blob in wanted.items() if path != INDEX}
        self._refuse_outside(theirs)
        base = {path: core.connector.get_committed(path, proposal.base) for path in theirs}
        sides = sides_of(core, base, theirs, proposal.base, self._now)
        merged = merge_trees(*sides, self._now.read)
        if merged.conflicts:
            files = offer_files(self._diffs(base, theirs, {}))
            return Offer(proposal, files, is_stale=True, shown=_hash(proposal, files))
        made = {one.path: one.content for one in merged.changes if isinstance(one, Put)}
        before = {change.path: sides.ours.get(change.path) for change in merged.changes}
        self._refuse_outside(before)
        after = {path: blob_id(made[path]) if path in made else None for path in before}
        files = offer_files(self._diffs(before, after, made))
        return Offer(proposal, files, False, _hash(proposal, files), made)

    def _diffs(
        self, before: Blobs, after: Blobs, made: Mapping[MemoryPath, bytes]
    ) -> Sequence[FileDiff]:
        read = _reader(self._now, {blob_id(content): content for content in made.values()})
        changes = with_renames(compare_trees(_present(before), _present(after)), read)
        return tuple(read_diffs(changes, read, raw=False))


def part_of(
    offer: Offer, numbers: frozenset[int], taken: frozenset[int] = frozenset()
) -> list[Change]:
    """What some hunks of an offer change in the files of today.

    Args:
        offer: The offer.
        numbers: The hunks.
        taken: Those that are in the files by now.
    """
    changes: list[Change] = []
    for file in offer.files:
        diff = file.with_only(numbers | taken) if file.with_only(numbers) else None
        if diff is None:
            continue
        gone = diff.path if diff.change is ChangeKind.DELETED else diff.old_path
        if gone is not None:
            changes.append(Delete(gone, ABSENT))
        if diff.change is not ChangeKind.DELETED:
            content = offer.made[diff.path] if diff.unshown else diff.after.encode("utf-8")
            changes.append(Put(diff.path, content, ABSENT))
    return changes


def _reader(now: PresentFiles, made: Mapping[BlobId, bytes]) -> Read:
    def read(_path: MemoryPath, blob: BlobId) -> bytes:
        return made[blob] if blob in made else now.read(blob)

    return read


def _present(blobs: Blobs) -> dict[MemoryPath, BlobId]:
    return {path: blob for path, blob in blobs.items() if blob is not None}


def _hash(proposal: Proposal, files: Sequence[OfferedFile]) -> str:
    """The hash of a proposal's commit and of all that a person is shown of it."""
    parts = [
        [
            file.diff.path,
            file.diff.old_path,
            file.diff.change,
            [[hunk.above, hunk.old, hunk.new, hunk.below] for hunk in file.hunks],
        ]
        for file in files
    ]
    text = json.dumps([proposal.commit, parts])
    return hashlib.sha256(text.encode("ascii")).hexdigest()[:_HASH]
