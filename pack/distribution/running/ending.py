"""What becomes of the offers of a rule that ends: those that are only ours are withdrawn."""

from __future__ import annotations

from typing import Final

from pack.distribution.notices.pull_request import branch_prefix
from pack.distribution.reconciling.sync_state import SyncState, state_path
from pack.distribution.running.context import RunContext
from pack.distribution.running.delivery import leave_to_people, withdraw
from pack.distribution.running.offers import OfferFinder, WantedFiles
from pack.distribution.running.view import DownstreamView
from pack.distribution.values import Rule
from pack.errors import PackError, UnusableInput

_WHY: Final = "the rule has ended, so nothing more comes of it"
_NOTHING: Final = WantedFiles("", {}, ())


def withdraw_offers(context: RunContext, rule: Rule) -> list[str]:
    """Withdraw what a rule offers; returns what was done, and what could not be, in words.

    The rule has ended whatever happens here, so that a failure is no error.
    """
    try:
        return _withdrawn(context, rule)
    except PackError as error:
        return [f"what is offered there could not be withdrawn: {error}; close it by hand"]


def _withdrawn(context: RunContext, rule: Rule) -> list[str]:
    downstream = context.ends.downstreams.open(rule.target_repo)
    _, head = downstream.default_branch()
    base = DownstreamView(downstream, head)
    prefix = branch_prefix(context.name)
    finder = OfferFinder(downstream, base, rule.id, prefix, _landed(base, rule))
    offers = finder.find(_NOTHING, "")
    notes: list[str] = []
    for offer in (*offers.others, *([offers.current] if offers.current is not None else [])):
        if offer.is_touched:
            leave_to_people(downstream, offer)
            notes.append(f"{offer.branch} has commits of others, so it is left to them")
        else:
            withdraw(downstream, offer, _WHY)
            notes.append(f"{offer.branch} was withdrawn")
    return notes


def _landed(base: DownstreamView, rule: Rule) -> str | None:
    content = base.read(state_path(rule.id))
    try:
        return SyncState.from_bytes(content, rule.id).version if content is not None else None
    except UnusableInput:
        return None
