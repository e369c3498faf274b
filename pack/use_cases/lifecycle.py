"""Creating a memory, and migrating one from v1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from functools import partial

from pack.catalog import imported
from pack.catalog.scope import PROJECT_FILE, Scope, scope_of
from pack.core.core import Core
from pack.core.decision import Decision
from pack.core.reader import excluded
from pack.core.session import Session
from pack.core.spellings import find_twin, spellings
from pack.errors import AlreadyExists, InvalidPath, NotFound, RefusedForSafety
from pack.files.dates import day_in_name, parse_day
from pack.files.note import Note
from pack.imports import notes as importing
from pack.imports.left_out import LeftOut, left_in
from pack.index.format import read_head
from pack.model import ABSENT, BlobId, Change, Entry, EntryType, MemoryPath, Mode, Put
from pack.paths import INDEX, fold, is_memory_file, original_path, parse_path
from pack.provenance import IMPORT
from pack.remote.remote import Exchange
from pack.results import WriteStatus, Written
from pack.use_cases.adoption import NOTHING_JOINS, Adoption, Agree, agreed, counted, sized
from pack.use_cases.beside import Beside, find_beside, refuse_link, scope_changes
from pack.use_cases.care import Care
from pack.use_cases.link_repair import NothingToRepair, decide_repair, repair_beforehand
from pack.use_cases.originals import Original, decide_to_leave_out, find_originals
from pack.use_cases.remotes import Remotes
from pack.use_cases.root_notes import (
    AskRoot,
    RootChoice,
    choose_root,
    held,
    record_choice,
    stay_outside,
)
from pack.use_cases.v1_history import days_of_v1
from pack.v1 import divide as migration
from pack.v1.links import Repair
from pack.v1.plan import MigrationPlan, prove
from pack.v1.taxonomy import CONTEXT, PathClaims

Scaffold = Mapping[str, str]
"""Starter files: text by path."""


@dataclass(frozen=True, slots=True)
class Initialised:
    """What `init` did.

    Attributes:
        written: The commit; `None` if there was nothing to do.
        mode: What was at the root before.
        taken_over: The imported notes.
        attachments: The files of other types that were imported with them.
        adopted: Files that were already in the folder and are now part of the memory.
        skipped: Given paths that were not imported, and why.
        renamed: Given paths that had to change, and their new paths.
        outside: Markdown files at the root that are no memory; they stay as they are.
        left: What else was in the folder and is no note.
        joining: Which files that were there become memory, in commits or not, and how large.
        received: What was taken in from a remote first, as the folder had no commit.
    """

    written: Written | None
    mode: Mode
    taken_over: tuple[MemoryPath, ...] = ()
    attachments: tuple[MemoryPath, ...] = ()
    adopted: tuple[MemoryPath, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    renamed: tuple[tuple[str, MemoryPath], ...] = ()
    outside: tuple[MemoryPath, ...] = ()
    left: tuple[LeftOut, ...] = ()
    joining: Adoption = NOTHING_JOINS
    received: Exchange | None = None

    @property
    def root_notes(self) -> Sequence[MemoryPath]:
        """The files outside that would be memory, if notes at the root were."""
        return [path for path in self.outside if is_memory_file(path)]


@dataclass(frozen=True, slots=True)
class _Given:
    """Files to import, and when they were last changed."""

    notes: Mapping[str, bytes]
    attachments: Mapping[str, bytes]
    dates: Mapping[str, datetime]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What `Lifecycle.init` was asked for."""

    scaffold: Scaffold
    given: _Given
    root_notes: bool | None
    ask_root: AskRoot
    agree: Agree
    dry_run: bool


