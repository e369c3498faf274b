"""Refusals in the words of the memory tool. None shows a path of this machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from anthropic.lib.tools import ToolError

from pack.errors import (
    IgnoredPath,
    InvalidContent,
    InvalidPath,
    LimitExceeded,
    ManagedPath,
    NotFound,
    PackError,
    RefusedForSafety,
)
from pack.plain_files.refusals import (
    FileInTheWay,
    NameTaken,
    NoSuchLine,
    NotAFile,
    NothingThere,
    RootStays,
    TextNotFound,
    TextNotUnique,
    ThroughLink,
)
from pack_connectors.anthropic_memory.location import ROOT, shown

_NOT_MEMORY: Final = "the rules of the memory's repository leave it out"
Words = Mapping[type[PackError], str]
"""What one command says, where that differs from the others."""

VIEW: Final[Words] = {}
CREATE: Final[Words] = {NameTaken: "File {path} already exists"}
EDIT: Final[Words] = {NotAFile: "The path {path} is not a file."}
DELETE: Final[Words] = {
    NothingThere: "The path {path} does not exist",
    RootStays: f"Cannot delete the {ROOT} directory itself",
}
RENAME: Final[Words] = {
    NothingThere: "The path {path} does not exist",
    NameTaken: "The destination {target} already exists",
    RootStays: f"Cannot rename the {ROOT} directory itself",
}
_ALWAYS: Final[Words] = {
    NothingThere: "The path {path} does not exist. Please provide a valid path.",
    ThroughLink: f"Path would escape {ROOT} directory via symlink",
    IgnoredPath: f"The path {{target}} cannot be used: {_NOT_MEMORY}",
    ManagedPath: f"The path {{target}} cannot be used: {_NOT_MEMORY}",
    RefusedForSafety: "The path {target} cannot be used: something else is in the way",
    InvalidContent: "Unsupported file type for {path}",
    NotFound: ("The file {path} no longer exists (may have been deleted or renamed concurrently)."),
}


_PLACE: Final = re.compile(r"\{(path|target)\}")


@contextmanager
def refusing(words: Words, path: str, target: str | None = None, old: str = "") -> Iterator[None]:
    """Turn every refusal into one of the memory tool.

    Args:
        words: Those of the command.
        path: As the model wrote it.
        target: The new path of a rename.
        old: The text to replace.

    Raises:
        ToolError: In place of each `PackError`.
    """
    try:
        yield
    except PackError as error:
        found = _detailed(error, path, target or path, old)
        if found is None:
            kinds = (kind for kind in type(error).__mro__ if kind in words or kind in _ALWAYS)
            kind = next(kinds, None)
            known = {**_ALWAYS, **words}
            # The text for what nobody foresaw says nothing of the machine, as the error might.
            found = known[kind] if kind else f"The memory cannot do this now ({error.code})."
            found = _filled(found, path, target or path)
        raise ToolError(found) from error


def _filled(words: str, path: str, target: str) -> str:
    """The words with the paths in their places; what a path holds is left as it is."""
    return _PLACE.sub(lambda found: path if found[1] == "path" else target, words)


def _detailed(error: PackError, path: str, target: str, old: str) -> str | None:
    """The words that hold more than the path; `None` if there are none."""
    words = None
    match error:
        case TextNotFound():
            words = (
                f"No replacement was performed, old_str `{old}` did not appear verbatim in {path}."
            )
        case TextNotUnique(lines=lines):
            words = (
                f"No replacement was performed. Multiple occurrences of old_str `{old}` in lines: "
                f"{', '.join(map(str, lines))}. Please ensure it is unique"
            )
        case NoSuchLine(line=line, last=last):
            words = (
                f"Invalid `insert_line` parameter: {line}. "
                f"It should be within the range [0, {last}]."
            )
        case FileInTheWay(file=file):
            words = f"The path {target} cannot be used: {shown(file)} is a file"
        case InvalidPath(reason=reason) if not isinstance(error, ThroughLink):
            words = f"The path {target} cannot be used: {reason}"
        case LimitExceeded():
            words = f"The file {target} cannot be used: {error}"
    return words
