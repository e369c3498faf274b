"""The write that accepts a proposal, or parts of it: one commit of the person, with its chain."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pack.core.core import Core
from pack.core.decision import Decision
from pack.core.requests import check_text
from pack.errors import ProposalChanged, StaleProposal
from pack.files import frontmatter
from pack.history.differences.file_diff import FileDiff
from pack.history.undoing.present import PresentFiles
from pack.log import ChangeKind
from pack.model import ABSENT, BlobId, Change, Delete, MemoryPath, Mode, Put
from pack.paths import is_memory_file
from pack.proposals.proposal import STATUS_TRAILER, Proposal, ProposalStatus
from pack.provenance import ACCEPTED_BY, ACCEPTED_VIA, DERIVED_FROM, PROPOSAL, Origin
from pack.truth.deciding.offers import Offer
from pack.use_cases.write import Wording, is_v1_file, refuse_twin, store


class EditedText(NamedTuple):
    """A file as the person left it in their editor.

    Attributes:
        text: Its text.
        made_on: The blob that was in the memory when they began; `None` if there was no file.
    """

    text: str
    made_on: BlobId | None


@dataclass(frozen=True, slots=True)
class Person:
    """Who accepts, and how they said so.

    Attributes:
        origin: The writer of the commit, who is the person.
        via: How they said so: `tty`, `editor`, `elicitation:claude-code`.
    """

    origin: Origin
    via: str

    def trailers(self, proposal: Proposal) -> tuple[tuple[str, str], ...]:
        """What the commit says for programs: who accepted, how, and where the text is from."""
        return (
            (DERIVED_FROM, f"{proposal.commit} {proposal.level} {proposal.origin}"),
            (ACCEPTED_BY, self.origin.label),
            (ACCEPTED_VIA, self.via),
            (PROPOSAL, proposal.id),
        )


def accepted_decision(
    core: Core, offer: Offer, numbers: Collection[int], person: Person, *, is_open: bool = False
) -> Decision:
    """The decision to write what these hunks change.

    Args:
        core: The memory, inside the view that the offer was made in.
        offer: The proposal as it is now.
        numbers: The hunks that are accepted.
        person: Who accepts.
        is_open: Whether they have not decided on the rest.

    Raises:
        PackError: It cannot be written here.
    """
    chosen = [diff for file in offer.files if (diff := file.with_only(numbers)) is not None]
    is_all = len(numbers) == len(offer.hunks)
    part = "" if is_all else f", {len(numbers)} of {len(offer.hunks)} parts"
    verb = f"accept proposal {offer.proposal.id}{part}"
    found = _decision(core, offer, chosen, verb, person)
    said = [(STATUS_TRAILER, ProposalStatus.OPEN)] if is_open else []
    return replace(found, trailers=(*found.trailers, *said))


def edited_decision(
    core: Core, offer: Offer, texts: Mapping[MemoryPath, EditedText], person: Person
) -> Decision:
    """The decision to write a proposal as the person has changed it.

    Of one that is stale, only what the person has changed is written.

    Raises:
        ProposalChanged: A file is no longer the one that the person has edited.
        StaleProposal: Nothing of it is left that could be written.
    """
    wanted = dict(texts)
    for path, edited in texts.items():
        current = core.reader.find(path)
        if (current.sha if current is not None else None) != edited.made_on:
            raise ProposalChanged(offer.proposal.id)
        if offer.is_stale and current is not None and current.text == edited.text:
            del wanted[path]  # what is there already is not what another proposed
    chosen = [
        replace(file.diff, after=wanted[file.diff.path].text) if file.diff.path in wanted
        else file.diff
        for file in offer.files
        if file.diff.path in wanted or not offer.is_stale
    ]  # fmt: skip
    if not chosen:
        raise StaleProposal(offer.proposal.id)
    verb = f"accept proposal {offer.proposal.id}, edited"
    return _decision(core, offer, chosen, verb, person)


def _decision(
    core: Core, offer: Offer, chosen: Sequence[FileDiff], verb: str, person: Person
) -> Decision:
    proposal = offer.proposal
    subject = proposal.message.partition("\n")[0]
    wording = Wording(verb, subject.partition(" (")[2].removesuffix(")") or None)
    parts = [_file_decision(core, offer, diff, wording) for diff in chosen]
    first = parts[0]
    names = [part.path for part in parts[1:]]
    moved: dict[str, str] = {
        diff.old_path: diff.path for diff in chosen if diff.old_path is not None
    }
    return replace(
        first,
        changes=[change for part in parts for change in part.changes],
        notes=[note for part in parts for note in part.notes],
        warnings=tuple(dict.fromkeys(text for part in parts for text in part.warnings)),
        names=names,
        moved=moved,
        with_index=core.reader.mode() is Mode.V2,
        trailers=person.trailers(proposal),
    )


def _file_decision(core: Core, offer: Offer, diff: FileDiff, wording: Wording) -> Decision:
    path = diff.path
    if diff.change is ChangeKind.DELETED:
        changes: list[Change] = [Delete(path, core.connector.get_contents(path).sha)]
        return Decision(path, changes, f"{path}: {wording.verb}", wording.said)
    if diff.change is not ChangeKind.EDITED:
        PresentFiles(core).refuse_blocked(path)
        if is_memory_file(path):
            refuse_twin(core, path, diff.old_path)
    stored = _stored(core, offer, diff, wording)
    if diff.old_path is None:
        return stored
    leaving = Delete(diff.old_path, core.connector.get_contents(diff.old_path).sha)
    return replace(stored, changes=[*stored.changes, leaving])


def _stored(core: Core, offer: Offer, diff: FileDiff, wording: Wording) -> Decision:
    path = diff.path
    current = core.reader.find(path) if diff.change is ChangeKind.EDITED else None
    is_only_moved = diff.change is ChangeKind.MOVED and diff.before == diff.after
    if (
        diff.unshown is None
        and not is_only_moved
        and (is_memory_file(path) or is_v1_file(core, path))
    ):
        given = frontmatter.read(diff.after)
        check_text(given)
        return store(core, path, current, given, wording)
    content = offer.made[path] if diff.unshown is not None else diff.after.encode("utf-8")
    change = Put(path, content, current.sha if current is not None else ABSENT)
    return Decision(path, [change], f"{path}: {wording.verb}", wording.said)
