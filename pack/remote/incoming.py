"""What a remote may bring, checked before anything of it reaches the working tree.

Git has checked that the objects are well formed, and the store that no path leads out of the
memory. What remains is what could break a working tree on one of the user's machines, or is more
than PACK handles. A person who wants it anyway can merge it with git.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from pack.limits import MAX_FILE_BYTES, MAX_STORED_PATH_BYTES
from pack.model import EntryType
from pack.paths import fold
from pack.remote.remote import Incoming, Stop, StopKind

MAX_CHANGED_FILES: Final = 100_000
MAX_CHANGED_BYTES: Final = 512 * 1024 * 1024
MAX_DEPTH: Final = 128

_REMEDY: Final = (
    "Correct it there (`git log -p {label}` shows it), or merge what you want with git: PACK does "
    "not check again what is already in the history here."
)


def refuse(incoming: Sequence[Incoming], label: str) -> Stop | None:
    """Why a commit of the remote is refused; `None` if it is not.

    Args:
        incoming: What it changes.
        label: What people call the remote's branch.
    """
    if len(incoming) > MAX_CHANGED_FILES:
        return refused(f"it changes {len(incoming):,} files at once", label)
    total = sum(found.size for found in incoming)
    if total > MAX_CHANGED_BYTES:
        return refused(f"it brings {total:,} bytes at once", label)
    for found in incoming:
        if reason := _objection(found):
            return refused(f"{_shown(found.path)} {reason}", label)
    clash = _first_clash(found.path for found in incoming)
    if clash is not None:
        return refused(f"{_shown(clash)} was a folder and is now a file, or the reverse", label)
    return None


def _objection(found: Incoming) -> str:
    return next((reason for is_wrong, reason in _RULES if is_wrong(found)), "")


def _is_bad_link(found: Incoming) -> bool:
    return found.type is EntryType.SYMLINK and not 0 < found.size <= MAX_STORED_PATH_BYTES


_RULES: Final[tuple[tuple[Callable[[Incoming], bool], str], ...]] = (
    (lambda found: not _is_unicode(found.path), "has a name that is not Unicode"),
    (lambda found: found.path.count("/") >= MAX_DEPTH, "lies in too many folders"),
    (lambda found: found.size > MAX_FILE_BYTES, f"is larger than {MAX_FILE_BYTES:,} bytes"),
    (_is_bad_link, "is a link to a name that no file can have"),
    (
        lambda found: found.type is EntryType.SUBMODULE,
        "is a submodule, which PACK does not change",
    ),
    (
        lambda found: found.is_changed_type,
        "was a file and is now a link or a submodule, or the reverse",
    ),
)


def _first_clash(paths: Iterable[str]) -> str | None:
    """A path that is also a folder of another one: a file has become a folder, or the reverse."""
    taken = set(paths)
    for path in sorted(taken):
        folder = path.rpartition("/")[0]
        while folder:
            if folder in taken:
                return folder
            folder = folder.rpartition("/")[0]
    return None


def refuse_twins(incoming: Sequence[Incoming], paths: Iterable[str], label: str) -> Stop | None:
    """Why a commit is refused because some file systems cannot tell its new files from others.

    Args:
        incoming: What it changes.
        paths: All paths it holds.
        label: What people call the remote's branch.
    """
    new = [found.path for found in incoming if found.is_new and found.type is not None]
    if not new:
        return None
    twins = _twins(paths)
    for path in new:
        for part in _with_folders(path):
            if fold(part) in twins:
                one, other = twins[fold(part)]
                reason = f"some file systems cannot tell {_shown(one)} from {_shown(other)}"
                return refused(reason, label)
    return None


def _twins(paths: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    """Two spellings of each file or folder that has several, by what they fold to."""
    first: dict[str, str] = {}
    twins: dict[str, tuple[str, str]] = {}
    for part in {part for path in paths for part in _with_folders(path)}:
        other = first.setdefault(fold(part), part)
        if other != part:
            one, two = sorted((other, part))
            twins[fold(part)] = one, two
    return twins


def _with_folders(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts) + 1)]


def refused(reason: str, label: str) -> Stop:
    """The stop for a commit that holds what PACK refuses."""
    words = f"PACK does not merge what {label} holds now: {reason}"
    return Stop(StopKind.REFUSED, words, _REMEDY.format(label=label))


def _is_unicode(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _shown(path: str) -> str:
    """A path that can be printed, and is not longer than a line."""
    return "".join(c if c.isprintable() else "?" for c in path)[:200]
