"""`pack proposals`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from enum import StrEnum
from typing import Annotated, Final

import typer

from pack.actions import Action
from pack.errors import InvalidRequest, NotFound
from pack.log import ChangeKind
from pack.memory import Memory
from pack.model import MemoryPath
from pack.truth.deciding.acceptance import EditedText
from pack.truth.deciding.offers import Offer
from pack.truth.deciding.proposals import Decided
from pack_servers.cli.shell.editor import edited
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import (
    Format,
    FormatOption,
    GithubOption,
    LocalOption,
    YesOption,
)
from pack_servers.cli.shell.output import counted, show, show_json, warn
from pack_servers.cli.shell.streams import confirm, say
from pack_servers.cli.truth.offer_text import (
    offer_fields,
    say_how_to_decide,
    show_count,
    show_offer,
    show_offers,
    whole_fields,
)
from pack_servers.cli.truth.person import for_the_person

EXAMPLES: Final = """\
  pack proposals show 3k9f2m1abc                  word by word
  pack proposals accept 3k9f2m1abc --hunks 1,3    only these parts
  pack proposals reject 3k9f2m1abc --reason "I mean what I wrote"
  pack proposals reject --all-from claude"""


class _Action(StrEnum):
    LIST = "list"
    SHOW = "show"
    ACCEPT = "accept"
    REJECT = "reject"
    EDIT = "edit"


_MOST_DIGITS: Final = 9
_ACTIONS: Final = {
    _Action.ACCEPT: Action.ACCEPT_PROPOSAL,
    _Action.REJECT: Action.REJECT_PROPOSAL,
    _Action.EDIT: Action.EDIT_PROPOSAL,
}


def run(
    action: Annotated[
        _Action,
        typer.Argument(
            metavar="[ACTION]",
            help="list (without one), show, accept, reject or edit.",
            show_default=False,
        ),
    ] = _Action.LIST,
    proposal: Annotated[
        str | None,
        typer.Argument(metavar="[ID]", help="Which proposal.", show_default=False),
    ] = None,
    hunks: Annotated[
        str | None,
        typer.Option(
            "--hunks",
            metavar="NUMBERS",
            help="Only these parts, such as 1,3; the rest stays open.",
            show_default=False,
        ),
    ] = None,
    reason: Annotated[
        str | None,
        typer.Option(
            "--reason",
            metavar="TEXT",
            help="Why you refuse it; whoever proposes it again is told.",
            show_default=False,
        ),
    ] = None,
    all_from: Annotated[
        str | None,
        typer.Option(
            "--all-from",
            metavar="ORIGIN",
            help="All proposals of one writer: claude, ai-cloud.",
            show_default=False,
        ),
    ] = None,
    shown: Annotated[
        str | None,
        typer.Option(
            "--shown",
            metavar="HASH",
            help="Accept exactly what `show` has shown, without asking.",
            show_default=False,
        ),
    ] = None,
    yes: YesOption = False,
    *,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """See and decide what others propose to change in your text."""
    numbers = _numbers(hunks)
    with opened(local, github) as memory:
        if action is _Action.LIST:
            _list(memory, all_from, answer)
        elif action is _Action.SHOW:
            _show(memory.proposals.show(_named(proposal)), answer)
        else:
            target = ["--all-from", all_from] if all_from is not None else [_named(proposal)]
            command = ("pack", "proposals", action.value, *target)
            with for_the_person(memory, _ACTIONS[action], *command) as via:
                offers = _chosen(memory, proposal, all_from)
                if action is _Action.ACCEPT:
                    done = _accept(memory, offers, shown, numbers, via, yes=yes)
                elif action is _Action.REJECT:
                    done = [
                        memory.proposals.reject(one.proposal.id, reason, numbers) for one in offers
                    ]
                else:
                    done = [_edit(memory, one, via) for one in offers]
            _tell(done, answer, is_one=all_from is None)


def _list(memory: Memory, origin: str | None, answer: Format) -> None:
    offers = memory.proposals.list(origin)
    if answer is Format.JSON:
        show_json({"proposals": [offer_fields(offer) for offer in offers]})
        return
    if offers:
        show_offers(offers)
    show_count(offers)


def _show(offer: Offer, answer: Format) -> None:
    if answer is Format.JSON:
        show_json(whole_fields(offer))
        return
    show_offer(offer)
    if offer.proposal.decided is None:
        say_how_to_decide(offer)


def _named(proposal: str | None) -> str:
    if proposal is None:
        raise InvalidRequest("name a proposal; `pack proposals` lists them")
    return proposal


def _chosen(memory: Memory, proposal: str | None, all_from: str | None) -> list[Offer]:
    """The proposals that a person means.

    Raises:
        InvalidRequest: They name one and all of a writer, or none.
        NotFound: There is no such proposal, or the writer has none.
    """
    if all_from is None:
        return [memory.proposals.show(_named(proposal))]
    if proposal is not None:
        raise InvalidRequest("name one proposal, or --all-from a writer, not both")
    offers = memory.proposals.list(all_from)
    if not offers:
        raise NotFound(f"a proposal of {all_from}")
    return offers


def _numbers(hunks: str | None) -> frozenset[int] | None:
    if hunks is None:
        return None
    words = hunks.replace(" ", ",").split(",")
    if not all(word.isdecimal() for word in words if word):
        raise InvalidRequest(f"--hunks {hunks}: give numbers, such as 1,3")
    return frozenset(int(word[:_MOST_DIGITS]) for word in words if word)


def _accept(
    memory: Memory,
    offers: Sequence[Offer],
    shown: str | None,
    numbers: frozenset[int] | None,
    via: str,
    *,
    yes: bool,
) -> list[Decided]:
    if len(offers) > 1 and numbers is not None:
        raise InvalidRequest("--hunks are parts of one proposal")
    if shown is None and not yes:
        for offer in offers:
            show_offer(offer)
        parts = "" if numbers is None else f", {counted(len(numbers), 'part')} of it"
        what = "it" if len(offers) == 1 else counted(len(offers), "proposal")
        confirm(f"Accept {what}{parts}?", "accepting it", yes=yes)
    accept = memory.proposals.accept
    return [accept(offer.proposal.id, shown or offer.shown, via, numbers) for offer in offers]


def _edit(memory: Memory, offer: Offer, via: str) -> Decided:
    """Accept what the person makes of a proposal.

    Raises:
        InvalidRequest: It has no text that could be edited.
    """
    show_offer(offer)
    diffs = [file.diff for file in offer.files if file.diff.after and not file.diff.unshown]
    if not diffs:
        raise InvalidRequest(f"proposal {offer.proposal.id} has no text to edit")
    with ExitStack() as stack:  # what they have written is kept if it cannot be stored
        texts: dict[MemoryPath, EditedText] = {}
        for diff in diffs:
            now = memory.notes.get(diff.path) if diff.change is ChangeKind.EDITED else None
            begin = now.content if now is not None and offer.is_stale else diff.after
            text = stack.enter_context(edited(diff.path, begin))
            texts[diff.path] = EditedText(text, now.sha if now is not None else None)
        return memory.proposals.accept_edited(offer.proposal.id, offer.shown, via, texts)


def _tell(done: Sequence[Decided], answer: Format, *, is_one: bool) -> None:
    if answer is Format.JSON:
        fields = [
            {"proposal": one.proposal, "status": one.status, "commit": one.commit} for one in done
        ]
        show_json(fields[0] if is_one else {"decided": fields})
        return
    for one in done:
        warn(one.warnings)
        show(f"{one.proposal} is {one.status}")
        if one.commit is not None:
            show(f"  commit  {one.commit}")
        if one.left:
            say(f"  {counted(one.left, 'part')} of it left to decide on")
