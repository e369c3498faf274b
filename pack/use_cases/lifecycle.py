"""A memory's beginning, and its migration from v1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pack.core.core import Core
from pack.core.decision import Decision
from pack.core.session import Session
from pack.errors import AlreadyExists, InvalidPath, NotFound, RefusedForSafety
from pack.files.note import Note
from pack.imports import notes as importing
from pack.model import ABSENT, Change, EntryType, MemoryPath, Mode, Put
from pack.paths import INDEX, LEGACY_DIR, fold, is_memory_file, parse_path
from pack.results import Written
from pack.v1 import divide as migration
from pack.v1.plan import MigrationPlan, prove
from pack.v1.taxonomy import CONTEXT, PathClaims

Scaffold = Mapping[str, str]
"""Starter files: text by path."""


@dataclass(frozen=True, slots=True)
class Initialised:
    """What `init` did.

    Attributes:
        written: The commit; `None` when there was nothing to do.
        mode: What was at the root before.
        taken_over: New path by given path of the notes that were taken over.
        adopted: Files that were in the folder and are memory now.
        skipped: Given paths that were not taken over, and why.
        renamed: Given paths that had to change, and to what.
        outside: Markdown files at the root, where no memory file is; they stay as they are.
    """

    written: Written | None
    mode: Mode
    taken_over: tuple[MemoryPath, ...] = ()
    adopted: tuple[MemoryPath, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    renamed: tuple[tuple[str, MemoryPath], ...] = ()
    outside: tuple[MemoryPath, ...] = ()


class Lifecycle:
    """A memory's beginning, and its migration from v1."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._core = session.core

    def init(
        self,
        scaffold: Scaffold,
        notes: Mapping[str, bytes] | None = None,
        *,
        dry_run: bool = False,
    ) -> Initialised:
        """Make this store a memory, in one commit; what is there stays as it is.

        Args:
            scaffold: Starter files, for places where nothing is.
            notes: Files to take over, by relative POSIX path.
            dry_run: Only say what would change.

        Raises:
            PackError: The store refused; nothing was written.
        """
        core = self._core
        mode = core.reader.mode()
        if mode is Mode.V1:
            return Initialised(None, mode)  # `pack migrate` is the way; the wrapper says so
        plan = importing.plan_import(notes or {})
        adopted = _uncommitted(core) if core.connector.head() is None else []
        if mode is Mode.V2 and not adopted and not _imported(core, plan):
            return Initialised(None, mode, skipped=tuple(plan.skipped))

        def decide() -> Decision:
            if core.reader.mode() is not mode:
                raise _Begun
            changes: list[Change] = [*_imported(core, plan)]
            if mode is Mode.EMPTY and not notes:
                changes += _starters(core, scaffold)
            changes += [_adopt(core, path) for path in adopted]
            what = "begin a memory" if mode is Mode.EMPTY else "take over notes"
            names = [change.path for change in changes]
            return Decision(INDEX, changes, f"{INDEX}: {what}", names=names)

        try:
            written = self._session.write(decide, dry_run=dry_run)
        except _Begun:
            return self.init(scaffold, notes, dry_run=dry_run)
        return Initialised(
            written,
            mode,
            tuple(path for path, _ in plan.files),
            tuple(adopted),
            tuple(plan.skipped),
            tuple(plan.renamed),
            tuple(_outside(core)) if mode is Mode.EMPTY else (),
        )

    def plan_migration(self) -> MigrationPlan:
        """Which line of the v1 file would go where.

        Raises:
            NotFound: There is no v1 file.
            InvalidContent: It is not UTF-8.
        """
        with self._core.view():
            found = _v1_file(self._core)
            return migration.plan(found.content, self._core.reader.v1_path, _taken(self._core))

    def migrate(self, plan: MigrationPlan, *, dry_run: bool = False) -> Written:
        """Divide the v1 file as planned, in one commit; the original is kept twice.

        Raises:
            InvalidPlan: A line would be dropped or repeated, or the file changed since.
            PackError: The store refused; nothing was written.
        """
        return self._session.write(lambda: _decide_migration(self._core, plan), dry_run=dry_run)


class _Begun(Exception):
    """Somebody else began the memory while we waited for our turn."""


