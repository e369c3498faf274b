"""A change as a patch, exactly as git writes it and as `git apply` and `patch -p1` take it.

Source: git-diff(1), "Generating patch text with -p".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pack.deferred import pattern
from pack.history.differences.file_diff import FileDiff
from pack.history.differences.line_hunks import LineHunk, LineOp, line_hunks
from pack.log import ChangeKind
from pack.model import blob_id

_SPECIAL: Final = pattern(r'["\\\x00-\x1f\x7f\ud800-\udfff]')
_NAMED: Final = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\n": "\\n"}
_NO_LINE_END: Final = "\\ No newline at end of file\n"
_NOTHING: Final = "0" * 7


def patch_of(diff: FileDiff) -> str:
    """The patch of one file; empty if its texts are not shown, or if they are equal."""
    if diff.unshown is not None:
        return ""
    old, new = f"a/{diff.old_path or diff.path}", f"b/{diff.path}"
    head = "".join(_head(diff, old, new))
    hunks = hunks_of(diff.before, diff.after)
    if not hunks:
        return head if diff.change is not ChangeKind.EDITED else ""
    ends = (
        "/dev/null" if diff.change is ChangeKind.ADDED else _ended(old),
        "/dev/null" if diff.change is ChangeKind.DELETED else _ended(new),
    )
    return f"{head}--- {ends[0]}\n+++ {ends[1]}\n{hunks}"


def hunks_of(old: str, new: str) -> str:
    """The lines that lead from one text to another, after `---` and `+++` in a patch."""
    return "".join(map(_hunk, line_hunks(old, new)))


def _head(diff: FileDiff, old: str, new: str) -> Iterator[str]:
    yield f"diff --git {_quoted(old)} {_quoted(new)}\n"
    ids = [blob_id(text.encode("utf-8"))[:7] for text in (diff.before, diff.after)]
    if diff.change is ChangeKind.ADDED:
        yield f"new file mode 100644\nindex {_NOTHING}..{ids[1]}\n"
    elif diff.change is ChangeKind.DELETED:
        yield f"deleted file mode 100644\nindex {ids[0]}..{_NOTHING}\n"
    else:
        if diff.change is ChangeKind.MOVED:
            yield f"similarity index {_similarity(diff)}%\n"
            yield f"rename from {_quoted(old[2:])}\nrename to {_quoted(new[2:])}\n"
        if ids[0] != ids[1]:
            yield f"index {ids[0]}..{ids[1]} 100644\n"


def _similarity(diff: FileDiff) -> int:
    """The share of the larger text that stayed, in percent; 100 only if all of it did."""
    if diff.before == diff.after:
        return 100
    hunks = line_hunks(diff.before, diff.after)
    lines = [line for hunk in hunks for line in hunk.lines]
    gone, come = (
        sum(len(line.text) for line in lines if line.op is op) for op in (LineOp.OLD, LineOp.NEW)
    )
    kept = min(len(diff.before) - gone, len(diff.after) - come)
    return min(99, 100 * kept // max(len(diff.before), len(diff.after), 1))


def _hunk(hunk: LineHunk) -> str:
    old, new = hunk.count(LineOp.NEW), hunk.count(LineOp.OLD)
    place = f"-{_range(hunk.old_start, old)} +{_range(hunk.new_start, new)}"
    lines = (
        f"{line.op}{line.text}" + ("" if line.text.endswith("\n") else f"\n{_NO_LINE_END}")
        for line in hunk.lines
    )
    return f"@@ {place} @@\n{''.join(lines)}"


def _range(start: int, count: int) -> str:
    return str(start) if count == 1 else f"{start},{count}"


def _quoted(name: str) -> str:
    """A name as git writes it: in quotes if it holds a character that could end it."""
    if not _SPECIAL.search(name):
        return name
    return f'"{_SPECIAL.sub(lambda match: _NAMED.get(match[0]) or _octal(match[0]), name)}"'


def _octal(character: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in character.encode("utf-8", "surrogateescape"))


def _ended(name: str) -> str:
    """A name after `---` or `+++`: with a tab at its end if it holds a blank, for `patch`."""
    quoted = _quoted(name)
    return f"{quoted}\t" if " " in name and quoted == name else quoted
