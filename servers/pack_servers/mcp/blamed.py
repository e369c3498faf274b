"""Who wrote the lines that `memory_get` shows, in as few tokens as possible.

A line of the answer is about lines that were written together, such as
`3-9 1f3c0a9b2d4e 2026-01-31T09:30:00Z ai-cloud:claude-code`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pack.core.requests import count_tokens
from pack.memory import Memory
from pack.results import Document

if TYPE_CHECKING:
    from pack.history.blame import BlamedRun

_TOKENS: Final = 1_500
_SHORT_ID: Final = 12


def share_for_blame(max_tokens: int | None) -> int:
    """How many of the tokens of an answer are for who wrote it."""
    return min(_TOKENS, max_tokens // 3) if max_tokens else _TOKENS


def blamed_lines(memory: Memory, shown: Document, budget: int) -> list[str]:
    """Who wrote the lines that are shown, as much of it as the tokens allow."""
    from pack.history.blame import runs_of  # noqa: PLC0415 - a server starts without it

    found = memory.blame.of(shown.path)
    last = min(shown.excerpt.last, len(found.lines))
    lines: list[str] = []
    for run in runs_of(found):
        first, end = max(run.first, shown.excerpt.first), min(run.last, last)
        if first > end:
            continue
        line = _line(run._replace(first=first, last=end))
        budget -= count_tokens(line) + 1
        if budget < 0 and lines:
            return [*lines, f"{first}-{last} not shown: read fewer lines"]
        lines.append(line)
    if found.is_limited:
        lines.append("the oldest of these commits stands for all before it")
    return lines


def _line(run: BlamedRun) -> str:
    writing = run.writing
    place = f"{run.first}-{run.last}" if run.last > run.first else f"{run.first}"
    if writing.commit is None:
        return f"{place} uncommitted {writing.origin}"
    return f"{place} {writing.commit[:_SHORT_ID]} {writing.time} {writing.origin}"
