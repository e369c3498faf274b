"""`.notion-pages.json`: which page in Notion each memory file has (C11).

People may read it, and git merges it; nothing in it is ever guessed. A record that cannot be
trusted stops the sync, and no page is touched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from pack.errors import InvalidConfig
from pack.model import MemoryPath
from pack.paths import is_memory_file
from pack.sync.target import PageId

MAPPING: Final = MemoryPath(".notion-pages.json")
_VERSION: Final = 1
_OTHERS: Final = ("export", "parent")
_ID: Final = re.compile(r"[0-9a-f]{32}")
_KEYS: Final = frozenset({"version", "parent", "complete", "export", "pages"})


@dataclass(frozen=True, slots=True)
class PageMap:
    """The pages there are.

    Attributes:
        pages: Page by memory file.
        export: The page that holds everything, once it exists.
        is_complete: Whether a migration was completed: every file had its page, and the parent
            page became an index.
        parent: The page above them; `None` in a record that does not name it.
    """

    pages: Mapping[str, PageId] = field(default_factory=dict)
    export: PageId | None = None
    is_complete: bool = False
    parent: PageId | None = None

    def with_page(self, path: str, page: PageId) -> PageMap:
        """A copy with a page for a file."""
        return replace(self, pages={**self.pages, path: page})

    def with_export(self, page: PageId) -> PageMap:
        """A copy with the page that holds everything."""
        return replace(self, export=page)

    def is_below(self, parent: str) -> bool:
        """Whether these pages are below that one, as far as the record says."""
        return self.parent is None or bare(self.parent) == bare(parent)

    def without(self, path: str) -> PageMap:
        """A copy without a file."""
        return replace(self, pages={one: page for one, page in self.pages.items() if one != path})


def merge_maps(base: PageMap, ours: PageMap, theirs: PageMap) -> PageMap:
    """What two runs that started from one record made of it; ours wins where both changed it."""
    gone = base.pages.keys() - ours.pages.keys()
    new = {path: page for path, page in ours.pages.items() if base.pages.get(path) != page}
    kept = {path: page for path, page in theirs.pages.items() if path not in gone}
    complete = ours.is_complete if ours.is_complete != base.is_complete else theirs.is_complete
    export = ours.export if ours.export != base.export else theirs.export
    parent = ours.parent if ours.parent != base.parent else theirs.parent
    return PageMap({**kept, **new}, export, complete, parent)


def write_map(found: PageMap) -> bytes:
    """The content of the file; equal for equal pages."""
    value = {
        "version": _VERSION,
        "parent": found.parent,
        "complete": found.is_complete,
        "export": found.export,
        "pages": dict(sorted(found.pages.items())),
    }
    return f"{json.dumps(value, ensure_ascii=False, indent=2)}\n".encode()


def read_map(content: bytes) -> PageMap:
    """The pages that the file names.

    Raises:
        InvalidConfig: It cannot be trusted; the message says why.
    """
    problems, found = examine(content)
    if problems:
        raise InvalidConfig(
            MAPPING, f"{problems[0]}. Fix it, or restore an earlier version with git"
        )
    return found


def examine(content: bytes) -> tuple[Sequence[str], PageMap]:
    """What is wrong with the file, and as much of it as can be read."""
    try:
        value = json.loads(content.decode("utf-8"), object_pairs_hook=_without_twins)
    except (ValueError, _Twins, RecursionError) as error:
        return [_why_unread(error)], PageMap()
    if not isinstance(value, dict) or not isinstance(value.get("pages"), dict):
        return ["it has no object `pages`"], PageMap()
    if value.get("version") != _VERSION:
        return ["its version is not 1; a newer PACK may have written it"], PageMap()
    return _problems(value), _read(value)


def _why_unread(error: Exception) -> str:
    match error:
        case UnicodeDecodeError():
            return "it is not UTF-8"
        case json.JSONDecodeError():
            return f"it is not JSON (line {error.lineno}, column {error.colno})"
        case ValueError():  # Python reads no number of more than 4,300 digits
            return "it holds a number that is too long"
        case RecursionError():
            return "it is nested too deeply"
    return str(error)


class _Twins(Exception):
    """A key occurs twice in an object, so reading it as JSON would drop a page."""


def _without_twins(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Twins(f"it names {twice[:200]!r} twice")
    return found


def _problems(value: Mapping[str, Any]) -> list[str]:
    pages: Mapping[str, Any] = value["pages"]
    found = [f"it has an unknown key {name!r}" for name in sorted(value.keys() - _KEYS)]
    if not isinstance(value.get("complete"), bool):
        found.append("`complete` is neither true nor false")
    named = [*pages.items()]
    named += [(name, value[name]) for name in _OTHERS if value.get(name) is not None]
    seen: dict[str, str] = {}
    for name, page in named:
        if name not in _OTHERS and not is_memory_file(name):
            found.append(f"{name[:200]!r} is not the path of a memory file")
        if not isinstance(page, str) or _ID.fullmatch(bare(page)) is None:
            found.append(f"the value of {name[:200]!r} is not the id of a page")
        elif (other := seen.setdefault(bare(page), name)) != name:
            found.append(f"{name[:200]!r} and {other[:200]!r} have the same page")
    return found


def bare(page: str) -> str:
    """An id without dashes; Notion accepts both forms."""
    return page.replace("-", "").lower()


def _read(value: Mapping[str, Any]) -> PageMap:
    pages = {path: PageId(page) for path, page in value["pages"].items() if isinstance(page, str)}
    export, parent = (_page(value.get(name)) for name in _OTHERS)
    return PageMap(pages, export, value.get("complete") is True, parent)


def _page(value: object) -> PageId | None:
    return PageId(value) if isinstance(value, str) else None
