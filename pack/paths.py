"""Which paths a memory accepts, decided once for every wrapper and every platform.

A memory travels: it is cloned to Windows and macOS, whose file systems fold case, normalise
Unicode, strip trailing dots and reserve device names. A path that would mean different things on
different machines is refused on all of them.

Sources: git's `verify_path` and `is_hfs_dotgit`/`is_ntfs_dotgit` (git/path.c, CVE-2014-9390);
"Naming Files, Paths, and Namespaces" (Microsoft Learn).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import count
from typing import Final
from urllib.parse import unquote

from pack.deferred import pattern
from pack.errors import InvalidPath, LimitExceeded
from pack.limits import MAX_COMPONENT_BYTES, MAX_PATH_BYTES, MAX_STORED_PATH_BYTES
from pack.model import MemoryPath

INDEX: Final = MemoryPath("index.md")
LEGACY_DIR: Final = "legacy"
ARCHIVE: Final = "archive"
"""The folder for conversations that were imported."""
GENERAL: Final = MemoryPath("context/general.md")
DATES: Final = MemoryPath(".pack-dates.json")
"""When notes that were taken over had been changed; `pack.catalog.imported` writes it."""
MORE_DATES: Final = {digit: MemoryPath(f".pack-dates-{digit}.json") for digit in "0123456789abcdef"}
"""The files for more dates than fit into that one, by the first digit of the blob."""

_OWNED: Final = frozenset(
    # What people and hosting services look for in a repository: it tells of the repository.
    "readme changelog license licence copying notice authors contributors contributing maintainers "
    "code-of-conduct security support governance issue-template pull-request-template "
    # What coding agents are told to do there.
    "agents agent claude gemini qwen warp crush "
    # The index of a memory, and the single file of PACK v1.
    "index memory".split()
)
"""Names that a file at the root has for somebody else than the memory, up to their first dot.

Why a list: others read these files by their names, and rely on what is in them. A note that PACK
stamps, and that agents may rewrite, cannot be one of them; an agent that could write AGENTS.md
would instruct all others. A note of such a name belongs in a folder.
"""
_KNOWN_NAMES: Final = 4096
_RESERVED = pattern(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE
)
_ADDRESS: Final = pattern(r"memory:/+", re.IGNORECASE)
_LEADING: Final = pattern(r"\A(?:\./|/)+")
_FORBIDDEN = pattern(r'[<>:"\\|?*\x00-\x1f\x7f]')
# Characters that HFS+ ignores when it compares names: there, `.g\u200cit` is `.git`.
_IGNORABLE: Final = frozenset(
    map(chr, [*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF])
)


_ARCHIVED: Final = pattern(rf"{ARCHIVE}/(?:chatgpt|claude|gemini)/(?:[0-9]{{4}}|undated)/")


def is_archived(path: str) -> bool:
    """Whether a file holds an imported conversation, such as `archive/chatgpt/2025/trip.md`.

    Those are memory, but nobody wants thousands of them in each answer: they are read, written and
    undone like others, and listed and searched only where somebody asks for their folder.
    """
    return path.startswith(ARCHIVE) and _ARCHIVED.match(path) is not None


def fold(path: str) -> str:
    """The form that two paths share exactly if some common file system treats them as the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", path).casefold())


def as_path(text: str) -> str:
    """The path that a caller means by a form that agents use, such as a resource's address.

    `memory:///notes/a%20b.md`, `/notes/a b.md` and `./notes/a b.md` are all `notes/a b.md`. Nothing
    is checked.
    """
    address = _ADDRESS.match(text)
    return _LEADING.sub("", unquote(text[address.end() :]) if address else text)


def parse_path(text: str) -> MemoryPath:
    """The repository path that `text` names.

    Raises:
        InvalidPath: It is absolute, is not NFC, or contains `..`, a component that begins with a
            dot, or a reserved or ambiguous name.
        LimitExceeded: It is longer than 400 bytes, or a component is longer than 255.
    """
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise InvalidPath(ascii(text), "it is not valid Unicode") from error
    if size > MAX_PATH_BYTES:
        raise LimitExceeded("the path", MAX_PATH_BYTES)
    if not text:
        raise InvalidPath(text, "it is empty")
    if text.startswith("/") or re.match(r"[A-Za-z]:", text):
        raise InvalidPath(text, "it must be relative to the memory")
    if unicodedata.normalize("NFC", text) != text:
        raise InvalidPath(text, "it must be in Unicode normal form NFC")
    for component in text.split("/"):
        _check_component(text, component)
    return MemoryPath(text)


def _check_component(path: str, name: str) -> None:
    if len(name.encode("utf-8")) > MAX_COMPONENT_BYTES:
        raise LimitExceeded("a path component", MAX_COMPONENT_BYTES)
    if (reason := _wrong_with(name)) is not None:
        raise InvalidPath(path, reason)


@lru_cache(maxsize=_KNOWN_NAMES)
def _wrong_with(name: str) -> str | None:
    """Why no component of a path may have this name; `None` if it may."""
    return next((reason for is_wrong, reason in _COMPONENT_RULES if is_wrong(name)), None)


def has_control(name: str) -> bool:
    """Whether a text has a character that is not to be printed on a line, or is no character."""
    return any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in name)


