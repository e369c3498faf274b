"""Where a branch of a repository on this machine is, and its tags, told without starting git.

That is enough to see that nothing is new there, which is what most looks at a source find. Wherever
anything is out of the ordinary, nothing is told, and git has to be asked.

Source: gitrepository-layout(5); git-pack-refs(1); gitrevisions(7), for which name comes first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final

from pack.model import CommitId
from pack_connectors.local_git.committed import read_ref_file
from pack_connectors.local_git.process import is_id

_WORD: Final = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_BRANCH: Final = re.compile(rf"refs/heads/(?:{_WORD}/)*{_WORD}")
_TAGS: Final = "refs/tags/"
_ODD: Final = ("commondir", "reftable")
"""What is in a git folder whose refs are elsewhere, or kept in another way."""
MOST_TAGS: Final = 500
_MOST_PACKED: Final = 1024 * 1024


def near_commit(place: Path, branch: str | None) -> CommitId | None:
    """The commit that a branch is at; `None` where that is not plain to see.

    Args:
        place: The repository, with files or without.
        branch: The branch; `None` for the current one.
    """
    folder = place / ".git" if (place / ".git").exists() else place
    try:
        if any((folder / name).exists() for name in _ODD):
            return None
        ref = f"refs/heads/{branch}" if branch is not None else _current(folder)
        if ref is None or not _BRANCH.fullmatch(ref):
            return None
        # In this order: git packs a ref before it removes the loose one.
        loose, packed = _loose(folder / ref), _packed(folder)
        if branch is not None and _is_tag(folder, packed, branch):
            return None
        found = packed.get(ref, "") if loose is None else loose
    except (OSError, ValueError):
        return None
    return CommitId(found) if is_id(found) else None


def near_tags(folder: Path) -> dict[str, str] | None:
    """The tags in a git folder, and the object of each; `None` where they are not plain to see."""
    try:
        if any((folder / name).exists() for name in _ODD):
            return None
        top = folder / _TAGS
        files = list(islice(_files_below(top), MOST_TAGS + 1))
        if len(files) > MOST_TAGS:
            return None
        loose = {file.relative_to(top).as_posix(): _loose(file) or "" for file in files}
        packed = {
            name.removeprefix(_TAGS): at
            for name, at in _packed(folder).items()
            if name.startswith(_TAGS)
        }
    except (OSError, ValueError):
        return None
    found = packed | loose
    return found if all(map(is_id, found.values())) else None


def _current(folder: Path) -> str | None:
    head = read_ref_file(str(folder / "HEAD"))
    return head.removeprefix("ref:").strip() if head.startswith("ref:") else None


def _loose(file: Path) -> str | None:
    try:
        return read_ref_file(str(file)).strip()
    except FileNotFoundError:
        return None


def _files_below(top: Path) -> Iterator[Path]:
    """The files in a folder and below it.

    Raises:
        OSError: There is something else, such as a link, which may lead to a whole disk.
    """
    left = [top] if top.exists() else []
    while left:
        folder = left.pop()
        if folder.is_symlink():
            raise OSError(f"{folder} is a link")
        for one in folder.iterdir():
            if one.is_dir():
                left.append(one)
            elif one.is_symlink() or not one.is_file():
                raise OSError(f"{one} is no file")
            else:
                yield one


def _is_tag(folder: Path, packed: dict[str, str], name: str) -> bool:
    """Whether a tag is called so, too, and is meant."""
    return f"{_TAGS}{name}" in packed or (folder / _TAGS / name).exists()


def _packed(folder: Path) -> dict[str, str]:
    file = folder / "packed-refs"
    if not file.exists():
        return {}
    if not file.is_file():
        raise OSError(f"{file} is no file")
    with file.open("rb") as opened:
        content = opened.read(_MOST_PACKED + 1)
    if len(content) > _MOST_PACKED:
        raise OSError(f"{file} is too large")
    rows = (line.split(" ", 1) for line in content.decode("utf-8").splitlines())
    return {row[1]: row[0] for row in rows if len(row) > 1 and is_id(row[0])}
