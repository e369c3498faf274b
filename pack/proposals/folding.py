"""Telling proposals apart: which say the same, which overlap, and what they are as one.

What PACK itself keeps in the frontmatter, such as `updated`, differs from one write to the next
even if a writer proposes the same again; it does not count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Final

from pack.deferred import pattern
from pack.merge.diff import find_hunks
from pack.merge.lines import merge_lines
from pack.model import MemoryPath

Texts = Mapping[MemoryPath, bytes | None]
"""The bytes of files; `None` for one that is not there."""
_OURS: Final = pattern(
    r"(updated|created|truth_level|origin_source|accepted_by_user|last_modified_by_level)\s*:"
)
_FENCE: Final = "---"


def fingerprint(before: Texts, after: Texts) -> str:
    """The same for two changes that take out and put in the same lines, wherever they were."""
    digest = hashlib.sha256()
    for path in sorted(after):
        old, new = _lines(before.get(path)), _lines(after[path])
        kind = "" if after[path] is None else "removed " if before.get(path) is None else "changed "
        parts = [kind, path]
        for hunk in find_hunks(old, new):
            parts += [f"-{line.strip()}" for line in old[hunk.old_start : hunk.old_end]]
            parts += [f"+{line.strip()}" for line in new[hunk.start : hunk.end]]
        parts = [part for part in parts if part not in ("-", "+")]
        digest.update("\n".join(parts).encode("utf-8", "surrogateescape") + b"\0")
    return digest.hexdigest()


def fold(before: Texts, older: Texts, newer: Texts) -> dict[MemoryPath, bytes | None] | None:
    """Two changes of one state as one, in which the newer wins; `None` if they do not overlap.

    Args:
        before: The files that either changes, as they were for both.
        older: What the first makes of the files that it changes.
        newer: What the second makes of those that it changes.
    """
    shared = older.keys() & newer.keys()
    if not any(_overlap(before.get(path), older[path], newer[path]) for path in shared):
        return None
    return {**older, **newer} | {
        path: _folded(before.get(path), older[path], newer[path]) for path in shared
    }


def _folded(before: bytes | None, older: bytes | None, newer: bytes | None) -> bytes | None:
    if before is None or older is None or newer is None:
        return newer
    merged = merge_lines(_exact(before), _exact(newer), _exact(older))
    return "".join(merged.lines).encode("utf-8", "surrogateescape")


def _overlap(before: bytes | None, older: bytes | None, newer: bytes | None) -> bool:
    if before is None or older is None or newer is None:
        return True
    base = _lines(before)
    return not _touched(base, _lines(older)).isdisjoint(_touched(base, _lines(newer)))


def _touched(base: Sequence[str], side: Sequence[str]) -> set[int]:
    """The lines that one side changes; an insertion counts as a place below zero."""
    touched: set[int] = set()
    for hunk in find_hunks(base, side):
        touched.update(range(hunk.old_start, hunk.old_end) or (-1 - hunk.old_start,))
    return touched


def _exact(content: bytes) -> list[str]:
    return content.decode("utf-8", "surrogateescape").splitlines(keepends=True)


def _lines(content: bytes | None) -> list[str]:
    """The lines of a file, without line ends and without what PACK keeps in its frontmatter."""
    lines = [line.rstrip() for line in _exact(content or b"")]
    if not lines or lines[0].lstrip("\ufeff") != _FENCE or _FENCE not in lines[1:]:
        return lines
    end = lines.index(_FENCE, 1)
    head = [line for line in lines[:end] if not _OURS.match(line)]
    return [*head, *lines[end:]] if len(head) > 1 else lines[end + 1 :]


def says_the_same(one: bytes | None, other: bytes | None) -> bool:
    """Whether two versions of a file differ in nothing but what PACK keeps in its frontmatter."""
    return (one is None) == (other is None) and _lines(one) == _lines(other)
