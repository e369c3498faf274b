"""What every connector refuses before it looks at its store, whoever the caller is.

The core has a stricter rule for paths (`pack.paths`). This one keeps a path inside the memory and
out of git's own folder on every file system, even if a caller has forgotten to check.

Sources: git's verify_path (read-cache.c), is_hfs_dotgit and is_ntfs_dotgit (CVE-2014-9390).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from pack.deferred import pattern
from pack.errors import InvalidContent, InvalidPath, InvalidRequest, LimitExceeded, RefusedForSafety
from pack.limits import (
    MAX_COMPONENT_BYTES,
    MAX_FILE_BYTES,
    MAX_FOLDERS,
    MAX_STORED_PATH_BYTES,
)
from pack.model import Change, MemoryPath, Put

# Characters that HFS+ ignores when it compares names: there, `.g\u200cit` is `.git`.
_IGNORABLE: Final = dict.fromkeys(
    [*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF]
)


_KNOWN_PATHS: Final = 4096
_SIDE_REF: Final = pattern(
    r"(?:proposals|rejected)/[a-z0-9]{1,40}|(?:kits|imports)/[a-z0-9][a-z0-9-]{0,63}"
)


def is_side_ref(ref: str) -> bool:
    """Whether a text is the name of a ref beside the branch."""
    return _SIDE_REF.fullmatch(ref) is not None


def check_side_ref(ref: str) -> None:
    """Accept the name of a ref beside the branch.

    Raises:
        InvalidRequest: It is none.
    """
    if not is_side_ref(ref):
        raise InvalidRequest(f"{ref[:60]!r} is no name of a ref beside the branch")


def check_aside(ref: str, changes: Sequence[Change], message: str) -> None:
    """Accept a commit beside the branch that a store can make; it may change nothing.

    Raises:
        InvalidRequest, LimitExceeded, RefusedForSafety: As `check_write` and `check_side_ref`.
    """
    check_side_ref(ref)
    if changes:
        check_write(changes, message)
    check_message(message)


@lru_cache(maxsize=_KNOWN_PATHS)
def check_path(path: MemoryPath) -> None:
    """Accept a path that stays inside the memory; each step of a write asks about each.

    Raises:
        InvalidPath: It leads out of the memory or into git's folder, or it means nothing.
        LimitExceeded: It or one of its components is longer than file systems accept.
    """
    try:
        size = len(path.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise InvalidPath(ascii(path), "it is not valid Unicode") from error
    if size > MAX_STORED_PATH_BYTES:
        raise LimitExceeded("the path", MAX_STORED_PATH_BYTES)
    if "\0" in path or "\\" in path:
        raise InvalidPath(path, "it contains a NUL or a backslash")
    for name in path.split("/"):
        if len(name.encode("utf-8")) > MAX_COMPONENT_BYTES:
            raise LimitExceeded("a path component", MAX_COMPONENT_BYTES)
        if name in ("", ".", "..") or _is_git_folder(name):
            raise InvalidPath(path, "it does not lead to a file in the memory")


def _is_git_folder(name: str) -> bool:
    plain = name.translate(_IGNORABLE).casefold().partition(":")[0].rstrip(". ")
    return plain in (".git", "git~1")


def check_write(changes: Sequence[Change], message: str) -> None:
    """Accept a write that a store can carry out.

    Raises:
        InvalidRequest: There is no change, a path occurs twice, or no commit can have the message.
        LimitExceeded: A file is larger than a memory file may be, or lies in too many folders.
        RefusedForSafety: A path would be both a file and a folder.
    """
    paths = [change.path for change in changes]
    for path in paths:
        check_path(path)
        if path.count("/") > MAX_FOLDERS:
            raise LimitExceeded("the path", MAX_FOLDERS, "folders")
    if not paths or len(set(paths)) < len(paths):
        raise InvalidRequest("a commit needs at least one change, and each path only once")
    for change in changes:
        if isinstance(change, Put) and len(change.content) > MAX_FILE_BYTES:
            raise LimitExceeded(change.path, MAX_FILE_BYTES)
    check_message(message)
    taken = set(paths)
    for path in paths:
        if above := next((folder for folder in folders_above(path) if folder in taken), None):
            raise RefusedForSafety(f"{above} cannot be both a file and the folder of {path}")


def check_message(message: str) -> None:
    """Accept a message that a commit can have.

    Raises:
        InvalidContent: It is none.
    """
    if not message.strip() or "\0" in message:
        raise InvalidContent("a commit message must contain text but no NUL")


def folders_above(path: MemoryPath) -> list[MemoryPath]:
    """The folders that lead to a path, outermost first."""
    parts = path.split("/")[:-1]
    return [MemoryPath("/".join(parts[: end + 1])) for end in range(len(parts))]
