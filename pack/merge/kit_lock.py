"""Merges what two machines say is installed (`.pack/kits.lock.yaml`): kit by kit, each whole.

Kits that only one side installed, updated or removed are as that side has them. Of a kit that is at
two versions, the higher one counts; and an update beats a removal. A file that is not as PACK
writes it is merged line by line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pack.errors import InvalidContent
from pack.merge.file import Merged, merge_text_file
from pack.model import MemoryPath
from pack.versions import KitVersion

KIT_LOCK: Final = MemoryPath(".pack/kits.lock.yaml")
_FIRST: Final = "version: 1\n"
_KITS: Final = "kits:\n"
_NONE: Final = "kits: {}\n"
EMPTY: Final = (_FIRST + _NONE).encode()
"""The file where no kit is installed."""
_NAME: Final = re.compile(r"  ([a-z0-9][a-z0-9-]{0,63}|'[a-z0-9-]+'|\"[a-z0-9-]+\"):\n")
_VERSION: Final = re.compile(r"^    version: [\"']?([^\"'\n]+)[\"']?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Lock:
    """The file in parts.

    Attributes:
        head: The lines before the kits.
        kits: The lines of each, by the line with its name.
    """

    head: str
    kits: Mapping[str, str]


def merge_kit_lock(base: bytes | None, ours: bytes, theirs: bytes) -> Merged:
    """Like `merge_file`, but by kit; the same whichever side comes first."""
    if theirs in (ours, base):
        return Merged(ours, None)
    if ours == base:
        return Merged(theirs, None)
    old, mine, other = (_read(side) for side in (base or EMPTY, ours, theirs))
    if old is None or mine is None or other is None:
        return merge_text_file(base, ours, theirs, keep_both=False)
    head = _chosen(old.head, mine.head, other.head)
    if head is None:
        return merge_text_file(base, ours, theirs, keep_both=False)
    kits = {}
    for name in sorted(mine.kits.keys() | other.kits.keys(), key=_plain):
        lines = _kit(old.kits.get(name), mine.kits.get(name), other.kits.get(name))
        if lines is not None:
            kits[name] = lines
    body = _KITS + "".join(f"{name}{lines}" for name, lines in kits.items()) if kits else _NONE
    return Merged((head + body).encode("utf-8"), None)


def _chosen(base: str | None, ours: str | None, theirs: str | None) -> str | None:
    """What only one side changed, as that side has it; `None` if both did, or it is gone."""
    if theirs in (ours, base):
        return ours
    return theirs if ours == base else None


def _kit(base: str | None, ours: str | None, theirs: str | None) -> str | None:
    if theirs in (ours, base):
        return ours
    if ours == base:
        return theirs
    return max((side for side in (ours, theirs) if side is not None), key=_rank)


def _rank(lines: str) -> tuple[bool, KitVersion, str]:
    """The higher version comes last; where they are the same, the same one on every machine."""
    found = _VERSION.search(lines)
    try:
        return True, KitVersion.parse(found[1] if found else ""), lines
    except InvalidContent:
        return False, KitVersion((0, 0, 0)), lines


def _plain(name: str) -> str:
    return name.strip().strip("'\":")


def _read(content: bytes) -> _Lock | None:
    """The file in parts; `None` if it is not as PACK writes it."""
    try:
        lines = content.decode("utf-8").splitlines(keepends=True)
    except UnicodeDecodeError:
        return None
    at = next((n for n, line in enumerate(lines) if line in (_KITS, _NONE)), None)
    if at is None or lines[0] != _FIRST or not lines[-1].endswith("\n"):
        return None
    kits: dict[str, str] = {}
    name = ""
    for line in lines[at + 1 :]:
        if _NAME.fullmatch(line) and line not in kits:
            name = line
            kits[name] = ""
        elif name and line.startswith("    "):
            kits[name] += line
        else:
            return None
    is_empty = lines[at] == _NONE
    return None if is_empty == bool(kits) else _Lock("".join(lines[:at]), kits)
