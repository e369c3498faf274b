"""Beginning to write a kit: its first files, in a folder on this machine."""

from __future__ import annotations

from pathlib import Path

from pack.errors import InvalidRequest, Unavailable
from pack.kits.manifest import MANIFEST
from pack.kits.scaffold import first_files


def begin_kit(folder: Path, *, dry_run: bool = False) -> list[Path]:
    """Have the first files of a kit in a folder; what is there already is not touched.

    A folder that has markdown files of its own gets a manifest and nothing else.

    Returns:
        The files that were made, or would be.

    Raises:
        InvalidRequest: There is a manifest already, or the folder cannot have a kit's name.
        Unavailable: The files cannot be written.
    """
    folder = folder.expanduser().absolute()
    if folder.exists() and not folder.is_dir():
        raise InvalidRequest(f"{folder} is not a folder")
    wanted = first_files(folder.name)
    if (folder / MANIFEST).exists():
        raise InvalidRequest(f"{folder} has a {MANIFEST} already")
    if any(folder.rglob("*.md")):
        wanted = {MANIFEST: wanted[MANIFEST]}
    made = [folder / name for name in wanted]
    if dry_run:
        return made
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, content in zip(made, wanted.values(), strict=True):
            with file.open("xb") as opened:
                opened.write(content)
    except OSError as error:
        raise Unavailable(
            f"{error.filename or folder} cannot be written: {error.strerror}"
        ) from error
    return made
