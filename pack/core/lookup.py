"""Finds the file that a caller means by a path, and says what is near if there is none."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final

from pack.actions import Action
from pack.core.core import Core
from pack.errors import InvalidPath, InvalidRequest, NotFound
from pack.model import MemoryPath
from pack.paths import as_path, fold, parse_stored_path

_NAMED: Final = 3
"""The number of near paths that a message names."""
_COMPARED: Final = 2_000
"""The number of names that are compared letter by letter, which takes about 20 us each."""


def asked_path(core: Core, text: str) -> MemoryPath:
    """The path that a caller means; `.md` may be missing if there is such a file.

    Raises:
        InvalidPath, LimitExceeded: No file can be there.
    """
    path = parse_stored_path(as_path(text))
    if not path.lower().endswith(".md"):
        longer = MemoryPath(f"{path}.md")
        if core.reader.find(longer) is not None:
            return longer
    return path


def nothing_there(core: Core, text: str) -> InvalidRequest:
    """The refusal for a path without a file; it names the nearest paths.

    Raises:
        NotInitialised: There is no memory.
    """
    path = as_path(text)
    listing, _ = core.ask_so_far(lambda view: view.list_rows())
    near = nearest(path, [row.path for row in listing.rows])
    is_possible = path.lower().endswith(".md")
    refusal = NotFound(text) if is_possible else InvalidPath(text, "a memory file must end in .md")
    then = core.past.place_then(MemoryPath(path)) if core.past and is_possible else None
    if then is not None:
        refusal.remedy = f"At that time it was {then}: {Action.READ} with that path."
    elif near:
        named = " or ".join([", ".join(near[:-1]), near[-1]] if near[1:] else near)
        refusal.remedy = f"Did you mean {named}? {Action.LIST} to see what is there."
    return refusal


def nearest(wanted: str, paths: Sequence[MemoryPath]) -> list[MemoryPath]:
    """The paths that a caller most likely means by one that does not exist, likeliest first."""
    return list(islice(dict.fromkeys(_near(wanted, paths)), _NAMED))


def _near(wanted: str, paths: Sequence[MemoryPath]) -> Iterator[MemoryPath]:
    """The same name elsewhere, then names like it, then what is in a folder of that name."""
    folder = wanted.rpartition("/")[0]
    by_name: dict[str, list[MemoryPath]] = {}
    for path in sorted(paths, key=lambda path: path.rpartition("/")[0] != folder):
        by_name.setdefault(_name(path), []).append(path)
    name = _name(wanted)
    yield from by_name.get(name, ())
    start = name[:1]
    likely = (each for each in by_name if each[:1] == start or len(by_name) <= _COMPARED)
    compared = list(islice(likely, _COMPARED))
    # Here, as few paths are mistyped.
    from difflib import get_close_matches  # noqa: PLC0415

    yield from chain.from_iterable(by_name[each] for each in get_close_matches(name, compared, 3))
    inside = f"{fold(wanted).removesuffix('.md').strip('/')}/"
    yield from (path for path in paths if fold(path).startswith(inside))


def _name(path: str) -> str:
    """The name of a file, as it is compared: case, separators and the ending do not matter."""
    name = fold(path.rpartition("/")[2]).removesuffix(".md")
    return name.replace("_", "-").replace(" ", "-")
