"""The log of the memory: who changed what and when, newest first.

Left out, unless a caller asks for everything: commits that record what a sync target did, and
commits that changed nothing but what PACK generates, such as merges that took over what others had
written, whose own commits are in the log. The time of a commit is when it was committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pack.catalog.row import is_catalogued
from pack.core.requests import InvalidCursor, check_limit, count_tokens, make_cursor, parse_cursor
from pack.core.session import Session
from pack.errors import NotFound
from pack.history.assigned import assigned_in, writer_of
from pack.history.follow import follow, read_in_parts
from pack.history.line_counts import UNCOUNTED, Counts, TwoBlobs, count_lines
from pack.history.origins import WrittenBy, is_named
from pack.history.selection import Selection, select
from pack.history.sessions import find_session
from pack.history.told import Told
from pack.history.when import find_commit, parse_moment
from pack.limits import SHOWN_FILES
from pack.log import ChangeKind, CommitFacts, FileChange, LogQuery
from pack.model import CommitId, MemoryPath
from pack.provenance import skips_sync, without_trailers
from pack.times import format_time

LIMIT: Final = 50
"""How many commits are told if the caller gives no limit."""
_MOST: Final = 1_000_000_000
_MORE: Final = 14  # read at once with a page, in place of those that are left out
_MOST_COUNTED: Final = 200
"""In a commit with more files than this, no lines are counted."""
_TOKENS_EACH: Final = 30
_CUT: Final = "this clone is shallow: what was before and in commit {:.12} is not known here"
LAST_SESSION: Final = "last"


@dataclass(frozen=True, slots=True)
class TouchedFile:
    """What a commit did to a file.

    Attributes:
        path: Where it is after the commit; for a deleted file, where it was.
        old_path: Where a moved file was before.
        change: What happened to it.
        added: How many lines it got, PACK's own stamps aside; `None` if they were not counted,
            because the file is not text or the commit has very many files.
        removed: How many it lost, in the same way.
    """

    path: MemoryPath
    old_path: MemoryPath | None
    change: ChangeKind
    added: int | None
    removed: int | None


@dataclass(frozen=True, slots=True)
class CommitEntry:
    """A commit, as the log tells of it.

    Attributes:
        commit: Its id.
        time: When it was committed, in ISO 8601.
        origin: Who wrote it: `source:client`; see `pack.history.origins`.
        level: How far the writer is trusted, from 1 (the user) to 5.
        client: The writer's name.
        message: What was done, without the trailers.
        files: What it changed, sorted by path.
    """

    commit: CommitId
    time: str
    origin: str
    level: int
    client: str
    message: str
    files: tuple[TouchedFile, ...]


@dataclass(frozen=True, slots=True)
class CommitPage:
    """A part of the log.

    Attributes:
        commits: The newest first.
        next_cursor: With which the next part begins; `None` at the end.
        notice: What a reader should know about the end.
    """

    commits: tuple[CommitEntry, ...] = ()
    next_cursor: str | None = None
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """What a caller asked for, understood.

    Attributes:
        head: The newest commit.
        skip: How many commits earlier pages took.
        since: Leaves out this commit and its history.
        made_from: The earliest time.
        made_until: The latest time.
        selection: The file or folder; `None` for all.
    """

    head: CommitId
    skip: int
    since: CommitId | None = None
    made_from: datetime | None = None
    made_until: datetime | None = None
    selection: Selection | None = None


_Step = tuple[CommitFacts, tuple[FileChange, ...]]


class Commits:
    """The log. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._core = session.core

    def page(
        self,
        path: str | None = None,
        *,
        since: str | None = None,
        until: str | None = None,
        by: str | None = None,
        session: str | None = None,
        limit: int = LIMIT,
        cursor: str | None = None,
        everything: bool = False,
        max_tokens: int | None = None,
    ) -> CommitPage:
        """A part of the log; it begins after the commit at which the last part ended.

        Args:
            path: Only what happened to this file, under any path it ever had, or in this folder.
            since: Only commits made at this moment or later, or after this commit.
            until: Only commits made at this moment or earlier, or this commit and those before it.
            by: Only commits by this writer; see `pack.history.origins.is_named`.
            session: Only the session of this commit; `last` for the newest one of an AI.
            limit: How many commits at most.
            cursor: From the last part.
            everything: Whether to include what is left out otherwise.
            max_tokens: About how long the part may be; one commit is in it at least.

        Raises:
            InvalidRequest: A moment, the limit or the cursor is none.
            NotFound: There is no such commit, or nothing ever was at the path.
            InvalidPath, IgnoredPath, ManagedPath: The path is not memory.
        """
        core, found, spent = self._core, list[_Step](), 0
        limit = min(check_limit(limit), _MOST)
        with core.view():
            core.require_mode()
            asked = self._read(path, since, until, cursor)
            if asked is None:
                return CommitPage()
            likely = limit if max_tokens is None else min(limit, max_tokens // _TOKENS_EACH)
            steps = self._steps(asked, likely + _MORE, everything=everything)
            chosen = self._session(asked.head, session) if session is not None else None
            notice, assigned = None, assigned_in(self._core).levels
            for number, (commit, changes) in enumerate(steps, asked.skip):
                if commit.is_cut:
                    notice = _CUT.format(commit.id)
                    continue
                is_shown = everything or (bool(changes) and not skips_sync(commit.message))
                is_asked = chosen is None or commit.id in chosen
                is_theirs = by is None or is_named(writer_of(commit, assigned), by)
                if not (is_shown and is_asked and is_theirs):
                    continue
                spent += _cost(commit, changes)
                is_full = len(found) == limit or (max_tokens is not None and spent > max_tokens)
                if found and is_full:
                    return CommitPage(self.entries(found), make_cursor([asked.head, number]))
                found.append((commit, changes))
            return CommitPage(self.entries(found), notice=notice)

    def _read(
        self, path: str | None, since: str | None, until: str | None, cursor: str | None
    ) -> _Asked | None:
        connector, now = self._core.connector, self._core.clock()
        head, skip = connector.head(), 0
        if head is None:
            return None
        first = last = after = None
        if since is not None and (first := parse_moment(since, now, at_end=False)) is None:
            after = find_commit(connector, since, now)
        if until is not None and (last := parse_moment(until, now, at_end=True)) is None:
            head = find_commit(connector, until, now)
        if cursor is not None:
            head, skip = _place(cursor)
        selection = select(self._core, path) if path is not None else None
        return _Asked(head, skip, after, first, last, selection)

    def _steps(self, asked: _Asked, first: int, *, everything: bool) -> Iterator[_Step]:
        """Each commit in question with what it changed; those of a file only with that file."""
        told, log = Told(self._core), self._core.log
        where = asked.selection
        query = LogQuery(
            asked.head,
            asked.since,
            with_files=True,
            made_from=asked.made_from,
            made_until=asked.made_until,
            skip=asked.skip,
        )
        try:
            if where is not None and not where.is_folder:
                yield from self._of_file(where.path, query, first)
                return
            for part in read_in_parts(log, query, first):
                told.look_ahead(part)
                for commit in part:
                    found = told.changes(commit, everything=everything)
                    yield commit, tuple(one for one in found if where is None or _in(where, one))
        except NotFound as error:
            if asked.skip:  # the history was rewritten since
                raise InvalidCursor from error
            raise

    def _of_file(self, path: MemoryPath, query: LogQuery, first: int) -> Iterator[_Step]:
        log, after = self._core.log, None
        if query.since is not None:
            after = {one.id for one in log.read(LogQuery(query.head, query.since))}
        found = (
            (commit, (change,))
            for commit, change in follow(log, query.head, path, at_once=query.skip + first)
            if query.is_in_time(commit.at) and (after is None or commit.id in after)
        )
        return query.part(found)

    def _session(self, head: CommitId, named: str) -> frozenset[CommitId]:
        connector, commit = self._core.connector, None
        if named.strip().lower() != LAST_SESSION:
            commit = find_commit(connector, named, self._core.clock())
        return frozenset(one.id for one in find_session(self._core.log, head, commit))

    def entries(self, steps: Sequence[_Step]) -> tuple[CommitEntry, ...]:
        """Commits as the log tells of them, each with those of its changes that are to be told."""
        counted = (
            TwoBlobs.of(change)
            for _, changes in steps
            if len(changes) <= _MOST_COUNTED
            for change in changes
            if is_catalogued(change.path)
        )
        counts = count_lines(self._core, counted)
        assigned = assigned_in(self._core).levels
        return tuple(
            _entry(commit, changes, counts, writer_of(commit, assigned))
            for commit, changes in steps
        )


def _entry(
    commit: CommitFacts,
    changes: Sequence[FileChange],
    counts: Mapping[TwoBlobs, Counts],
    writer: WrittenBy,
) -> CommitEntry:
    return CommitEntry(
        commit.id,
        format_time(commit.at),
        writer.origin,
        writer.level,
        writer.client,
        without_trailers(commit.message),
        tuple(
            TouchedFile(one.path, one.old_path, one.kind, *counts.get(TwoBlobs.of(one), UNCOUNTED))
            for one in changes
        ),
    )


def _in(folder: Selection, change: FileChange) -> bool:
    return folder.holds(change.path) or folder.holds(change.old_path)


def _place(cursor: str) -> tuple[CommitId, int]:
    """The newest commit of the first page, and how many commits the pages so far have taken."""
    head, skip = parse_cursor(cursor, ["", 0])
    if not isinstance(head, str) or not isinstance(skip, int) or not 0 <= skip <= _MOST:
        raise InvalidCursor
    return CommitId(head), skip


def _cost(commit: CommitFacts, changes: Sequence[FileChange]) -> int:
    """About how many tokens a commit takes in an answer."""
    paths = " ".join(f"{one.path} {one.old_path or ''}" for one in changes[:SHOWN_FILES])
    return _TOKENS_EACH + count_tokens(f"{without_trailers(commit.message)} {paths}")
