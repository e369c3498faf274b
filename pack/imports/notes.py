"""Plans how a folder of notes (a `memory-bank/`, an Obsidian vault) becomes files of a memory.

Contents belong to somebody and are imported byte for byte, including frontmatter; `pack validate`
says afterwards what is missing. Names that a memory accepts are kept, and others are changed as
little as possible. Nothing happens silently: each file keeps its name, is listed as renamed, or is
skipped with a reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from pack.errors import InvalidPath, LimitExceeded
from pack.files import frontmatter
from pack.index.format import is_generated
from pack.limits import MAX_COMPONENT_BYTES, MAX_FILE_BYTES
from pack.model import MemoryPath
from pack.paths import INDEX, LEGACY_DIR, fold, is_owned, parse_memory_path, parse_path
from pack.v1.taxonomy import CONTEXT, PathClaims

_REPLACED: Final = re.compile(r'[<>:"\\|?*]')
_ENDING: Final = ".md"
_PLAIN_ENDING: Final = re.compile(r"[A-Za-z0-9]{1,12}")
_NO_FOLDERS: Final = ("", ".", "..")
_UNNAMED: Final = "note"
_SUFFIX: Final = "-note"  # makes a reserved name usable
_ROOM: Final = 16  # bytes for `-note` and for `-2`, `-3`, …
_FOLDER_BYTES: Final = 60  # for each folder, if the whole path is too long
_DEEPEST: Final = 3  # folders that are kept then: 3 * 61 + 200 bytes are within the limit of a path
_SHORT_STEM_BYTES: Final = 180


@dataclass(frozen=True, slots=True)
class ImportPlan:
    """What an import does. Every given path is either in `files` or in `skipped`, once.

    Attributes:
        files: New path and exact bytes, sorted by given path.
        skipped: Given path, and why the file is not imported.
        renamed: Given path and new path, if they differ.
    """

    files: list[tuple[MemoryPath, bytes]]
    skipped: list[tuple[str, str]]
    renamed: list[tuple[str, MemoryPath]]


def plan_import(
    files: Mapping[str, bytes],
    attachments: Mapping[str, bytes] = MappingProxyType({}),
    *,
    at_root: bool = False,
) -> ImportPlan:
    """The memory files that a folder of notes becomes.

    Files at the root go to `context/`, unless the memory has notes at its root; attachments there
    go with them. Those that git or tools own elsewhere, such as README.md, always do.

    Args:
        files: Contents by relative POSIX path.
        attachments: The same for files of other types, which are taken as well.
        at_root: Whether the memory has notes at its root.
    """
    made = ImportPlan([], [], [])
    accepted = []
    for path in sorted(files):
        reason = _refusal(path, files[path])
        if reason:
            made.skipped.append((path, reason))
        else:
            accepted.append(path)
    contents = {**files, **attachments}
    accepted += sorted(attachments)
    names = _named(accepted, at_root=at_root)
    for path in accepted:
        made.files.append((names[path], contents[path]))
        if names[path] != path:
            made.renamed.append((path, names[path]))
    return made


def _refusal(path: str, content: bytes) -> str | None:
    """Why a file is not imported; `None` if it is."""
    folders = [part for part in path.split("/")[:-1] if part not in _NO_FOLDERS]
    hidden = next((part for part in folders if part.startswith(".")), None)
    if hidden is not None:
        return f"it is in the hidden folder {hidden}"
    if path.rsplit("/", maxsplit=1)[-1].startswith("._"):
        return "it is a resource file that macOS puts beside another"
    if not path.lower().endswith(_ENDING):
        return "it is not a markdown file (.md)"
    if len(content) > MAX_FILE_BYTES:
        return f"it exceeds the limit of {MAX_FILE_BYTES:,} bytes"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"it is not valid UTF-8 (byte {error.start + 1})"
    return "it is the index of another memory" if is_index(path, text) else None


def is_index(path: str, text: str) -> bool:
    """Whether PACK wrote the file as the index of another memory; this one gets its own."""
    fields = frontmatter.read(text).fields
    is_root = path == INDEX and fields.get("version") == 2 and "sync_order" in fields
    return is_root or is_generated(path, fields)


def _named(paths: list[str], *, at_root: bool) -> dict[str, MemoryPath]:
    """A path for each; paths that need no change come first, so that no twin takes their names."""
    claims = PathClaims()
    repaired = {path: acceptable_path(path, at_root=at_root) for path in paths}
    names = {}
    for path in sorted(paths, key=lambda path: (repaired[path] != path, path)):
        folder, _, name = repaired[path].rpartition("/")
        stem, ending = _cut_ending(name)
        names[path] = claims.claim(folder, stem, ending)
    return names


def acceptable_path(path: str, *, at_root: bool) -> str:
    """The closest path that a memory accepts; the path itself if it is acceptable."""
    *folders, name = path.split("/")
    stem, ending = _cut_ending(name)
    folders = [_component(folder) for folder in folders if folder not in _NO_FOLDERS]
    stem = _component(stem, ending)
    if not folders and not (at_root and not (_is_note(name) and is_owned(stem + ending))):
        folders = [CONTEXT]
    if folders and fold(folders[0]) == LEGACY_DIR:
        folders[0] += _SUFFIX
    if fold(stem) == "index" and _is_note(name):
        stem += _SUFFIX
    repaired = "/".join([*folders, stem + ending])
    try:
        if _is_note(name):
            return parse_memory_path(repaired, at_root=at_root)
        return parse_path(repaired)
    except LimitExceeded:
        short = [_cut(folder, _FOLDER_BYTES) for folder in folders[:_DEEPEST]]
        return "/".join([*short, _cut(stem, _SHORT_STEM_BYTES) + ending])


def _is_note(name: str) -> bool:
    return name.lower().endswith(_ENDING)


def _cut_ending(name: str) -> tuple[str, str]:
    """A file's name and its ending; one that is too strange to be an ending belongs to the name."""
    if _is_note(name):
        return name[: -len(_ENDING)], name[-len(_ENDING) :]
    stem, _, ending = name.rpartition(".")
    return (stem, f".{ending}") if stem and _PLAIN_ENDING.fullmatch(ending) else (name, "")


def _component(name: str, ending: str = "") -> str:
    """A path component that all platforms accept, as close to `name` as possible."""
    text = _REPLACED.sub("-", name.encode("utf-8", "ignore").decode("utf-8"))
    text = "".join(character for character in text if _is_accepted(character))
    text = unicodedata.normalize("NFC", text).lstrip(" .-")
    text = _cut(text, MAX_COMPONENT_BYTES - _ROOM - len(ending))
    text = text if ending else text.rstrip(" .")
    base, dot, rest = text.partition(".")  # a device name is reserved with any ending
    for candidate in (text, f"{base}{_SUFFIX}{dot}{rest}", text.replace("~", "-")):
        if _is_path(f"{candidate}{ending}") and candidate:
            return candidate
    return _UNNAMED


def _is_accepted(character: str) -> bool:
    return _is_path(unicodedata.normalize("NFC", f"a{character}a"))


def _is_path(text: str) -> bool:
    try:
        parse_path(text)
    except InvalidPath:
        return False
    return True


def _cut(text: str, size: int) -> str:
    """The first `size` bytes in UTF-8, in whole characters, not ending in a blank or dot."""
    if len(text.encode()) <= size:
        return text
    return text.encode()[:size].decode("utf-8", "ignore").rstrip(" .")
