"""Conflict copies: files in which a merge keeps what it could not put into the original.

A copy is next to its original, named `<name>.conflict-<id><ending>` after the version that it
keeps: the first digits of its blob id, as the version was before it became a copy. So whoever keeps
a version of a file gives its copy the same name and the same bytes, and has it once.

It is an ordinary memory file that people and agents read, settle and delete. Its frontmatter names
the original, unless the file is not markdown or its frontmatter cannot be read; its name always
shows what it is.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from hashlib import sha1
from itertools import count
from typing import Final

from pack.catalog.row import Row
from pack.errors import InvalidContent, InvalidPath, LimitExceeded
from pack.files import frontmatter
from pack.files.keys import TRUTH_KEYS, UPDATED
from pack.limits import MAX_COMPONENT_BYTES, MAX_FILE_BYTES, MAX_PATH_BYTES
from pack.model import BlobId, MemoryPath
from pack.paths import GENERAL, fold, is_memory_file, parse_path

COPY_KEY: Final = "conflict_copy_of"
"""PACK's frontmatter key for the path of the file that this one is a conflict copy of."""

_DIGITS: Final = 8
_BY_ITSELF: Final = TRUTH_KEYS | {UPDATED.name}
_COPY_NAME: Final = re.compile(r"([^/]+?)\.conflict-[0-9a-z]{1,16}(?:-[0-9]+)?(\.[^./]*)?\Z")
_ENDING: Final = re.compile(r"\.[0-9A-Za-z]{1,16}\Z")


def is_conflict_copy(path: str) -> bool:
    """Whether a file has the name of a conflict copy."""
    return _COPY_NAME.fullmatch(path.rpartition("/")[2]) is not None


def find_conflict_copies(rows: Iterable[Row]) -> list[MemoryPath]:
    """The conflict copies among the files of a catalog, in its order."""
    return [row.path for row in rows if is_conflict_copy(row.path)]


def original_of(fields: Mapping[str, object]) -> str | None:
    """The path of the original of a file with this frontmatter."""
    original = fields.get(COPY_KEY)
    return original if isinstance(original, str) else None


def original_path_of(path: str, content: bytes) -> str:
    """The path of the original of a conflict copy, by what it says or by its name."""
    said = original_of(frontmatter.read(content.decode("utf-8", "replace")).fields)
    if said is not None:
        return said
    folder, slash, name = path.rpartition("/")
    found = _COPY_NAME.fullmatch(name)
    return f"{folder}{slash}{found[1]}{found[2] or ''}" if found else path


def mark_copy(path: MemoryPath, content: bytes) -> bytes:
    """The bytes of a file with `COPY_KEY` set to its path, if they can hold it.

    A copy of a copy still names the original.
    """
    if not is_memory_file(path):
        return content
    try:
        text = content.decode("utf-8")
        if original_of(frontmatter.read(text).fields) is not None:
            return content
        name = path.encode("utf-8", "backslashreplace").decode("utf-8")
        marked = frontmatter.set_fields(text, {COPY_KEY: name}).encode("utf-8")
    except (UnicodeDecodeError, InvalidContent, LimitExceeded):
        return content
    return marked if len(marked) <= MAX_FILE_BYTES else content


def essence(content: bytes) -> bytes:
    """What a version says, however it is kept: without what PACK writes into it by itself.

    Two versions that differ in nothing else are one text.
    """
    try:
        head = frontmatter.read(content.decode("utf-8"))
        names = [name for name in head.fields if name == COPY_KEY or name in _BY_ITSELF]
        said = frontmatter.without_fields(head, names).parts if names else head.parts
    except (UnicodeDecodeError, InvalidContent, LimitExceeded):
        return content
    return (said.join() if said.block and said.block.strip() else said.body.lstrip("\r\n")).encode()


def conflict_copy_path(path: MemoryPath, blob: BlobId, taken: Container[str]) -> MemoryPath:
    """The path for a conflict copy of a file: one that is free and that a new file may have.

    Args:
        path: The file. It may be a copy itself; the name does not get longer then.
        blob: The version that is kept.
        taken: Paths of files and folders in use, folded by `pack.paths.fold`.
    """
    folder, stem, ending = _parts(path)
    for suffix in _suffixes(blob[:_DIGITS]):
        copy = _fitted(folder, stem, f"{suffix}{ending}") or _elsewhere(path, suffix, ending)
        if fold(copy) not in taken:
            return copy
    raise AssertionError  # the suffixes never end


def _suffixes(word: str) -> Iterator[str]:
    yield f".conflict-{word}"
    for number in count(2):
        yield f".conflict-{word}-{number}"


def _parts(path: str) -> tuple[str, str, str]:
    """Folder, stem and ending of a file, without the dots that hide files and folders."""
    folder, _, name = "/".join(part.lstrip(".") for part in path.split("/")).rpartition("/")
    if copy := _COPY_NAME.fullmatch(name):
        return folder, copy[1], copy[2] or ""
    ending = _ENDING.search(name)
    return folder, name[: ending.start()] if ending else name, ending[0] if ending else ""


def _fitted(folder: str, stem: str, suffix: str) -> MemoryPath | None:
    """The path, with the stem cut if it is too long; `None` if such a path is not allowed."""
    prefix = f"{folder}/" if folder else ""
    used = len(prefix.encode("utf-8", "surrogateescape"))
    room = min(MAX_COMPONENT_BYTES, MAX_PATH_BYTES - used) - len(suffix)
    if room < 1:
        return None
    short = stem.encode("utf-8", "surrogateescape")[:room].decode("utf-8", "ignore")
    try:
        return parse_path(f"{prefix}{short}{suffix}")
    except (InvalidPath, LimitExceeded):
        return None


def _elsewhere(path: str, suffix: str, ending: str) -> MemoryPath:
    """A path for the copy of a file whose own name no new file may have."""
    digest = sha1(path.encode("utf-8", "surrogateescape"), usedforsecurity=False).hexdigest()
    return parse_path(f"{GENERAL.rpartition('/')[0]}/{digest[:12]}{suffix}{ending}")
