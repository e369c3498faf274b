"""An update without a path, as agents with the v1 prompt send it (C2).

It keeps everything that is there and adds what is new, it warns, and it never refuses for what
was sent: text of any size is divided over `general.md`, `general-2.md` and so on.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Final

from pack import frontmatter, queries, schema, whole_memory
from pack.catalog import decode, title_from_path
from pack.core import Core
from pack.errors import InvalidContent, LimitExceeded
from pack.limits import MAX_FILE_BYTES
from pack.model import ABSENT, MemoryPath, Put
from pack.paths import GENERAL
from pack.results import Mode, Written
from pack.writing import Decision

_PIECE_BYTES: Final = MAX_FILE_BYTES // 2
_WARNING: Final = (
    "memory_update without a path is deprecated: what was new is in {path}, nothing was removed. "
    "Give a path, and the sha you read, to change a file."
)


def add(core: Core, content: str, last_read: str | None, message: str | None) -> Written:
    """See `Memory.add_to_general`."""
    sent = content.encode("utf-8", "backslashreplace").decode("utf-8")

    def decide() -> Decision:
        mode = core.require_mode()
        known = last_read if last_read is not None else queries.get_all(core).content
        base = whole_memory.Base(known, was_read=last_read is not None)
        changes = _Merge(core, mode, base).changes(sent)
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
        )

    return core.writer.write(decide)


@dataclass(frozen=True, slots=True)
class _Merge:
    """One such update: the memory, its mode, and what the text sent is compared with."""

    core: Core
    mode: Mode
    base: whole_memory.Base

    def changes(self, sent: str) -> list[Put]:
        """The files that receive what is new, in the order of the text."""
        made: list[Put] = []
        for piece in _pieces(sent):
            made.append(self._merge_piece(piece, {put.path for put in made}))
        return made

    def _merge_piece(self, sent: str, used: Set[MemoryPath]) -> Put:
        """Merge into the first of the files that has room."""
        target = self.core.reader.v1_path if self.mode is Mode.V1 else GENERAL
        for path in _candidates(target):
            if path in used:
                continue
            try:
                current = self.core.reader.find(path)
                text = decode(path, current.content) if current else ""
            except (InvalidContent, LimitExceeded):
                continue  # it cannot be added to; the next one can
            merged = self._merged(path, text, sent)
            if len(merged) <= MAX_FILE_BYTES:
                return Put(path, merged, current.sha if current else ABSENT)
        raise AssertionError("the candidates never end")

    def _merged(self, path: MemoryPath, text: str, sent: str) -> bytes:
        body = frontmatter.split(text).body
        added = whole_memory.merge(body, sent, self.base, self.core.today())
        merged = text[: len(text) - len(body)] + added
        if self.mode is Mode.V2:
            merged = schema.stamp(merged, None, self.core.clock(), title_from_path(path)).text
        return merged.encode("utf-8")


def _candidates(target: MemoryPath) -> Iterator[MemoryPath]:
    stem = target.removesuffix(".md")
    yield target
    number = 2
    while True:
        yield MemoryPath(f"{stem}-{number}.md")
        number += 1


def _pieces(text: str) -> Iterator[str]:
    """The text in pieces that fit into a file, divided between lines where that is possible."""
    rest = text
    while len(rest) * 4 > _PIECE_BYTES and len(rest.encode("utf-8")) > _PIECE_BYTES:
        cut = _PIECE_BYTES // 4
        line_end = rest.rfind("\n", 0, cut)
        cut = line_end + 1 if line_end > 0 else cut
        yield rest[:cut]
        rest = rest[cut:]
    yield rest