def _uncommitted(core: Core) -> list[MemoryPath]:
    """Memory files in a folder that has no history yet: the user asked to make them a memory."""
    return [
        entry.path
        for entry in core.reader.tree()
        if entry.type is EntryType.FILE and entry.sha and is_memory_file(entry.path)
    ]


def _outside(core: Core) -> list[MemoryPath]:
    """Markdown files at the root that somebody may have expected to become memory."""
    return [
        entry.path
        for entry in core.reader.tree()
        if "/" not in entry.path and entry.path.lower().endswith(".md") and entry.path != INDEX
    ]


def _adopt(core: Core, path: MemoryPath) -> Put:
    found = core.connector.get_contents(path)
    return Put(path, found.content, found.sha)


def _starters(core: Core, scaffold: Scaffold) -> list[Put]:
    """Starter files for places where nothing is, under any spelling of the path."""
    today = core.today().isoformat()
    used = _spellings(_taken(core))
    return [
        Put(parse_path(path), text.replace("{today}", today).encode(), ABSENT)
        for path, text in sorted(scaffold.items())
        if fold(path) not in used and _twin(path, used) is None
    ]


def _spellings(paths: Iterable[str]) -> dict[str, str]:
    """The files and folders that are in use, by what file systems may take for the same."""
    return {fold(part): part for path in paths for part in _with_folders(path)}


def _with_folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _twin(path: str, used: Mapping[str, str]) -> str | None:
    """What is in use and some file systems take for the path or a folder of it."""
    spelt = ((part, used.get(fold(part), part)) for part in _with_folders(path))
    return next((other for part, other in spelt if other != part), None)


def _imported(core: Core, plan: importing.ImportPlan) -> list[Put]:
    """The files to take over that are not there yet.

    Raises:
        AlreadyExists: Another file has the path of one.
        InvalidPath: Some file systems take the path of one for another.
    """
    puts = []
    used = _spellings(_taken(core)) if plan.files else {}
    for path, content in plan.files:
        if (twin := _twin(path, used)) is not None:
            raise InvalidPath(path, f"some file systems take it for {twin}")
        taken = core.reader.find(path)
        if taken is not None and taken.content != content:
            raise AlreadyExists(path, None, taken.sha, taken.content)
        if taken is None:
            puts.append(Put(path, content, ABSENT))
    return puts


# --- migration -----------------------------------------------------------------------------------


def _decide_migration(core: Core, plan: MigrationPlan) -> Decision:
    if core.reader.find(INDEX) is not None:
        raise RefusedForSafety("this memory has an index.md, so it is no v1 memory")
    found = _v1_file(core)
    files = migration.apply(plan, found.content, core.today())
    prove(plan, found.content, files, _taken(core))
    changes: list[Change] = [Put(path, content, ABSENT) for path, content in files]
    changes.append(_keep(core, found.content))
    changes += _rest_of_v1(core, [path for path, _ in files])
    subject = f"{core.reader.v1_path}: migrate to {len(files)} files"
    return Decision(INDEX, changes, subject, names=[path for path, _ in files])


def _rest_of_v1(core: Core, planned: Sequence[str]) -> list[Put]:
    """The files in which a full v1 file goes on, as memory files; those at the root stay too."""
    name = core.reader.v1_path.rpartition("/")[2].removesuffix(".md").lower()
    claims = PathClaims([*_taken(core), *planned])
    _, *rest = core.reader.v1_files()
    return [Put(claims.claim(CONTEXT, f"{name}-more"), file.content, ABSENT) for file in rest]


def _v1_file(core: Core) -> Note:
    found = core.reader.find(core.reader.v1_path)
    if found is None:
        raise NotFound(core.reader.v1_path, "There is nothing to migrate.")
    return found


def _taken(core: Core) -> list[str]:
    return [entry.path for entry in core.reader.tree()]


def _keep(core: Core, content: bytes) -> Put:
    """The original, where `pack` never writes again (C1)."""
    path = MemoryPath(f"{LEGACY_DIR}/{core.reader.v1_path.rpartition('/')[2]}")
    taken = core.reader.find(path)
    if taken is not None and taken.content != content:
        raise AlreadyExists(path, None, taken.sha, taken.content)
    return Put(path, content, ABSENT if taken is None else taken.sha)
