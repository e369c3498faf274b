"""`pack review`."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from pack.actions import Action
from pack.errors import AskThePerson, PackError
from pack.memory import Memory
from pack.truth.deciding.offers import Offer
from pack.truth.deciding.proposals import Verdict
from pack_servers.cli.history.marked_text import show_marked
from pack_servers.cli.shell.keys import pressed_key
from pack_servers.cli.shell.opening import opened
from pack_servers.cli.shell.options import GithubOption, LocalOption
from pack_servers.cli.shell.output import counted, show
from pack_servers.cli.shell.streams import can_ask, say
from pack_servers.cli.shell.wording import worded
from pack_servers.cli.truth.offer_text import (
    say_hidden,
    show_file_head,
    show_head,
    show_hunk,
)
from pack_servers.cli.truth.person import for_the_person

EXAMPLES: Final = """\
  pack review        go through all that others propose, one key for each part"""


class _Key(StrEnum):
    """What a key does. Its first letter is the key."""

    YES = "yes, make it mine"
    NO = "no, refuse it"
    LATER = "later, leave it open"
    ALL = "accept this and all the rest of this proposal"
    DROP = "refuse this and all the rest of this proposal"
    QUIT = "quit; what you have decided stays"


_KEYS: Final = {
    "y": _Key.YES,
    "n": _Key.NO,
    "l": _Key.LATER,
    "a": _Key.ALL,
    "d": _Key.DROP,
    "q": _Key.QUIT,
}
_PROMPT: Final = f"[{'/'.join(_KEYS)}/?] "


def run(local: LocalOption = None, github: GithubOption = None) -> None:
    """Decide on all that others propose, one key for each part."""
    with (
        opened(local, github) as memory,
        for_the_person(memory, Action.ACCEPT_PROPOSAL, "pack", "review") as via,
    ):
        if not can_ask():
            raise AskThePerson("keys can only be pressed at a terminal", Action.ACCEPT_PROPOSAL)
        offers = memory.proposals.list()
        if not offers:
            show("no proposals")
            return
        say(f"{counted(len(offers), 'proposal')} to decide on; ? shows the keys")
        for offer in offers:
            _show(offer)
            answers, has_quit = _answers(offer)
            _carry_out(memory, offer, answers, via)
            if has_quit:
                break
        left = memory.proposals.count()
    show("nothing is left to decide on" if not left else f"{counted(left, 'proposal')} left")


def _show(offer: Offer) -> None:
    show_marked()
    show_head(offer)
    say_hidden(offer)
    if offer.is_stale:
        say(f"  → to take over what you want of it: pack proposals edit {offer.proposal.id}")


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
                rest = {_Key.ALL: _Key.YES, _Key.DROP: _Key.NO}.get(key)
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
    try:
        if yes:
            memory.proposals.answer(proposal, offer.shown, via, Verdict(yes, no))
        elif no:
            memory.proposals.reject(proposal, None, None if offer.is_stale else no)
    except PackError as error:
        say(f"error: {error}")
        say(f"  → {worded(error.remedy)}")
