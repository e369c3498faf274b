"""Which folders are the same repository: its worktrees, and what it was cloned from.

Source: gitrepository-layout(5), "commondir" and ".git" as a file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.remote.config import read_config
from pack_connectors.local_git.repository import Repository

_LEADS: Final = "gitdir:"
_URLS: Final = (".url", ".pushurl")


def git_place(folder: Path) -> str:
    """The folder where git keeps a repository, which is one for all of its worktrees.

    Args:
        folder: A worktree or a bare repository; any other folder is its own place.
    """
    git = folder / ".git"
    if git.is_file():
        said = _text(git)
        git = folder / said.removeprefix(_LEADS).strip() if said.startswith(_LEADS) else folder
    elif not git.is_dir():
        git = folder
    common = _text(git / "commondir").strip()
    return os.path.realpath(git / common if common else git)


def remote_urls(repository: Repository) -> list[str]:
    """What a repository fetches from and pushes to."""
    values = read_config(repository, GitRunner(repository)).values
    return [url for key, urls in values.items() if key.endswith(_URLS) for url in urls]


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, ValueError):
        return ""
