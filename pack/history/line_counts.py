"""How many lines a change added and removed, as a reader of the file would count them.

PACK's own stamps (`updated`) do not count, and nothing is counted in a file that is not text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from pack.core.core import Core
from pack.errors import NotFound
from pack.history.stamps import stamped_lines
from pack.log import FileChange
from pack.merge.diff import find_hunks
from pack.model import BlobId

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")


class Counts(NamedTuple):
    """Lines of a change; `None` where there are none to count."""

    added: int | None
    removed: int | None


UNCOUNTED = Counts(None, None)
_Pair = tuple[BlobId | None, BlobId | None]


def count_lines(core: Core, change: FileChange) -> Counts:
    """The counts of a change; once counted, they are known."""
    pair = change.old_sha, change.sha
    return core.memo.once((Counts, pair), lambda: _count(core, pair))


def _count(core: Core, pair: _Pair) -> Counts:
    try:
        blobs: Mapping[BlobId, bytes] = dict(core.connector.read_blobs(filter(None, pair)))
    except NotFound:
        return UNCOUNTED  # a clone without all blobs
    contents = [blobs[sha] if sha else b"" for sha in pair]
    if any(b"\0" in content for content in contents):
        return UNCOUNTED
    old, new = (_lines(content) for content in contents)
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
