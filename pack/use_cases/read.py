"""Reading a memory: one note, or a listing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import islice
from typing import Final

from pack.actions import Action
from pack.catalog import dates as dating
from pack.catalog.catalog import Catalog
from pack.catalog.imported import dates_in
from pack.catalog.managed import find_managed
from pack.catalog.questions import Filter, Listing, Sort, SortKey, sort_key
from pack.catalog.row import Row
from pack.catalog.scope import PROJECT_FILE, scope_of
from pack.core.core import Core
from pack.core.labels import PERSONS, Label, labels_of
from pack.core.lookup import asked_path, nothing_there
from pack.core.requests import (
    InvalidCursor,
    Key,
    check_limit,
    cut_to_budget,
    make_cursor,
    parse_cursor,
)
from pack.errors import LimitExceeded
from pack.files.note import Note
from pack.index.format import in_sync_order, read_head
from pack.model import BlobId, MemoryPath
from pack.paths import INDEX
from pack.remote.remote import RemoteRecord, StopKind
from pack.results import Document, FileListing, ManagedFile, NoteSummary
from pack.times import format_time, parse_time
from pack.use_cases.excerpt import WHOLE, Part, excerpt
from pack.use_cases.imports.archive import ask_archive
from pack.use_cases.trusted_files import WantedTrust, labels_of_page, trusted_files

LIST_MOST: Final = 100
"""Number of files in a listing if the caller gives no limit."""
_NAMED: Final = 5
LIST_TOKENS: Final = 1_300
"""About how many tokens they may take; the rest of the 1,500 is for what surrounds them."""


def get(core: Core, path: str, part: Part = WHOLE) -> Document:
    """See `Notes.get`."""
    wanted = asked_path(core, path)
    is_readable = wanted.lower().endswith(".md") or wanted == core.reader.v1_path
    found = core.reader.find(wanted) if is_readable else None
    if found is None:
        core.require_mode()
        core.reader.refuse_excluded(wanted)
        raise nothing_there(core, path)
    scope_of(core.connector).refuse_reading(wanted)
    (text, lines), head = excerpt(found, part), found.head
    warnings: tuple[str, ...] = ()
    if head.problem is not None:
        where = f"line {head.problem.line}, column {head.problem.column}"
        warnings = (f"the frontmatter cannot be read: {head.problem.reason} ({where})",)
    updated_at = found.stated_date() or format_time(_changed_at(core, found))
    answer = Document(wanted, text, found.sha, updated_at, warnings, lines)
    labels = labels_of(core, found, lines.first, lines.last)
    if labels is None:
        return answer
    return replace(answer, **labels.whole._asdict(), weaker=labels.weaker)


def _changed_at(core: Core, found: Note) -> datetime:
    """When a file was last changed: by a commit, or by hand if it is not committed."""
    recorded = dates_in(core.connector).get(found.sha)
    if recorded is not None:
        return parse_time(recorded)
    changed = None
    is_known = not core.gradual.is_filling  # else nobody waits for a date
    if is_known and scope_of(core.connector).holds(found.path) and core.reader.is_committed(found):
        changed = dating.changed_at(core.catalog, core.connector, found.path)
    if changed is None and core.past is not None:
        changed = core.past.changed_at(found.path)
    return changed or found.last_modified or core.clock()


def sync_rows(core: Core) -> list[Row]:
    """The rows of all files: first those in `sync_order`, then the rest alphabetically."""
    rows = {row.path: row for row in core.rows()}
    return [rows[MemoryPath(path)] for path in in_sync_order(sync_order(core), rows)]


def sync_order(core: Core) -> Sequence[str]:
    """The paths that come first, as `index.md` says."""
    try:
        index = core.reader.find(INDEX)
    except LimitExceeded:
        index = None  # too large to be PACK's index; the files can be listed all the same
    return read_head(index.text).sync_order if index else ()


def list_files(
    core: Core,
    which: Filter,
    sort: Sort,
    limit: int | None,
    cursor: str | None,
    trust: WantedTrust | None = None,
) -> FileListing:
    """See `Notes.list`."""
    most = LIST_MOST if limit is None else check_limit(limit)
    after = _place(parse_cursor(cursor, _SORT_SHAPES[sort]), sort) if cursor is not None else None
    trusted, so_far = None, None

    def question(view: Catalog) -> Listing:
        return view.list_rows(which, sort, after, most + 1)

    archived = ask_archive(core, which, question) if trust is None else None
    if trust is not None:
        found, trusted = trusted_files(core, which, sort, after, trust)
    elif archived is not None:
        found = archived
    else:
        found, so_far = core.ask_so_far(question, by_date=True)
    rows: Sequence[Row] = found.rows[:most]
    if limit is None:
        rows = cut_to_budget(rows, LIST_TOKENS, _cost)
    labels = trusted.labels if trusted else labels_of_page(core, rows)
    if limit is None:
        rows = cut_to_budget(rows, LIST_TOKENS, lambda row: _cost(row, labels.get(row.path)))
    is_last = len(rows) == len(found.rows)
    following = None if is_last else make_cursor([*sort_key(rows[-1], sort)])
    today = core.today()
    files = tuple(_listed(row, today, labels.get(row.path)) for row in rows)
    copies = core.sync.notices() if core.sync else ()
    managed = (str(so_far),) if so_far else _managed_notice(core)  # that asks the whole catalog
    notices = (*_notices(core), *core.peer_notices(), *managed, *copies)
    return FileListing(files, found.total, following, notices)


def managed_files(core: Core, edits: Mapping[MemoryPath, BlobId | None]) -> Iterator[ManagedFile]:
    """The files of the memory's repository that a git filter manages.

    Args:
        core: The memory.
        edits: What `Connector.edits` says of the current commit; of these files, there is nothing.
    """
    for path, why in find_managed(core.connector, edits):
        yield ManagedFile(path, why.place, why.rule)


def _managed_notice(core: Core) -> Iterator[str]:
    """What is left out of a listing, so that nobody looks for it in vain."""
    found = list(islice(managed_files(core, core.catalog.edits()), _NAMED + 1))
    if found:
        named = ", ".join(file.path for file in found[:_NAMED])
        more = " and more" if len(found) > _NAMED else ""
        first = found[0]
        yield (
            f"Managed by a git filter ({first.place}: {first.rule}), so PACK neither reads nor "
            f"writes them: {named}{more}."
        )


def _notices(core: Core) -> Iterator[str]:
    """What a person has to settle: a broken `.pack.yaml`, or what an exchange left."""
    problem = scope_of(core.connector).problem
    if problem is not None:
        yield f"{PROJECT_FILE} cannot be used, so nothing is left out or written: {problem}"
    remotes = core.remotes()
    for remote in remotes:
        called = "the remote" if len(remotes) == 1 else f"the remote {remote.name}"
        yield from _notices_of(remote.record(), called)


def _notices_of(record: RemoteRecord, called: str) -> Iterator[str]:
    """What the last exchange with a remote left for a person to settle.

    Agents read this, so it quotes nothing from a remote commit that was not accepted.
    """
    if record.is_waiting:
        yield f"New commits on {called} cannot be merged yet. {Action.SEE_REMOTE} to see why."
    elif record.stop is not None:
        is_quoted = record.stop.kind is StopKind.REFUSED
        reason = "it holds something that PACK does not accept" if is_quoted else record.stop.reason
        yield f"Not exchanged with {called}: {reason}. {Action.SEE_REMOTE} for details."


_SORT_SHAPES: Final[Mapping[Sort, Key]] = {
    Sort.PATH: ["", ""],
    Sort.UPDATED: ["", ""],
    Sort.SIZE: [0, ""],
}


def _place(key: Key, sort: Sort) -> SortKey:
    first, path = key
    if sort is Sort.PATH and first:
        raise InvalidCursor
    return first if isinstance(first, str) else int(first), MemoryPath(str(path))


def _cost(row: Row, label: Label | None = None) -> str:
    """The text in a listing for a file."""
    trust = f"level {label.level} origin {label.origin}" if label not in (None, PERSONS) else ""
    return f"{row.path}{row.topic}{''.join(row.tags)}{row.updated or row.changed or ''}{trust}"


def is_expired(row: Row, today: date) -> bool:
    """Whether a file has expired, which it does the day after its last."""
    return row.expires is not None and today.isoformat() > row.expires


def _listed(row: Row, today: date, label: Label | None) -> NoteSummary:
    expired = is_expired(row, today)
    updated = row.updated or row.changed
    known = (row.path, row.topic, row.tags, row.created, updated, expired, row.sync)
    return NoteSummary(*known, *(label or ()))
