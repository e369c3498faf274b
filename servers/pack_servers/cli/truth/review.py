"""`pack review`."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pack.actions import Action
from pack.errors import AskThePerson, NotFound, PackError, StaleProposal
from pack.memory import Memory
from pack.proposals.proposal import ProposalStatus
from pack.truth.deciding.offers import Offer
from pack.truth.deciding.proposals import Verdict
from pack_servers.cli.history.marked_text import show_marked
from pack_servers.cli.shell.keys import pressed_key
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import GithubOption, LocalOption
from pack_servers.cli.shell.output import counted, show
from pack_servers.cli.shell.streams import can_ask, is_terminal, say
from pack_servers.cli.shell.wording import worded
from pack_servers.cli.truth.offer_text import (
    say_hidden,
    show_file_head,
    show_head,
    show_hunk,
)
from pack_servers.cli.truth.person import for_the_person

EXAMPLES: Final = """\
  pack review        go through everything that others propose"""


class _Key(StrEnum):
    """What a key does. Its first letter is the key."""

    YES = "yes, make it mine"
    NO = "no, refuse it"
    LATER = "later, leave it open"
    ALL = "accept this and the rest of the proposal"
    DROP = "refuse this and the rest of the proposal"
    QUIT = "quit; what you have decided stays"


_KEYS: Final = {
    "y": _Key.YES,
    "n": _Key.NO,
    "l": _Key.LATER,
    "a": _Key.ALL,
    "d": _Key.DROP,
    "q": _Key.QUIT,
}
_FOR_ALL: Final = {_Key.ALL: _Key.YES, _Key.DROP: _Key.NO}
_WHOLE: Final = 0
"""Stands for all parts of a proposal."""
_PROMPT: Final = f"[{'/'.join(_KEYS)}/?] "


def run(local: LocalOption = None, github: GithubOption = None) -> None:
    """Decide on all proposals, with one key for each part."""
    with (
        opened(local, github) as memory,
        for_the_person(memory, Action.ACCEPT_PROPOSAL, "pack", "review") as via,
    ):
        if not (can_ask() and is_terminal()):
            raise AskThePerson("keys can only be pressed at a terminal", Action.ACCEPT_PROPOSAL)
        offers = memory.proposals.list()
        if not offers:
            show("no proposals")
            return
        say(f"{counted(len(offers), 'proposal')} to decide on; ? shows the keys")
        for listed in offers:
            offer = _as_it_is_now(memory, listed)
            if offer is not None and not _is_gone_through(memory, offer, via):
                break
        left = memory.proposals.count()
    show("nothing is left to decide on" if not left else f"{counted(left, 'proposal')} left")


def _as_it_is_now(memory: Memory, listed: Offer) -> Offer | None:
    """A proposal after what was decided since it was listed; `None` if that was about it, too."""
    try:
        offer = memory.proposals.show(listed.proposal.id)
    except NotFound:
        return None
    return offer if offer.proposal.status is ProposalStatus.OPEN else None


def _is_gone_through(memory: Memory, offer: Offer, via: str) -> bool:
    """Ask about a proposal and do what the person says; whether they go on to the next one."""
    show_marked()
    show_head(offer)
    say_hidden(offer)
    answers, has_quit = _of_stale(offer) if offer.is_stale else _answers(offer)
    try:
        _carry_out(memory, offer, answers, via)
    except PackError as error:
        say(f"error: {error}")
        say(f"  → {worded(error.remedy)}")
    return not has_quit


def _of_stale(offer: Offer) -> tuple[dict[int, _Key], bool]:
    """The answer to a proposal that can only be refused as a whole, and whether they quit."""
    say(f"  → to take over the part of it that you want: pack proposals edit {offer.proposal.id}")
    for file in offer.files:
        show_marked()
        show_file_head(file)
        for hunk in file.hunks:
            show_hunk(offer, file, hunk)
    key = _pressed()
    return {_WHOLE: _FOR_ALL.get(key, key)}, key is _Key.QUIT


def _answers(offer: Offer) -> tuple[dict[int, _Key], bool]:
    """The answer to each part, and whether the person does not want to go on."""
    answers: dict[int, _Key] = {}
    rest: _Key | None = None
    for file in offer.files:
        for hunk in file.hunks:
            if rest is None:
                if hunk is file.hunks[0]:
                    show_marked()
                    show_file_head(file)
                show_hunk(offer, file, hunk)
                key = _pressed()
                if key is _Key.QUIT:
                    return answers, True
                rest = _FOR_ALL.get(key)
            answers[hunk.number] = rest or key
    return answers, False


def _pressed() -> _Key:
    """The key that the person presses, once it is one that means something."""
    while True:
        try:
            pressed = pressed_key(_PROMPT).lower()
        except KeyboardInterrupt:
            pressed = "q"
        if pressed[:1] in ("", "\x04", "\x1b"):  # the end of input, Ctrl-D, Escape
            pressed = "q"
        key = _KEYS.get(pressed)
        show(key.value if key else "")
        if key is not None:
            return key
        for letter, meaning in _KEYS.items():
            show(f"  {letter}  {meaning.value}")


def _carry_out(memory: Memory, offer: Offer, answers: dict[int, _Key], via: str) -> None:
    yes, no = (
        [number for number, key in answers.items() if key is wanted]
        for wanted in (_Key.YES, _Key.NO)
    )
    proposal = offer.proposal.id
    if offer.is_stale:
        if no:
            memory.proposals.reject(proposal, shown=offer.shown)
        elif yes:
            raise StaleProposal(proposal)
    elif not offer.files:
        memory.proposals.accept(proposal, offer.shown, via)
        say("  all of it is in the memory already, so nothing was left to decide")
    elif yes:
        memory.proposals.answer(proposal, offer.shown, via, Verdict(yes, no))
    elif no:
        memory.proposals.reject(proposal, None, no, offer.shown)
