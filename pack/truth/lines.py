"""The truth of each line of a note: that of the commit which last changed it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from pack.core.core import Core
from pack.core.referee import Referee
from pack.core.truths import (
    STRONGEST,
    SYSTEM_KEYS,
    LineState,
    LineTruth,
    NoteTruth,
    TruthMode,
)
from pack.files import yaml_block
from pack.files.note import Note
from pack.history.differences.line_hunks import git_lines
from pack.history.differences.line_owners import LineKeys, lines_of
from pack.model import MemoryPath
from pack.provenance import EDITOR
from pack.truth.modes import mode_of
from pack.truth.passing_on import Version, pass_on

if TYPE_CHECKING:
    from pack.merge.heads import MergeRules
    from pack.truth.versions import Versions

_MANY: Final = 20
"""To ask git about so many files takes longer than to read what happened to all."""
_HAND: Final = LineTruth(STRONGEST, EDITOR.label, LineState.WRITTEN, None)


def with_truths(core: Core, mode: TruthMode) -> Core:
    """The same memory, of which the truth of each line can be asked."""
    found = replace(core, truths=LineTruths(core, mode))

    def referee() -> Referee:
        # Here, as a server that meets no other machine needs none.
        from pack.truth.referee import HistoryReferee  # noqa: PLC0415

        return HistoryReferee(found)

    return replace(found, referee=referee)


def with_merge_rules(core: Core) -> Core:
    """The same memory, whose merges go by what its commits say of who wrote what."""

    def rules() -> MergeRules:
        # Here, as a server that meets no other machine needs none.
        from pack.truth.merge_rules import CommitRules  # noqa: PLC0415

        return CommitRules(core)

    return replace(core, merge_rules=rules)


class LineTruths:
    """Says how far the text of a memory is trusted; see `Truths` for the methods.

    Args:
        core: The memory.
        default: What levels do where nothing else is said.
        versions: What is known about the truth of its versions; given for another state than the
            present one, of which nothing is kept.
    """

    def __init__(self, core: Core, default: TruthMode, versions: Versions | None = None) -> None:
        self._core = core
        self._default = default
        self._known = versions
        self._is_kept = versions is None

    @property
    def _versions(self) -> Versions:
        if self._known is None:
            # Here, as what only reads a memory asks for no truth.
            from pack.truth.versions import Versions  # noqa: PLC0415

            self._known = Versions(self._core)
        return self._known

    def of(self, note: Note) -> NoteTruth:
        """See `Truths.of`."""
        return note_truth(note, self.lines(note))

    def lines(self, note: Note) -> tuple[LineTruth, ...]:
        """See `Truths.lines`."""
        note.exact_text()  # what is not UTF-8 has no lines
        connector = self._core.connector
        head, committed = connector.head(), connector.get_committed(note.path)
        if head is None or committed is None:
            return (_HAND,) * len(LineKeys().of(note.content))
        known = self._versions.of(head, note.path, committed, keep=self._is_kept)
        if note.sha != committed:
            ((_, content),) = connector.read_blobs([committed])
            keys = LineKeys()
            before = Version(keys.of(content), known, lines_of(content))
            found = pass_on(keys.of(note.content), [before], None, lines_of(note.content)).truths
            known = tuple(truth or _HAND for truth in found)
        return known

    def is_shared(self, note: Note) -> bool:
        """See `Truths.is_shared`."""
        return note.says_shared() or bool(self.shared_among([note.path]))

    def shared_among(self, paths: Collection[MemoryPath]) -> Collection[MemoryPath]:
        """See `Truths.shared_among`."""
        return self._versions.shared_among(paths)

    def prepare(self, paths: Collection[MemoryPath]) -> bool:
        """See `Truths.prepare`."""
        return len(paths) >= _MANY and self._versions.read_history()

    def weak_among(self, notes: Collection[Note], level: int) -> Collection[MemoryPath]:
        """See `Truths.weak_among`."""
        connector = self._core.connector
        head = connector.head()
        as_committed = [n.path for n in notes if connector.get_committed(n.path) == n.sha]
        if head is None or not as_committed:
            return ()
        return self._versions.weak_among(head, as_committed, level, keep=self._is_kept)

    def mode(self, path: MemoryPath) -> TruthMode:
        """See `Truths.mode`."""
        return mode_of(self._core, self, self._default, path)

    def over(self, core: Core) -> LineTruths:
        """See `Truths.over`."""
        return LineTruths(core, self._default, self._versions)


def note_truth(note: Note, lines: tuple[LineTruth, ...]) -> NoteTruth:
    """The truth of a note whose lines are known."""
    keys = dict(_keys(note, lines))
    start = note.head.parts.lines_above
    texts = git_lines(note.exact_text())
    body = [one for text, one in zip(texts[start:], lines[start:], strict=True) if text.strip()]
    counting = [*body, *(one for key, one in keys.items() if key not in SYSTEM_KEYS)]
    return NoteTruth(lines, keys, max(counting, key=lambda one: one.level, default=None))


def _keys(note: Note, lines: Sequence[LineTruth]) -> Iterator[tuple[str, LineTruth]]:
    """The truth of each top-level key: that of its weakest line."""
    head = note.head
    if not head.block or head.problem:
        return
    first = (head.parts.prefix + head.parts.opening).count("\n")
    keys = yaml_block.key_lines(head.block)
    ends = [*(start for _, start in keys[1:]), head.block.count("\n")]
    for (name, start), end in zip(keys, ends if keys else (), strict=True):
        own = lines[first + start : first + max(end, start + 1)]
        yield name, max(own, key=lambda one: one.level)
