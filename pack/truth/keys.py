"""The frontmatter of a note under the write rule: whose keys are whose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from pack.core.truths import SYSTEM_KEYS, NoteTruth
from pack.files import yaml_block
from pack.files.frontmatter import Frontmatter
from pack.history.differences.line_hunks import git_lines
from pack.results import ProtectedLine

_FREE: Final = SYSTEM_KEYS - {"created"}
_COMMENTS: Final = ""
"""What comes before the first key."""


class KeysJudged(NamedTuple):
    """The frontmatter that may be stored, fences included, and what of the person it would lose."""

    head: str
    protected: tuple[ProtectedLine, ...]


def judge_keys(
    before: Frontmatter, truth: NoteTruth, after: Frontmatter, level: int
) -> KeysJudged | None:
    """The frontmatter of a new text in which each key of the person stays; `None` if unreadable."""
    old, new = _segments(before), _segments(after)
    if old is None or new is None:
        return None
    first = (before.parts.prefix + before.parts.opening).count("\n")
    starts = _starts(old, first)
    kept = {
        name: lines
        for name, lines in old.items()
        if name not in _FREE and _is_protected(starts[name], lines, truth, level)
    }
    lost = [name for name, lines in kept.items() if _plain(lines) != _plain(new.get(name, []))]
    protected = tuple(
        ProtectedLine(starts[name] + 1, "".join(kept[name]).rstrip()) for name in lost
    )
    merged = {name: kept.get(name, lines) for name, lines in (new | kept).items()}
    if [name for name in new if name in kept] != list(kept):
        merged = {name: merged[name] for name in (*old, *new) if name in merged}
    if _COMMENTS in merged:
        merged = {_COMMENTS: merged[_COMMENTS], **merged}
    return KeysJudged(_joined(before, after, merged), protected)


def _is_protected(start: int, lines: list[str], truth: NoteTruth, level: int) -> bool:
    """Whether one line of a key is protected: then all of it is, as one value."""
    own = truth.lines[start : start + len(lines)]
    return any(
        one.is_protected_from(level) for one, text in zip(own, lines, strict=False) if text.strip()
    )


def _segments(head: Frontmatter) -> dict[str, list[str]] | None:
    """The lines of each key, and those before the first; `None` if they cannot be read."""
    if head.problem is not None:
        return None
    lines = git_lines(head.block or "")
    starts = yaml_block.key_lines(head.block) if head.block else []
    ends = [start for _, start in (*starts, ("", len(lines)))][1:]
    found = {_COMMENTS: lines[: starts[0][1] if starts else len(lines)]}
    if not found[_COMMENTS]:
        found = {}
    for (name, start), end in zip(starts, ends, strict=True):
        if name in found or end <= start:
            return None  # several on one line, as in `{a: 1, b: 2}`
        found[name] = lines[start:end]
    return found


def _starts(segments: Mapping[str, list[str]], first: int) -> dict[str, int]:
    starts, line = {}, first
    for name, lines in segments.items():
        starts[name] = line
        line += len(lines)
    return starts


def _plain(lines: list[str]) -> list[str]:
    return [line.rstrip() for line in lines if line.strip()]


def _joined(before: Frontmatter, after: Frontmatter, merged: Mapping[str, list[str]]) -> str:
    parts = before.parts if before.block is not None else after.parts
    if parts.block is None:
        return parts.prefix
    block = "".join(line for lines in merged.values() for line in lines)
    return f"{parts.prefix}{parts.opening}{block}{parts.closing}"
