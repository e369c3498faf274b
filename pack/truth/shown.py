"""The truth of a note in its own frontmatter, for those who read it without PACK.

Four keys say it, on notes that are not wholly the person's. They are taken away when a note becomes
that, and never believed: what a writer claims in them is put right, and said if it was more than
the writer has. Edits made by hand and merges are stored as they are; the next write puts the keys
right. So does one that PACK made where truth levels were off.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from pack.core.decision import Decision
from pack.core.events import MemoryEvent, MemoryEventKind
from pack.core.guard import Guard, Pending
from pack.core.truths import (
    STRONGEST,
    SYSTEM_KEYS,
    WEAKEST,
    LineState,
    LineTruth,
    NoteTruth,
    TruthMode,
    Truths,
)
from pack.deferred import dataclass, pattern
from pack.errors import InvalidContent, LimitExceeded
from pack.files import frontmatter
from pack.files.frontmatter import Frontmatter
from pack.files.keys import (
    ACCEPTED_BY_USER,
    LAST_MODIFIED_BY_LEVEL,
    ORIGIN_SOURCE,
    TRUTH_KEYS,
    TRUTH_LEVEL,
    folded_key,
)
from pack.files.line_keys import line_key
from pack.files.note import Note
from pack.files.yaml_block import Value
from pack.history.differences.line_hunks import git_lines
from pack.model import Put
from pack.provenance import Origin, parse_origin
from pack.truth.acceptances import ACCEPTS, accepted_spans

_FOLDED: Final = {folded_key(name): name for name in TRUTH_KEYS}
_CLAIM: Final = (
    "the frontmatter claimed more than its writer has ({}); PACK has put that right, as it says by"
    " itself who wrote what"
)
_CLAIM_STAYS: Final = (
    "the frontmatter claims more than its writer has ({}); PACK cannot edit it, so that stays, and"
    " counts for nothing"
)
_BETWEEN: Final = pattern(r"[\r\n{},]")
_AROUND: Final = " \t?\"'"
_MOST_DIGITS: Final = 9


def showing(truths: Truths) -> Guard:
    """The guard that has notes say how far they are trusted; it comes after all that decide."""

    def show(pending: Pending) -> Decision:
        decision = pending.decision
        is_held = decision.proposal is not None and not decision.proposal.is_beside
        if is_held or decision.is_tracked or not decision.with_index:
            return decision
        puts = {change.path for change in decision.changes if isinstance(change, Put)}
        shown = [_shown(pending, truths, note) for note in decision.notes if note.path in puts]
        return _with(decision, [one for one in shown if one is not None])

    return show


class _Shown(NamedTuple):
    """A note that says how far it is trusted, and what it claimed beyond that, by key.

    `is_edited` is no if PACK cannot edit its frontmatter.
    """

    note: Note
    claims: Mapping[str, str]
    level: int
    is_edited: bool

    def warning(self) -> str:
        """What to tell whoever claimed it."""
        return (_CLAIM if self.is_edited else _CLAIM_STAYS).format(_words(self.claims))


def _with(decision: Decision, shown: Sequence[_Shown]) -> Decision:
    notes = {one.note.path: one.note for one in shown}
    if not notes:
        return decision
    claimed = [one for one in shown if one.claims]
    events = [
        MemoryEvent(
            MemoryEventKind.LOWERED, one.note.path, f"level {one.level}", _words(one.claims)
        )
        for one in claimed
    ]
    return replace(
        decision,
        changes=[
            replace(change, content=notes[change.path].content)
            if isinstance(change, Put) and change.path in notes
            else change
            for change in decision.changes
        ],
        notes=[notes.get(note.path, note) for note in decision.notes],
        warnings=(*decision.warnings, *(one.warning() for one in claimed)),
        trailers=(*decision.trailers, *(event.trailer() for event in events)),
    )


def _words(claims: Mapping[str, str]) -> str:
    return ", ".join(f"{key}: {value}" for key, value in claims.items())


def _shown(pending: Pending, truths: Truths, note: Note) -> _Shown | None:
    """A note with the keys as they have to be; `None` where nothing is to be changed."""
    head, before, writer = note.head, pending.before(note.path), pending.origin
    if truths.mode(note.path) is TruthMode.OFF:
        return None
    said = _said(head)
    given = {key: meant for key in said if (meant := _meant(key)) is not None}
    was_shown = before is not None and not TRUTH_KEYS.isdisjoint(before.head.fields)
    is_of_interest = given or (head.problem is None and (was_shown or writer.level > STRONGEST))
    if not is_of_interest:
        return None
    spans = [span for name, text in pending.decision.trailers if name == ACCEPTS
             for span in accepted_spans(text)]  # fmt: skip
    try:
        found = _Trust.of(note, before, truths, writer, spans)
    except InvalidContent:  # what was there is no text, so none of it is left
        found = _Trust.of(note, None, truths, writer, spans)
    wanted = found.fields()
    old = _said(before.head) if before is not None else {}
    claims = {} if writer.level == STRONGEST else _beyond(said, given, wanted, old)
    changed = _edited(head, given.keys() - wanted.keys(), wanted)
    if changed is None:  # what PACK cannot read or edit stays, as the stamp leaves it too
        return _Shown(note, claims, found.level, is_edited=False) if claims else None
    if changed.block == head.block and not claims:
        return None
    content = changed.parts.join().encode("utf-8")
    return _Shown(Note.planned(note.path, content, changed), claims, found.level, is_edited=True)


def _edited(
    head: Frontmatter, wrong: Collection[str], wanted: Mapping[str, Value]
) -> Frontmatter | None:
    """The frontmatter with the keys as they have to be; `None` if it cannot be edited."""
    if head.problem is not None:
        return None
    try:
        return frontmatter.with_fields(frontmatter.without_fields(head, wrong), wanted)
    except (InvalidContent, LimitExceeded):
        return None


def _said(head: Frontmatter) -> Mapping[str, object]:
    """What the frontmatter says; if PACK cannot read it, what somebody else could read there."""
    if head.problem is None:
        return head.fields
    pairs = (part.partition(":") for part in _BETWEEN.split(head.block or ""))
    return {key.strip(_AROUND): value.strip(_AROUND) for key, colon, value in pairs if colon}


def _meant(key: str) -> str | None:
    """Which of the keys a key looks like, to a person or a lenient program."""
    plain = unicodedata.normalize("NFKC", key)
    visible = "".join(c for c in plain if unicodedata.category(c) != "Cf")
    return _FOLDED.get(folded_key(visible.strip()))


def _beyond(
    said: Mapping[str, object],
    given: Mapping[str, str],
    wanted: Mapping[str, Value],
    old: Mapping[str, object],
) -> dict[str, str]:
    """What a text claims in these keys beyond what is so, and did not just take over."""
    found = {}
    for key, meant in given.items():
        claimed = said[key]
        is_taken_over = key in old and repr(old[key]) == repr(claimed)
        if not is_taken_over and _rank(meant, claimed) < _rank(meant, wanted.get(meant)):
            found[key] = str(claimed)[:80]
    return found


def _rank(key: str, value: object) -> int:
    """How much a value of one of the keys claims: the less, the more."""
    text = str(value).strip()
    if key == ACCEPTED_BY_USER.name:
        return 0 if text.casefold() == "true" else 1
    if key == ORIGIN_SOURCE.name:
        origin = parse_origin(text)
        return origin.level if origin is not None else 0 if value is not None else STRONGEST
    if not (text.isascii() and text.isdecimal()):
        return 0
    digits = text.lstrip("0")
    return int(digits or 0) if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


@dataclass(frozen=True, slots=True)
class _Trust:
    """How far a note will be trusted.

    Attributes:
        lines: Its lines and keys that say something.
        writer: Who writes it now.
    """

    lines: Sequence[LineTruth]
    writer: Origin

    @classmethod
    def of(
        cls,
        note: Note,
        before: Note | None,
        truths: Truths,
        writer: Origin,
        spans: Sequence[tuple[int, int]],
    ) -> _Trust:
        """The truth of a note that is about to be stored in place of another."""
        own = LineTruth(writer.level, writer.label, LineState.WRITTEN, None)
        if writer.level == WEAKEST and before is not None:
            # Nothing can be trusted less, so what it brings settles it, without a look at history.
            lines = list(_lines(note, before, _of_anybody(before), own, spans))
            if own in lines:
                has_accepted = before.head.fields.get(ACCEPTED_BY_USER.name) is True
                return cls([*lines, *([_ACCEPTED] if has_accepted else ())], writer)
        truth = truths.of(before) if before is not None else None
        return cls(list(_lines(note, before, truth, own, spans)), writer)

    @property
    def level(self) -> int:
        """That of what is trusted least."""
        return max((one.level for one in self.lines), default=STRONGEST)

    def fields(self) -> dict[str, Value]:
        """What the frontmatter shall say; nothing for a note that is wholly the person's."""
        level = self.level
        if level == STRONGEST:
            return {}
        weakest = [one.origin for one in self.lines if one.level == level]
        is_own = self.writer.label in weakest
        return {
            TRUTH_LEVEL.name: level,
            ORIGIN_SOURCE.name: self.writer.label if is_own else weakest[-1],
            ACCEPTED_BY_USER.name: any(one.state is LineState.ACCEPTED for one in self.lines),
            LAST_MODIFIED_BY_LEVEL.name: self.writer.level,
        }


