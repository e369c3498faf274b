"""The log of decisions in a downstream, `DECISIONS.md`: how a conflict ended, what was undone.

Each entry is a block of YAML at the end of the file; what people wrote there is never touched. The
same entry is logged once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from pack.deferred import dataclass, pattern
from pack.distribution.yaml_form import to_yaml
from pack.files import markdown
from pack.files.frontmatter import line_end

_HEAD: Final = "# Decisions\n"
_FENCE: Final = pattern(r"`{3,}|~{3,}")
_LINE_END: Final = pattern(r"\r\n?")


@dataclass(frozen=True, slots=True)
class ConflictResolution:
    """How people settled a conflict.

    Attributes:
        date: When, such as `2026-01-30`.
        sync_version: The version that brought it.
        file: The file downstream.
        decision: What was decided, in words.
        resolved_by: Who did.
    """

    date: str
    sync_version: str
    file: str
    decision: str
    resolved_by: str


@dataclass(frozen=True, slots=True)
class RollbackEntry:
    """Why a sync was undone.

    Attributes:
        date: When, such as `2026-01-30`.
        sync_version: The version that was undone.
        reverted_commit: What was reverted.
        reason: Why, in words.
        restored_to: What the files are again, such as `v1.2.0 sync state`.
        follow_up_issue: The issue upstream, or what to do about it.
        logged_by: Who did it.
    """

    date: str
    sync_version: str
    reverted_commit: str
    reason: str
    restored_to: str
    follow_up_issue: str
    logged_by: str


Decision = ConflictResolution | RollbackEntry


def entry_text(entry: Decision) -> str:
    """An entry in YAML."""
    name = "conflict_resolution" if isinstance(entry, ConflictResolution) else "rollback"
    return to_yaml({name: {field.name: getattr(entry, field.name) for field in fields(entry)}})


def has_decision(existing: bytes | None, entry: Decision) -> bool:
    """Whether an entry is in a log already."""
    return _block(entry) in _LINE_END.sub("\n", (existing or b"").decode("utf-8", "replace"))


def with_decision(existing: bytes | None, entry: Decision) -> bytes:
    """A log with one more entry, or as it is if the entry is in it.

    Args:
        existing: The bytes of the file; `None` if there is none.
        entry: What was decided.
    """
    before = existing or _HEAD.encode()
    if has_decision(before, entry):
        return before
    text = before.decode("utf-8", "replace")
    gap = "" if text.endswith(("\n", "\r")) else "\n"
    tails = [f"{gap}{closing}\n{_block(entry)}" for closing in ("", *_open_ends(text))]
    shown = (tail for tail in tails if _is_shown(text + tail, entry))
    return before + next(shown, tails[0]).replace("\n", line_end(text)).encode("utf-8")


def _block(entry: Decision) -> str:
    return f"```yaml\n{entry_text(entry)}```\n"


def _is_shown(text: str, entry: Decision) -> bool:
    """Whether the last thing in a log is an entry, and not a part of what stands before it."""
    blocks = markdown.code_blocks(text)
    return bool(blocks) and blocks[-1].content == entry_text(entry)


def _open_ends(text: str) -> Iterator[str]:
    """What may end a block that is open at the end of a log."""
    for block in markdown.code_blocks(text)[-1:]:
        fence = _FENCE.search(markdown.split_lines(text)[block.line - 1])
        yield f"{fence[0]}\n" if fence is not None else ""
    yield "-->\n"
