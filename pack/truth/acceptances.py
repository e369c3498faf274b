"""Text that the person made their own as it is, without changing a byte of it.

Such a commit has a trailer that names what was accepted: the blob of the file, its lines and its
path. It counts for these lines from then on, wherever they go, as long as their words stay.
Only a commit of PACK's, of level 1 and with `Pack-Accepted-By`, accepts anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final
from urllib.parse import quote, unquote

from pack.core.known_log import KnownLog
from pack.core.truths import STRONGEST, LineState, LineTruth
from pack.deferred import dataclass, pattern
from pack.errors import InvalidPath, LimitExceeded
from pack.history.follow import follow
from pack.history.origins import written_by
from pack.log import CommitFacts
from pack.model import BlobId, CommitId, MemoryPath
from pack.paths import parse_stored_path

ACCEPTS: Final = "Pack-Accepts"
_VALUE: Final = pattern(r"([0-9a-f]{40,64}) (\d{1,9}-\d{1,9}(?:,\d{1,9}-\d{1,9})*) (.+)")

Span = tuple[int, int]
"""The first and the last line, from 1."""


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What one commit accepted.

    Attributes:
        commit: The commit.
        origin: Who accepted: `user:cli`.
        path: Where the file was.
        blob: Its text.
        spans: The lines of that text.
    """

    commit: CommitId
    origin: str
    path: MemoryPath
    blob: BlobId
    spans: tuple[Span, ...]

    def holds(self, line: int) -> bool:
        """Whether a line of the text, from 1, was accepted."""
        return any(first <= line <= last for first, last in self.spans)


def acceptance_trailer(path: MemoryPath, blob: BlobId, spans: Sequence[Span]) -> tuple[str, str]:
    """The trailer of a commit that accepts lines of a file.

    The path is quoted as in an address: a trailer holds no character that cannot be printed, and
    names in many languages do.
    """
    ranges = ",".join(f"{first}-{last}" for first, last in spans)
    return ACCEPTS, f"{blob} {ranges} {quote(path, errors='surrogateescape')}"


def accepted_spans(value: str) -> tuple[Span, ...]:
    """The lines that a trailer names; none if it is not as `acceptance_trailer` makes it."""
    found = _VALUE.fullmatch(value)
    ranges = (part.partition("-") for part in found[2].split(",")) if found else ()
    return tuple((int(first), int(last)) for first, _, last in ranges)


def read_acceptance(commit: CommitFacts) -> Acceptance | None:
    """What a commit accepted; `None` if it accepted nothing, or had no right to."""
    found = _VALUE.fullmatch(commit.trailers.get(ACCEPTS, ""))
    # Made again, it accepts the same: it names the very bytes.
    writer = written_by(replace(commit, authored_at=None))
    if found is None or not writer.is_ours or not writer.is_accepted:
        return None
    spans = accepted_spans(found[0])
    try:
        path = parse_stored_path(unquote(found[3], errors="surrogateescape"))
    except (InvalidPath, LimitExceeded):
        return None  # there is no such file, and a store may refuse to look for it
    return Acceptance(commit.id, writer.origin, path, BlobId(found[1]), spans)


def acceptances_among(commits: Iterable[CommitFacts]) -> list[Acceptance]:
    """What the person accepted with some commits, in their order."""
    found = (read_acceptance(one) for one in commits if f"\n{ACCEPTS}: " in one.message)
    return [one for one in found if one is not None]


def version_accepted(log: KnownLog, acceptance: Acceptance) -> CommitId | None:
    """The commit that made the version of which lines were accepted; `None` if it cannot be told.

    It is not the first one with that blob: what was deleted and written again later is other text.
    The commit that accepts may change the file, as where the frontmatter no longer has to say that
    it is a machine's; then it names what was there before, or what it stores.
    """
    for commit, change in islice(follow(log, acceptance.commit, acceptance.path, at_once=2), 2):
        if change.sha == acceptance.blob:
            return commit.id
        if commit.id != acceptance.commit:
            break
    return None


def accepted(lines: Sequence[LineTruth], acceptance: Acceptance) -> tuple[LineTruth, ...]:
    """The truth of lines once some of them are the person's."""
    yours = LineTruth(STRONGEST, acceptance.origin, LineState.ACCEPTED, acceptance.commit)
    return tuple(
        yours if acceptance.holds(number) and _is_to_be_had(one) else one
        for number, one in enumerate(lines, 1)
    )


def _is_to_be_had(line: LineTruth) -> bool:
    """Whether a line is not the person's already."""
    return line.level > STRONGEST or line.state is LineState.UNATTRIBUTED
