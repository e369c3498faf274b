"""How changed files look: as JSON, as prose with marked words, as a patch."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from pack.history.comparisons import Comparison
from pack.history.differences.file_diff import FileDiff
from pack.history.differences.key_changes import KeyChange
from pack.history.differences.line_hunks import DiffLine, LineHunk
from pack.history.differences.marks import Piece, PieceOp
from pack.history.differences.patch import patch_of
from pack.history.differences.prose import Segment, SegmentOp
from pack.history.differences.reading import Reading
from pack.history.differences.told_lines import changed_lines, told_lines
from pack.history.differences.units import UnitKind
from pack.history.origins import WrittenBy
from pack.log import CommitFacts
from pack.provenance import without_trailers
from pack.times import format_time
from pack_servers.cli.history.marked_text import show_marked
from pack_servers.cli.shell.output import show_json
from pack_servers.cli.shell.streams import say, write_bytes

_ABBREVIATED: Final = 10
_TO_SEE_GONE: Final = "see them with --unified"


def show_as_json(found: Comparison, *, raw: bool) -> None:
    """Print a comparison as one object."""
    commit = _commit_fields(found.commit, found.writer) if found.commit and found.writer else None
    files = [_file_fields(Reading(diff, raw)) for diff in found.diffs()]
    show_json({"commit": commit, "from": found.old, "to": found.new, "files": files})


def show_as_patch(found: Comparison) -> None:
    """Print a comparison as a patch that git takes."""
    for diff in found.diffs():
        if diff.unshown is not None:
            say(f"{diff.path} is not in the patch: {diff.unshown}")
        write_bytes(patch_of(diff).encode("utf-8", "surrogateescape"))


def show_as_prose(diffs: Iterable[FileDiff], *, raw: bool) -> int:
    """Print changed files for a person, and return how many there were."""
    count = 0
    for diff in diffs:
        count += 1
        show_marked()
        for line in told_lines(Reading(diff, raw), _TO_SEE_GONE):
            show_marked(*line)
    return count


def show_reading(reading: Reading) -> None:
    """Print what has changed in a text, its changed words marked."""
    for line in changed_lines(reading):
        show_marked(*line)


def _commit_fields(commit: CommitFacts, writer: WrittenBy) -> dict[str, object]:
    """A commit for JSON."""
    return {
        "commit": commit.id,
        "time": format_time(commit.at),
        "origin": writer.origin,
        "level": writer.level,
        "client": writer.client,
        "message": without_trailers(commit.message),
    }


def short_id(commit: str) -> str:
    """Enough of an id for a person to name the commit by."""
    return commit[:_ABBREVIATED]


def commit_line(commit: CommitFacts, writer: WrittenBy | None) -> str:
    """A commit in one line: which, when, by whom."""
    when = commit.at.strftime("%Y-%m-%d %H:%M UTC")
    return f"{short_id(commit.id)}  {when}  {writer.origin if writer else ''}"


# --- JSON ----------------------------------------------------------------------------------------


def _file_fields(reading: Reading) -> dict[str, object]:
    diff = reading.diff
    fields: dict[str, object] = {
        "path": diff.path,
        "old_path": diff.old_path,
        "change": diff.change,
        "hunks": [],
        "words": [],
    }
    if diff.unshown is not None:
        return {**fields, "unshown": diff.unshown}
    keys = [_key_fields(change) for change in reading.keys]
    read = [_segment_fields(one.segment) for one in reading.segments]
    words = keys + [one for one in read if one["op"] != SegmentOp.MOVED_AWAY]
    return {**fields, "hunks": [_hunk_fields(hunk) for hunk in reading.hunks], "words": words}


def _hunk_fields(hunk: LineHunk) -> dict[str, object]:
    lines = [_line_fields(line) for line in hunk.lines]
    return {"old_start": hunk.old_start, "new_start": hunk.new_start, "lines": lines}


def _line_fields(line: DiffLine) -> dict[str, object]:
    fields: dict[str, object] = {"op": line.op, "text": line.text.removesuffix("\n")}
    return fields if line.text.endswith("\n") else {**fields, "no_line_end": True}


def _key_fields(change: KeyChange) -> dict[str, object]:
    parts = [Piece(PieceOp.OLD, text) for text in change.removed]
    parts += [Piece(PieceOp.NEW, text) for text in change.added]
    fields = {"op": change.op, "kind": UnitKind.FRONTMATTER, "key": change.key}
    return {**fields, "parts": [piece._asdict() for piece in parts]}


def _segment_fields(segment: Segment) -> dict[str, object]:
    return {
        "op": segment.op,
        "kind": segment.kind,
        "old_line": segment.old_line,
        "new_line": segment.new_line,
        "parts": [piece._asdict() for piece in segment.pieces],
    }
