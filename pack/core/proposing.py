"""Keeping what a writer may not do by itself, for the person to decide on.

One writer has one proposal for the same lines: what it proposes again is the same proposal, and
what overlaps with an earlier one becomes part of it. What the person refused is not proposed again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Final

from pack.actions import Action
from pack.catalog.scope import PROJECT_FILE
from pack.core.decision import Decision, ProposedWrite
from pack.deferred import dataclass
from pack.errors import NotFound, PackError, StaleBase, TooManyProposals
from pack.merge.lines import merge_lines
from pack.model import ABSENT, Change, CommitId, Delete, MemoryPath, Put, blob_id
from pack.proposals.folding import Texts, fingerprint, fold
from pack.proposals.proposal import Proposal, ProposalStatus
from pack.proposals.shelf import ProposalShelf
from pack.proposals.withheld import is_withheld
from pack.provenance import Origin
from pack.results import WriteStatus, Written

MOST_OPEN: Final = 100
"""How many proposals of one writer may wait."""
MOST_IN_ALL: Final = 1000
"""How many proposals of all writers together may wait."""


@dataclass(frozen=True, slots=True)
class Proposing:
    """One write that is proposed.

    Attributes:
        shelf: Keeps it.
        wanted: What is proposed.
        origin: Who proposes.
        base: The commit that it is made on.
        message: The message of its commit.
    """

    shelf: ProposalShelf
    wanted: ProposedWrite
    origin: Origin
    base: CommitId
    message: str

    def keep(self) -> Proposal:
        """The proposal that holds it; or the one that the person refused before.

        Raises:
            TooManyProposals: The writer, or all of them together, have too many that are open.
            StaleBase: Somebody decides on one of them at this moment.
            PackError: The store failed.
        """
        self.shelf.expire()
        before, after = self.wanted.before, self._after()
        print_ = fingerprint(before, after)
        for refused in self.shelf.rejected(self.wanted.path):
            if refused.status is ProposalStatus.REJECTED and self._print_of(refused) == print_:
                return refused
        mine = self._mine(self.shelf.open(self.wanted.path))
        for one in mine:
            if self._print_of(one) == print_:
                return one
        return self._folded(mine, before, after) or self._add()

    def _print_of(self, proposal: Proposal) -> str | None:
        """What tells a proposal from others; `None` if this clone lacks what it was made on."""
        texts = self._texts(proposal)
        return fingerprint(*texts) if texts is not None else None

    def _texts(self, proposal: Proposal) -> tuple[Texts, Texts] | None:
        try:
            return self.shelf.texts(proposal)
        except NotFound:
            return None

    def _mine(self, found: Sequence[Proposal]) -> list[Proposal]:
        return [one for one in found if one.origin == self.origin.label]

    def _counting(self) -> Sequence[Proposal]:
        """The writer's open ones; what merges withheld was not its doing."""
        return [one for one in self._mine(self.shelf.open()) if not is_withheld(one.id)]

    def _after(self) -> Texts:
        return {
            change.path: change.content if isinstance(change, Put) else None
            for change in self.wanted.changes
        }

    def _add(self) -> Proposal:
        open_now = sum(not is_withheld(name) for name in self.shelf.names())
        if open_now >= MOST_OPEN and len(self._counting()) >= MOST_OPEN:
            raise TooManyProposals(MOST_OPEN, self.origin.label)
        if open_now >= MOST_IN_ALL:  # a client can call itself anything
            raise TooManyProposals(MOST_IN_ALL)
        changes = [
            change
            for change in self.wanted.changes
            if not isinstance(change, Put) or change.content != self.wanted.before.get(change.path)
        ]
        return self.shelf.add(
            self.base, self.wanted.path, changes, self.message, self.origin.author
        )

    def _folded(self, mine: Sequence[Proposal], before: Texts, after: Texts) -> Proposal | None:
        """The earlier proposals that overlap with this one, as one with it; `None` without any."""
        base, whole, inside = dict(before), dict(after), list[Proposal]()
        for one in mine:
            texts = self._texts(one)
            if texts is None:
                continue
            was, wants = _without_moves(*texts, base.keys())
            untouched = {
                path: self.shelf.content(path, self.base) for path in was.keys() - base.keys()
            }
            now = {**base, **untouched}
            carried = {path: _carried(was[path], wants[path], now[path]) for path in was}
            both = fold(now, carried, whole)
            if both is not None:
                base, whole = now, both
                inside.append(one)
        if not inside:
            return None
        first, *others = inside
        made = self.shelf.replace(
            first, self.base, list(_changes(base, whole)), self.message, self.origin.author
        )
        for one in others:
            with suppress(StaleBase):  # the person has decided on it just now
                self.shelf.close(one, ProposalStatus.WITHDRAWN)
        return made