class Lifecycle:
    """Creating a memory, and migrating one from v1. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._core = session.core

    def init(
        self,
        scaffold: Scaffold,
        notes: Mapping[str, bytes] | None = None,
        *,
        attachments: Mapping[str, bytes] | None = None,
        dates: Mapping[str, datetime] | None = None,
        root_notes: bool | None = None,
        ask_root: AskRoot = stay_outside,
        agree: Agree = agreed,
        dry_run: bool = False,
    ) -> Initialised:
        """Make this store a memory, in one commit; everything there stays as it is.

        If it has no commit yet but a remote that has, that one's memory is taken in. A memory that
        has lost its index gets it back.

        Args:
            scaffold: Starter files, stored only in a memory that has no others.
            notes: Files to import, by relative POSIX path.
            attachments: Files of other types to copy with them.
            dates: When notes were last changed, as far as that is known.
            root_notes: Whether notes at the root are memory, where `.pack.yaml` does not say;
                `None` if that is not set either.
            ask_root: Asked that then, where notes are there and the memory begins.
            agree: Asked before more than 20 files become memory, or an index is replaced.
            dry_run: Only say what would change, without asking.

        Raises:
            PackError: The store refused, or the person did; nothing was written.
        """
        received = Remotes(self._session).receive_first(dry_run=dry_run)
        given = _Given(notes or {}, attachments or {}, dates or {})
        made = self._init(_Wanted(scaffold, given, root_notes, ask_root, agree, dry_run))
        return replace(made, received=received)

    def _init(self, wanted: _Wanted) -> Initialised:
        core, dry_run = self._core, wanted.dry_run
        mode = core.reader.mode()
        if mode is Mode.V1:
            return Initialised(None, mode)  # needs `pack migrate` instead; the wrapper says so
        is_foreign = mode is Mode.V2 and _has_foreign_index(core)
        begins = mode is Mode.EMPTY or is_foreign
        ask = stay_outside if dry_run else wanted.ask_root
        root = choose_root(core, wanted.root_notes, ask, begins=begins)
        at_root = bool(root.scope.root_notes)
        given = wanted.given
        found = importing.plan_import(given.notes, given.attachments, at_root=at_root)
        plan = _without_excluded(core, found)
        present = held(core, root.scope)
        adopted = [entry.path for entry in present] if core.connector.head() is None else []
        brings = bool(adopted or _imported(core, plan))
        is_new = root.is_new or brings
        if mode is Mode.V2 and not (is_new or is_foreign):
            healed = None if dry_run else self._healed()
            return Initialised(healed, mode, skipped=tuple(plan.skipped))
        becoming = [
            each for each in present if begins or adopted or (root.is_new and "/" not in each.path)
        ]
        joins = partial(_joins, core, becoming, begins=begins, is_foreign=is_foreign)
        joining, left = joins(root.scope)
        if joining.is_asked_about and not dry_run:
            wanted.agree(joining)

        def decide() -> Decision:
            if core.reader.mode() is not mode:
                raise _Begun
            puts = [*_imported(core, plan), *(_adopt(core, path) for path in adopted)]
            puts += _deciding(core, root, is_adopting=bool(adopted))
            changes: list[Change] = [*puts, *_dates(core, puts, plan, given.dates)]
            if mode is Mode.EMPTY and not given.notes and not present:
                changes += _starters(core, wanted.scaffold)
            what = "begin a memory" if begins else "take over notes"
            names = [change.path for change in changes]
            # Where the person's `.pack.yaml` has to be changed, the memory begins without that.
            return Decision(INDEX, changes, f"{INDEX}: {what}", names=names, apply_rest=begins)

        try:
            writer = IMPORT if brings else self._session.origin
            written = core.writer.write(decide, writer, dry_run=dry_run)
        except _Begun:
            return self._init(wanted)
        if written.status is not WriteStatus.WRITTEN:  # `.pack.yaml` waits for the person
            joining, left = joins(scope_of(core.connector))
        return Initialised(
            written,
            mode,
            tuple(path for path, _ in plan.files if is_memory_file(path)),
            tuple(path for path, _ in plan.files if not is_memory_file(path)),
            tuple(adopted),
            tuple(plan.skipped),
            tuple(plan.renamed),
            joining.outside,
            left,
            joining,
        )

    def _healed(self) -> Written | None:
        """The commit that gives a memory its index back, if it has lost it."""
        is_whole = self._core.reader.has_index()
        return None if is_whole else Care(self._session).correct_index()

    def plan_migration(self) -> MigrationPlan:
        """The plan for which line of the v1 file goes where.

        Raises:
            NotFound: There is no v1 file.
            InvalidContent: It is not UTF-8.
        """
        with self._core.view():
            found = _v1_file(self._core)
            core = self._core
            days = days_of_v1(core, found)
            return migration.plan(found.content, found.path, _taken(core), days, core.today())

    def beside_v1(self, *, with_others: bool = False) -> Beside:
        """The notes beside the v1 file, and which of them a migration makes part of the memory.

        Args:
            with_others: Whether the files outside the usual folders become memory too.
        """
        with self._core.view():
            return find_beside(self._core, with_others=with_others)

    def migrate(
        self, plan: MigrationPlan, *, with_others: bool = False, dry_run: bool = False
    ) -> Written:
        """Split the v1 file as planned, in one commit; the original is kept in two places.

        Args:
            plan: Which line goes where, and in which order the new files are listed.
            with_others: See `beside_v1`.
            dry_run: Only say what would change.

        Raises:
            InvalidPlan: A line would be dropped or repeated, or the file has changed since.
            PackError: The store refused; nothing was written.
        """
        return self._session.write(
            lambda: _decide_migration(self._core, plan, with_others=with_others), dry_run=dry_run
        )

    def divided_originals(self) -> Sequence[Original]:
        """The files that were divided before and still count as notes; none in a v1 memory."""
        with self._core.view():
            if self._core.reader.mode() is not Mode.V2:
                return []
            return find_originals(self._core, scope_of(self._core.connector).require())

    def leave_out_originals(self, *, dry_run: bool = False) -> Written:
        """Leave them out of the memory, in one commit; they stay where they are.

        Args:
            dry_run: Only say what would change.

        Raises:
            RefusedForSafety: One of them has text that no other note has.
            PackError: The store refused; nothing was written.
        """
        return self._session.write(lambda: decide_to_leave_out(self._core), dry_run=dry_run)

    def check_links(self, plan: MigrationPlan, *, with_others: bool = False) -> Repair:
        """What repairing the links of the planned files would come to, and those that lead to them.

        Args:
            plan: Which line goes where.
            with_others: See `beside_v1`.

        Raises:
            InvalidPlan: The plan does not fit the file.
        """
        with self._core.view():
            found = _v1_file(self._core)
            files = migration.apply(plan, found.content, self._core.today())
            return repair_beforehand(self._core, plan, found, files, with_others=with_others)

    def fix_links(self, plan: MigrationPlan) -> Written | None:
        """Repair the links of the files that a migration has just made, in a commit of its own.

        So are those of other notes that led into the v1 file; files that are no memory stay.

        Returns:
            `None` if there is nothing to repair.

        Raises:
            PackError: The store refused; nothing was written.
        """
        try:
            return self._session.write(
                lambda: decide_repair(self._core, plan, _v1_file(self._core))
            )
        except NothingToRepair:
            return None


class _Begun(Exception):
    """Somebody else created the memory while we were waiting for our turn."""


def _has_foreign_index(core: Core) -> bool:
    found = core.reader.find(INDEX)
    return found is not None and not read_head(found.text).is_ours


def _without_excluded(core: Core, plan: importing.ImportPlan) -> importing.ImportPlan:
    """An import without the files whose new paths are not memory here."""
    files, skipped = [], list(plan.skipped)
    old_path = {new: old for old, new in plan.renamed}
    for path, content in plan.files:
        if (why := core.reader.exclusion(path)) is None:
            files.append((path, content))
        else:
            skipped.append((old_path.get(path, path), str(excluded(path, why))))
    renamed = [(old, new) for old, new in plan.renamed if core.reader.exclusion(new) is None]
    return importing.ImportPlan(files, skipped, renamed)


def _joins(
    core: Core, becoming: Sequence[Entry], scope: Scope, *, begins: bool, is_foreign: bool
) -> tuple[Adoption, tuple[LeftOut, ...]]:
    """What of the files that are there becomes memory, and what else is there."""
    outside, left = _unlisted(core, scope) if begins else ((), ())
    files = [entry for entry in becoming if scope.holds(entry.path)]
    return Adoption(counted(sized(core, files)), is_foreign, outside), left


def _unlisted(core: Core, scope: Scope) -> tuple[tuple[MemoryPath, ...], tuple[LeftOut, ...]]:
    """What is there and is no memory file: markdown files at the root, and the rest."""
    tree = core.reader.tree()
    outside = (
        entry.path
        for entry in tree
        if entry.type is EntryType.FILE
        and "/" not in entry.path
        and entry.path.lower().endswith(".md")
        and entry.path != INDEX
        and not scope.holds(entry.path)
        and (entry.sha or not is_memory_file(entry.path))  # else it is among the rest
    )
    return tuple(outside), tuple(left_in(tree))


def _deciding(core: Core, root: RootChoice, *, is_adopting: bool) -> list[Put]:
    """The `.pack.yaml` that decides what is memory, as far as a commit has to bring it."""
    if root.is_new:
        return record_choice(core, root.scope)
    is_there = is_adopting and core.reader.find(PROJECT_FILE) is not None
    return [_adopt(core, PROJECT_FILE)] if is_there else []


def _adopt(core: Core, path: MemoryPath) -> Put:
    found = core.connector.get_contents(path)
    return Put(path, found.content, found.sha)


def _starters(core: Core, scaffold: Scaffold) -> list[Put]:
    """Starter files for paths at which nothing exists, in any spelling."""
    today = core.today().isoformat()
    used = spellings(_taken(core))
    return [
        Put(parse_path(path), text.replace("{today}", today).encode(), ABSENT)
        for path, text in sorted(scaffold.items())
        if fold(path) not in used and find_twin(path, used) is None
    ]


def _imported(core: Core, plan: importing.ImportPlan) -> list[Put]:
    """The files to import that are not there yet.

    Raises:
        AlreadyExists: A different file has the path of one of them.
        InvalidPath: Some file systems confuse the path of one of them with another.
    """
    puts = []
    used = spellings(_taken(core)) if plan.files else {}
    for path, content in plan.files:
        if (twin := find_twin(path, used)) is not None:
            raise InvalidPath(path, f"some file systems confuse it with {twin}")
        taken = core.reader.find(path)
        if taken is not None and taken.content != content:
            raise AlreadyExists(path, None, taken.sha, taken.content)
        if taken is None:
            puts.append(Put(path, content, ABSENT))
    return puts


def _dates(
    core: Core, puts: Iterable[Put], plan: importing.ImportPlan, given: Mapping[str, datetime]
) -> list[Put]:
    """The record of when notes were changed that do not say it themselves (`catalog.imported`)."""
    sources = {new: old for old, new in plan.renamed}
    found: dict[BlobId, datetime] = {}
    for put in puts:
        if not is_memory_file(put.path):
            continue
        note = Note(put.path, put.content)
        if put.expect is ABSENT:
            changed = given.get(sources.get(put.path, put.path))
        else:  # it was there already
            changed = core.connector.get_contents(put.path).last_modified
        moments = [at for at in (_made(note), changed) if at is not None]
        if note.stated_date() is None and moments:
            at = min(moments)
            found[note.sha] = max(at, found.get(note.sha, at))
    return imported.recorded(found, core.reader.find)


def _made(note: Note) -> datetime | None:
    """When a note was made, if it or its name says so."""
    day = parse_day(note.meta().created) or parse_day(day_in_name(note.path))
    return datetime.combine(day, time(), UTC) if day is not None else None


# --- migration -----------------------------------------------------------------------------------


def _decide_migration(core: Core, plan: MigrationPlan, *, with_others: bool) -> Decision:
    if core.reader.find(INDEX) is not None:
        raise RefusedForSafety("this memory has an index.md, so it is not a v1 memory")
    found = _v1_file(core)
    files = migration.apply(plan, found.content, core.today())
    prove(plan, found.content, files, _taken(core))
    changes: list[Change] = [Put(path, content, ABSENT) for path, content in files]
    changes.append(_keep(core, found.content))
    planned = [path for path, _ in files]
    more = _rest_of_v1(core, planned)
    order = [*planned, *(put.path for put in more)]
    beside = find_beside(core, with_others=with_others)
    changes += [*more, *scope_changes(core, order, beside)]
    subject = f"{core.reader.v1_path}: migrate to {len(files)} files"
    return Decision(INDEX, changes, subject, names=planned, order=order)


def _rest_of_v1(core: Core, planned: Sequence[str]) -> list[Put]:
    """The files that continue a full v1 file, as memory files; the ones at the root stay too."""
    name = core.reader.v1_path.rpartition("/")[2].removesuffix(".md").lower()
    claims = PathClaims([*_taken(core), *planned])
    _, *rest = core.reader.v1_files()
    return [Put(claims.claim(CONTEXT, f"{name}-more"), file.content, ABSENT) for file in rest]


def _v1_file(core: Core) -> Note:
    found = core.reader.find(core.reader.v1_path)
    if found is None:
        path = core.reader.v1_path
        refuse_link(core, path)
        raise NotFound(path, "There is nothing to migrate.")
    return found


def _taken(core: Core) -> list[str]:
    return [entry.path for entry in core.reader.tree()]


def _keep(core: Core, content: bytes) -> Put:
    """The original, at a path that `pack` never writes again (C1)."""
    path = original_path(core.reader.v1_path)
    taken = core.reader.find(path)
    if taken is not None and taken.content != content:
        raise AlreadyExists(path, None, taken.sha, taken.content)
    return Put(path, content, ABSENT if taken is None else taken.sha)
