"""The guard that holds up what would change the person's text: it becomes a proposal.

Every write passes it, whoever decided it: an update or edit, a move, a removal, an undo, a restore,
a prune, a migration. What a remote brings is judged where two versions meet (`pack.merge`), since
nobody here wrote it.

A link is text: a repair of links in the person's note by a machine is proposed like any change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pack.catalog.scope import PROJECT_FILE
from pack.core.decision import Decision, ProposedWrite
from pack.core.guard import Guard, Pending
from pack.core.truths import (
    STRONGEST,
    SYSTEM_KEYS,
    LineState,
    LineTruth,
    NoteTruth,
    TruthMode,
    Truths,
)
from pack.deferred import dataclass, pattern
from pack.errors import InvalidContent
from pack.files import frontmatter
from pack.files.note import Note
from pack.history.differences.file_diff import FileDiff
from pack.history.differences.line_hunks import git_lines
from pack.history.differences.patch import patch_of
from pack.index.format import is_generated, read_head
from pack.log import ChangeKind
from pack.model import Change, Delete, MemoryPath, Put
from pack.paths import INDEX
from pack.proposals.folding import says_the_same
from pack.results import ProtectedLine
from pack.truth.rule import Judgement, judge

_MOST_SHOWN: Final = 20_000
"""Characters of a diff that an answer holds."""
_BACKTICKS: Final = pattern("`+")
_UNREADABLE: Final = "(a file that is not text)"
_SETTINGS: Final = "(a new file, which would say what is memory and what is protected)"
_ENDS: Final = "\r\n"
_PERSON: Final = LineTruth(STRONGEST, "user:unknown", LineState.UNATTRIBUTED, None)


def truth_guard(truths: Truths) -> Guard:
    """A guard that proposes what the rule does not let a writer do."""

    def guard(pending: Pending) -> Decision:
        decision, level = pending.decision, pending.origin.level
        if level == STRONGEST or decision.is_tracked or decision.is_wanted:
            return decision
        changed = (_in_question(pending, change) for change in decision.changes)
        rules = _Rules.of([note for note in changed if note is not None], truths, level)
        judged = [_judged(pending, rules, change) for change in decision.changes]
        if all(one is None for one in judged):
            return decision
        return _Held(pending, judged).decision()

    return guard


@dataclass(frozen=True, slots=True)
class _Rules:
    """What changes are judged by.

    Attributes:
        truths: Says how far text is trusted.
        level: The writer's.
        is_known: Whether the history of all files was read, so that to ask about each is cheap.
        weak: Files that have nothing but text of such writers.
    """

    truths: Truths
    level: int
    is_known: bool
    weak: Collection[MemoryPath]

    @classmethod
    def of(cls, notes: Sequence[Note], truths: Truths, level: int) -> _Rules:
        """The rules for changes of these notes, whose history is read at once if that is much."""
        is_known = truths.prepare([note.path for note in notes])
        return cls(truths, level, is_known, truths.weak_among(notes, level) if is_known else ())


def _judged(pending: Pending, rules: _Rules, change: Change) -> Judgement | None:
    """What the rule says about one change; `None` if the change may be made as it is."""
    wanted = change.content if isinstance(change, Put) else None
    if change.path == PROJECT_FILE:
        return _judged_settings(pending, rules.truths, pending.before(change.path), wanted)
    before = _in_question(pending, change)
    if before is None:
        return None
    return _judged_text(rules, before, wanted, is_never_held=pending.decision.is_never_held)


def _in_question(pending: Pending, change: Change) -> Note | None:
    """The note whose text a change would change; `None` if there is no such text."""
    before = pending.before(change.path)
    if before is None or (isinstance(change, Put) and change.content == before.content):
        return None
    is_packs = change.path.startswith(".") or is_generated(change.path, before.head.fields)
    return None if is_packs else before


def _judged_settings(
    pending: Pending, truths: Truths, before: Note | None, wanted: bytes | None
) -> Judgement | None:
    """What the rule says about `.pack.yaml`: whoever writes it could decide what is protected.

    A memory that begins may get one from anybody, since nothing is in it yet.
    """
    is_same = wanted == (before.content if before is not None else None)
    if is_same or truths.mode(PROJECT_FILE) is not TruthMode.ENFORCE:
        return None
    if before is None and _begins(pending):
        return None
    text = before.text if before is not None else ""
    return Judgement((ProtectedLine(1, text.partition("\n")[0] or _SETTINGS),), None)


def _begins(pending: Pending) -> bool:
    """Whether there is no memory yet."""
    index = pending.before(INDEX)
    return index is None or not read_head(index.text).is_ours


def _judged_text(
    rules: _Rules, before: Note, wanted: bytes | None, *, is_never_held: bool
) -> Judgement | None:
    truths, level = rules.truths, rules.level
    if truths.mode(before.path) is not TruthMode.ENFORCE:
        return None
    try:
        text, after = before.exact_text(), None if wanted is None else wanted.decode("utf-8")
    except (InvalidContent, UnicodeDecodeError):
        return Judgement((ProtectedLine(1, _UNREADABLE),), None)
    if before.path in rules.weak:
        return None
    if rules.is_known and not any(line.is_protected_from(level) for line in truths.lines(before)):
        return None  # where that takes a look at history, the texts tell most of it sooner
    if after is not None and _is_free_anyway(text, after, level):
        return None
    truth = truths.of(before)
    found = judge(text, truth, after, level)
    if is_never_held and after is not None and found.rest is not None:
        found = replace(found, rest=_with_left_out(text, truth, found.rest, after, level))
    if found.rest is not None:
        found = replace(found, rest=_stamped_alike(found.rest))
    return found if found.protected or (after is not None and found.rest != after) else None


def _stamped_alike(rest: str) -> str:
    """A text in which what PACK stamps ends its lines as the frontmatter does.

    The person's lines keep their ends, so a writer who sends others would leave some among them.
    """
    parts = frontmatter.split(rest)
    if parts.block is None:
        return rest
    end = frontmatter.line_end(parts.opening)
    lines = [
        f"{line.rstrip(_ENDS)}{end}" if line.partition(":")[0] in SYSTEM_KEYS else line
        for line in parts.block.splitlines(keepends=True)
    ]
    return replace(parts, block="".join(lines)).join()


def _is_free_anyway(text: str, after: str, level: int) -> bool:
    """Whether a text could be stored even if all there is were the person's: nobody is asked."""
    everything = NoteTruth((_PERSON,) * len(git_lines(text)))
    found = judge(text, everything, after, level)
    return not found.protected and found.rest == after


