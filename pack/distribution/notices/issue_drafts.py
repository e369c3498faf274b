"""Drafts of issues: what was changed downstream, and what was taken back. Nothing is sent."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import Final

from pack.deferred import dataclass
from pack.distribution.notices.decisions import RollbackEntry, entry_text
from pack.distribution.notices.safe_text import code_block, code_span, plain_name

OVERRIDES: Final = ".pack-overrides/"
_MOST_NAMED: Final = 100


@dataclass(frozen=True, slots=True)
class IssueDraft:
    """A draft.

    Attributes:
        title: Its title.
        body: Its text, in markdown.
    """

    title: str
    body: str


def drift_issue(source: str, rule_id: str, version: str, paths: Sequence[str]) -> IssueDraft:
    """The draft for a downstream whose files differ from what they should be.

    Args:
        source: The memory's name.
        rule_id: The rule.
        version: The version that downstream has.
        paths: The files that differ, outside the overrides.
    """
    name, rule = plain_name(source), plain_name(rule_id)
    files = "1 file differs" if len(paths) == 1 else f"{len(paths)} files differ"
    more = len(paths) - _MOST_NAMED
    lines = [
        f"{files} from {name} {plain_name(version)}, from where the rule {rule} brings them.",
        "",
        *(f"- {code_span(path)}" for path in paths[:_MOST_NAMED]),
        *([f"- and {more} more"] if more > 0 else []),
        "",
        "Either of these helps:",
        "",
        "1. Sync again: undo the changes here, and the next sync brings what upstream has.",
        f"2. Move the changes to {code_span(OVERRIDES)}: a file there, of the same path as counted"
        " from the folder of the rule, is kept and merged with each sync.",
        "",
        "Until then a sync leaves these files as they are, and shows what it cannot merge.",
        "",
    ]
    return IssueDraft(f"{files} from {name} ({rule})", "\n".join(lines))


def rollback_issue(source: str, rule_id: str, repo: str, entry: RollbackEntry) -> IssueDraft:
    """The draft for upstream, about a version that a downstream took back.

    Args:
        source: The memory's name.
        rule_id: The rule.
        repo: The downstream.
        entry: What its log of decisions says.
    """
    version = plain_name(entry.sync_version)
    lines = [
        f"{_short(repo)} took back {version} of {plain_name(source)}, which the rule"
        f" {plain_name(rule_id)} had brought.",
        "",
        code_block(entry_text(entry), "yaml"),
        "The version is pinned out for this downstream: the next release comes again as usual.",
        "",
    ]
    return IssueDraft(f"{version} was taken back by {_short(repo)}", "\n".join(lines))


def _short(repo: str) -> str:
    """A repository as others may read of it: nothing of a path on this machine but its end."""
    is_path = repo.startswith(("/", ".", "file:"))
    parts = posixpath.normpath(repo.rstrip("/").removesuffix(".git")).split("/")
    return "/".join(map(plain_name, parts[-1:] if is_path else parts[-2:]))
