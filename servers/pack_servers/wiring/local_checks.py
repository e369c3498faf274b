"""What `pack doctor` looks at on this machine: git, and the repository in a folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pack_connectors.local_git.process import GitRunner, find_git, scrubbed_environment
from pack_connectors.local_git.repository import (
    STAND_IN,
    Repository,
    current_branch,
    open_repository,
    refuse_unfinished_operation,
    user_remedy,
)
from pack_connectors.system.process_lock import ProcessLock

from pack.errors import PackError, RepositoryBusy, Unavailable
from pack_servers.config.settings import default_dir
from pack_servers.wiring.checks import Check, State, init_command, of_catalog
from pack_servers.wiring.local import CATALOG, has_repository

_OLDEST_GIT: Final = (2, 30)


def of_git() -> Check:
    """The git executable on PATH."""
    remedy = "Install git 2.30 or newer, and make sure that it is on PATH."
    version = _git_version()
    if version is None:
        return Check("git", State.PROBLEM, "not found", remedy)
    words = f"{version} ({shutil.which('git')})"
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST_GIT:
        return Check("git", State.PROBLEM, words, remedy)
    return Check("git", State.OK, words)


def _git_version() -> str | None:
    """The version of git, as digits and dots; `None` where there is none that runs."""
    try:
        asked = subprocess.run(  # noqa: S603 - a fixed command, no shell
            [find_git(), "--version"],
            env=scrubbed_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except (OSError, Unavailable):
        return None
    found = re.search(rb"\d+\.\d+(?:\.\d+)*", asked.stdout)
    return found.group().decode("ascii") if found and asked.returncode == 0 else None


def of_folder(folder: Path, chosen_by: str) -> Iterator[Check]:
    """A folder, and the repository in it. They are not changed.

    Raises:
        InvalidConfig: The repository is none that PACK can write to.
        Unavailable: Git is missing.
    """
    words = f"{folder} (from {chosen_by})"
    if not has_repository(folder):
        begin = init_command(*(["--local", str(folder)] if chosen_by == "--local" else []))
        if folder.exists() or folder == default_dir():
            yield Check("memory", State.PROBLEM, f"{words}: none yet", f"Run `{begin}`.")
        else:
            remedy = f"Correct the name, or run `{begin}` to begin a memory there."
            found = f"{words}: none yet, the folder does not exist"
            yield Check("memory", State.PROBLEM, found, remedy)
    elif not all(os.access(each, os.W_OK) for each in (folder, folder / ".git")):
        remedy = "Give yourself write access to that folder."
        yield Check("memory", State.PROBLEM, f"{words}: cannot be written", remedy)
    else:
        yield Check("memory", State.OK, words)
        yield from _of_repository(open_repository(folder))


def _of_repository(repository: Repository) -> Iterator[Check]:
    obstacle = _obstacle(repository)
    if obstacle is not None:
        yield Check("git state", State.PROBLEM, str(obstacle), obstacle.remedy)
    else:
        yield Check("git state", State.OK, "nothing unfinished")
    remedy = user_remedy(GitRunner(repository.git_dir, repository.work_tree))
    if remedy:
        found = f"git does not know who you are, so your commits say {STAND_IN.name}"
        yield Check("git user", State.NOTE, found, remedy)
    git_lock = repository.git_dir / "index.lock"
    if git_lock.exists():
        remedy = "If no git command is running, delete that file."
        yield Check("git lock", State.PROBLEM, f"{git_lock} exists", remedy)
    if _is_held(repository.state_dir / "lock"):
        yield Check("pack lock", State.NOTE, "another pack process is writing right now")
    elif (repository.state_dir / "journal.json").exists():
        remedy = "The next pack command finishes or undoes it; nothing is lost."
        yield Check("journal", State.NOTE, "a write was interrupted", remedy)
    yield of_catalog(repository.state_dir / CATALOG)


def _obstacle(repository: Repository) -> PackError | None:
    """Why no write can be made now."""
    try:
        refuse_unfinished_operation(repository)
        current_branch(repository, GitRunner(repository.git_dir, repository.work_tree))
    except PackError as error:
        return error
    return None


def _is_held(lock_file: Path) -> bool:
    if not lock_file.exists():
        return False
    lock = ProcessLock(lock_file, timeout=0)
    try:
        with lock:
            return False
    except RepositoryBusy:
        return True
    finally:
        lock.close()
