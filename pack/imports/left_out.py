"""What does not become a note, so that it can be named: nothing is left out in silence (C1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pack.limits import MAX_FILE_BYTES
from pack.model import Entry, EntryType
from pack.paths import is_memory_file

OTHER_TYPE: Final = "it is not a markdown file (.md)"
HIDDEN_FOLDER: Final = "it is a hidden folder"
GIT_FOLDER: Final = "it is git's own folder"
LINKED_FOLDER: Final = "it is a link to a folder"
LINK: Final = "it is a symbolic link"
_REPOSITORY: Final = "it is a repository of its own"
_HIDDEN: Final = "it is a hidden file"
_UNREAD: Final = f"it exceeds the limit of {MAX_FILE_BYTES:,} bytes, or a git filter manages it"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file or a folder that does not become part of a memory.

    Attributes:
        path: Where it is.
        reason: Why.
        files: How many files it holds; 1 for a file.
        is_folder: Whether it is a folder.
    """

    path: str
    reason: str
    files: int = 1
    is_folder: bool = False


def left_in(tree: Iterable[Entry]) -> list[LeftOut]:
    """What is no note in a folder that becomes a memory; each hidden folder once.

    Markdown files at the root are not named: they are a question of their own.
    """
    found: list[LeftOut] = []
    hidden: Counter[str] = Counter()
    for entry in tree:
        *folders, name = entry.path.split("/")
        depth = next((n for n, part in enumerate(folders, 1) if part.startswith(".")), 0)
        if depth:
            hidden["/".join(folders[:depth])] += 1
        elif (reason := _reason(entry, name)) is not None:
            found.append(LeftOut(entry.path, reason))
    found += [LeftOut(path, HIDDEN_FOLDER, n, is_folder=True) for path, n in hidden.items()]
    return sorted(found, key=lambda one: one.path)


def _reason(entry: Entry, name: str) -> str | None:
    if entry.type is EntryType.SYMLINK:
        return LINK
    if entry.type is EntryType.SUBMODULE:
        return _REPOSITORY
    if name.startswith("."):
        return _HIDDEN
    if not name.lower().endswith(".md"):
        return OTHER_TYPE
    return _UNREAD if is_memory_file(entry.path) and not entry.sha else None


def types_of(left_out: Iterable[LeftOut]) -> dict[str, int]:
    """How many files of each type were left out for their type, the most frequent first."""
    names = (one.path.rpartition("/")[2] for one in left_out if one.reason == OTHER_TYPE)
    counts = Counter(_type_of(name) for name in names)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _type_of(name: str) -> str:
    stem, dot, ending = name.rpartition(".")
    return f".{ending.lower()}" if stem and dot and ending else "no ending"
