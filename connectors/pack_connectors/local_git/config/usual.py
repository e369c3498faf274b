"""Repositories that are as `git init` and `git clone` leave them, about which git is not asked.

Each command of PACK opens a repository, and to start a git for it takes as long as many of its
answers. What git would find out is clear where `.git` is a folder of this user, in a folder of this
user, and its configuration neither moves anything nor has extensions. Of anything else git says
what it is, and whether it may be used at all.

Source: git's setup.c (setup_git_directory_gently, ensure_valid_ownership, is_git_directory,
validate_headref, check_repository_format_gently).
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from pack.deferred import pattern
from pack_connectors.local_git.config.config_file import read_usual
from pack_connectors.system.regular_files import read_beginning

_HEAD: Final = pattern(rb"(ref: refs/[!-~]+|[0-9a-f]{40})\n")
_LONGEST_HEAD: Final = 1024
_ELSEWHERE: Final = ("commondir", "config.worktree", "reftable")
_FOLDERS: Final = ("objects", "refs")
_FORMATS: Final = ("0", "1")


def is_usual(work_tree: Path) -> bool:
    """Whether `.git` in a folder is a sha1 repository of this user's with that working tree.

    Args:
        work_tree: Without links in its path.
    """
    git_dir = work_tree / ".git"
    return (
        _is_own_folder(work_tree)
        and _is_own_folder(git_dir)
        and not any(os.path.lexists(git_dir / name) for name in _ELSEWHERE)
        and all(_may_be_entered(git_dir / name) for name in _FOLDERS)
        and _has_usual_head(git_dir)
        and _has_usual_config(git_dir)
    )


def _is_own_folder(folder: Path) -> bool:
    """Whether git takes a folder for this user's; where systems have no such ids, it is asked."""
    try:
        found = folder.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(found.st_mode) and os.name == "posix" and found.st_uid == os.geteuid()


def _may_be_entered(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.X_OK)


def _has_usual_head(git_dir: Path) -> bool:
    content = read_beginning(str(git_dir / "HEAD"), _LONGEST_HEAD)
    return content is not None and _HEAD.fullmatch(content) is not None


def _has_usual_config(git_dir: Path) -> bool:
    found = read_usual(git_dir / "config")
    if found is None:
        return False
    settings = dict(found)
    return (
        settings.get("core.repositoryformatversion") in _FORMATS
        and settings.get("core.bare") == "false"
        and "core.worktree" not in settings
        and not any(key.startswith(("extensions.", "include.", "includeif.")) for key in settings)
    )
