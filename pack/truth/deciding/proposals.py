"""Proposals: which there are, what each would change today, and the person's answer to it.

Only the person accepts and refuses. What they accept is exactly what they were shown: if the
proposal has changed since, or does something else to the text of today, nothing is written.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from pack.actions import Action
from pack.core.decision import Decision
from pack.core.session import Session
from pack.errors import (
    AskThePerson,
    InvalidRequest,
    NotFound,
    ProposalChanged,
    StaleBase,
    StaleProposal,
)
from pack.history.origins import is_origin_named
from pack.log import LogQuery
from pack.model import CommitId, MemoryPath
from pack.proposals.proposal import Proposal, ProposalStatus
from pack.proposals.shelf import ProposalShelf
from pack.provenance import Source
from pack.results import Written
from pack.truth.deciding.accept_text import accept_text
from pack.truth.deciding.acceptance import (
    EditedText,
    Person,
    accepted_decision,
    edited_decision,
)
from pack.truth.deciding.offers import Offer, Offers, part_of
from pack.use_cases.hand_edits import HandEdits, edits_of


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a proposal.

    Attributes:
        proposal: Its id.
        status: What it is now; open if only a part of it was decided on.
        commit: The commit that accepted something; `None` if nothing had to be written.
        left: How many of its hunks are still open.
        warnings: What the person should know.
    """

    proposal: str
    status: ProposalStatus
    commit: CommitId | None = None
    left: int = 0
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a person says to a proposal.

    Attributes:
        accepted: The numbers of the parts that they accept; `None` for all.
        refused: Those that they refuse.
        reason: Why, in their words.
    """

    accepted: Collection[int] | None = None
    refused: Collection[int] = ()
    reason: str | None = None


class Proposals:
    """The proposals, for one caller. Methods may be called from any thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._core = session.core

    def count(self) -> int:
        """How many wait for the person."""
        return self._shelf.count()

    def unreadable(self) -> Sequence[str]:
        """The refs where proposals are kept that hold none, as in `proposals/ID`."""
        return self._shelf.unreadable()

    def refuse_others(self, action: Action, words: Sequence[str]) -> None:
        """Do nothing, unless the caller is not the person.

        Args:
            action: What they want to do.
            words: With what.

        Raises:
            AskThePerson: The caller is not the person.
        """
        if self._session.origin.source is not Source.USER:
            reason = "only the person whom the memory belongs to decides what is theirs"
            raise AskThePerson(reason, action, words)

    def list(self, origin: str | None = None) -> list[Offer]:
        """The open ones as they are now, oldest first.

        Args:
            origin: Only those of this writer: an origin, or the beginning of one, or a client.

        Raises:
            InvalidRequest: The origin is empty.
            ConnectorError: The store cannot be read.
        """
        with self._core.view(), self._core.reader.reading_once():
            offers = Offers(self._core)
            return [offers.of(one) for one in self._open_of(origin)]

    def show(self, proposal: str) -> Offer:
        """One of them, whatever became of it.

        Raises:
            NotFound: There is none of that id.
        """
        with self._core.view(), self._core.reader.reading_once():
            return Offers(self._core).of(self._shelf.find(proposal))

    # --- the person's answer -------------------------------------------------------------------

    def accept(
        self, proposal: str, shown: str, via: str, hunks: Collection[int] | None = None
    ) -> Decided:
        """Write what a proposal changes; see `answer`.

        Args:
            proposal: Its id.
            shown: The hash of what the person was shown.
            via: How they said so.
            hunks: The numbers of the parts that they accept; `None` for all.
        """
        return self.answer(proposal, shown, via, Verdict(hunks))

    def answer(self, proposal: str, shown: str, via: str, answer: Verdict) -> Decided:
        """Write what the person accepts, in one commit of theirs, and refuse what they refuse.

        Args:
            proposal: Its id.
            shown: The hash of what the person was shown (`Offer.shown`).
            via: How they said so: `tty`, `elicitation:claude-code`.
            answer: Which parts they accept and refuse. The rest stays open.

        Raises:
            AskThePerson: The caller is not the person.
            NotFound: There is no such proposal.
            InvalidRequest: It is decided already, or has no such part.
            ProposalChanged: It is not what the person was shown. Nothing was written.
            StaleProposal: What it wanted to change is no longer there.
            PackError: The store refused; nothing was written.
        """
        person = self._person(via, Action.ACCEPT_PROPOSAL, proposal)
        decided: list[tuple[Offer, frozenset[int]]] = []

        def decide() -> Decision:
            offer = self._shown(proposal, shown)
            taken = _numbers(offer, answer.accepted)
            decided[:] = [(offer, taken)]
            if offer.is_stale:
                raise StaleProposal(proposal)
            if not offer.files:
                raise _NothingLeftError
            rest = {hunk.number for hunk in offer.hunks} - taken - {*answer.refused}
            return accepted_decision(self._core, offer, taken, person, is_open=bool(rest))

        with self._core.connector.exclusive():
            try:
                written = self._session.write(decide)
            except _NothingLeftError:
                return self._close(decided[-1][0].proposal, None)
            offer, taken = decided[-1]
            refused = frozenset(answer.refused) - taken
            try:
                left = self._settle(offer, taken, refused, answer.reason)
            except StaleBase:
                return self._changed_since(proposal, written)
            status = ProposalStatus.OPEN if left else ProposalStatus.ACCEPTED
            return Decided(proposal, status, written.commit, left, written.warnings)

    def accept_edited(
        self, proposal: str, shown: str, via: str, texts: Mapping[MemoryPath, EditedText]
    ) -> Decided:
        """Write what the person made of a proposal: editing it is accepting it.

        Args:
            proposal: Its id.
            shown: The hash of what the person was shown.
            via: How they said so.
            texts: The files as the person left them; others as they are in the proposal.

        Raises:
            PackError: As `accept`; a stale proposal can be edited.
        """
        person = self._person(via, Action.EDIT_PROPOSAL, proposal)
        decided: list[Offer] = []

        def decide() -> Decision:
            offer = self._shown(proposal, shown)
            decided[:] = [offer]
            return edited_decision(self._core, offer, texts, person)

        with self._core.connector.exclusive():
            written = self._session.write(decide)
            try:
                return self._close(decided[-1].proposal, written)
            except StaleBase:
                return self._changed_since(proposal, written)

    def reject(
        self,
        proposal: str,
        reason: str | None = None,
        hunks: Collection[int] | None = None,
        shown: str | None = None,
    ) -> Decided:
        """Refuse a proposal: the same text proposed again is answered with the reason.

        Args:
            proposal: Its id.
            reason: Why, in the person's words.
            hunks: The numbers of the parts that are refused; `None` for all. The rest stays open.
            shown: The hash of what the person was shown; `None` if they refuse whatever it is.

        Raises:
            AskThePerson: The caller is not the person.
            NotFound: There is no such proposal.
            InvalidRequest: It is decided already, or has no such part.
            ProposalChanged: It is not what the person was shown. Nothing was refused.
            StaleProposal: Only parts are refused of one that does not fit any more.
            ConnectorError: The store failed.
        """
        self._person("", Action.REJECT_PROPOSAL, proposal)
        with self._core.connector.exclusive():
            found = self._undecided(proposal)
            is_any = hunks is None and shown is None
            offer = None if is_any else self._shown(proposal, shown)
            if offer is None or len(_numbers(offer, hunks)) == len(offer.hunks):
                self._shelf.close(found, ProposalStatus.REJECTED, reason)
                return Decided(proposal, ProposalStatus.REJECTED)
            if offer.is_stale:
                raise StaleProposal(proposal)
            self._record_edits(offer)
            left = self._settle(self.show(proposal), frozenset(), _numbers(offer, hunks), reason)
            return Decided(proposal, ProposalStatus.OPEN, None, left)

    def withdraw(self, proposal: str) -> Decided:
        """Take back a proposal of the caller's own.

        Raises:
            AskThePerson: It is another's.
            NotFound: There is no such proposal.
            InvalidRequest: It is decided already.
        """
        with self._core.connector.exclusive():
            found = self._undecided(proposal)
            if found.origin != self._session.origin.label:
                reason = f"proposal {proposal} was made by {found.origin}"
                raise AskThePerson(reason, Action.REJECT_PROPOSAL, [proposal])
            self._shelf.close(found, ProposalStatus.WITHDRAWN)
            return Decided(proposal, ProposalStatus.WITHDRAWN)

    def accept_text(
        self, path: str, lines: str | None, via: str, sha: str | None = None
    ) -> Written:
        """Make text the person's own; see `pack.truth.deciding.accept_text.accept_text`.

        Raises:
            AskThePerson: The caller is not the person.
        """
        self.refuse_others(Action.ACCEPT_TEXT, [path])
        return accept_text(self._session, path, lines, via, sha)

    # --- looking -------------------------------------------------------------------------------

    @property
    def _shelf(self) -> ProposalShelf:
        return self._core.proposals

    def _open_of(self, origin: str | None) -> Sequence[Proposal]:
        wanted = (origin or "").strip()
        if origin is not None and not wanted:
            raise InvalidRequest("the writer whose proposals are meant has no name")
        return [
            one
            for one in self._shelf.open()
            if is_origin_named(one.origin, one.origin.partition(":")[2], wanted)
        ]

    def _person(self, via: str, action: Action, proposal: str) -> Person:
        self.refuse_others(action, [proposal])
        return Person(self._session.origin, via)

    def _undecided(self, proposal: str) -> Proposal:
        found = self._shelf.find(proposal)
        if found.status is not ProposalStatus.OPEN:
            why = f": {found.reason}" if found.reason else ""
            raise InvalidRequest(f"proposal {proposal} is {found.status}{why}")
        return found

    def _shown(self, proposal: str, shown: str | None) -> Offer:
        """The proposal as it is now, which must be what the person was shown, if anything was."""
        with self._core.view(), self._core.reader.reading_once():
            offer = Offers(self._core).of(self._undecided(proposal))
        if shown is not None and offer.shown != shown:
            raise ProposalChanged(proposal)
        return offer

    # --- what becomes of it --------------------------------------------------------------------

    def _close(self, proposal: Proposal, written: Written | None) -> Decided:
        self._shelf.close(proposal, ProposalStatus.ACCEPTED)
        commit, warnings = (written.commit, written.warnings) if written else (None, ())
        return Decided(proposal.id, ProposalStatus.ACCEPTED, commit, 0, warnings)

    def _changed_since(self, proposal: str, written: Written) -> Decided:
        """What is to be said if somebody has changed a proposal, or closed it, after the write.

        That is in the memory, and what else the proposal says now is still to be decided on.
        """
        warning = f"proposal {proposal} has changed meanwhile; what is new in it was not accepted"
        left = 0
        with suppress(NotFound):
            left = len(self.show(proposal).hunks)
        status = ProposalStatus.OPEN if left else ProposalStatus.ACCEPTED
        return Decided(proposal, status, written.commit, left, (*written.warnings, warning))

    def _settle(
        self, offer: Offer, taken: frozenset[int], refused: frozenset[int], reason: str | None
    ) -> int:
        """Keep what is refused as refused, and leave open what is neither; how much that is.

        What is taken is in the current commit, on which both are made.
        """
        proposal = offer.proposal
        rest = frozenset(hunk.number for hunk in offer.hunks) - taken - refused
        facts = next(iter(self._core.connector.log(LogQuery(proposal.commit, limit=1))))
        message = facts.message.rstrip().rpartition("\n")[0]  # the last line is its id
        head = self._core.connector.head() or proposal.base
        if refused:
            changes = part_of(offer, refused, taken)
            part = self._shelf.add(head, changes[0].path, changes, message, facts.author)
            self._shelf.close(part, ProposalStatus.REJECTED, reason)
        if rest:
            changes = part_of(offer, rest, taken)
            self._shelf.replace(proposal, head, changes, message, facts.author)
        else:
            self._shelf.close(proposal, ProposalStatus.ACCEPTED)
        return len(rest)

    def _record_edits(self, offer: Offer) -> None:
        """Record edits by hand in the files of a proposal, so that a commit has today's text."""
        ours = {path for file in offer.files for path in (file.diff.path, file.diff.old_path)}
        edited = [path for path in edits_of(self._core) if path in ours]
        if edited:
            HandEdits(self._session).commit(edited)


class _NothingLeftError(Exception):
    """All that a proposal wanted is in the memory already."""


def _numbers(offer: Offer, hunks: Collection[int] | None) -> frozenset[int]:
    """The hunks that a caller means.

    Raises:
        InvalidRequest: There is no such hunk.
    """
    there = frozenset(hunk.number for hunk in offer.hunks)
    if hunks is None:
        return there
    unknown = sorted(set(hunks) - there)
    if unknown or not hunks:
        count = f"it has {len(there)}, numbered from 1" if there else "it has none left"
        named = ", ".join(map(str, unknown)) or "none"
        raise InvalidRequest(f"proposal {offer.proposal.id} has no such part ({named}): {count}")
    return frozenset(hunks)
