"""Whether a person is in the middle of something in the folder of a memory.

Sources: Vim, "swap-file" and 'backup'; GNU Emacs, "File Names" (lock files), "Auto Save Files",
"Backup Names"; LibreOffice and Microsoft Office lock files; Kate's swap files.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from pack.deferred import pattern
from pack.errors import RefusedForSafety
from pack.model import CommitId, MemoryPath
from pack_connectors.local_git.index import GitIndex
from pack_connectors.local_git.repository import Repository, refuse_unfinished_operation
from pack_connectors.local_git.worktree import Worktree

# While a file is open: it goes when the editor does.
_OPEN: Final = pattern(r"\..*\.(sw[a-z]|kate-swp)|\.#.*|#.*#|\.~lock\..*#|~\$.*|4913")
# While a file is being saved; some editors leave them there for good.
_SAVING: Final = pattern(
    r".*(~|\.tmp|\.bak|\.part|\.crswap|___jb_tmp___|___jb_old___)|\.goutputstream-.*"
)
_SAVING_SECONDS: Final = 900.0


def refuse_busy(
    repository: Repository,
    worktree: Worktree,
    index: GitIndex,
    head: CommitId | None,
    skips: Callable[[MemoryPath], bool],
) -> None:
    """Do nothing, unless a person is busy.

    Args:
        repository: The repository of the memory.
        worktree: Its folder.
        index: Git's index.
        head: The current commit.
        skips: Says of which folders nothing matters.

    Raises:
        RefusedForSafety: It says with what: a rebase, staged changes, an open editor.
        ConnectorError: The folder or git's index cannot be read.
    """
    refuse_unfinished_operation(repository)
    if (repository.git_dir / "index.lock").exists():
        raise RefusedForSafety("another git command is running in the memory's folder")
    if staged := sorted(index.staged(head)):
        raise RefusedForSafety(f"{staged[0]} is staged", "Commit it with git, or unstage it.")
    for path, _ in worktree.scan(skips):
        if _is_open(worktree, path):
            raise RefusedForSafety(f"an editor has left {path} there", "Save and close the file.")


def _is_open(worktree: Worktree, path: MemoryPath) -> bool:
    name = path.rpartition("/")[2]
    if _OPEN.fullmatch(name):
        return True
    if not _SAVING.fullmatch(name):
        return False
    found = worktree.stat(path)
    return found is not None and time.time() - found.st_ctime < _SAVING_SECONDS