@dataclass(frozen=True, slots=True)
class _Held:
    """A decision that does not pass as it is.

    Attributes:
        pending: The decision.
        judged: What the rule says about each of its changes.
    """

    pending: Pending
    judged: Sequence[Judgement | None]

    def decision(self) -> Decision:
        """What is to be done instead: blanks put right, parts left out, or nothing at all."""
        decision = self.pending.decision
        protected = tuple(self._protected())
        if not protected:
            return self._with(self._rest())
        about = protected[0].path or decision.path
        told = tuple(replace(p, path=None) if p.path == decision.path else p for p in protected)
        is_beside = (decision.apply_rest or decision.is_never_held) and self._is_worth_it()
        base = {change.path: self._held(change.path) for change in decision.changes}
        kept = {put.path: put.content for put in self._rest()} if is_beside else base
        proposal = ProposedWrite(
            about,
            decision.changes,
            told,
            _diff(decision, {**base, **kept}),
            is_beside,
            {**base, **kept},
        )
        if not is_beside:
            return replace(decision, proposal=proposal)
        return replace(self._with(self._rest()), proposal=proposal)

    def _protected(self) -> Iterator[ProtectedLine]:
        changes = self.pending.decision.changes
        for change, found in zip(changes, self.judged, strict=True):
            for line in found.protected if found else ():
                yield replace(line, path=change.path)

    def _rest(self) -> list[Put]:
        """The changes, as far as they touch nothing protected: no file goes, or is moved here.

        A text of which nothing can be done alone stays as it is.
        """
        gone = {
            change.path
            for change, found in zip(self.pending.decision.changes, self.judged, strict=True)
            if found and isinstance(change, Delete)
        }
        left_out = {self.pending.decision.moved.get(path) for path in gone}
        return [
            replace(change, content=kept)
            for change, found in zip(self.pending.decision.changes, self.judged, strict=True)
            if isinstance(change, Put) and change.path not in left_out
            if (kept := change.content if found is None else _encoded(found.rest)) is not None
        ]

    def _is_worth_it(self) -> bool:
        """Whether there is anything to do that touches nothing protected."""
        if self.pending.decision.moved:
            return False
        if _begins(self.pending) and self.pending.decision.with_index:
            return True  # the memory itself
        return any(not says_the_same(self._held(put.path), put.content) for put in self._rest())

    def _with(self, rest: Sequence[Put]) -> Decision:
        decision = self.pending.decision
        removed = [
            change
            for change, found in zip(decision.changes, self.judged, strict=True)
            if isinstance(change, Delete) and found is None
        ]
        changed = {put.path for put in rest}
        notes = [note for note in decision.notes if note.path not in changed]
        notes += [Note(put.path, put.content) for put in rest]
        return replace(decision, changes=[*rest, *removed], notes=notes)

    def _held(self, path: MemoryPath) -> bytes | None:
        found = self.pending.before(path)
        return found.content if found else None


