"""Levels that the person assigned to commits later, in notes beside them: nothing is rewritten.

What a commit says of its writer stays what it is; a note outweighs it. Only the person writes
notes, so a note may also trust a commit more than the commit says itself: that is how they accept
what it brought.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from pack.core.core import Core
from pack.history.origins import UNATTRIBUTED, WrittenBy, written_by
from pack.log import CommitFacts
from pack.model import CommitId
from pack.provenance import (
    ACCEPTED_BY,
    ACCEPTED_VIA,
    LEVEL_TRAILER,
    ORIGIN_TRAILER,
    TRUTH_LEVELS,
    Origin,
    Source,
    parse_label,
)

_PERSON: Final = TRUTH_LEVELS[Source.USER]
_SOURCES: Final = {TRUTH_LEVELS[source]: source for source in reversed([*TRUTH_LEVELS])}
"""The first source of each level: what nobody has named is no kit."""


class AssignedLevel(NamedTuple):
    """What the person says of a commit.

    Attributes:
        level: From 1 to 5; 1 where nobody knows who wrote it.
        origin: `source:client`, or `unattributed:` and a name.
    """

    level: int
    origin: str

    @property
    def is_attributed(self) -> bool:
        """Whether it names a writer."""
        return not self.origin.startswith(f"{UNATTRIBUTED}:")


class AssignedLevels(NamedTuple):
    """All that the person has said of commits.

    Attributes:
        state: Stands for all of it; `None` if they have said nothing.
        levels: By commit.
    """

    state: CommitId | None
    levels: Mapping[CommitId, AssignedLevel]


def assigned_in(core: Core) -> AssignedLevels:
    """What the person has said of the commits of a memory until now."""
    state = core.connector.notes_head()
    if state is None:
        return AssignedLevels(None, {})

    def read() -> Mapping[CommitId, AssignedLevel]:
        found = core.connector.read_notes(state)
        levels = {text: parse_note(text) for text in set(found.values())}  # many are the same
        said = ((commit, levels[text]) for commit, text in found.items())
        return {commit: level for commit, level in said if level is not None}

    return AssignedLevels(state, core.memo.once((AssignedLevels, state), read))


def with_assigned(writer: WrittenBy, assigned: AssignedLevel | None) -> WrittenBy:
    """The writer of a commit, as the person has it.

    Args:
        writer: As the commit says.
        assigned: What the person says of it; `None` for nothing.
    """
    if assigned is None:
        return writer
    is_accepted = assigned.level == _PERSON and assigned.is_attributed
    return writer._replace(
        origin=assigned.origin,
        level=assigned.level,
        client=assigned.origin.partition(":")[2],
        is_attributed=assigned.is_attributed,
        is_accepted=is_accepted and (writer.is_accepted or is_raised(writer, assigned)),
    )


def writer_of(commit: CommitFacts, levels: Mapping[CommitId, AssignedLevel]) -> WrittenBy:
    """The writer of a commit, as its message and the person have it."""
    return with_assigned(written_by(commit), levels.get(commit.id))


def is_raised(writer: WrittenBy, assigned: AssignedLevel) -> bool:
    """Whether the person trusts a commit more than it says itself."""
    is_named = assigned.is_attributed and not writer.is_attributed
    return is_named or assigned.level < writer.level


def assigned_to(writer: WrittenBy, level: int | None, person: Origin) -> AssignedLevel:
    """What it means for a commit to get a level.

    Args:
        writer: As the commit says.
        level: From 1 to 5; `None` for nobody's.
        person: Who assigns it.
    """
    name = writer.origin.partition(":")[2]
    if level is None:
        return AssignedLevel(_PERSON, f"{UNATTRIBUTED}:{name}")
    if writer.is_attributed and writer.level == level:
        return AssignedLevel(level, writer.origin)
    origin = person if level == _PERSON else Origin(_SOURCES[level], name)
    return AssignedLevel(level, origin.label)


def note_of(assigned: AssignedLevel, accepted: tuple[str, str] | None) -> str:
    """The note of a commit.

    Args:
        assigned: What it says.
        accepted: Who accepts with it what another wrote, and how; `None` if nobody does.
    """
    lines = [(LEVEL_TRAILER, str(assigned.level)), (ORIGIN_TRAILER, assigned.origin)]
    if accepted is not None:
        lines += zip((ACCEPTED_BY, ACCEPTED_VIA), accepted, strict=True)
    return "".join(f"{name}: {value}\n" for name, value in lines)


def parse_note(text: str) -> AssignedLevel | None:
    """What a note says; `None` if it is not as PACK writes it."""
    values = dict(line.partition(": ")[::2] for line in text.splitlines())
    level, label = values.get(LEVEL_TRAILER, ""), values.get(ORIGIN_TRAILER, "")
    if label.startswith(f"{UNATTRIBUTED}:"):
        name = label.partition(":")[2]
        is_plain = parse_label(f"{Source.USER}:{name}") is not None and level == str(_PERSON)
        return AssignedLevel(_PERSON, label) if is_plain else None
    origin = parse_label(label)
    is_plain = origin is not None and level == str(origin.level)
    return AssignedLevel(int(level), label) if is_plain else None
