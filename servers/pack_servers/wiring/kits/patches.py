"""Patches of what was changed in a kit, in `.patches/NAME/` beside the notes of the memory.

The folder may hold a person's own patches. Which files are PACK's is noted in it, with the digest
of each, so that no other file is ever replaced or removed. No link is followed: it could lead out
of the memory.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

from pack_connectors.local_git.connector import LocalGit

from pack.errors import InvalidRequest, RefusedForSafety, Unavailable
from pack.memory import Memory

PATCHES: Final = ".patches"
"""The folder for the patches of kits."""
_MADE: Final = ".made.json"
"""In the folder of a kit: the SHA-256 of each file that PACK wrote there, by its name."""
_ENDING: Final = ".patch"


def patch_files(memory: Memory, name: str, texts: Mapping[str, str]) -> dict[Path, str]:
    """The files for the patches of a kit, and their texts.

    Args:
        memory: The memory that the kit is in.
        name: The kit.
        texts: The patch of each file, by its path below the kit's folder.
    """
    top = _folder_of(memory) / PATCHES / name
    return {top / f"{path}{_ENDING}": text for path, text in texts.items()}


def write_patches(memory: Memory, name: str, wanted: Mapping[Path, str]) -> None:
    """Have these patches of a kit, and of those that PACK made before no others.

    Args:
        memory: The memory that the kit is in.
        name: The kit.
        wanted: As `patch_files` names them.

    Raises:
        RefusedForSafety: A folder or a file there is a link.
        InvalidRequest: A file that PACK did not make is where one would go. Nothing was written.
        Unavailable: The files cannot be written.
    """
    folder = _folder_of(memory)
    top = folder / PATCHES / name
    note = top / _MADE
    for file in (*wanted, note):
        _refuse_links(folder, file)
    try:
        made = _made(note)
        _refuse_others(top, made, wanted)
        for file in _still_as_made(folder, top, made):
            if file not in wanted:
                file.unlink()
        if not wanted and not made:
            return
        for file, text in wanted.items():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(text.encode("utf-8"))
        digests = {file.relative_to(top).as_posix(): _digest(file) for file in sorted(wanted)}
        note.write_text(json.dumps(digests, indent=2) + "\n", encoding="utf-8")
    except OSError as error:
        raise Unavailable(f"{error.filename or top} cannot be written: {error.strerror}") from error
    _hide(memory)


def _folder_of(memory: Memory) -> Path:
    """Where the files are that are made beside a memory: its folder, or the current one."""
    local = memory.connector
    return local.repository.work_tree if isinstance(local, LocalGit) else Path.cwd()


def _is_link(file: Path) -> bool:
    return file.is_symlink() or bool(getattr(file, "is_junction", bool)())


def _refuse_links(folder: Path, file: Path) -> None:
    """Do nothing, unless a link leads to a file in a folder."""
    inside = [one for one in (file, *file.parents) if folder in one.parents]
    for one in inside:
        if _is_link(one):
            raise RefusedForSafety(
                f"{one} is a link, and what it leads to may not be PACK's",
                "Move it elsewhere, then try again.",
            )


def _made(note: Path) -> dict[str, str]:
    """The digests of the files that PACK made; empty where it notes none that can be read."""
    try:
        found = json.loads(note.read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _refuse_others(top: Path, made: Mapping[str, str], wanted: Mapping[Path, str]) -> None:
    """Do nothing, unless a file would be replaced that PACK did not make, or that was edited."""
    for file, text in wanted.items():
        name = file.relative_to(top).as_posix()
        if not file.exists() or file.read_bytes() == text.encode("utf-8"):
            continue
        if _digest(file) != made.get(name):
            error = InvalidRequest(f"{file} is there, and is not as PACK made it")
            error.remedy = "Move it elsewhere, then try again."
            raise error


def _still_as_made(folder: Path, top: Path, made: Mapping[str, str]) -> list[Path]:
    """The files that PACK made and that nobody has touched since."""
    found = []
    for name, digest in made.items():
        parts = name.split("/")
        file = top.joinpath(*parts)
        if not name.endswith(_ENDING) or ".." in parts or top not in file.parents:
            continue
        if any(_is_link(one) for one in (file, *file.parents) if folder in one.parents):
            continue
        if file.is_file() and _digest(file) == digest:
            found.append(file)
    return found


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _hide(memory: Memory) -> None:
    """Have git not show the patches as new files, in this repository only."""
    local = memory.connector
    if not isinstance(local, LocalGit):
        return
    exclude, line = local.repository.common_dir / "info" / "exclude", f"/{PATCHES}/"
    with suppress(OSError):  # then git shows them, and nothing is lost
        text = exclude.read_bytes() if exclude.exists() else b""
        if line.encode() in text.split():
            return
        exclude.parent.mkdir(exist_ok=True)
        gap = b"" if not text or text.endswith(b"\n") else b"\n"
        exclude.write_bytes(text + gap + f"{line}\n".encode())
