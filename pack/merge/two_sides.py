"""Which of two versions stays in place where both cannot: the rules of the truth levels.

A smaller number has more authority; 1 is the person. Both sides are compared by what each of them
changed, line by line and key by key, and what they can both have they both get. Where they cannot:

| one side | the other | what stays in place | the rest |
|---|---|---|---|
| edit, level 1 | edit, 2 to 5 | the edit of level 1 | the machine's, in a proposal |
| edit, level 1 | edit, level 1 | that of the higher rank | the other version, whole, in a copy |
| edit, 2 to 5 | edit, 2 to 5 | the lower number, then the rank | the other version, in a copy |
| value of a key | value of a key | by the same rule | the other value, in the log of events |
| a key deleted by the person | its value changed, 2 to 5 | the deletion | the value, in the log |
| deletion, any | edit, level 1 | the edit | nothing; the log says that it was deleted |
| deletion, level 1 | edit, 2 to 5 | the deletion | the machine's version, in a proposal |
| deletion, 2 to 5 | any edit of a file that holds stronger text | the edit | nothing |
| deletion, 2 to 5 | edit, 2 to 5 | the lower number, then the rank | an edit, in a copy |

A proposal waits for the person beside the memory (`pack.merge.tree.Withheld`). Where there can be
none, as for a file that is no memory, a copy has the machine's version, whole.

Two people of level 1 are equals, whoever they are. What ranks higher depends on where the versions
come from: of two heads that are merged, the one that more commits lead to (`pack.merge.heads`); of
what somebody sends and what is here, the later. It decides what is in place, never what is kept.

Everything is a pure function of the two sides, and swapping them gives the same result.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from pack.merge.diff import Hunk
from pack.merge.lines import Prefer

PERSON: Final = 1
"""The level of what the person wrote or accepted."""


class ClashKind(StrEnum):
    """What happened where two sides could not both have their way."""

    CONFLICT = "conflict"
    """Both were the person's: the texts are both kept."""
    VALUE = "value"
    """Both gave a key another value, and one value can stay."""
    DISCARDED = "discarded"
    """What a machine wrote gave way."""


Rank = tuple[float, str]


@dataclass(frozen=True, slots=True)
class Authority:
    """The authority of one side's version of a file.

    Attributes:
        level: The strongest level among those who changed the file on this side.
        rank: Decides where the levels are equal: the greater has the place.
        lines: The level of each line of the text, frontmatter included; empty for `level`.
        keys: The level of each key of the frontmatter; one that is missing has `level`.
    """

    level: int
    rank: Rank = (0, "")
    lines: Sequence[int] = ()
    keys: Mapping[str, int] = field(default_factory=dict)

    def of_lines(self, hunks: Sequence[Hunk], offset: int) -> int:
        """The strongest level of the lines that some hunks put in; of a deletion, the side's."""
        found = [
            level for hunk in hunks for level in self.lines[hunk.start + offset : hunk.end + offset]
        ]
        return min(found, default=self.level)

    @property
    def strongest(self) -> int:
        """The strongest level of anything in the file, changed or not."""
        return min((self.level, *self.lines))


@dataclass(frozen=True, slots=True)
class KeyClash:
    """A key of the frontmatter that both sides gave another value, of which one stays.

    Attributes:
        kind: Whose values they were.
        kept: The entry that stays, as it is written.
        discarded: The other, which is nowhere but in the log of events.
    """

    kind: ClashKind
    kept: str
    discarded: str


@dataclass(frozen=True, slots=True)
class TwoSides:
    """Two versions of one file, and which has more authority.

    Attributes:
        ours: Our side.
        theirs: Their side.
    """

    ours: Authority
    theirs: Authority

    def theirs_stays(self, ours: int, theirs: int) -> bool:
        """Whether, of two texts of these levels, theirs stays in place."""
        if ours != theirs:
            return theirs < ours
        return self.theirs.rank > self.ours.rank

    def prefer(self, our_offset: int = 0, their_offset: int = 0) -> Prefer:
        """Whose lines stay where both changed the same ones.

        Args:
            our_offset: The line of our file that the merged text begins at, from 0.
            their_offset: The same of theirs.
        """

        def theirs_stay(ours: Sequence[Hunk], theirs: Sequence[Hunk]) -> bool:
            mine = self.ours.of_lines(ours, our_offset)
            return self.theirs_stays(mine, self.theirs.of_lines(theirs, their_offset))

        return theirs_stay

    def their_key_stays(self, key: str) -> bool:
        """Whether, of two values of a key, theirs stays."""
        return self.theirs_stays(*self._levels(key))

    def deletion_of_key_stands(self, key: str, *, is_ours: bool) -> bool:
        """Whether a key that one side deleted and the other changed is gone.

        Args:
            key: The key.
            is_ours: Whether our side deleted it.
        """
        ours, theirs = self._levels(key)
        deleted, edited = (ours, theirs) if is_ours else (theirs, ours)
        return edited > PERSON and deleted < edited

    def their_whole_stays(self) -> bool:
        """Whether theirs stays in place where the files can only be taken whole."""
        return self.theirs_stays(self.ours.level, self.theirs.level)

    def kind(self) -> ClashKind:
        """What to call it if a version of one side, or some of it, had to go."""
        return _kind(self.ours.level, self.theirs.level)

    def key_kind(self, key: str) -> ClashKind:
        """What to call it if one of two values of a key had to go."""
        found = _kind(*self._levels(key))
        return ClashKind.VALUE if found is ClashKind.CONFLICT else found

    def _levels(self, key: str) -> tuple[int, int]:
        ours, theirs = self.ours, self.theirs
        return ours.keys.get(key, ours.level), theirs.keys.get(key, theirs.level)


def deletion_stands(deleted: Authority, edited: Authority) -> bool:
    """Whether a file that one side deleted and the other changed is gone.

    Args:
        deleted: The side that deleted it; its level is that of who did.
        edited: The side that changed it.
    """
    if edited.level == PERSON:
        return False
    if deleted.level > PERSON and edited.strongest < deleted.level:
        return False  # it holds text that whoever deleted it may not remove
    if deleted.level != edited.level:
        return deleted.level < edited.level
    return deleted.rank > edited.rank


def is_for_the_person(gone: Authority, stays: Authority) -> bool:
    """Whether the person decides on a version that gave way: a machine's, to theirs.

    Args:
        gone: The side whose version gave way.
        stays: The other side.
    """
    return stays.level == PERSON < gone.level


def _kind(one: int, other: int) -> ClashKind:
    return ClashKind.CONFLICT if one == other == PERSON else ClashKind.DISCARDED
