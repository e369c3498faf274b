"""What `pack doctor` looks at on this machine: git, and the repository in a folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from pack_connectors.local_git.checkout import refuse_without_checkout
from pack_connectors.local_git.index import GitIndex
from pack_connectors.local_git.objects import ObjectStore
from pack_connectors.local_git.process import GitRunner, find_git, scrubbed_environment
from pack_connectors.local_git.repository import (
    Repository,
    current_branch,
    find_damage,
    open_repository,
    refuse_unfinished_operation,
)
from pack_connectors.local_git.rules.person import STAND_IN, PersonalSettings
from pack_connectors.local_git.worktree import Worktree
from pack_connectors.system.process_lock import ProcessLock

from pack.errors import PackError, RepositoryBusy, Unavailable
from pack_servers.config.settings import default_dir
from pack_servers.wiring.checks import Check, State, init_command, of_catalog
from pack_servers.wiring.local import CATALOG, has_repository

_WRITTEN: Final = ("index", "objects", "refs/heads", "logs", "pack")
_OLDEST_GIT: Final = (2, 30)
_SYNCING_GIT: Final = (2, 36)
_NEWEST_GIT: Final = (2, 55)
"""The newest one whose configuration was gone through for keys that name programs."""


def of_git() -> Check:
    """The git executable on PATH."""
    remedy = "Install git 2.30 or newer, and make sure that it is on PATH."
    version = _git_version()
    if version is None:
        return Check("git", State.PROBLEM, "not found", remedy)
    words = f"{version} ({shutil.which('git')})"
    known = tuple(int(part) for part in version.split(".")[:2])
    if known < _OLDEST_GIT:
        return Check("git", State.PROBLEM, f"{words}: too old", remedy)
    if known < _SYNCING_GIT:
        better = "With git 2.36 or newer, what git writes is also synced to the disk."
        return Check("git", State.NOTE, words, better)
    if known > _NEWEST_GIT:
        newest = ".".join(map(str, _NEWEST_GIT))
        return Check("git", State.NOTE, f"{words}: newer than {newest}, the last that was tried")
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
    elif (locked := _unwritable(folder)) is not None:
        remedy = f"Give yourself write access to {locked}; `ls -ld` shows whose it is."
        yield Check("memory", State.PROBLEM, f"{words}: {locked} cannot be written", remedy)
    else:
        yield Check("memory", State.OK, words)
        yield from _of_repository(open_repository(folder))


def _unwritable(folder: Path) -> Path | None:
    """What of a memory this user cannot write; files of another user are often left by `sudo`."""
    git_dir = folder / ".git"
    parts = (folder, git_dir, *(git_dir / name for name in _WRITTEN))
    return next((part for part in parts if part.exists() and not os.access(part, os.W_OK)), None)


def _of_repository(repository: Repository) -> Iterator[Check]:
    obstacle = _obstacle(repository)
    if obstacle is not None:
        yield Check("git state", State.PROBLEM, str(obstacle), obstacle.remedy)
    else:
        yield Check("git state", State.OK, "nothing unfinished")
    if not repository.own.is_ours():
        words = "this system has no links, so git reads the configuration of the repository"
        yield Check("git config", State.NOTE, words, "Use PACK on folders that you trust only.")
    remedy = PersonalSettings(repository).user_remedy()
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
    yield from _of_history(repository)


def _obstacle(repository: Repository) -> PackError | None:
    """Why no write can be made now."""
    try:
        refuse_unfinished_operation(repository)
        current_branch(repository, GitRunner(repository))
    except PackError as error:
        return error
    return None


def _of_history(repository: Repository) -> Iterator[Check]:
    """The commits of the branch: whether all of it is there, and was ever checked out.

    What follows in a damaged memory, or one without its files, would mislead: such a check is
    called `memory`.
    """
    runner = GitRunner(repository)
    store = ObjectStore(runner)
    try:
        head = store.commit_at("HEAD")
        if head is not None:
            store.refuse_broken(head)
            index = GitIndex(runner, repository.state_dir)
            worktree = Worktree(repository.work_tree)
            refuse_without_checkout(store.tree_of(head), store, worktree, index)
    except PackError as error:
        yield Check("memory", State.PROBLEM, str(error), error.remedy)
        return
    finally:
        store.close()
    if head is None:
        return
    if repository.own.is_partial():
        yield Check("history", State.NOTE, "a partial clone: what it lacks is on its remote")
        return
    try:
        find_damage(runner, head)
    except PackError as error:
        remedy = "Run `git fsck` for details. `git fetch` from a remote or a clone may restore it."
        yield Check("history", State.PROBLEM, f"damaged: {error}", remedy)
        return
    yield Check("history", State.OK, "complete")


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
