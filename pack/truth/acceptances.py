"""Text that the person made their own as it is, without changing a byte of it.

Such a commit has a trailer that names what was accepted: the blob of the file, its lines and its
path. It counts for the lines that have not changed since, wherever they are now, and for no others.
Only a commit of PACK's, of level 1 and with `Pack-Accepted-By`, accepts anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pack.core.core import Core
from pack.files.note import Note
from pack.history.differences.line_hunks import git_lines
from pack.history.follow import follow
from pack.history.origins import written_by
from pack.log import CommitFacts, LogQuery
from pack.merge.diff import find_hunks
from pack.model import BlobId, CommitId, MemoryPath

ACCEPTS: Final = "Pack-Accepts"
_ACCEPTED_BY: Final = "Pack-Accepted-By"
_VALUE: Final = re.compile(r"([0-9a-f]{40,64}) (\d{1,9}-\d{1,9}(?:,\d{1,9}-\d{1,9})*) (.+)")

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
    """The trailer of a commit that accepts lines of a file."""
    ranges = ",".join(f"{first}-{last}" for first, last in spans)
    return ACCEPTS, f"{blob} {ranges} {path}"


def accepted_spans(value: str) -> tuple[Span, ...]:
    """The lines that a trailer names; none if it is not as `acceptance_trailer` makes it."""
    found = _VALUE.fullmatch(value)
    ranges = (part.partition("-") for part in found[2].split(",")) if found else ()
    return tuple((int(first), int(last)) for first, _, last in ranges)


def read_acceptance(commit: CommitFacts) -> Acceptance | None:
    """What a commit accepted; `None` if it accepted nothing, or had no right to."""
    found = _VALUE.fullmatch(commit.trailers.get(ACCEPTS, ""))
    writer = written_by(commit)
    is_person = writer.is_ours and writer.level == 1 and _ACCEPTED_BY in commit.trailers
    if found is None or not is_person:
        return None
    spans = accepted_spans(found[0])
    return Acceptance(commit.id, writer.origin, MemoryPath(found[3]), BlobId(found[1]), spans)


def accepted_lines(
    core: Core, note: Note, commits: Sequence[CommitId | None]
) -> Mapping[int, Acceptance]:
    """The lines of a note that the person accepted after they were written, counted from 0.

    Args:
        core: The memory.
        note: A note as it is now.
        commits: The commit that wrote each of its lines; `None` for an edit that is in no commit.

    Raises:
        ConnectorError: The store cannot be read.
    """
    head = core.connector.head()
    log = core.log.read(LogQuery(head)) if head is not None else ()
    known = [one for commit in log if (one := read_acceptance(commit)) is not None]
    if head is None or not known:
        return {}
    paths = {note.path, *_former_paths(core, head, note.path)}
    age = {commit.id: place for place, commit in enumerate(log)}
    lines = git_lines(note.exact_text())
    found: dict[int, Acceptance] = {}
    for acceptance in reversed([one for one in known if one.path in paths]):
        for line in _still_there(core, acceptance, lines):
            writer = commits[line]
            if writer is not None and age.get(writer, -1) > age[acceptance.commit]:
                found[line] = acceptance
    return found


def _former_paths(core: Core, head: CommitId, path: MemoryPath) -> Iterator[MemoryPath]:
    for _, change in follow(core.log, head, path):
        if change.old_path is not None:
            yield change.old_path


def _still_there(core: Core, acceptance: Acceptance, lines: Sequence[str]) -> Iterator[int]:
    """The places of the accepted lines in the present text."""
    ((_, content),) = core.connector.read_blobs([acceptance.blob])
    old = git_lines(content.decode("utf-8", "replace"))
    done, shift = 0, 0
    for hunk in (*find_hunks(old, lines), None):
        end = hunk.old_start if hunk is not None else len(old)
        yield from (place + shift for place in range(done, end) if acceptance.holds(place + 1))
        if hunk is not None:
            done, shift = hunk.old_end, hunk.end - hunk.old_end
