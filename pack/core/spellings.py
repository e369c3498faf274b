"""Which paths in use some file system takes for one that is new."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pack.paths import fold


def spellings(paths: Iterable[str]) -> dict[str, str]:
    """The files and folders in use, by folded path: what file systems may treat as the same."""
    return {fold(part): part for path in paths for part in with_folders(path)}


def with_folders(path: str) -> list[str]:
    """The folders of a path, the outermost first, and the path itself."""
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]


def find_twin(path: str, used: Mapping[str, str]) -> str | None:
    """A file or folder in use that some file systems confuse with the path or a folder of it."""
    spelt = ((part, used.get(fold(part), part)) for part in with_folders(path))
    return next((other for part, other in spelt if other != part), None)
