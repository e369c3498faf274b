"""Which files a question about the past is about, and which are never told about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Final

from pack.catalog.scope import scope_of
from pack.core.core import Core
from pack.core.lookup import asked_path, nothing_there
from pack.deferred import dataclass
from pack.errors import InvalidPath, LimitExceeded
from pack.log import ChangeKind, FileChange, LogQuery
from pack.model import MemoryPath
from pack.paths import INDEX, as_path, continued

_MOST_V1_FILES: Final = 100


class Shown:
    """The files of any commit that are memory now: the others are never told about.

    Args:
        core: The memory.
        with_index: Whether `index.md` counts, which PACK writes with every change.
    """

    def __init__(self, core: Core, *, with_index: bool = False) -> None:
        self._core = core
        self._connector = core.connector
        self._scope = scope_of(core.connector)
        self._with_index = with_index
        self._known: dict[MemoryPath, bool] = {}

    def holds(self, path: MemoryPath) -> bool:
        """Whether a file is told about."""
        if path not in self._known:
            is_ours = self._scope.holds(path) or self._is_at_root(path)
            self._known[path] = is_ours and self._connector.exclusion(path) is None
        return self._known[path]

    def _is_at_root(self, path: MemoryPath) -> bool:
        return self._with_index if path == INDEX else path in self._v1_files

    @cached_property
    def _v1_files(self) -> frozenset[MemoryPath]:
        return frozenset(islice(continued(self._core.reader.v1_path), _MOST_V1_FILES))


def told_parts(change: FileChange, holds: Callable[[MemoryPath], bool]) -> Iterator[FileChange]:
    """The change as far as it may be told: of a move, perhaps only one of its ends."""
    is_shown = holds(change.path)
    if change.old_path is None or (is_shown and holds(change.old_path)):
        if is_shown:
            yield change
    elif is_shown:
        yield FileChange(change.path, ChangeKind.ADDED, None, change.sha, (None,))
    elif holds(change.old_path):
        yield replace(
            change, path=change.old_path, kind=ChangeKind.DELETED, old_path=None, sha=None
        )


@dataclass(frozen=True, slots=True)
class Selection:
    """A file, or a folder for all files in it.

    Attributes:
        path: Where it is.
        is_folder: Whether it is a folder.
    """

    path: MemoryPath
    is_folder: bool = False

    def holds(self, path: str | None) -> bool:
        """Whether a file is meant."""
        return path is not None and (
            path == self.path or (self.is_folder and path.startswith(f"{self.path}/"))
        )


def names_path(core: Core, text: str) -> bool:
    """Whether a caller's text is a path rather than a moment.

    A text with a slash or the ending `.md` is, and so is the name of a file or folder that is
    there.
    """
    path = as_path(text)
    if "/" in path or path.lower().endswith(".md"):
        return True
    return _find(core, path) is not None


def select(core: Core, text: str) -> Selection:
    """The file or folder that a caller means; the file may be gone by now.

    Raises:
        InvalidPath: No file can be there, or `.pack.yaml` leaves it out.
        IgnoredPath, ManagedPath: It is not memory.
        NotFound: Nothing ever was there.
    """
    path = as_path(text)
    found = _find(core, path)
    if found is None:
        gone = asked_path(core, path)
        if not _was_there(core, gone):
            core.reader.refuse_excluded(gone)
            raise nothing_there(core, text)
        found = Selection(gone)
    if not found.is_folder:
        core.reader.refuse_excluded(found.path)
        if not Shown(core).holds(found.path):  # it holds the single file of a v1 memory
            scope_of(core.connector).refuse_left_out(found.path)
    return found


def _find(core: Core, path: str) -> Selection | None:
    """The file or folder that is there."""
    try:
        asked = asked_path(core, path.rstrip("/"))
    except (InvalidPath, LimitExceeded):
        return None
    if _is_file(core, asked):
        return Selection(asked)
    return Selection(asked, is_folder=True) if core.reader.list_dir(asked) else None


def _is_file(core: Core, path: MemoryPath) -> bool:
    try:
        return core.reader.find(path) is not None
    except LimitExceeded:
        return True  # too large to read


def _was_there(core: Core, path: MemoryPath) -> bool:
    head = core.connector.head()
    if head is None:
        return False
    return any(True for _ in core.connector.log(LogQuery(head, path=path, limit=1)))
