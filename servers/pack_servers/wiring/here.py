"""The memory that the current directory is in, for commands that name none.

Found as git finds a repository: in the folder or the closest one above it. The first repository
decides; what is further up is not looked at. It counts only if PACK wrote its `index.md`, so that
no other project is taken for a memory, and only if it belongs to the user, as another user of the
machine can put a repository above a folder that all share (`/tmp`).
"""

from __future__ import annotations

import os
import stat
from itertools import takewhile
from pathlib import Path
from typing import Final

from pack.paths import INDEX
from pack_servers.wiring.local import has_repository

HERE: Final = "the current directory"
_HEAD_BYTES: Final = 64 * 1024
_RULE: Final = b"---"


def memory_around(folder: Path) -> Path | None:
    """The root of the memory that a folder is in, if any.

    Args:
        folder: An absolute path.
    """
    try:
        root = next(filter(has_repository, (folder, *folder.parents)), None)
        return root if root is not None and _is_mine(root) and _is_memory(root) else None
    except OSError:  # it may not even be looked at
        return None


def memory_here() -> Path | None:
    """The root of the memory that the current directory is in, if any."""
    try:
        return memory_around(Path.cwd())
    except FileNotFoundError:  # it was deleted
        return None


def _is_mine(root: Path) -> bool:
    if os.name != "posix":
        return True
    return all((root / name).stat().st_uid == os.geteuid() for name in ("", ".git"))


def _is_memory(root: Path) -> bool:
    index = root / INDEX
    if not index.exists() or not stat.S_ISREG(index.lstat().st_mode):
        return False
    with index.open("rb") as file:
        first, *rest = file.read(_HEAD_BYTES).splitlines() or [b""]
    fields = [line.rstrip() for line in takewhile(lambda line: line.rstrip() != _RULE, rest)]
    is_counted = any(field.startswith((b"file_count:", b"sync_order:")) for field in fields)
    return first.rstrip() == _RULE and b"version: 2" in fields and is_counted
