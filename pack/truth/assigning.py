"""The person says of commits made before how far they are trusted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pack.actions import Action
from pack.connector import Capability
from pack.core.core import Core
from pack.core.session import Session
from pack.errors import AskThePerson, InvalidRequest, NotFound
from pack.history.assigned import (
    AssignedLevel,
    AssignedLevels,
    assigned_in,
    assigned_to,
    is_raised,
    note_of,
    writer_of,
)
from pack.history.origins import written_by
from pack.history.when import find_commit, find_since, parse_moment
from pack.log import CommitFacts, LogQuery
from pack.model import CommitId
from pack.provenance import TRUTH_LEVELS, Source


@dataclass(frozen=True, slots=True)
class AffectedWriter:
    """Commits of one writer that would count as somebody else's, or at another level.

    Attributes:
        origin: Whose they count as now.
        level: How far they are trusted now.
        commits: How many there are.
    """

    origin: str
    level: int
    commits: int


@dataclass(frozen=True, slots=True)
class AssignPlan:
    """What an assignment would do.

    Attributes:
        found: How many commits are meant.
        writers: Those that would change, by whose they are now; the most first.
        notes: The note that each would get, or `None` where one is taken away.
        before: What was said of commits when this was planned.
    """

    found: int
    writers: tuple[AffectedWriter, ...]
    notes: Mapping[CommitId, str | None]
    before: AssignedLevels

    @property
    def changed(self) -> int:
        """How many commits would change."""
        return len(self.notes)


class Assigning:
    """Levels for commits made before. Methods may be called from any thread.

    They are notes beside the commits, none of which changes. Whatever asks for the level of a line
    or a commit heeds them from then on.
    """

    def __init__(self, session: Session) -> None:
        self._core = session.core
        self._origin = session.origin

    def plan(self, commits: str, level: int | None, via: str) -> AssignPlan:
        """What it would mean for commits to get a level; changes nothing.

        Args:
            commits: Which ones: a commit; `A..B`, all after A up to B, either of which may be left
                out or a moment; or a moment alone, for all until then.
            level: From 1 (the person) to 5; `None` for commits of which nobody knows the writer.
            via: How the person gives their word: `tty`, `script`.

        Raises:
            AskThePerson: The caller is not the person.
            InvalidRequest: The words name no commits, there is no such level, or the store cannot
                keep notes.
            NotFound: There are no such commits.
        """
        self.refuse_others(commits)
        if level is not None and level not in TRUTH_LEVELS.values():
            raise InvalidRequest(f"level {level}: give 1 to 5, or unattributed")

        def assigned(commit: CommitFacts) -> AssignedLevel:
            return assigned_to(written_by(commit), level, self._origin)

        return self._planned(commits, assigned, via)

    def plan_clearing(self, commits: str) -> AssignPlan:
        """What it would mean for commits to lose what was assigned to them; changes nothing.

        Args:
            commits: As for `plan`.

        Raises:
            As `plan`.
        """
        self.refuse_others(commits)
        return self._planned(commits, lambda _: None, "")

    def carry_out(self, plan: AssignPlan) -> None:
        """Write the notes of a plan.

        Raises:
            AskThePerson: The caller is not the person.
            StaleBase: Others were written meanwhile; plan again.
            ConnectorError: The store failed.
        """
        self.refuse_others()
        if plan.notes:
            said = f"say of {plan.changed} commits how far they are trusted"
            self._core.connector.write_notes(plan.before.state, plan.notes, said)

    def refuse_others(self, *words: str) -> None:
        """Do nothing, unless the caller is not the person.

        Raises:
            AskThePerson: The caller is not the person.
        """
        if self._origin.source is not Source.USER:
            reason = "only the person whom the memory belongs to says whose its commits are"
            raise AskThePerson(reason, Action.ASSIGN_LEVELS, words)

    def _planned(
        self, named: str, assigned: Callable[[CommitFacts], AssignedLevel | None], via: str
    ) -> AssignPlan:
        core = self._core
        if Capability.NOTES not in core.connector.capabilities:
            raise InvalidRequest(
                f"{core.connector.location} keeps no notes beside commits; assign levels in a"
                " clone of it"
            )
        before, commits = assigned_in(core), commits_in(core, named)
        wanted = {one.id: assigned(one) for one in commits}
        changed = [one for one in commits if wanted[one.id] != before.levels.get(one.id)]
        writers = Counter(
            (writer.origin, writer.level)
            for writer in (writer_of(one, before.levels) for one in changed)
        )
        affected = (AffectedWriter(*who, count) for who, count in writers.most_common())
        notes = {one.id: self._note(one, wanted[one.id], via) for one in changed}
        return AssignPlan(len(commits), tuple(affected), notes, before)

    def _note(self, commit: CommitFacts, wanted: AssignedLevel | None, via: str) -> str | None:
        if wanted is None:
            return None
        is_accepted = is_raised(written_by(commit), wanted)
        return note_of(wanted, (self._origin.label, via) if is_accepted else None)


def commits_in(core: Core, named: str) -> Sequence[CommitFacts]:
    """The commits that a person names, newest first; see `Assigning.plan`.

    Raises:
        InvalidRequest: The words name none, or the memory has no commit yet.
        NotFound: There are none.
    """
    connector, now = core.connector, core.clock()
    first, dots, last = (part.strip() for part in named.partition(".."))
    if dots:
        head = find_commit(connector, last, now) if last else connector.head()
        if head is None:
            raise InvalidRequest("the memory has no history yet")
        query = LogQuery(head, find_since(connector, first, now) if first else None)
    else:
        head = find_commit(connector, first, now)
        is_moment = parse_moment(first, now, at_end=True) is not None
        query = LogQuery(head, limit=None if is_moment else 1)
    found = tuple(connector.log(query))
    if not found:
        raise NotFound(f"a commit in {named}")
    return found
