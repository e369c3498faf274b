"""Updates without a path, which agents with the v1 prompt send (C2).

Such an update keeps everything that is there, adds what is new, and warns. It is never refused
because of its content: text of any size is spread over `general.md`, `general-2.md` and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Final

from pack.core.core import Core
from pack.core.decision import AllHeld, Decision
from pack.core.session import Session
from pack.errors import InvalidContent, LimitExceeded, StagedChange, UncommittedEdit
from pack.files import frontmatter, schema
from pack.files.note import Note, title_from_path
from pack.limits import MAX_FILE_BYTES
from pack.model import ABSENT, MemoryPath, Mode, Put
from pack.paths import GENERAL, continued
from pack.results import WholeMemory, Written
from pack.use_cases import whole
from pack.v1 import whole_memory

_PIECE_BYTES: Final = MAX_FILE_BYTES // 2
_WARNING: Final = (
    "Storing without a path is deprecated: new lines went to {path}, and nothing was removed. "
    "To change a file, give its path and the sha you read."
)


class WholeText:
    """The memory as a single text, which is all that agents with the v1 prompt know (C2)."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._core = session.core

    def get(self, max_tokens: int | None = None, cursor: str | None = None) -> WholeMemory:
        """The whole memory as one text: all files in sync order, or the v1 file as it is.

        Args:
            max_tokens: About how many tokens the answer may take; `None` for any number. There is
                always something in it.
            cursor: Where an earlier answer left off.

        Raises:
            NotInitialised: There is no memory.
            InvalidCursor: The cursor is not from an earlier answer.
        """
        with self._core.view():
            return whole.read(self._core, max_tokens, cursor)

    def add(
        self, content: str, last_read: str | None = None, message: str | None = None
    ) -> Written:
        """Update the memory as a v1 client means it: keep everything, and add what is new (C2).

        Args:
            content: The text the client sent, of any size.
            last_read: What the client last read; `None` if unknown.
            message: Words for the log.

        Raises:
            NotInitialised: There is no memory.
            PackError: The store failed; nothing was written.
        """
        sent = content.encode("utf-8", "backslashreplace").decode("utf-8")
        avoided: set[MemoryPath] = set()
        while True:
            try:
                return self._session.write(
                    lambda: _decide(self._core, sent, last_read, message, frozenset(avoided))
                )
            except (StagedChange, UncommittedEdit) as error:
                path = MemoryPath(error.path)
                if path in avoided or not _is_candidate(self._core, error.path):
                    raise
                avoided.add(path)
            except AllHeld as held:  # by code that a stronger writer left open there, say
                avoided.add(held.path)


def _decide(
    core: Core, sent: str, last_read: str | None, message: str | None, avoided: Set[MemoryPath]
) -> Decision:
    mode = core.require_mode()
    known = whole.known_text(core, mode) if last_read is None else last_read
    base = whole_memory.Base(known, was_read=last_read is not None)
    added = whole_memory.additions(sent, base)
    changes = _Merge(core, mode, avoided, in_place=base.was_read).changes(added)
    path = changes[0].path
    warning = _WARNING.format(path=" and ".join(put.path for put in changes))
    return Decision(
        path,
        changes,
        f"{path}: add what a client without paths sent",
        message,
        names=[put.path for put in changes[1:]],
        warnings=(warning,),
        with_index=mode is Mode.V2,
        is_never_held=True,
        notes=[Note(put.path, put.content) for put in changes],
    )


@dataclass(frozen=True, slots=True)
class _Merge:
    """One update: the memory, its mode, and the files that cannot be written now."""

    core: Core
    mode: Mode
    avoided: Set[MemoryPath]
    in_place: bool

    def changes(self, added: Sequence[whole_memory.Addition]) -> list[Put]:
        """The changes that store the additions, in text order; at least one."""
        made: dict[MemoryPath, Put] = {}
        for piece in _pieces(added):
            put = self._merge_piece(piece, made)
            made[put.path] = put
        return list(made.values())

    def _merge_piece(
        self, piece: Sequence[whole_memory.Addition], made: Mapping[MemoryPath, Put]
    ) -> Put:
        """Merge into the first file that has room."""
        target = self.core.reader.v1_path if self.mode is Mode.V1 else GENERAL
        for path in continued(target):
            current = made.get(path) or self._current(path)
            if current is None:
                continue
            merged = self._merged(path, current.content.decode("utf-8"), piece)
            if len(merged) <= MAX_FILE_BYTES:
                return Put(path, merged, current.expect)
        raise AssertionError("the candidates never end")

    def _current(self, path: MemoryPath) -> Put | None:
        """The file as it is, or an empty one; `None` if nothing can be added to it."""
        if path in self.avoided:
            return None
        try:
            found = self.core.reader.find(path)
            if found is None:
                return None if self._is_taken(path) else Put(path, b"", ABSENT)
            found.exact_text()
        except (InvalidContent, LimitExceeded):
            return None  # the next file is tried
        return Put(path, found.content, found.sha)

    def _is_taken(self, path: MemoryPath) -> bool:
        """Whether there is a folder or a link at the path of the file."""
        folder = path.rpartition("/")[0]
        beside = self.core.connector.list_dir(MemoryPath(folder) if folder else None)
        return any(entry.path == path for entry in beside)

    def _merged(self, path: MemoryPath, text: str, piece: Sequence[whole_memory.Addition]) -> bytes:
        parts = frontmatter.split(text)
        body = parts.body
        head = text[: len(text) - len(body) - len(parts.suffix)]
        if head.strip("\ufeff") and not head.endswith(("\n", "\r")):
            head += "\n"  # what follows must not become part of the fence
        today = self.core.today()
        merged = head + whole_memory.insert(body, piece, today, in_place=self.in_place)
        merged += parts.suffix
        if self.mode is Mode.V2:
            given = frontmatter.read(merged)
            before = frontmatter.read(text) if text else None
            stamped = schema.stamp(given, before, self.core.clock(), title_from_path(path))
            merged = stamped.head.parts.join()
        return merged.encode("utf-8")


def _is_candidate(core: Core, path: str) -> bool:
    stems = (GENERAL.removesuffix(".md"), core.reader.v1_path.removesuffix(".md"))
    return path.startswith(stems)


def _pieces(added: Sequence[whole_memory.Addition]) -> Iterator[list[whole_memory.Addition]]:
    """The additions, in pieces that each fit into a file; one empty piece if there are none."""
    piece: list[whole_memory.Addition] = []
    size = 0
    for addition in added:
        lines: list[str] = []
        for line in addition.lines:
            length = len(line.encode("utf-8")) + 1  # it may get a line end
            if size + length > _PIECE_BYTES:
                yield [*piece, whole_memory.Addition(addition.anchor, lines)]
                piece, lines, size = [], [], 0
            lines.append(line)
            size += length
        piece.append(whole_memory.Addition(addition.anchor, lines))
    yield piece
