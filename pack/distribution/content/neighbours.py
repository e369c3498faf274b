"""What the links of a rule's files can lead to, as people mean them.

A link is read from its note's own folder, or, if nothing is there, from the root of the memory.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import unquote

from pack.distribution.content.placing import Placing

_SCHEME: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//")
_OWN_SCHEME: Final = re.compile(r"memory:/+", re.IGNORECASE)
_REST: Final = re.compile(r"[?#]")


class LinkStyle(Enum):
    """What a link is counted from."""

    FOLDER = "folder"
    ROOT = "root"
    SLASH = "slash"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Aim:
    """A link that leads into the memory.

    Attributes:
        style: What it is counted from.
        path: The file or folder that it leads to; `None` if that is outside of the memory.
        is_there: Whether the memory has it.
    """

    style: LinkStyle
    path: str | None
    is_there: bool


class Neighbours:
    """What the links of a rule's files can lead to.

    Args:
        placing: Where files lie downstream.
        going: The files that go, and where.
        present: All files of the memory.
    """

    def __init__(
        self, placing: Placing, going: Mapping[str, str], present: Collection[str]
    ) -> None:
        self.placing = placing
        self.going = going
        self.present = present
        self.going_folders = frozenset(_folders(going))
        self._folders = frozenset(_folders(present))
        self._stems: dict[str, list[str]] = {}
        for path in present:
            self._stems.setdefault(_stem(path), []).append(path)
        self._aims: dict[tuple[str, str], Aim | None] = {}

    def goes(self, path: str | None) -> bool:
        """Whether a file goes, or something in a folder."""
        return path in self.going or path in self.going_folders

    def noted(self, name: str) -> list[str]:
        """The files that a wiki link can mean."""
        wanted = name.strip().lstrip("/")
        exact = [one for one in (wanted, f"{wanted}.md") if one in self.present]
        return exact or ([] if "/" in wanted else self._stems.get(_stem(wanted), []))

    def aim(self, folder: str, target: str) -> Aim | None:
        """What a link leads to in the memory; `None` if it leads elsewhere, or within its note.

        Args:
            folder: The folder of its note.
            target: Where it leads, as the parser reads it.
        """
        key = (folder, target)
        if key not in self._aims:
            self._aims[key] = self._aim(folder, target)
        return self._aims[key]

    def _aim(self, folder: str, target: str) -> Aim | None:
        own = _OWN_SCHEME.match(target)
        if own is None and _SCHEME.match(target):
            return None
        path = unquote(_REST.split(target[own.end() :] if own else target, maxsplit=1)[0])
        if own is not None or path.startswith("/"):
            there = _joined("", path.strip("/"))
            return Aim(LinkStyle.ADDRESS if own else LinkStyle.SLASH, there, self._is_there(there))
        if not path:
            return None
        near, far = _joined(folder, path), _joined("", path)
        if not self._is_there(near) and self._is_there(far) and not path.startswith("."):
            return Aim(LinkStyle.ROOT, far, is_there=True)
        return Aim(LinkStyle.FOLDER, near, self._is_there(near))

    def _is_there(self, path: str | None) -> bool:
        """Whether the memory has a file or folder."""
        return path in self.present or path in self._folders


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".md").casefold()


def _folders(paths: Iterable[str]) -> Iterator[str]:
    for path in paths:
        parts = path.split("/")[:-1]
        yield from ("/".join(parts[:end]) for end in range(len(parts) + 1))


def _joined(folder: str, path: str) -> str | None:
    """A path from a folder on, without dots; `None` if it leads out of the memory."""
    parts = folder.split("/") if folder else []
    for part in path.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)


def rest_of(target: str) -> str:
    """The query and the fragment of a target."""
    match = _REST.search(target)
    return target[match.start() :] if match is not None else ""