_ANYBODYS: Final = LineTruth(STRONGEST, "", LineState.WRITTEN, None)
_ACCEPTED: Final = replace(_ANYBODYS, state=LineState.ACCEPTED)


def _of_anybody(note: Note) -> NoteTruth:
    """The truth of a note of which only that it was there is of interest."""
    lines = (_ANYBODYS,) * len(git_lines(note.exact_text()))
    return NoteTruth(lines, dict.fromkeys(note.head.fields, _ANYBODYS))


def _kept(
    texts: Sequence[str], before: Note | None, truth: NoteTruth | None
) -> Iterator[LineTruth | None]:
    """The truth that each line had before, if it was there; at either end, that is plain to see."""
    if before is None or truth is None:
        yield from [None] * len(texts)
        return
    old = git_lines(before.exact_text())
    shorter = min(len(old), len(texts))
    head = next((n for n in range(shorter) if old[n] != texts[n]), shorter)
    left = shorter - head
    tail = next((n for n in range(left) if old[-1 - n] != texts[-1 - n]), left)
    known: dict[str, list[LineTruth]] = {}
    for text, one in zip(old[head : len(old) - tail], truth.lines[head:], strict=False):
        known.setdefault(line_key(text), []).append(one)
    for some in known.values():
        some.sort(key=lambda one: one.level)  # of equal lines, the strongest stay
    yield from truth.lines[:head]
    for text in texts[head : len(texts) - tail]:
        found = known.get(line_key(text))
        yield found.pop(0) if found else None
    yield from truth.lines[len(old) - tail :]


def _lines(
    note: Note,
    before: Note | None,
    truth: NoteTruth | None,
    own: LineTruth,
    spans: Sequence[tuple[int, int]],
) -> Iterator[LineTruth]:
    """The truth of each line of the body, and of each key that is not PACK's own."""
    texts = git_lines(note.text)
    start = note.head.parts.lines_above
    for number, (text, one) in enumerate(zip(texts, _kept(texts, before, truth), strict=True), 1):
        if number <= start or not text.strip():
            continue
        is_accepted = any(first <= number <= last for first, last in spans)
        yield replace(own, state=LineState.ACCEPTED) if is_accepted else one or own
    old = before.head.fields if before is not None else {}
    is_accepted = any(first == 1 and last >= start for first, last in spans)
    for key, value in note.head.fields.items():
        if key not in SYSTEM_KEYS and _meant(key) is None:
            is_same = key in old and repr(old[key]) == repr(value)
            is_known = truth is not None and is_same and not is_accepted
            yield truth.keys.get(key, own) if truth is not None and is_known else own
    if note.head.problem is not None and (before is None or before.head.block != note.head.block):
        yield own  # whatever these keys are
