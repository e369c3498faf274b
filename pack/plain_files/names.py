"""Which plain name stands for which path of the memory, one to one and both ways.

A caller that knows only files calls them anything: `progress.md`, `tasks.xml`, `todo`. A memory
file ends in `.md` and lies in a folder. So:

- a file at the root lies in `context/`: `progress.md` is `context/progress.md`;
- a name with one of `ENDINGS` gets `.md`: `tasks.xml` is `tasks.xml.md`;
- any other name that does not end in `.md` gets `.text.md`: `todo` is `todo.text.md`;
- `index.md`, which PACK generates, is `index.md.text.md`.

What would then have two meanings makes room, as in Hilbert's hotel: a file that is really called
`tasks.xml.md` is `tasks.xml.md.md`, and `context/progress.md` is `context/context/progress.md`. So
every name stands for a path, no two share one, and every path has a name. Folders keep theirs,
unless they are called like a file; the files of a folder that somebody else called `tasks.xml.md`
are the only ones without a name.

The table is a promise: what was stored under a name is found under it by every later version.
"""

from __future__ import annotations

from typing import Final

from pack.model import MemoryPath
from pack.paths import INDEX, fold, is_owned

ENDINGS: Final = frozenset(
    "txt xml json jsonl yaml yml toml ini cfg conf csv tsv log html htm css rst adoc org tex py js "
    "ts tsx jsx sh sql rb go rs java c h cpp".split()
)
"""Endings, beside `.md`, of files that models and people write as text."""
_MD: Final = ".md"
_MARK: Final = ".text"
_ROOT_FOLDER: Final = "context"


def stored_path(name: str, *, root_notes: bool) -> MemoryPath:
    """The path of the memory that a plain name stands for; whether it may be used is not checked.

    Args:
        name: Relative, without empty components.
        root_notes: Whether notes at the root are memory (`Scope.root_notes`).
    """
    *folders, last = name.split("/")
    folders, last = list(map(_stored_folder, folders)), _stored_name(last)
    if _makes_room(folders, last, root_notes=root_notes):
        folders.insert(0, _ROOT_FOLDER)
    return MemoryPath("/".join([*folders, last]))


def stored_folder(name: str) -> str:
    """The folder of the memory that holds all files of a plain folder, and perhaps others."""
    return "/".join(map(_stored_folder, name.split("/"))) if name else ""


def find_name(path: MemoryPath, *, root_notes: bool) -> str | None:
    """The plain name that stands for a path of a memory file; `None` if none does."""
    *folders, last = path.split("/")
    if folders and _makes_room(folders, last, root_notes=root_notes):
        folders.pop(0)
    if path.count(".") == 1 and fold(last) != INDEX and last.endswith(_MD):
        return "/".join([*folders, last])  # nearly all, and a listing asks for thousands
    name = "/".join([*map(_plain_folder, folders), _plain_name(last)])
    return name if stored_path(name, root_notes=root_notes) == path else None


def _makes_room(folders: list[str], last: str, *, root_notes: bool) -> bool:
    """Whether a file is at the root, or in the folder that those of the root are in."""
    is_kept_there = root_notes and not is_owned(last)
    return not is_kept_there and all(folder == _ROOT_FOLDER for folder in folders)


def _stored_name(name: str) -> str:
    if (other := _beside_index(name)) is not None:
        return other
    if _has_ending(name) or (name.endswith(_MD) and _is_room_made_for(name)):
        return f"{name}{_MD}"
    return f"{name}{_MARK}{_MD}" if _needs_mark(name) else name


def _stored_folder(name: str) -> str:
    return _stored_name(name) if name.lower().endswith(_MD) else name


def _plain_folder(name: str) -> str:
    shorter = _plain_name(name)
    return shorter if shorter.lower().endswith(_MD) else name


def _plain_name(name: str) -> str:
    if (other := _beside_index(name)) is not None:
        return other
    if not name.endswith(_MD) or not _is_room_made_for(name):
        return name
    shorter = name.removesuffix(_MD)
    is_marked = shorter.endswith(_MARK) and _needs_mark(shorter.removesuffix(_MARK))
    return shorter.removesuffix(_MARK) if is_marked else shorter


def _beside_index(name: str) -> str | None:
    """`index.md` and the name that stands for it, each for the other; `None` for all others."""
    mark = f"{_MARK}{_MD}"
    if fold(name) == INDEX:
        return f"{name}{mark}"
    other = name.removesuffix(mark)
    return other if other != name and fold(other) == INDEX else None


def _is_room_made_for(name: str) -> bool:
    """Whether a name is, but for repeated `.md`, how a name without `.md` is stored."""
    base = name
    while base.endswith(_MD):
        base = base.removesuffix(_MD)
    return _has_ending(base) or (base.endswith(_MARK) and _needs_mark(base.removesuffix(_MARK)))


def _has_ending(name: str) -> bool:
    stem, _, ending = name.rpartition(".")
    return bool(stem) and ending.lower() in ENDINGS


def _needs_mark(name: str) -> bool:
    return bool(name) and not name.lower().endswith(_MD) and not _has_ending(name)
