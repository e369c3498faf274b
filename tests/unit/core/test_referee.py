from __future__ import annotations

import pytest

from pack.core.truths import TruthMode
from pack.truth.referee import HistoryReferee
from tests.support import World


@pytest.mark.parametrize("truth", list(TruthMode))
def test_there_is_a_referee_where_levels_count(truth: TruthMode) -> None:
    world = World(None)
    world.open(truth=truth)
    found = world.memory.events._core.referee()
    assert isinstance(found, HistoryReferee) == (truth is not TruthMode.OFF)
    world.close()
