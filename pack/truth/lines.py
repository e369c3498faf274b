"""The truth of each line of a note: that of the commit which last changed it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pack.core.core import Core
from pack.core.session import Session
from pack.core.truths import (
    SYSTEM_KEYS,
    LineState,
    LineTruth,
    NoteTruth,
    TruthMode,
)
from pack.files import yaml_block
from pack.files.note import Note
from pack.history.blame import Blame, Writing
from pack.history.differences.line_hunks import git_lines
from pack.model import MemoryPath
from pack.provenance import Origin, Source


def with_truths(core: Core, mode: TruthMode) -> Core:
    """The same memory, of which the truth of each line can be asked."""
    return replace(core, truths=LineTruths(core, mode))


@dataclass(frozen=True, slots=True)
class LineTruths:
    """Says how far the text of a memory is trusted; see `Truths` for the methods.

    Args:
        core: The memory.
        default: What levels do where nothing else is said.
    """

    core: Core
    default: TruthMode

    def of(self, note: Note) -> NoteTruth:
        """See `Truths.of`."""
        found = Blame(Session(self.core, Origin(Source.USER, "truth"))).of(note.path)
        return note_truth(note, tuple(map(_truth, found.writings)))

    def mode(self, path: MemoryPath) -> TruthMode:  # noqa: ARG002
        """See `Truths.mode`."""
        return self.default

    def over(self, core: Core) -> LineTruths:
        """See `Truths.over`."""
        return replace(self, core=core)


def note_truth(note: Note, lines: tuple[LineTruth, ...]) -> NoteTruth:
    """The truth of a note whose lines are known."""
    keys = dict(_keys(note, lines))
    start = note.text[: len(note.text) - len(note.head.body)].count("\n")
    texts = git_lines(note.exact_text())
    body = [one for text, one in zip(texts[start:], lines[start:], strict=True) if text.strip()]
    counting = [*body, *(one for key, one in keys.items() if key not in SYSTEM_KEYS)]
    return NoteTruth(lines, keys, max(counting, key=lambda one: one.level, default=None))


def _keys(note: Note, lines: Sequence[LineTruth]) -> Iterator[tuple[str, LineTruth]]:
    """The truth of each top-level key: that of its weakest line."""
    head = note.head
    root = yaml_block.compose(head.block) if head.block and not head.problem else None
    if root is None:
        return
    first = (head.parts.prefix + head.parts.opening).count("\n")
    starts = [node.start_mark.line for node, _ in root.value]
    names = [str(node.value) for node, _ in root.value]
    ends = [*starts[1:], (head.block or "").count("\n")]
    for name, start, end in zip(names, starts, ends, strict=True):
        own = lines[first + start : first + max(end, start + 1)]
        yield name, max(own, key=lambda one: one.level)


def _truth(writing: Writing) -> LineTruth:
    return LineTruth(writing.level, writing.origin, LineState.WRITTEN, writing.commit)
