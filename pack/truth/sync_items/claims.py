"""What a client says about who wrote an item, and what of that is believed.

A claim lowers authority and never raises it. The role of the token is the most that a client can
have; only a client with the person's role can say that the person accepted what another had
written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from pack.core.events import MemoryEvent, MemoryEventKind
from pack.merge.two_sides import PERSON
from pack.provenance import (
    ACCEPTED_BY,
    ACCEPTED_VIA,
    DERIVED_FROM,
    TRUTH_LEVELS,
    Origin,
    Source,
    parse_origin,
)
from pack.truth.sync_items.item import SyncItem

VIA: Final = "sync"
_UNKNOWN: Final = "unknown"


@dataclass(frozen=True, slots=True)
class SyncCaller:
    """Who pushes.

    Attributes:
        role: The most that it may be: the person, an automation, or an AI.
        client: What it is called, for what does not say who wrote it.
    """

    role: Source
    client: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """Who counts as the writer of an item.

    Attributes:
        origin: The writer.
        is_accepted: Whether the person took over with it what another had written.
        events: Claims that were too high.
        warnings: The same in words.
    """

    origin: Origin
    is_accepted: bool = False
    events: tuple[MemoryEvent, ...] = ()
    warnings: tuple[str, ...] = ()


def claimed_by(item: SyncItem, caller: SyncCaller) -> Claimed:
    """What of an item's claims is believed."""
    said = parse_origin(item.origin_source or "")
    client = said.client if said is not None else caller.client
    if item.accepted_by_user and caller.role is Source.USER:
        by = client if said is not None and said.source is Source.USER else caller.client
        return Claimed(Origin(Source.USER, by), is_accepted=True)
    role = TRUTH_LEVELS[caller.role]
    claims = [item.truth_level, said.level if said is not None else None]
    level = max(role, *(claim for claim in claims if claim is not None)) if any(claims) else role
    told = tuple(_too_high(item, level))
    warnings = tuple(f"{event.discarded} counts as {event.kept}" for event in told)
    source = next(source for source, number in TRUTH_LEVELS.items() if number == level)
    if said is None and level == role:
        source = caller.role
    return Claimed(Origin(source, client), events=told, warnings=warnings)


def _too_high(item: SyncItem, level: int) -> Iterator[MemoryEvent]:
    counts = f"truth_level {level}"
    if item.truth_level is not None and item.truth_level < level:
        said = f"truth_level {item.truth_level}"
        yield MemoryEvent(MemoryEventKind.LOWERED, item.entity_id, counts, said)
    if item.accepted_by_user:
        yield MemoryEvent(MemoryEventKind.LOWERED, item.entity_id, counts, "accepted_by_user")


def chain_trailers(item: SyncItem, claimed: Claimed) -> Iterator[tuple[str, str]]:
    """What a commit says of where the text comes from, and that the person accepted it."""
    for link in item.origin_chain:
        ref = next(iter(link.ref_ids), _UNKNOWN).replace(" ", "-")
        yield DERIVED_FROM, f"{ref} {link.level} {link.source}"
    said = parse_origin(item.origin_source or "")
    if claimed.is_accepted and said is not None and said.level > PERSON:
        yield DERIVED_FROM, f"{_UNKNOWN} {said.level} {said.label}"
    if claimed.is_accepted:
        yield ACCEPTED_BY, claimed.origin.label
        yield ACCEPTED_VIA, VIA
