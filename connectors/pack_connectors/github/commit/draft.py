"""A commit before it is made, and finding out after a lost answer whether it was made.

Nothing is sent again before the branch has been looked at. Either the commit is there (then it is
the answer), or somebody else's is (then the draft is stale), or nothing has happened (then it is
safe to send it again: the branch moves by compare-and-swap only).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pack.errors import ConnectorError, OutcomeUnknown, PackError, StaleBase, Unavailable
from pack.model import Change, Identity, Put
from pack_connectors.github.head import GithubHead
from pack_connectors.github.repository import CommitRecord, GithubRepository
from pack_connectors.github.trees import Tree
from pack_connectors.system.retry import NoAnswer

_LOOKED_AT: Final = 100
_LOOKS: Final = 8
_ATTEMPTS: Final = 4
"""How often a write is sent whose answers get lost, and that was not made."""


@dataclass(frozen=True, slots=True)
class CommitDraft:
    """A commit to be made.

    Attributes:
        base: The commit it is made on; `None` for a first commit.
        changes: Fit the tree of `base`.
        message: To be stored unchanged.
        author: To be named by it; `None` for the account of the token.
        before: The tree of `base`.
        after: The tree it will have.
        at: When it is said to be made, by its author, who is its committer too; `None` for now.
    """

    base: CommitRecord | None
    changes: Sequence[Change]
    message: str
    author: Identity | None
    before: Tree
    after: Tree
    at: datetime | None = None

    @property
    def puts(self) -> list[Put]:
        """The changes that store a file."""
        return [change for change in self.changes if isinstance(change, Put)]

    def describes(self, found: CommitRecord) -> bool:
        """Whether a commit is this one: it has the same parent, message and tree."""
        parents = (self.base.id,) if self.base else ()
        if found.parents != parents or _words(found.message) != _words(self.message):
            return False
        return found.tree == self.after.id()


def _words(message: str) -> str:
    return message.rstrip("\n")


class LookBack:
    """Looks at the branch after an answer was lost."""

    def __init__(self, repository: GithubRepository, head: GithubHead) -> None:
        self._repository = repository
        self._head = head

    def send(
        self,
        base: CommitRecord | None,
        write: Callable[[], CommitRecord],
        is_ours: Callable[[CommitRecord], bool],
    ) -> CommitRecord:
        """The commit that `write` makes, tried again where an answer was lost and nothing made.

        Args:
            base: What it is made on.
            write: Makes it, in one request that does nothing if the branch is not at `base`.
            is_ours: Tells it from others.

        Raises:
            As `find`, and as `write` but for `NoAnswer`.
            Unavailable: GitHub keeps not answering. Nothing was written.
        """
        lost: NoAnswer | None = None
        for _ in self._repository.session.retry.attempts(_ATTEMPTS):
            refused: PackError | None = None
            try:
                return write()
            except NoAnswer as error:
                lost = error
            except PackError as error:
                if lost is None:
                    raise
                refused = error
            has_moved = isinstance(refused, StaleBase)
            if (found := self._find(base, is_ours, has_moved=has_moved)) is not None:
                return found
            if refused is not None:
                raise refused
        raise Unavailable(f"GitHub cannot be written to: {lost}; nothing was written")

    def _find(
        self,
        base: CommitRecord | None,
        is_ours: Callable[[CommitRecord], bool],
        *,
        has_moved: bool,
    ) -> CommitRecord | None:
        """Our commit, if it was made; `None` if the branch is still at `base`.

        Args:
            base: What it was to be made on.
            is_ours: Tells it from others.
            has_moved: GitHub has said that the branch is not at `base` any more; an answer that
                says otherwise comes from a machine that has not seen it yet.

        Raises:
            StaleBase: Somebody else's commit was made in its place.
            OutcomeUnknown: The branch cannot be looked at.
        """
        for _ in self._repository.session.retry.attempts(_LOOKS):
            recent = self._recent()
            if recent and (ours := next((one for one in recent if is_ours(one)), None)):
                return ours
            known = {one.id for one in recent}
            if recent and (base is None or recent[0].id != base.id):
                if (base is None and len(recent) < _LOOKED_AT) or (base and base.id in known):
                    self._head.forget_view()
                    raise StaleBase(base.id if base else None, recent[0].id)
                raise OutcomeUnknown("GitHub did not answer, and the branch has moved on too far")
            if not has_moved:
                return None
        raise OutcomeUnknown("GitHub did not answer, and does not show what it stored")

    def _recent(self) -> list[CommitRecord]:
        """The newest commits; none in an empty repository."""
        try:
            answer, rows = self._repository.commits(start=self._head.start, count=_LOOKED_AT)
        except ConnectorError as error:
            raise OutcomeUnknown("GitHub did not answer, and cannot be asked now") from error
        if answer.status not in (200, 409):
            raise OutcomeUnknown("GitHub did not answer, and does not show the branch now")
        return rows


def stale(plan: CommitDraft, head: GithubHead) -> StaleBase:
    """The error for a branch that is not at the base of a draft, with the commit it is at."""
    actual = head.refresh()
    return StaleBase(plan.base.id if plan.base else None, actual.id if actual else None)
