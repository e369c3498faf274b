"""The frontmatter of a note under the write rule: whose keys are whose.

Some keys say more of a text than who wrote them: how long the note is kept, whether it is copied,
and what it is called. Where any of the text is the person's, a machine changes none of that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from pack.core.truths import SYSTEM_KEYS, NoteTruth
from pack.files import schema, yaml_block
from pack.files.frontmatter import Frontmatter
from pack.files.keys import SYNC, TOPIC, TTL, key_meant
from pack.history.differences.line_hunks import git_lines
from pack.results import ProtectedLine

_FREE: Final = SYSTEM_KEYS - {"created"}
_COPIED: Final = frozenset((SYNC.name,))
_KEPT: Final = frozenset((TTL.name,))
_CALLED: Final = frozenset((TOPIC.name,))
_COMMENTS: Final = ""
"""What comes before the first key."""


class KeysJudged(NamedTuple):
    """The frontmatter of a new text in which each key of the person stays.

    Attributes:
        head: All that comes before the body, fences included.
        protected: The keys of the person that the new text would change.
        said: What the person's keys say, and must still say in a text with this head.
    """

    head: str
    protected: tuple[ProtectedLine, ...]
    said: Mapping[str, object]

    def holds_in(self, text: Frontmatter) -> bool:
        """Whether a text that was read begins with this head, and the keys say what they did."""
        has_all = all(
            name in text.fields and repr(text.fields[name]) == repr(value)
            for name, value in self.said.items()
        )
        return has_all and _head(text) == self.head


def judge_keys(before: Frontmatter, truth: NoteTruth, after: Frontmatter, level: int) -> KeysJudged:
    """The frontmatter that may be stored where a writer of a level wants another.

    A block that cannot be read key by key changes as a whole or not at all: one of the person's
    stays, and one of a machine takes the place of nothing that the person said.
    """
    old, new = _segments(before), _segments(after)
    decided = _decided(before, truth, after, level)
    if old is None:
        return _judge_block(before, truth, after, level, decided)
    person = _Person.of(before, old, truth, level)
    for name in map(key_meant, person.kept):  # what the person says of it stays anyway
        decided.pop(name or "", None)
    if not person.kept and not decided:
        return KeysJudged(_head(after), (), {})
    if new is None:
        return person.refusal(tuple(decided.values()))
    rivals = {name: own for name in new if (own := person.outranked_by(name, new[name]))}
    lost = {name for name in person.kept if _plain(old[name]) != _plain(new.get(name, []))}
    lost |= set(rivals.values())
    stays = {name for name in {*old, *new} - person.kept.keys() if key_meant(name) in decided}
    allowed = {name: lines for name, lines in new.items() if name not in stays}
    allowed = {name: old.get(name, []) if name in rivals else one for name, one in allowed.items()}
    allowed |= {name: old[name] for name in old if name in stays}
    merged = {name: person.kept.get(name, lines) for name, lines in (allowed | person.kept).items()}
    if [name for name in new if name in person.kept] != list(person.kept):
        merged = {name: merged[name] for name in (*old, *new) if name in merged}
    if _COMMENTS in merged:
        merged = {_COMMENTS: merged[_COMMENTS], **merged}
    protected = dict.fromkeys((*person.named(lost), *decided.values()))
    return KeysJudged(_joined(before, after, merged), tuple(protected), person.said)


def refuse_keys(before: Frontmatter, truth: NoteTruth, level: int) -> KeysJudged:
    """The frontmatter as it is, of which no key may change."""
    old = _segments(before)
    if old is None:
        return KeysJudged(_head(before), _block_lines(before, truth, level), {})
    return _Person.of(before, old, truth, level).refusal()


class _Person(NamedTuple):
    """The keys of the person in a frontmatter.

    Attributes:
        before: The frontmatter.
        old: The lines of all of its keys.
        kept: Those of the person's keys.
        said: What these say.
        lines: The line that each key begins on, 1-based.
    """

    before: Frontmatter
    old: Mapping[str, list[str]]
    kept: dict[str, list[str]]
    said: Mapping[str, object]
    lines: Mapping[str, int]

    @classmethod
    def of(
        cls, before: Frontmatter, old: Mapping[str, list[str]], truth: NoteTruth, level: int
    ) -> _Person:
        """The keys of a frontmatter that somebody of a level may not change."""
        first = (before.parts.prefix + before.parts.opening).count("\n")
        starts = _starts(old, first)
        kept = {
            name: lines
            for name, lines in old.items()
            if name not in _FREE and _is_protected(starts[name], lines, truth, level)
        }
        said = {name: value for name, value in before.fields.items() if name in kept}
        return cls(before, old, kept, said, {name: start + 1 for name, start in starts.items()})

    def refusal(self, more: tuple[ProtectedLine, ...] = ()) -> KeysJudged:
        """The frontmatter as it is: all keys would be changed, and what else is named."""
        protected = dict.fromkeys((*self.named(self.kept), *more))
        return KeysJudged(_head(self.before), tuple(protected), self.said)

    def named(self, lost: Collection[str]) -> tuple[ProtectedLine, ...]:
        """Keys that would be changed, in their order."""
        return tuple(
            ProtectedLine(self.lines[name], "".join(lines).rstrip())
            for name, lines in self.kept.items()
            if name in lost
        )

    def outranked_by(self, name: str, lines: list[str]) -> str | None:
        """The person's key that a new key, or a new value, would speak in place of."""
        meant = key_meant(name)
        is_as_before = name in self.old and _plain(self.old[name]) == _plain(lines)
        if name in self.kept or meant is None or meant in _FREE or is_as_before:
            return None
        return next((own for own in self.kept if key_meant(own) == meant), None)


