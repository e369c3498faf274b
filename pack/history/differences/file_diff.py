"""What happened to one file between two moments, with both of its texts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from pack.deferred import dataclass
from pack.errors import LimitExceeded, NotFound
from pack.files import frontmatter
from pack.history.differences.stamps import same_but_stamps
from pack.index.format import is_generated, may_be_generated
from pack.limits import MAX_FILE_BYTES
from pack.log import ChangeKind, FileChange
from pack.model import BlobId, MemoryPath

Read = Callable[[MemoryPath, BlobId], bytes]
"""Reads a version of a file."""

_TOO_LARGE: Final = f"it is larger than {MAX_FILE_BYTES:,} bytes"
_NOT_TEXT: Final = "it is not UTF-8 text"
_NOT_HERE: Final = "it is not stored here"


@dataclass(frozen=True, slots=True)
class FileDiff:
    """A file at two moments.

    Attributes:
        path: Where it is after the change; for a deleted file, where it was.
        change: What happened to it.
        old_path: Where a moved file was before; `None` for any other file.
        before: Its text before; empty for a file that was not there, or that is not shown.
        after: Its text after; empty for a file that is gone, or that is not shown.
        unshown: Why its texts are not shown; `None` if they are.
    """

    path: MemoryPath
    change: ChangeKind
    old_path: MemoryPath | None = None
    before: str = ""
    after: str = ""
    unshown: str | None = None


def read_diffs(changes: Iterable[FileChange], read: Read, *, raw: bool) -> Iterator[FileDiff]:
    """The changes with both texts, one file in memory at a time.

    Args:
        changes: What was changed.
        read: Reads a version; may raise `NotFound` and `LimitExceeded`.
        raw: Whether to include files that PACK generates, and those whose only change is a stamp
            of PACK's.
    """
    for change in changes:
        if change.sha == change.old_sha and change.kind is ChangeKind.EDITED:
            continue  # only its mode, or what a merge left as it was
        found = _read(change, read)
        if raw or not (_is_generated(found) or _is_stamped(found)):
            yield found


def _read(change: FileChange, read: Read) -> FileDiff:
    found = FileDiff(change.path, change.kind, change.old_path)
    try:
        before = _text(change.old_path or change.path, change.old_sha, read)
        after = _text(change.path, change.sha, read)
    except NotFound:
        return replace(found, unshown=_NOT_HERE)
    except LimitExceeded:
        return replace(found, unshown=_TOO_LARGE)
    except UnicodeDecodeError:
        return replace(found, unshown=_NOT_TEXT)
    return replace(found, before=before, after=after)


def _text(path: MemoryPath, sha: BlobId | None, read: Read) -> str:
    if sha is None:
        return ""
    content = read(path, sha) if sha else None  # an empty id is of a file too large to read
    if content is None or len(content) > MAX_FILE_BYTES:
        raise LimitExceeded(path, MAX_FILE_BYTES)
    if b"\0" in content:
        raise UnicodeDecodeError("utf-8", content, 0, 1, "a binary file")
    return content.decode("utf-8")


def _is_generated(found: FileDiff) -> bool:
    if not may_be_generated(found.path):
        return False
    texts = [text for text in (found.before, found.after) if text]
    return all(is_generated(found.path, frontmatter.read(text).fields) for text in texts)


def _is_stamped(found: FileDiff) -> bool:
    if found.unshown is not None or found.change is not ChangeKind.EDITED:
        return False
    return same_but_stamps(found.before, found.after)
