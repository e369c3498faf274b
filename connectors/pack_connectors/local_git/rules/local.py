"""Which files of a working tree are memory, by the rules of the person's git."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final, NamedTuple

from pack.catalog.row import is_catalogued
from pack.errors import LimitExceeded
from pack.model import BlobId, CommitId, EntryType, MemoryPath, blob_id
from pack.rules.exclusion import ATTRIBUTES_FILE, Exclusion, ExclusionKind, Rules
from pack_connectors.local_git.changes.skipped import Skips
from pack_connectors.local_git.changes.state import Difference, WorktreeState
from pack_connectors.local_git.committed import CommittedFiles
from pack_connectors.local_git.index import GitIndex
from pack_connectors.local_git.objects import ObjectStore, file_blob
from pack_connectors.local_git.repository import Repository
from pack_connectors.local_git.rules.line_ends import (
    LineEnds,
    Text,
    has_crlf,
    line_ends_of,
    to_blob,
    to_folder,
)
from pack_connectors.local_git.rules.person import (
    PersonalRules,
    PersonalSettings,
    Stamp,
    status_of,
)
from pack_connectors.local_git.worktree import Worktree

Edits = Mapping[MemoryPath, BlobId | None]
FilesOf = Callable[[CommitId], Iterable[tuple[MemoryPath, BlobId]]]
_REMEMBERED: Final = 200_000
_WORTH_A_WALK: Final = 100


class _Seen(NamedTuple):
    """The rules at one moment, and what they said of paths."""

    rules: Rules
    personal: PersonalRules
    found: dict[MemoryPath, Exclusion | None]


class _View(threading.local):
    """The rules that one thread has read in a view."""

    is_open = False
    seen: _Seen | None = None


class LocalRules:
    """The rules of one working tree. May be asked from any thread."""

    def __init__(
        self,
        repository: Repository,
        personal: PersonalSettings,
        worktree: Worktree,
        store: ObjectStore,
        index: GitIndex,
        committed: CommittedFiles,
        diff: Difference,
    ) -> None:
        self._diff = diff
        self._root = str(repository.work_tree)
        self._personal = personal
        self._worktree = worktree
        self._store = store
        self._index = index
        self._committed = committed
        self._shown: tuple[object, Edits, Edits] | None = None
        self._managed: tuple[tuple[CommitId, object], Collection[MemoryPath]] | None = None
        self._rule_files: dict[MemoryPath, tuple[Stamp, bytes | None]] = {}
        self._stored: dict[tuple[BlobId, LineEnds, BlobId | None], BlobId] = {}
        self._view = _View()

    @contextmanager
    def view(self) -> Iterator[None]:
        """Let questions about single paths, in this thread, read the rules once.

        After a write, they are read again.
        """
        if self._view.is_open:  # a view inside another is the same one
            yield
            return
        self._view.is_open = True
        try:
            yield
        finally:
            self._view.is_open, self._view.seen = False, None

    def move_on(self) -> None:
        """A write was made, perhaps to a file with rules."""
        self._view.seen = None

    def exclusion(self, path: MemoryPath) -> Exclusion | None:
        """See `Connector.exclusion`."""
        rules, _, found = self._seen()
        if path not in found:
            found[path] = self._exclusion(rules, path)
        return found[path]

    def _seen(self) -> _Seen:
        seen = self._view.seen
        if seen is None:
            personal = self._personal.read()
            seen = _Seen(self._rules_with(personal), personal, {})
            if self._view.is_open:
                self._view.seen = seen
        return seen

    def skipping(self) -> Skips:
        """Whether git does not look into a folder, by the rules as they are now."""
        rules = self._now()

        def is_skipped(folder: str) -> bool:
            path = MemoryPath(folder)
            return rules.is_folder_ignored(path) and not self._has_tracked(path)

        return is_skipped

    def skip_stamp(self) -> object:
        """Changes whenever `skipping` may, rule files in the working tree aside."""
        return self._personal.read().stamp, self._index.state(), self._committed.commit()

    def managed(self, paths: Iterable[MemoryPath]) -> dict[MemoryPath, Exclusion]:
        """What manages each of these paths that is managed."""
        rules = self._now()
        found = ((path, rules.conversion(path)) for path in paths)
        return {
            path: Exclusion(ExclusionKind.MANAGED, rule.place, rule.text)
            for path, rule in found
            if rule is not None
        }

    def shown(
        self, found: Iterable[tuple[MemoryPath, EntryType]]
    ) -> Iterable[tuple[MemoryPath, EntryType, bool]]:
        """What a listing has of what was found, and whether each is a file that may be read."""
        rules = self._now()
        for path, kind in found:
            if self._is_shown(rules, path, kind):
                readable = kind is EntryType.FILE and rules.conversion(path) is None
                yield path, kind, readable

    def edits(
        self,
        state: WorktreeState,
        at: CommitId | None,
        files_of: FilesOf,
    ) -> Edits:
        """The edits of a working tree, as far as the files are memory.

        Args:
            state: Knows how the files differ from a commit.
            at: The commit.
            files_of: Gives path and blob of all files of a commit.
        """
        found = state.edits(at)
        sources = (state.rules_seen, self._personal.read().stamp)
        key = (at, sources, self._index.state(), self._committed.commit())
        if self._shown is None or self._shown[0] != key or self._shown[1] is not found:
            rules = self._now()
            ours = {p: blob for p, blob in found.items() if self._exclusion(rules, p) is None}
            answer = self._converted(rules, ours, self._held(at, len(ours), files_of))
            if at is not None and rules.may_convert(state.attribute_folders()):
                managed = self._managed_of(rules, at, sources, files_of)
                answer |= dict.fromkeys(managed)
            self._shown = (key, found, found if answer == found else MappingProxyType(answer))
        return self._shown[2]

    def _managed_of(
        self, rules: Rules, at: CommitId, sources: object, files_of: FilesOf
    ) -> Collection[MemoryPath]:
        """The memory files of a commit that git stores in another form."""
        if self._managed is None or self._managed[0] != (at, sources):
            changed = self._changed_since_managed(at, sources)
            known: set[MemoryPath] = set()
            if changed is None or self._managed is None:
                changed = files_of(at)
            else:
                known = set(self._managed[1])
            for path, blob in changed:
                known.discard(path)
                if blob is not None and is_catalogued(path) and rules.conversion(path):
                    known.add(path)
            self._managed = ((at, sources), known)
        return self._managed[1]

    def _changed_since_managed(
        self, at: CommitId, sources: object
    ) -> Iterable[tuple[MemoryPath, BlobId | None]] | None:
        """How a commit differs from the one asked about last; `None` if that is of no use."""
        if self._managed is None or self._managed[0][1] != sources:
            return None
        changed = self._diff(self._managed[0][0], at)
        if changed is None or any(path.endswith(ATTRIBUTES_FILE) for path, _ in changed):
            return None
        return changed

    def _held(
        self, at: CommitId | None, questions: int, files_of: FilesOf
    ) -> Callable[[MemoryPath], BlobId | None]:
        """Says what a commit has at a path; many questions are answered from one walk."""
        if at is None:
            return lambda _: None
        if questions > _WORTH_A_WALK:
            return dict(files_of(at)).get

        def find(path: MemoryPath) -> BlobId | None:
            found = self._store.blob_at(at, path)
            return BlobId(found) if found else None

        return find

    # --- line ends -----------------------------------------------------------------------------

    def to_blob(self, path: MemoryPath, content: bytes) -> bytes:
        """What git stores for the bytes of a file."""
        if b"\r\n" not in content:
            return content
        ends = self._line_ends(*self._seen()[:2], path)
        return to_blob(content, ends, lambda: self._holds_crlf(path))

    def to_folder(self, path: MemoryPath, content: bytes) -> bytes:
        """What the folder holds where git checks out these bytes."""
        return to_folder(content, self._line_ends(*self._seen()[:2], path))

    @staticmethod
    def _line_ends(rules: Rules, personal: PersonalRules, path: MemoryPath) -> LineEnds:
        return line_ends_of(rules.attributes(path), personal.autocrlf, personal.eol)

    def _holds_crlf(self, path: MemoryPath) -> bool:
        blob = self._committed.blob(path)
        return blob is not None and has_crlf(self._store.read(blob, "blob"))

    def _converted(
        self, rules: Rules, edits: Edits, held: Callable[[MemoryPath], BlobId | None]
    ) -> dict[MemoryPath, BlobId | None]:
        """The edits as git sees them: without those that are only other line ends.

        Args:
            rules: The rules now.
            edits: The files in the folder that differ from a commit.
            held: Gives what that commit has.
        """
        found = {}
        for path, blob in edits.items():
            stored = self._stored_blob(rules, path, blob) if blob else blob
            if stored is None or stored != held(path):
                found[path] = stored
        return found

    def _stored_blob(self, rules: Rules, path: MemoryPath, blob: BlobId) -> BlobId:
        ends = self._line_ends(rules, self._personal.read(), path)
        if ends.text is Text.NONE:
            return blob
        key = (blob, ends, self._committed.blob(path))
        if key not in self._stored:
            found = self._worktree.read(path)
            if found is None or found.blob != blob:
                return blob  # it has changed since; the next question finds it
            if len(self._stored) >= _REMEMBERED:
                self._stored.clear()
            content = to_blob(found.content, ends, lambda: self._holds_crlf(path))
            self._stored[key] = blob_id(content)
        return self._stored[key]

    # --- asking --------------------------------------------------------------------------------

    def _now(self) -> Rules:
        return self._rules_with(self._personal.read())

    def _rules_with(self, personal: PersonalRules) -> Rules:
        head = self._committed.commit()
        return Rules(lambda path: self._read(path, head), personal.outer)

    def _exclusion(self, rules: Rules, path: MemoryPath) -> Exclusion | None:
        return rules.exclusion(path, lambda: self._is_tracked(path))

    def _is_shown(self, rules: Rules, path: MemoryPath, kind: EntryType) -> bool:
        if kind is EntryType.DIR:
            return not rules.is_folder_ignored(path) or self._has_tracked(path)
        why = self._exclusion(rules, path)
        return why is None or why.kind is ExclusionKind.MANAGED

    def _is_tracked(self, path: MemoryPath) -> bool:
        if self._committed.blob(path) is not None:
            return True
        return self._index.staged(self._committed.commit()).get(path) is not None

    def _has_tracked(self, folder: MemoryPath) -> bool:
        head = self._committed.commit()
        if head is not None and self._store.entry_at(self._store.tree_of(head), folder):
            return True
        staged = self._index.staged(head)
        return any(path.startswith(f"{folder}/") for path, blob in staged.items() if blob)

    def _read(self, path: MemoryPath, head: CommitId | None) -> bytes | None:
        status = status_of(f"{self._root}/{path}")
        if status is None:
            # Git takes attributes of a file that is not checked out from its index.
            if head is None or not path.endswith(ATTRIBUTES_FILE):
                return None
            blob = file_blob(self._store.entry_at(self._store.tree_of(head), path))
            return self._store.read(blob, "blob") if blob else None
        known = self._rule_files.get(path)
        if known is None or known[0] != status:
            known = self._rule_files[path] = (status, self._read_file(path))
        return known[1]

    def _read_file(self, path: MemoryPath) -> bytes | None:
        try:
            found = self._worktree.read(path)
        except LimitExceeded:
            return None
        return found.content if found else None