def _decided(
    before: Frontmatter, truth: NoteTruth, after: Frontmatter, level: int
) -> dict[str, ProtectedLine]:
    """What a new frontmatter would decide over the person's text: the keys, each with such a line.

    To keep a note for longer is no harm.
    """
    old, new = schema.read_meta(before.fields), schema.read_meta(after.fields)
    names = _COPIED if old.sync is not new.sync else frozenset[str]()
    names |= _KEPT if new.ttl not in (None, old.ttl) else frozenset[str]()
    own = _first_line(before, truth, level) if names else None
    found = dict.fromkeys(names, own) if own is not None else {}
    title = schema.first_title(before.body) if new.topic not in (None, old.topic) else None
    if title is not None and old.topic in (None, title) and new.topic != title:
        heading = _first_line(before, truth, level, title)
        found |= dict.fromkeys(_CALLED, heading) if heading is not None else {}
    return {name: line for name, line in found.items() if line is not None}


def _first_line(
    head: Frontmatter, truth: NoteTruth, level: int, title: str | None = None
) -> ProtectedLine | None:
    """The first protected line below the frontmatter; of a title, the heading that says it."""
    lines = git_lines(head.body + head.parts.suffix)
    for number, line in enumerate(lines, head.parts.lines_above):
        is_own = line.strip() and truth.lines[number].is_protected_from(level)
        if is_own and (title is None or schema.first_title(line) == title):
            return ProtectedLine(number + 1, line.rstrip())
    return None


def _judge_block(
    before: Frontmatter,
    truth: NoteTruth,
    after: Frontmatter,
    level: int,
    decided: Mapping[str, ProtectedLine],
) -> KeysJudged:
    """A block as a whole, as its keys cannot be told apart."""
    own = _block_lines(before, truth, level)
    if not own and decided:
        return KeysJudged(_head(before), tuple(decided.values()), before.fields)
    if not own:
        return KeysJudged(_head(after), (), {})
    there = _plain(git_lines(after.block or ""))
    if there == _plain(git_lines(before.block or "")):
        return KeysJudged(_head(before), (), before.fields)
    lost = tuple(line for line in own if line.text not in there)
    return KeysJudged(_head(before), lost or own, before.fields)


def _block_lines(head: Frontmatter, truth: NoteTruth, level: int) -> tuple[ProtectedLine, ...]:
    """The protected lines of a block."""
    first = (head.parts.prefix + head.parts.opening).count("\n")
    lines = git_lines(head.block or "")
    return tuple(
        ProtectedLine(number + 1, line.rstrip())
        for number, line in enumerate(lines, first)
        if line.strip() and truth.lines[number].is_protected_from(level)
    )


def _head(text: Frontmatter) -> str:
    parts = text.parts
    return "".join((parts.prefix, parts.opening, parts.block or "", parts.closing))


def _is_protected(start: int, lines: list[str], truth: NoteTruth, level: int) -> bool:
    """Whether one line of a key is protected: then all of it is, as one value."""
    own = truth.lines[start : start + len(lines)]
    return any(
        one.is_protected_from(level) for one, text in zip(own, lines, strict=False) if text.strip()
    )


def _segments(head: Frontmatter) -> dict[str, list[str]] | None:
    """The lines of each key, and those before the first; `None` if they cannot be read."""
    if head.problem is not None:
        return None
    lines = git_lines(head.block or "")
    starts = yaml_block.key_lines(head.block) if head.block else []
    ends = [start for _, start in (*starts, ("", len(lines)))][1:]
    found = {_COMMENTS: lines[: starts[0][1] if starts else len(lines)]}
    if not found[_COMMENTS]:
        found = {}
    for (name, start), end in zip(starts, ends, strict=True):
        if name in found or end <= start:
            return None  # several on one line, as in `{a: 1, b: 2}`
        found[name] = lines[start:end]
    return found


def _starts(segments: Mapping[str, list[str]], first: int) -> dict[str, int]:
    starts, line = {}, first
    for name, lines in segments.items():
        starts[name] = line
        line += len(lines)
    return starts


def _plain(lines: list[str]) -> list[str]:
    return [line.rstrip() for line in lines if line.strip()]


def _joined(before: Frontmatter, after: Frontmatter, merged: Mapping[str, list[str]]) -> str:
    parts = before.parts if before.block is not None else after.parts
    if parts.block is None:
        return parts.prefix
    block = "".join(line for lines in merged.values() for line in lines)
    if not block and before.block is None:
        return _head(before)
    return f"{parts.prefix}{parts.opening}{block}{parts.closing}"
