"""Which notes stay: whose names nobody downstream should read, in a file or in a pull request."""

from __future__ import annotations

import posixpath
from collections.abc import Collection, Iterable, Iterator
from typing import Final

from pack.distribution.content.making import Made
from pack.distribution.content.rule import RULES_DIR
from pack.model import MemoryPath
from pack.paths import INDEX, fold

_USUAL: Final = frozenset(
    (
        INDEX,
        ".gitattributes",
        ".gitignore",
        ".gitmodules",
        "agents.md",
        "changelog.md",
        "claude.md",
        "contributing.md",
        "decisions.md",
        "license",
        "license.md",
        "memory.md",
        "readme.md",
    )
)
"""Names at the root that most repositories have, so that they say nothing about this one."""
_PACKS: Final = ".pack"


def staying(
    files: Iterable[MemoryPath], made: Made, present: Collection[str] = ()
) -> list[MemoryPath]:
    """The files of a release that do not go, by names that nothing of what goes has.

    A text may well name `web/a.md` where `guides/web/a.md` goes, or a file that downstream has.

    Args:
        files: All files of the release.
        made: What goes.
        present: Each path that downstream has.
    """
    known = {end for one in made.files for end in (*_ends(one.source), *_ends(one.path))}
    return [
        path
        for path in files
        if path not in known and path not in present and not _says_nothing(path)
    ]


def _says_nothing(path: str) -> bool:
    """Whether a name is one that any memory has; each rule has the name of a downstream."""
    is_packs = path.startswith(_PACKS) and not path.startswith(RULES_DIR)
    return is_packs or fold(path) in _USUAL


def _ends(path: str) -> Iterator[str]:
    """A path as it is written from each of the folders that it is in."""
    yield path
    while "/" in path:
        path = path.partition("/")[2]
        yield path


def with_bare_names(notes: Iterable[MemoryPath], going: Iterable[str]) -> list[MemoryPath]:
    """Notes, and the names that they have in their folders, unless what goes has the same."""
    paths, known = [*notes], set(map(posixpath.basename, going))
    bare = {name for path in paths if (name := posixpath.basename(path)) not in known}
    return [*paths, *(MemoryPath(name) for name in sorted(bare) if not _says_nothing(name))]
