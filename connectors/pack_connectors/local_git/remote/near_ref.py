"""Where a branch of a repository on this machine is, told without starting git.

That is enough to see that nothing is new there, which is what most looks at a source find. Wherever
anything is out of the ordinary, nothing is told, and git has to be asked.

Source: gitrepository-layout(5); git-pack-refs(1); gitrevisions(7), for which name comes first.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from pack.model import CommitId
from pack_connectors.local_git.process import is_id

_WORD: Final = r"[A-Za-z0-9_][A-Za-z0-9._-]*"
_BRANCH: Final = re.compile(rf"refs/heads/(?:{_WORD}/)*{_WORD}")
_ODD: Final = ("commondir", "reftable")
"""What is in a git folder whose refs are elsewhere, or kept in another way."""
_MOST_OF_A_REF: Final = 8192
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
        packed = _packed(folder)
        if branch is not None and _is_tag(folder, packed, branch):
            return None
        ref = f"refs/heads/{branch}" if branch is not None else _current(folder)
        if ref is None or not _BRANCH.fullmatch(ref):
            return None
        file = folder / ref
        found = _read(file, _MOST_OF_A_REF).strip() if file.exists() else packed.get(ref, "")
    except (OSError, UnicodeDecodeError):
        return None
    return CommitId(found) if is_id(found) else None


def _current(folder: Path) -> str | None:
    head = _read(folder / "HEAD", _MOST_OF_A_REF)
    return head.removeprefix("ref:").strip() if head.startswith("ref:") else None


def _is_tag(folder: Path, packed: dict[str, str], name: str) -> bool:
    """Whether a tag is called so, too, and is meant."""
    return f"refs/tags/{name}" in packed or (folder / "refs" / "tags" / name).exists()


def _packed(folder: Path) -> dict[str, str]:
    file = folder / "packed-refs"
    if not file.exists():
        return {}
    rows = (line.split(" ", 1) for line in _read(file, _MOST_PACKED).splitlines())
    return {row[1]: row[0] for row in rows if len(row) > 1 and is_id(row[0])}


def _read(file: Path, most: int) -> str:
    """A file's text.

    Raises:
        OSError: It cannot be read, or is too large.
    """
    with file.open("rb") as opened:
        content = opened.read(most + 1)
    if len(content) > most:
        raise OSError(f"{file} is too large")
    return content.decode("utf-8")