def _encoded(rest: str | None) -> bytes | None:
    return None if rest is None else rest.encode("utf-8")


def _with_left_out(before: str, truth: NoteTruth, rest: str, wanted: str, level: int) -> str:
    """The rest of a text, and at its end all that is new in it, for a writer who cannot be told.

    What would still do something to the person's text there, is there as code.
    """
    lines = _left_out(rest, wanted)
    if not lines:
        return rest
    gap = "\n" if rest.endswith("\n") or not rest else "\n\n"
    fence = "`" * max(3, 1 + max(map(len, _BACKTICKS.findall("\n".join(lines))), default=0))
    for more in (lines, [fence, *lines, fence]):
        longer = "".join((rest, gap, *(f"{line}\n" for line in more)))
        found = judge(before, truth, longer, level)
        if not found.protected and found.rest is not None:
            return found.rest
    return rest


def _left_out(rest: str, wanted: str) -> list[str]:
    """The lines of a text that are not in its rest."""
    more = Counter(_words(wanted))
    more.subtract(_words(rest))
    lines = []
    for line in _words(wanted):
        if more[line] > 0:
            lines.append(line)
            more[line] -= 1
    return lines


def _words(text: str) -> list[str]:
    return [line.rstrip() for line in text.split("\n") if line.strip()]


def _diff(decision: Decision, before: Mapping[MemoryPath, bytes | None]) -> str:
    """What a person would see of the changes, as git shows it."""
    sources = {target: source for source, target in decision.moved.items()}
    patches = []
    for change in decision.changes:
        if change.path in decision.moved:
            continue
        old_path = sources.get(change.path)
        old = before.get(MemoryPath(old_path) if old_path else change.path)
        patches.append(patch_of(_file_diff(change, old, old_path)))
    whole = "".join(patches)
    return whole if len(whole) <= _MOST_SHOWN else f"{whole[:_MOST_SHOWN]}\n…"


def _file_diff(change: Change, old: bytes | None, old_path: str | None) -> FileDiff:
    new = change.content if isinstance(change, Put) else None
    kind = ChangeKind.ADDED if old is None else ChangeKind.EDITED
    if old_path is not None:
        kind = ChangeKind.MOVED
    elif new is None:
        kind = ChangeKind.DELETED
    texts = [(text or b"").decode("utf-8", "replace") for text in (old, new)]
    return FileDiff(change.path, kind, MemoryPath(old_path) if old_path else None, *texts)
