"""What an import reads from: one file, a folder or a zip, as a list of files that can be opened.

Nothing is unpacked to a place that a name in it chooses. Whatever is read is counted, for progress,
and every failure leaves here as a class of `pack.errors`.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import IO, Final, Self

from pack.errors import LimitExceeded, UnusableInput
from pack.imports.records import ReadProgress, SkippedRecord

MOST_ENTRIES: Final = 200_000
_PEEK: Final = 256 * 1024
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
)
"""What reading a damaged file, or one in a damaged zip, raises."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file of a source.

    Attributes:
        path: Relative, with `/` between folders; what came from a zip in the source is in a folder
            of that zip's name, its ending included.
        size: Its bytes, as they come out.
        modified: When it was last changed; `None` if that is not known. A zip tells no zone: UTC.
        opener: Opens it; `ImportSource.open` is what a reader calls.
    """

    path: str
    size: int
    modified: datetime | None
    opener: Callable[[], IO[bytes]] = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def is_in_hidden_folder(self) -> bool:
        """Whether a tool keeps it for itself: whatever it is, it is no export."""
        return any(part.startswith(".") for part in self.path.split("/")[:-1])


Committed = Callable[[str, bytes], datetime | None]
"""When a file got the bytes that it has, by the history that its folder has; `None` if that is not
known."""


def _no_history(_path: str, _content: bytes) -> None:
    """For sources without a history."""


class ImportSource:
    """Files that belong together. A context manager, which closes what it opened.

    Args:
        name: What a person calls it; never a whole path.
        files: What is in it.
        left_out: What was not taken, and why.
        stack: Closes what was opened for it.
        above: The name of the folder that it is in; empty if that says nothing.
        committed: Asks the history of the folder.
    """

    def __init__(
        self,
        name: str,
        files: Iterable[SourceFile],
        left_out: Sequence[SkippedRecord] = (),
        stack: ExitStack | None = None,
        above: str = "",
        committed: Committed = _no_history,
    ) -> None:
        self.name = name
        self.above = above
        self.committed = committed
        self.with_attachments = False
        self.files = sorted(files, key=lambda one: one.path)
        self.left_out = list(left_out)
        self._by_path = {one.path: one for one in self.files}
        self._stack = stack or ExitStack()
        self._done = 0
        self._total = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close it and what was opened with it."""
        self._stack.close()

    def find(self, path: str) -> SourceFile | None:
        """The file at a path."""
        return self._by_path.get(path)

    def named(self, *names: str) -> list[SourceFile]:
        """The files whose last part is one of these, in any folder; those nearest the top first."""
        wanted = {name.casefold() for name in names}
        found = [one for one in self.files if one.name.casefold() in wanted]
        return sorted(found, key=lambda one: (one.path.count("/"), one.path))

    def lone_json(self, mark: re.Pattern[bytes]) -> list[SourceFile]:
        """The JSON file that is all there is, whatever a person calls it, if it bears a mark."""
        alone = self.files if len(self.files) == 1 else []
        named = [one for one in alone if one.name.lower().endswith(".json")]
        return [one for one in named if mark.search(self.peek(one))]

    def replaced(
        self, files: Iterable[SourceFile], left_out: Sequence[SkippedRecord] = ()
    ) -> ImportSource:
        """The same source with other files; it closes with this one's."""
        skipped = [*self.left_out, *left_out]
        made = ImportSource(self.name, files, skipped, self._stack, self.above, self.committed)
        made.with_attachments = self.with_attachments
        return made

    def inside(self, folder: str) -> ImportSource:
        """The source that one of its folders is; it closes with this one's."""
        prefix = f"{folder}/"
        files = (
            replace(one, path=one.path.removeprefix(prefix))
            for one in self.files
            if one.path.startswith(prefix)
        )
        return self.replaced(files)

    def keep(self, opened: ExitStack) -> None:
        """Close these things, too, when the source is closed."""
        self._stack.push(opened.pop_all())

    # --- reading -------------------------------------------------------------------------------

    @property
    def progress(self) -> ReadProgress:
        """How much was read of what a reader expects to read."""
        return ReadProgress(self._done, max(self._total, self._done))

    def expect(self, files: Iterable[SourceFile]) -> None:
        """Say what will be read, for the total of the progress."""
        self._total += sum(one.size for one in files)

    def open(self, file: SourceFile) -> io.BufferedReader:
        """The bytes of a file, as a stream.

        Raises:
            UnusableInput: It cannot be opened; reading from it raises the same.
        """
        try:
            stream = file.opener()
        except _BROKEN as error:
            raise _unusable(file, error) from error
        return io.BufferedReader(_Counted(stream, file, self._count), 64 * 1024)

    def read(self, file: SourceFile, most: int) -> bytes:
        """All bytes of a file.

        Args:
            file: Which one.
            most: How many they may be.

        Raises:
            LimitExceeded: They are more.
            UnusableInput: It cannot be read.
        """
        with self.open(file) as stream:
            content = stream.read(most + 1)
        if len(content) > most:
            raise LimitExceeded(file.path[:80], most)
        return content

    def changed(self, file: SourceFile, content: bytes) -> datetime | None:
        """When a file was last changed: by the history of its folder, else by the file itself."""
        return self.committed(file.path, content) or file.modified

    def peek(self, file: SourceFile, size: int = _PEEK) -> bytes:
        """The beginning of a file; it does not count as read. Nothing, if it cannot be read."""
        try:
            with file.opener() as stream:
                return stream.read(size)
        except _BROKEN:
            return b""

    def _count(self, size: int) -> None:
        self._done += size


class _Counted(io.RawIOBase):
    """A file as it is read: counted, and with failures that name it."""

    def __init__(self, stream: IO[bytes], file: SourceFile, count: Callable[[int], None]) -> None:
        super().__init__()
        self._stream = stream
        self._file = file
        self._count = count

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            content = self._stream.read(len(buffer))
        except _BROKEN as error:
            raise _unusable(self._file, error) from error
        buffer[: len(content)] = content
        self._count(len(content))
        return len(content)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _unusable(file: SourceFile, error: BaseException) -> UnusableInput:
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return UnusableInput(f"{file.path[:200]} cannot be read: {said}")


def below(file: SourceFile, folder: str) -> SourceFile:
    """The same file in a folder."""
    return replace(file, path=f"{folder}/{file.path}")
