"""`pack proposals`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, redirect_stdout
from enum import StrEnum
from typing import Annotated, Final

import typer

from pack.actions import Action
from pack.errors import InvalidRequest, NotFound, ProposalChanged
from pack.log import ChangeKind
from pack.memory import Memory
from pack.model import MemoryPath
from pack.proposals.proposal import ProposalStatus
from pack.results import Document
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
from pack_servers.cli.shell.streams import confirm, is_terminal, say
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


_DIGITS: Final = 10
_OPTIONS: Final[Mapping[_Action, frozenset[str]]] = {
    _Action.LIST: frozenset({"--all-from"}),
    _Action.SHOW: frozenset(),
    _Action.ACCEPT: frozenset({"--hunks", "--all-from", "--shown"}),
    _Action.REJECT: frozenset({"--hunks", "--all-from", "--shown", "--reason"}),
    _Action.EDIT: frozenset({"--all-from"}),
}
"""The options that each has a use for."""
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
            help="list (the default), show, accept, reject or edit.",
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
            help="Every proposal by one writer, such as claude or ai-cloud.",
            show_default=False,
        ),
    ] = None,
    shown: Annotated[
        str | None,
        typer.Option(
            "--shown",
            metavar="HASH",
            help="Decide on exactly what `show` showed; nothing else is accepted.",
            show_default=False,
        ),
    ] = None,
    yes: YesOption = False,
    *,
    answer: FormatOption = Format.TEXT,
    local: LocalOption = None,
    github: GithubOption = None,
) -> None:
    """See what others propose to change in your text, and decide."""
    given = {"--hunks": hunks, "--reason": reason, "--all-from": all_from, "--shown": shown}
    _refuse_useless(action, proposal, given)
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
                if len(offers) > 1 and (hunks or shown):
                    raise InvalidRequest("--hunks and --shown are about one proposal")
                if action is _Action.ACCEPT and shown is None:
                    _ask(offers, numbers, answer, yes=yes)

                def decide(offer: Offer) -> Decided:
                    name = offer.proposal.id
                    if action is _Action.ACCEPT:
                        return memory.proposals.accept(name, shown or offer.shown, via, numbers)
                    if action is _Action.EDIT:
                        return _edit(memory, offer, via, answer)
                    seen = shown or (offer.shown if numbers else None)
                    return memory.proposals.reject(name, reason, numbers, seen)

                _decide(offers, decide, answer, is_one=all_from is None)


def _refuse_useless(
    action: _Action, proposal: str | None, options: Mapping[str, str | None]
) -> None:
    """Do nothing, unless something is given that an action has no use for.

    Raises:
        InvalidRequest: It is; whoever gave it means something else by it.
    """
    given = {name for name, value in options.items() if value is not None}
    if proposal is not None and action is _Action.LIST:
        raise InvalidRequest("`list` takes no ID; `pack proposals show ID` shows one")
    useless = sorted(given - _OPTIONS[action])
    if useless:
        raise InvalidRequest(f"`{action}` takes no {useless[0]}")


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
    if not all(word.isdecimal() and len(word) < _DIGITS for word in words if word):
        raise InvalidRequest(f"--hunks {hunks}: give numbers, such as 1,3")
    return frozenset(int(word) for word in words if word)


def _ask(
    offers: Sequence[Offer], numbers: frozenset[int] | None, answer: Format, *, yes: bool
) -> None:
    """Show what would be accepted, and return only if the person agrees."""
    with _on_screen(answer):
        for offer in offers:
            show_offer(offer)
    parts = "" if numbers is None else f", {counted(len(numbers), 'part')} of it"
    what = "it" if len(offers) == 1 else counted(len(offers), "proposal")
    confirm(f"Accept {what}{parts}?", "accepting it", yes=yes)


def _on_screen(answer: Format) -> AbstractContextManager[object]:
    """Print for the person, who may have sent the answer somewhere else."""
    is_elsewhere = answer is Format.JSON or not is_terminal()
    return redirect_stdout(sys.stderr) if is_elsewhere else nullcontext()


def _edit(memory: Memory, found: Offer, via: str, answer: Format) -> Decided:
    """Accept what the person makes of a proposal; nothing if they save nothing, or no change.

    Raises:
        InvalidRequest: It has no text that could be edited, or they saved only some of its files.
    """
    proposal = found.proposal.id
    now = {
        file.diff.path: memory.notes.get(file.diff.path)
        for file in found.files
        if file.diff.change is ChangeKind.EDITED and not file.diff.unshown
    }
    offer = memory.proposals.show(proposal)  # after those: it may be made on no older text
    with _on_screen(answer):
        show_offer(offer)
    diffs = [file.diff for file in offer.files if file.diff.after and not file.diff.unshown]
    if not diffs:
        raise InvalidRequest(f"proposal {proposal} has no text to edit")
    if offer.shown != found.shown:
        raise ProposalChanged(proposal)
    with ExitStack() as stack:  # what they have written is kept if it cannot be stored
        texts: dict[MemoryPath, EditedText] = {}
        unsaved: list[MemoryPath] = []
        for diff in diffs:
            note = now.get(diff.path)
            begin = note.content if note is not None and offer.is_stale else diff.after
            copy = stack.enter_context(edited(diff.path, begin))
            texts[diff.path] = EditedText(copy.text, note.sha if note is not None else None)
            unsaved += [] if copy.is_saved else [diff.path]
        if len(unsaved) == len(diffs):
            return _waits(proposal, "nothing was saved")
        if unsaved:
            raise InvalidRequest(f"{unsaved[0]} was not saved, so nothing is decided; save each")
        if all(_is_as_now(now.get(path), one) for path, one in texts.items()):
            return _waits(proposal, "the text is as it is in the memory")
        return memory.proposals.accept_edited(proposal, offer.shown, via, texts)


def _is_as_now(note: Document | None, text: EditedText) -> bool:
    return note is not None and note.content == text.text


def _waits(proposal: str, why: str) -> Decided:
    """Say why nothing is decided."""
    say(f"{why}; the proposal waits")
    return Decided(proposal, ProposalStatus.OPEN)


def _decide(
    offers: Sequence[Offer], decide: Callable[[Offer], Decided], answer: Format, *, is_one: bool
) -> None:
    """Do the same to all proposals, and tell what was done even if it fails with one of them."""
    done: list[Decided] = []
    try:
        for offer in offers:
            done.append(decide(offer))  # noqa: PERF401 - what is done counts if one fails
    finally:
        if done:
            _tell(done, answer, is_one=is_one)


def _tell(done: Sequence[Decided], answer: Format, *, is_one: bool) -> None:
    if answer is Format.JSON:
        fields = [
            {"proposal": one.proposal, "status": one.status, "commit": one.commit} for one in done
        ]
        show_json(fields[0] if is_one else {"decided": fields})
        return
    for one in done:
        warn(one.warnings)
        is_done = one.status is not ProposalStatus.ACCEPTED or one.commit is not None
        nothing = "is closed: all of it was in the memory already, and nothing was written"
        show(f"{one.proposal} {f'is {one.status}' if is_done else nothing}")
        if one.commit is not None:
            show(f"  commit  {one.commit}")
        if one.left:
            say(f"  {counted(one.left, 'part')} of it left to decide on")
