"""The commits that a distribution makes, and how they are known again.

Nothing in one depends on when or where it was made: the same release, rule and base make the same
commit. It names its own tree, so that one that somebody amended is not taken for ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pack.distribution.ports import DownstreamCommit, DownstreamEntry, WantedCommit
from pack.distribution.running.trees import tree_after, tree_id
from pack.distribution.values import Release
from pack.model import CommitId, Identity

SYNC_IDENTITY: Final = Identity("PACK sync", "sync@pack.invalid")
_RULE: Final = "Pack-Sync-Rule"
_VERSION: Final = "Pack-Sync-Version"
_SOURCE: Final = "Pack-Sync-Source"
_TREE: Final = "Pack-Sync-Tree"
_TRAILER: Final = re.compile(r"^(Pack-Sync-\w+): (.*?)\s*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class SyncMark:
    """What a commit of ours says of itself.

    Attributes:
        rule: The rule.
        version: The version that it brought, or took back.
        source: The commit of upstream that this leads to.
    """

    rule: str
    version: str
    source: str


def sync_commit(
    subject: str,
    mark: SyncMark,
    base: tuple[CommitId | None, Mapping[str, DownstreamEntry]],
    changes: tuple[Mapping[str, bytes], Sequence[str]],
    release: Release,
) -> WantedCommit:
    """A commit of ours.

    Args:
        subject: The first line of its message.
        mark: What it says of itself.
        base: The commit it is made on, and the files of that.
        changes: What is written and what goes.
        release: The version whose date it has.
    """
    parent, files = base
    writes, removes = changes
    tree = tree_id(tree_after(files, writes, removes))
    trailers = ((_RULE, mark.rule), (_VERSION, mark.version), (_SOURCE, mark.source), (_TREE, tree))
    last = "\n".join(f"{name}: {value}" for name, value in trailers)
    message = f"{' '.join(subject.split())}\n\n{last}\n"
    return WantedCommit(parent, message, writes, removes, SYNC_IDENTITY, release.at)


def mark_of(message: str) -> SyncMark | None:
    """What a message says of the sync that it holds, were it squashed with others or not."""
    found = dict(_TRAILER.findall(message))
    if _RULE not in found or _VERSION not in found:
        return None
    return SyncMark(found[_RULE], found[_VERSION], found.get(_SOURCE, ""))


def is_ours(commit: DownstreamCommit) -> bool:
    """Whether a commit is as a distribution made it."""
    said = dict(_TRAILER.findall(commit.message))
    is_signed = commit.committer == SYNC_IDENTITY == commit.author
    return is_signed and said.get(_TREE) == commit.tree
