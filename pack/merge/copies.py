"""Conflict copies: files in which a merge keeps what it could not put into the original.

A copy is next to its original, named `<name>.conflict-<word><ending>`. It is an ordinary memory
file that people and agents read, settle and delete. Its frontmatter names the original, unless the
file is not markdown or its frontmatter cannot be read; its name always shows what it is.
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
from pack.limits import MAX_COMPONENT_BYTES, MAX_FILE_BYTES, MAX_PATH_BYTES
from pack.model import MemoryPath
from pack.paths import GENERAL, fold, is_memory_file, parse_path

COPY_KEY: Final = "conflict_copy_of"
"""PACK's frontmatter key for the path of the file that this one is a conflict copy of."""

_WORD: Final = 16
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


def copy_word(name: str) -> str:
    """The part of a name that can be used in the names of copies."""
    return re.sub(r"[^0-9a-z]", "", name.lower())[:_WORD] or "theirs"


def conflict_copy_path(path: MemoryPath, name: str, taken: Container[str]) -> MemoryPath:
    """The path for a conflict copy of a file: one that is free and that a new file may have.

    Args:
        path: The file. It may be a copy itself; the name does not get longer then.
        name: A word that distinguishes the copies of a file, such as a short commit id.
        taken: Paths of files and folders in use, folded by `pack.paths.fold`.
    """
    folder, stem, ending = _parts(path)
    for suffix in _suffixes(copy_word(name)):
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
