"""What changed: in one commit, since a moment, between two, or by hand since the last commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import Final

from pack.core.session import Session
from pack.errors import InvalidRequest, NotFound
from pack.history.assigned import assigned_in, writer_of
from pack.history.differences.file_diff import FileDiff, Read, read_diffs
from pack.history.differences.renames import with_renames
from pack.history.origins import WrittenBy
from pack.history.selection import Selection, Shown, names_path, select, told_parts
from pack.history.when import find_commit, parse_moment
from pack.log import CommitFacts, FileChange, LogQuery, compare_trees
from pack.model import BlobId, CommitId, MemoryPath
from pack.use_cases.hand_edits import edits_of

_LOOKED_AT: Final = 1000
"""How many commits are looked at for the last change of something."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two states of the memory, and what differs.

    Attributes:
        commit: The commit whose change it is; `None` if it is not that of one commit.
        old: The earlier state; `None` for the one before the first commit.
        new: The later state; `None` for the present, edits by hand included.
        changes: The files that differ, sorted by path.
        diffs: Reads them with their texts, one after the other.
        is_by_hand: Whether it is what was edited by hand since the last commit.
        writer: Who made the commit; `None` if it is not that of one commit.
    """

    commit: CommitFacts | None
    old: CommitId | None
    new: CommitId | None
    changes: tuple[FileChange, ...]
    diffs: Callable[[], Iterator[FileDiff]]
    is_by_hand: bool = False
    writer: WrittenBy | None = None


class Comparisons:
    """What changed. Methods may be called from any thread.

    Files that are not memory are never told about. What PACK itself keeps up to date, which is the
    index and the date in a note, is left out unless a caller asks for everything (`raw`).
    """

    def __init__(self, session: Session) -> None:
        self._core = session.core

    def of_commit(
        self, when: str | None = None, path: str | None = None, *, raw: bool = False
    ) -> Comparison:
        """What a commit did; a merge, to the side that it was made on.

        Args:
            when: The commit, or a moment for the last one made by then; `None` for the newest.
            path: Only this file or folder.
            raw: Whether to include what PACK keeps up to date.

        Raises:
            InvalidRequest: The text names no moment; or the memory has no commit yet.
            NotFound: There is no such commit, or nothing ever was at the path.
        """
        core = self._core
        with core.view():
            core.require_mode()
            commit = self._commit(when)
            selection = select(core, path) if path is not None else None
            return self._of_commit(commit, selection, raw=raw)

    def asked(self, words: Sequence[str] = (), *, raw: bool = False) -> Comparison:
        """What a caller asks for with a path, one moment or two, or nothing.

        Without a moment: the edits by hand that are in no commit, or else the last change. With
        one: what has changed since, edits by hand included. With two: what changed between them.
        A day is meant whole: from its beginning, or to its end.

        Args:
            words: A path and moments, in any order; see `names_path`.
            raw: Whether to include what PACK keeps up to date.

        Raises:
            InvalidRequest: A text names no moment, or there are too many of them.
            NotFound: There is no such commit, or nothing ever was at the path.
        """
        core = self._core
        with core.view():
            core.require_mode()
            paths = [word for word in words if names_path(core, word)]
            moments = [word for word in words if word not in paths]
            if len(paths) > 1 or len(moments) > 2:
                raise InvalidRequest("give one path at most, and two moments at most")
            selection = select(core, paths[0]) if paths else None
            if moments:
                return self._between(moments, selection, raw=raw)
            return self._by_hand(selection, raw=raw) or self._last(selection, raw=raw)

    def _commit(self, when: str | None) -> CommitId:
        head = self._core.connector.head()
        if when is not None or head is None:
            return find_commit(self._core.connector, when or "now", self._core.clock())
        return head

    def _of_commit(self, commit: CommitId, selection: Selection | None, *, raw: bool) -> Comparison:
        query = LogQuery(commit, first_parent=True, with_files=True, limit=1)
        (facts,) = self._core.connector.log(query)
        parent = facts.parents[0] if facts.parents else None
        return self._compared(
            facts, parent, commit, facts.files or (), self._stored, selection, raw=raw
        )

    def _last(self, selection: Selection | None, *, raw: bool) -> Comparison:
        """The newest commit that changed something."""
        head = self._commit(None)
        path = selection.path if selection and not selection.is_folder else None
        query = LogQuery(head, path=path, first_parent=path is None, with_files=True)
        for facts in islice(self._core.connector.log(query), _LOOKED_AT):
            if any(selection is None or _is_in(one, selection) for one in facts.files or ()):
                found = self._of_commit(facts.id, selection, raw=raw)
                if any(True for _ in found.diffs()):
                    return found
        return self._of_commit(head, selection, raw=raw)

    def _by_hand(self, selection: Selection | None, *, raw: bool) -> Comparison | None:
        edits = edits_of(self._core)
        if not edits:
            return None
        held = {path: self._core.connector.get_committed(path) for path in edits}
        changes = compare_trees(_present(held), _present(edits))
        parts = (None, self._core.connector.head(), None, changes, self._now(edits), selection)
        found = self._compared(*parts, raw=raw)
        return replace(found, is_by_hand=True) if any(True for _ in found.diffs()) else None

    def _between(
        self, moments: Sequence[str], selection: Selection | None, *, raw: bool
    ) -> Comparison:
        old = self._begin(moments[0])
        new = None
        edits: Mapping[MemoryPath, BlobId | None] = {}
        if len(moments) > 1:
            new = find_commit(self._core.connector, moments[1], self._core.clock())
            after = self._tree(new)
        else:
            edits = edits_of(self._core)
            after = _present({**self._tree(self._core.connector.head()), **edits})
        changes = compare_trees(self._tree(old), after)
        return self._compared(None, old, new, changes, self._now(edits), selection, raw=raw)

    def _begin(self, text: str) -> CommitId | None:
        """The commit that a time begins with; `None` if it begins before the first one."""
        now, connector = self._core.clock(), self._core.connector
        moment = parse_moment(text, now, at_end=False)
        if moment is None:
            return find_commit(connector, text, now)
        try:
            return find_commit(connector, moment.isoformat(), now)
        except NotFound:
            return None

    def _tree(self, commit: CommitId | None) -> dict[MemoryPath, BlobId]:
        if commit is None:
            return {}
        entries = self._core.connector.get_tree(commit)
        return {entry.path: entry.sha for entry in entries if entry.sha}

    def _compared(
        self,
        facts: CommitFacts | None,
        old: CommitId | None,
        new: CommitId | None,
        changes: Sequence[FileChange],
        read: Read,
        selection: Selection | None,
        *,
        raw: bool,
    ) -> Comparison:
        shown = Shown(self._core, with_index=raw)
        ours = with_renames(
            [one for change in changes for one in told_parts(change, shown.holds)], read
        )
        if selection is not None:
            ours = tuple(change for change in ours if _is_in(change, selection))
        writer = writer_of(facts, assigned_in(self._core).levels) if facts else None
        diffs = partial(read_diffs, ours, read, raw=raw)
        return Comparison(facts, old, new, ours, diffs, writer=writer)

    def _stored(self, _path: MemoryPath, sha: BlobId) -> bytes:
        ((_, content),) = self._core.connector.read_blobs([sha])
        return content

    def _now(self, edits: Mapping[MemoryPath, BlobId | None]) -> Read:
        """Reads what a commit holds, or the folder where it was edited by hand."""

        def read(path: MemoryPath, sha: BlobId) -> bytes:
            if edits.get(path) == sha:
                with suppress(NotFound):
                    return self._core.connector.get_contents(path).content
            return self._stored(path, sha)

        return read


def _present(blobs: Mapping[MemoryPath, BlobId | None]) -> dict[MemoryPath, BlobId]:
    return {path: blob for path, blob in blobs.items() if blob is not None}


def _is_in(change: FileChange, selection: Selection) -> bool:
    return selection.holds(change.path) or selection.holds(change.old_path)
