"""What a merge asks about the commits that two heads lead back to.

Source: git-merge-base(1), which for several others answers for what they would be merged.
"""

from __future__ import annotations

from collections.abc import Sequence

from pack.model import CommitId
from pack_connectors.local_git.process import GitRunner, check_id


def merge_bases(runner: GitRunner, one: CommitId, others: Sequence[CommitId]) -> list[CommitId]:
    """See `MergeStore.merge_bases`.

    Raises:
        Unavailable: Git failed.
    """
    heads = [check_id(head) for head in (one, *others)]
    out = runner.run(["merge-base", "--all", *heads], ok=(0, 1))
    return sorted(CommitId(line) for line in out.decode("ascii").split())


def height(runner: GitRunner, commits: Sequence[CommitId]) -> int:
    """See `MergeStore.height`; counted, as nothing that a commit says of itself is believed.

    Raises:
        Unavailable: Git failed.
    """
    return int(runner.run(["rev-list", "--count", *map(check_id, commits), "--"]))