def _without_moves(was: Texts, wants: Texts, ours: Collection[MemoryPath]) -> tuple[Texts, Texts]:
    """An earlier proposal without the moves that a later one replaces.

    Once the later one decides about the file that was to be moved, its new place is not wanted.

    Args:
        was: The files as they were for it.
        wants: What it makes of them.
        ours: The files that the later proposal changes.
    """
    if not any(path in ours and wants[path] is None for path in was):
        return was, wants
    kept = [path for path in was if path in ours or was[path] is not None]
    return {path: was[path] for path in kept}, {path: wants[path] for path in kept}


def _carried(was: bytes | None, wants: bytes | None, now: bytes | None) -> bytes | None:
    """What an earlier proposal makes of a file as it is now."""
    if was == now or was is None or wants is None or now is None:
        return wants
    was_lines, wants_lines, now_lines = (
        text.decode("utf-8", "surrogateescape").splitlines(keepends=True)
        for text in (was, wants, now)
    )
    merged = merge_lines(was_lines, now_lines, wants_lines)
    return "".join(merged.lines).encode("utf-8", "surrogateescape")


def _changes(before: Texts, after: Mapping[MemoryPath, bytes | None]) -> Sequence[Change]:
    found: list[Change] = []
    for path, content in after.items():
        old = before.get(path)
        expect = ABSENT if old is None else blob_id(old)
        if content is None:
            found.append(Delete(path, expect))
        elif content != old:
            found.append(Put(path, content, expect))
    return found


def told(
    written: Written, wanted: ProposedWrite, kept: Proposal | None, decision: Decision
) -> Written:
    """An answer that says what waits for the person, and what to tell them.

    Args:
        written: What was done.
        wanted: What was not.
        kept: The proposal that holds it, which the person may have refused before; `None` in a dry
            run.
        decision: What the caller wanted.
    """
    words = f"This would become a proposal: {_why(wanted.path)}."
    if kept is not None:
        words = _words(wanted, kept, is_written=written.commit is not None)
    return replace(
        _without(written, wanted, decision),
        status=_status(kept, decision, is_written=written.commit is not None),
        proposal=kept.id if kept else None,
        tell=words,
    )


def not_kept(
    written: Written, wanted: ProposedWrite, error: PackError, decision: Decision
) -> Written:
    """An answer where what was not written could not be kept as a proposal either.

    Args:
        written: What was done.
        wanted: What was not.
        error: Why it could not be kept.
        decision: What the caller wanted.
    """
    words = (
        f"{_why(wanted.path)}, so that was not changed, and it is in no proposal either: {error}. "
        f"Commit {written.commit} holds everything else. {error.remedy} Then send what is missing "
        "again."
    )
    found = _without(written, wanted, decision)
    return replace(found, warnings=(*found.warnings, words), tell=words)


def _without(written: Written, wanted: ProposedWrite, decision: Decision) -> Written:
    """An answer with what was not written."""
    return replace(
        written,
        warnings=tuple(dict.fromkeys((*decision.warnings, *written.warnings))),
        protected=wanted.protected,
        diff=wanted.diff,
    )


def _status(kept: Proposal | None, decision: Decision, *, is_written: bool) -> WriteStatus:
    """What has become of a write; a client without paths knows only that something was written."""
    if decision.is_never_held and is_written:
        return WriteStatus.WRITTEN
    is_refused = kept is not None and kept.status is ProposalStatus.REJECTED
    return WriteStatus.REFUSED if is_refused else WriteStatus.PROPOSED


def _why(path: MemoryPath) -> str:
    if path == PROJECT_FILE:
        return f"Only the person decides what {path} says"
    return f"{path} holds text that is the person's"


def _words(wanted: ProposedWrite, kept: Proposal, *, is_written: bool) -> str:
    path = wanted.path
    if kept.status is ProposalStatus.REJECTED:
        when = f"{kept.decided:%Y-%m-%d}" if kept.decided else "an earlier day"
        why = f": {kept.reason}" if kept.reason else ""
        what, rest = "this", f"{path} stays as it is"
        if is_written:
            what, rest = "a part of this", "Everything else was written; that part was not"
        return (
            f"The person refused {what} on {when}{why}. {rest}; do not propose it again "
            f"(proposal {kept.id})."
        )
    part = "Everything else was written; the rest" if is_written else "It"
    return (
        f"{_why(path)}, so none of that was changed. {part} waits as proposal {kept.id}. "
        f"{Action.TELL_OF_PROPOSAL.of(kept.id)}. Go on with other work."
    )