# The order matters: a rule may rely on those before it.
_COMPONENT_RULES: Final[tuple[tuple[Callable[[str], object], str], ...]] = (
    (lambda name: not name, "it has an empty component"),
    (lambda name: name in (".", ".."), "it must not contain . or .."),
    (lambda name: not _IGNORABLE.isdisjoint(name), "it contains an invisible character"),
    (_FORBIDDEN.search, "it contains a character some file systems forbid"),
    (has_control, "it contains a control character"),
    (lambda name: name.startswith("."), "a component must not begin with a dot"),
    (
        lambda name: name.casefold().rstrip(". ").startswith("git~"),
        "it looks like git's own folder to Windows",
    ),
    (
        lambda name: name[-1] in ". " or name[0] == " ",
        "a component must not begin with a space, nor end with a dot or a space",
    ),
    (lambda name: name.startswith("-"), "a component must not begin with a hyphen"),
    (_RESERVED.fullmatch, "it is a reserved name on Windows"),
)


def parse_stored_path(text: str) -> MemoryPath:
    """The path of a file to read, which a person may have created by hand.

    Names that PACK would not give a new file are allowed; paths out of the memory are not.

    Raises:
        InvalidPath: It is absolute, unprintable, or has an empty, `.`, `..` or hidden component.
        LimitExceeded: It is longer than operating systems accept.
    """
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise InvalidPath(ascii(text), "it is not valid Unicode") from error
    if size > MAX_STORED_PATH_BYTES:
        raise LimitExceeded("the path", MAX_STORED_PATH_BYTES)
    if any(not part or part.startswith(".") for part in text.split("/")):
        raise InvalidPath(text, "it must be relative, without empty, hidden, . or .. components")
    if has_control(text) or "\\" in text or re.match(r"[A-Za-z]:", text):
        raise InvalidPath(text, "it contains a control character, a backslash or a drive")
    return MemoryPath(text)


def is_owned(name: str) -> bool:
    """Whether a file of this name, at the root, is one for git or for tools, such as README.md."""
    return fold(name).partition(".")[0].replace("_", "-") in _OWNED


def is_memory_file(path: str) -> bool:
    """Whether a stored path can be a memory file: `.md`, not hidden, not in `legacy/`.

    At the root, it is none that git or tools own; whether the others are memory, the memory says
    itself (`pack.catalog.scope`). Does not say whether a new file may have this name;
    `parse_memory_path` does.
    """
    folder, _, name = path.rpartition("/")
    if not name.lower().endswith(".md"):
        return False
    if not folder:
        return not name.startswith(".") and not is_owned(name)
    parts = path.split("/")
    return parts[0] != LEGACY_DIR and not any(part.startswith(".") for part in parts)


def parse_memory_path(text: str, *, at_root: bool = False) -> MemoryPath:
    """A path that a new memory file may have.

    Args:
        text: The path.
        at_root: Whether it may be at the root, under a name that git and tools do not own.

    Raises:
        As `parse_path`; InvalidPath also for a file at the root, `legacy/`, `index.md`, or a name
        that does not end in `.md`.
    """
    path = parse_path(text)
    folder, _, name = path.rpartition("/")
    if not name.lower().endswith(".md"):
        raise InvalidPath(text, "a memory file must end in .md")
    if not folder and not at_root:
        raise InvalidPath(text, "a memory file must be in a folder")
    if fold(path.split("/")[0]) == LEGACY_DIR:
        raise InvalidPath(text, "legacy/ keeps originals and is not written to")
    if fold(name) == "index.md":
        raise InvalidPath(text, "index.md is generated")
    if not folder and is_owned(name):
        raise InvalidPath(text, "at the root, a file of this name is for git or for other tools")
    return path


def find_spelling(path: MemoryPath, present: Iterable[MemoryPath]) -> MemoryPath:
    """The path as it is spelt among those that are there, in any case; else the path itself."""
    found = sorted(other for other in present if fold(other) == fold(path))
    return path if path in found or not found else found[0]


def kept_copy_path(path: MemoryPath, sha: str) -> MemoryPath:
    """Where to keep an edit that could not stay at `path`; the same bytes give the same path."""
    stem, dot, ending = path.rpartition(".")
    stem, dot, ending = (stem, dot, ending) if dot and "/" not in ending else (path, "", "")
    room = MAX_COMPONENT_BYTES - 32
    folder, _, name = stem.rpartition("/")
    name = name.encode("utf-8")[:room].decode("utf-8", "ignore")
    kept = f"{name}.kept-{sha[:8]}{dot}{ending}"
    return MemoryPath(f"{folder}/{kept}" if folder else kept)


def original_path(v1_path: MemoryPath) -> MemoryPath:
    """Where a migration keeps the v1 file; `pack` never writes there again (C1)."""
    return MemoryPath(f"{LEGACY_DIR}/{v1_path.rpartition('/')[2]}")


def continued(path: MemoryPath) -> Iterator[MemoryPath]:
    """A file, and those that continue it when it is full: `x.md`, `x-2.md` and so on."""
    yield path
    ending = path[-3:] if path.lower().endswith(".md") else ".md"
    stem = path.removesuffix(ending)
    for number in count(2):
        yield MemoryPath(f"{stem}-{number}{ending}")
