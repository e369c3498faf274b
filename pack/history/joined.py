"""Commits of histories that began elsewhere and were merged into the memory's.

Who takes over somebody's repository with its history (`git merge --allow-unrelated-histories`, a
subtree) has not written what is in it. The memory's own history is the one that its line of first
parents leads back to. A merge of two heads by PACK names its parents by id; there, it is the one
that more commits lead to, as for the merge itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from pack.deferred import pattern
from pack.log import CommitFacts
from pack.model import CommitId

_IS_OF_HEADS: Final = pattern(r"^Pack-Merge: ", re.MULTILINE)


def joined_commits(commits: Sequence[CommitFacts]) -> frozenset[CommitId]:
    """Of the log of a memory, the commits that share no beginning with its head; usually none.

    Args:
        commits: The log, the head first. Where it does not lead to the beginning, nothing is known,
            and nothing is said.
    """
    begins = sum(not commit.parents for commit in commits)
    known = {commit.id: commit for commit in commits}
    is_whole = all(parent in known for commit in commits for parent in commit.parents)
    if begins < 2 or not is_whole or any(commit.is_cut for commit in commits):
        return frozenset()
    related = {_beginning(known, commits[0].id)}
    children: dict[CommitId, list[CommitId]] = {}
    for commit in commits:
        for parent in commit.parents:
            children.setdefault(parent, []).append(commit.id)
    waiting = list(related)
    while waiting:
        for child in children.get(waiting.pop(), ()):
            if child not in related:
                related.add(child)
                waiting.append(child)
    return frozenset(known.keys() - related)


def _beginning(known: dict[CommitId, CommitFacts], head: CommitId) -> CommitId:
    found = known[head]
    while found.parents:
        parents = found.parents
        if len(parents) > 1 and _IS_OF_HEADS.search(found.message):
            parents = tuple(sorted(parents, key=lambda one: (-_height(known, one), one)))
        found = known[parents[0]]
    return found.id


def _height(known: dict[CommitId, CommitFacts], commit: CommitId) -> int:
    reached, todo = {commit}, [commit]
    while todo:
        above = set(known[todo.pop()].parents) - reached
        reached |= above
        todo += above
    return len(reached)
