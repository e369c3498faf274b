"""What a version of the merge made of something, it makes for ever."""

from __future__ import annotations

import pytest

from pack.merge.heads import MERGE_VERSION
from tests.golden import vectors

REPLAYS = {
    "files": vectors.replay_file,
    "trees": vectors.replay_tree,
    "histories": vectors.replay_history,
}


@pytest.mark.contract("C1")
@pytest.mark.parametrize("name", REPLAYS)
def test_merges_of_version_1_are_what_they_were(name: str) -> None:
    assert MERGE_VERSION == 1
    found = vectors.load(name)
    assert len(found) > 10
    for vector in found:
        assert REPLAYS[name](vector) == vector["result"], vector
