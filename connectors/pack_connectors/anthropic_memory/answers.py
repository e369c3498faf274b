"""What the memory tool answers, to the letter as the SDK's own tool over a folder does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from anthropic.lib.tools import ToolError

from pack.plain_files.plain_files import PlainEntry, PlainFiles
from pack.results import WriteStatus, Written
from pack_connectors.anthropic_memory.location import plain_name
from pack_connectors.anthropic_memory.refusals import CREATE, DELETE, EDIT, RENAME, VIEW, refusing

_MOST_LINES: Final = 999_999
_WIDTH: Final = len(str(_MOST_LINES))
_FOLDER_SIZE: Final = "4K"
"""What a folder takes on nearly every disk."""
_AROUND: Final = 2
"""The lines before and after a change that are shown."""
_UNITS: Final = "BKMG"


class MemoryAnswers:
    """Carries out the commands of the memory tool. May be used from any thread."""

    def __init__(self, files: PlainFiles) -> None:
        self._files = files

    def view(self, path: str, view_range: Sequence[int] | None) -> str:
        """What a folder holds, or the numbered lines of a file."""
        name = plain_name(path)
        with refusing(VIEW, path):
            found = self._files.look(name)
        if not isinstance(found, str):
            return _listing(path, found)
        lines = found.split("\n")
        if len(lines) > _MOST_LINES:
            raise ToolError(f"File {path} exceeds maximum line limit of {_MOST_LINES:,} lines.")
        first = 1
        if view_range and len(view_range) == 2:
            first = max(1, view_range[0])
            last = len(lines) if view_range[1] == -1 else view_range[1]
            lines = lines[first - 1 : last]
        return f"Here's the content of {path} with line numbers:\n{_numbered(lines, first)}"

    def create(self, path: str, text: str) -> str:
        """Store a new file."""
        name = plain_name(path)
        with refusing(CREATE, path):
            written = self._files.create(name, text)
        return _done(written, path, f"File created successfully at: {path}")

    def str_replace(self, path: str, old: str, new: str) -> str:
        """Replace a quotation that occurs once."""
        name = plain_name(path)
        with refusing(EDIT, path, old=old):
            edited = self._files.replace(name, old, new)
        lines = edited.text.split("\n")
        first = max(0, edited.line - _AROUND)
        snippet = _numbered(lines[first : edited.line + _AROUND + 1], first + 1)
        return _done(
            edited.written,
            path,
            "The memory file has been edited. "
            f"Here is the snippet showing the change (with line numbers):\n{snippet}",
        )

    def insert(self, path: str, line: int, text: str) -> str:
        """Insert lines after a line; 0 is before the first."""
        name = plain_name(path)
        with refusing(EDIT, path):
            edited = self._files.insert(name, line, text)
        return _done(edited.written, path, f"The file {path} has been edited.")

    def delete(self, path: str) -> str:
        """Remove a file, or a folder with all it holds."""
        name = plain_name(path)
        with refusing(DELETE, path):
            written = self._files.delete(name)
        return _done(written, path, f"Successfully deleted {path}")

    def rename(self, old: str, new: str) -> str:
        """Give a file or a folder another name."""
        old_name, new_name = plain_name(old), plain_name(new)
        with refusing(RENAME, old, new):
            written = self._files.rename(old_name, new_name)
        return _done(written, old, f"Successfully renamed {old} to {new}")

    def clear(self) -> str:
        """Remove all files."""
        with refusing(DELETE, "/memories"):
            written = self._files.clear()
        return _done(written, "/memories", "All memory cleared")


def _done(written: Written | None, path: str, words: str) -> str:
    """The answer, unless the user has to decide first.

    Raises:
        ToolError: Nothing was done, and nothing waits for the user either.
    """
    if written is None or written.commit is not None:
        return words
    if written.proposal is None:
        raise ToolError(f"Nothing was changed: {path} holds text that the user wrote.")
    if written.status is WriteStatus.REFUSED:
        return (
            f"Nothing was changed: the user has refused this change of {path} before. "
            "Do not ask for it again."
        )
    return (
        f"Nothing was changed yet: {path} holds text that the user wrote, so your change is now "
        f"a proposal ({written.proposal}). Tell the user that it waits for their decision, and go "
        "on with other work."
    )


def _listing(path: str, entries: Sequence[PlainEntry]) -> str:
    lines = [f"{_FOLDER_SIZE}\t{path}"]
    for entry in entries:
        if any(part.startswith(".") for part in entry.name.split("/")):
            continue
        size = _FOLDER_SIZE if entry.size is None else _size(entry.size)
        lines.append(f"{size}\t{path}/{entry.name}{'/' if entry.size is None else ''}")
    head = (
        f"Here're the files and directories up to 2 levels deep in {path}, excluding hidden items:"
    )
    return "\n".join([head, *lines])


def _size(size: int) -> str:
    """A size in the largest unit that is not larger than it."""
    unit = min(max(size.bit_length() - 1, 0) // 10, len(_UNITS) - 1)
    value = size / 1024**unit
    number = f"{int(value)}" if value == int(value) else f"{value:.1f}"
    return f"{number}{_UNITS[unit]}"


def _numbered(lines: Sequence[str], first: int) -> str:
    return "\n".join(f"{number:>{_WIDTH}}\t{line}" for number, line in enumerate(lines, first))
