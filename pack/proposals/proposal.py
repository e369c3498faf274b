"""One proposal: a change of the memory that is in a commit of its own, and not in the memory."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from pack.deferred import dataclass
from pack.log import CommitFacts
from pack.model import CommitId, MemoryPath
from pack.provenance import (
    LEVEL_TRAILER,
    ORIGIN_TRAILER,
    TRUTH_LEVELS,
    Source,
    parse_origin,
    without_trailers,
)

STATUS_TRAILER: Final = "Pack-Proposal-Status"
REASON_TRAILER: Final = "Pack-Reason"
_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_TAG: Final = 3
_HOUR: Final = 4
_CHANCE: Final = 3
_HOURS: Final = 1 << 5 * _HOUR
_LEVELS: Final = {
    str(level): level for source, level in TRUTH_LEVELS.items() if source is not Source.USER
}
_WEAKEST: Final = max(_LEVELS.values())
_UNKNOWN: Final = "unknown"


class NoProposal(Exception):
    """What is kept where proposals are is none; anybody who can push may have put it there."""


class ProposalStatus(StrEnum):
    """What has become of a proposal."""

    OPEN = "open"
    REJECTED = "rejected"
    EXPIRED = "expired"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change that waits for a decision, or waited for one.

    Attributes:
        id: Short and unique; safe in the name of a ref.
        commit: The one commit that holds it.
        base: The commit that it was made on.
        path: The file that it is about.
        paths: All files that it changes, sorted.
        origin: Who proposes, as in `ai-cloud:name`.
        level: The truth level of who proposes.
        time: When it was proposed, in UTC.
        status: What has become of it.
        reason: Why it was refused, if the person said so.
        message: Its message for people, without trailers.
        decided: When it was refused; `None` for one that is open.
    """

    id: str
    commit: CommitId
    base: CommitId
    path: MemoryPath
    paths: tuple[MemoryPath, ...]
    origin: str
    level: int
    time: datetime
    status: ProposalStatus
    reason: str | None
    message: str
    decided: datetime | None = None


def make_id(path: MemoryPath, now: datetime, number: int) -> str:
    """An id for a proposal about a file; ids of later hours come later in the alphabet.

    Args:
        path: The file.
        now: When it is made.
        number: Any number; it tells the proposals of one hour apart.
    """
    return numbered(_hour(now), _HOUR) + numbered(number, _CHANCE) + tag_of(path)


def is_id(text: str) -> bool:
    """Whether a text looks like the id of a proposal."""
    return len(text) == _HOUR + _CHANCE + _TAG and set(text) <= set(_DIGITS)


def may_be_older(proposal_id: str, moment: datetime) -> bool:
    """Whether a proposal may be from before a moment, as far as its id tells."""
    return proposal_id[:_HOUR] <= numbered(_hour(moment), _HOUR)


def _hour(moment: datetime) -> int:
    return int(moment.timestamp() // 3600) % _HOURS


def tag_of(path: MemoryPath) -> str:
    """How the id of each proposal about a file ends, so that others need not be read."""
    digest = hashlib.sha256(path.encode("utf-8", "surrogateescape")).digest()
    return numbered(int.from_bytes(digest[:4], "big"), _TAG)


def numbered(number: int, count: int) -> str:
    """The last digits of a number, as ids have them."""
    return "".join(_DIGITS[number >> 5 * place & 31] for place in reversed(range(count)))


def read_proposal(proposal_id: str, facts: CommitFacts, record: CommitFacts | None) -> Proposal:
    """A proposal from its commit and, for a refused one, the record of that.

    Args:
        proposal_id: Its id.
        facts: Its commit, with files.
        record: The commit that says why it was refused; `None` for one that is open.

    Raises:
        NoProposal: The commit changes nothing, or was made on none.
    """
    trailers = facts.trailers
    paths = _paths(facts)
    if not facts.parents or not paths:
        raise NoProposal(f"commit {facts.id} is no change of a memory")
    origin = parse_origin(trailers.get(ORIGIN_TRAILER, ""))
    about = [path for path in paths if proposal_id.endswith(tag_of(path))]
    said = record.trailers if record else {}
    return Proposal(
        proposal_id,
        facts.id,
        facts.parents[0],
        (about or paths)[0],
        tuple(paths),
        origin.label if origin is not None else _UNKNOWN,
        _LEVELS.get(trailers.get(LEVEL_TRAILER, ""), _WEAKEST),
        facts.at,
        _status(said.get(STATUS_TRAILER)) if record else ProposalStatus.OPEN,
        plain(said.get(REASON_TRAILER, "")) or None,
        without_trailers(facts.message),
        record.at if record else None,
    )


def _paths(facts: CommitFacts) -> Sequence[MemoryPath]:
    found = {path for one in facts.files or () for path in (one.path, one.old_path) if path}
    return sorted(found)


def plain(text: str) -> str:
    """A text on one line, without characters that cannot be printed."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _status(text: str | None) -> ProposalStatus:
    ends = {str(one): one for one in ProposalStatus if one is not ProposalStatus.OPEN}
    return ends.get(text or "", ProposalStatus.REJECTED)
