"""When the files of a folder of notes were last committed, if the folder is in a git repository."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from pack_connectors.local_git.log import read_log
from pack_connectors.local_git.process import GitRunner
from pack_connectors.local_git.repository import open_repository

from pack.errors import PackError
from pack.log import LogQuery
from pack.model import BlobId, CommitId, blob_id


def last_commits(folder: Path, files: Mapping[str, bytes]) -> dict[str, datetime]:
    """The time of the commit that gave each file the bytes that it has now.

    Files with other bytes than git knows are left out. So are all files of a repository that cannot
    be read: then nobody but the file system knows how old they are.
    """
    known = last_changes(folder, files) if files else {}
    return {
        path: at
        for path, (sha, at) in known.items()
        if path in files and blob_id(files[path]) == sha
    }


def last_changes(
    folder: Path, wanted: Collection[str] = ()
) -> dict[str, tuple[BlobId | None, datetime]]:
    """What the last commit that changed each file below a folder made of it, and when.

    Args:
        folder: It, or one that it is in, may be a repository; else there is nothing.
        wanted: The paths that are asked for, so that no more history is read than they need; empty
            for all.
    """
    folder = folder.resolve()
    root = next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)
    if root is None:
        return {}
    prefix = folder.relative_to(root).as_posix()
    inside = "" if prefix == "." else f"{prefix}/"
    found: dict[str, tuple[BlobId | None, datetime]] = {}
    left = set(wanted)
    try:
        for path, sha, at in _changes(root):
            if path.startswith(inside):
                found.setdefault(path.removeprefix(inside), (sha, at))
                left.discard(path.removeprefix(inside))
            if wanted and not left:
                break
    except PackError:
        return {}
    return found


def _changes(root: Path) -> Iterator[tuple[str, BlobId | None, datetime]]:
    """What each commit changed: path, blob and time, the newest first.

    Raises:
        PackError: It is no repository that can be read.
    """
    repository = open_repository(root)
    runner = GitRunner(repository)
    head = runner.run(["rev-parse", "--verify", "--quiet", "HEAD"], ok=(0, 1)).decode().strip()
    if not head:
        return
    query = LogQuery(CommitId(head), with_files=True)
    for commit in read_log(runner, query, finds_moves=False):
        for change in commit.files or ():
            yield change.path, change.sha, commit.at
