"""How many lines a change added and removed, as a reader of the file would count them.

PACK's own stamps (`updated`) do not count, and nothing is counted in a file that is not text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from pack.connector import Connector
from pack.core.core import Core
from pack.deferred import pattern
from pack.errors import NotFound
from pack.history.differences.stamps import stamped_lines
from pack.log import FileChange
from pack.merge.diff import find_hunks
from pack.model import BlobId

_LINE: Final = pattern(r"[^\n]*\n|[^\n]+")


class Counts(NamedTuple):
    """Lines of a change; `None` where there are none to count."""

    added: int | None
    removed: int | None


UNCOUNTED: Final = Counts(None, None)
_AT_ONCE: Final = 50


class TwoBlobs(NamedTuple):
    """The blobs before and after a change; the key of what is known about it."""

    old: BlobId | None
    new: BlobId | None

    @classmethod
    def of(cls, change: FileChange) -> TwoBlobs:
        """Those of a change; of a merge, before it on the side that it was made on."""
        return cls(change.old_sha, change.sha)


def count_lines(core: Core, pairs: Iterable[TwoBlobs]) -> dict[TwoBlobs, Counts]:
    """The counts of changes; those that were counted before are known."""
    return core.memo.each(pairs, lambda unknown: _count_all(core, unknown))


def _count_all(core: Core, pairs: Sequence[TwoBlobs]) -> dict[TwoBlobs, Counts]:
    found: dict[TwoBlobs, Counts] = {}
    for start in range(0, len(pairs), _AT_ONCE):
        part = pairs[start : start + _AT_ONCE]
        blobs = read_stored(core.connector, {sha for pair in part for sha in pair if sha})
        found |= {pair: _count(pair, blobs) for pair in part}
    return found


def read_stored(connector: Connector, shas: Iterable[BlobId]) -> dict[BlobId, bytes]:
    """The contents of those of these blobs that are stored; a partial clone lacks some."""
    wanted = list(shas)
    try:
        return dict(connector.read_blobs(wanted))
    except NotFound:
        found: dict[BlobId, bytes] = {}
        for sha in wanted:
            with suppress(NotFound):
                found |= connector.read_blobs([sha])
        return found


def _count(pair: TwoBlobs, blobs: Mapping[BlobId, bytes]) -> Counts:
    contents = [blobs.get(sha) if sha else b"" for sha in pair]
    texts = [content for content in contents if content is not None and b"\0" not in content]
    if len(texts) < len(contents):
        return UNCOUNTED
    old, new = map(_lines, texts)
    hunks = find_hunks(old, new)
    return Counts(
        sum(hunk.end - hunk.start for hunk in hunks),
        sum(hunk.old_end - hunk.old_start for hunk in hunks),
    )


def _lines(content: bytes) -> list[str]:
    text = content.decode("utf-8", "replace")
    lines = _LINE.findall(text)
    stamps = stamped_lines(text, lines)
    return [line for number, line in enumerate(lines) if number not in stamps]
