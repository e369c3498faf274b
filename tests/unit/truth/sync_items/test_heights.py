from __future__ import annotations

from pack.truth.sync_items.heights import Heights
from tests.support import START, World


def test_a_height_is_how_many_commits_lead_to_one() -> None:
    world = World(None)
    core = world.init().events._core
    first = core.connector.head()
    world.clock.advance(hours=1)
    second = world.memory.notes.update("a/b.md", "x\n").commit
    assert first is not None
    assert second is not None
    heights = Heights.of(core, second)
    assert (heights.highest, heights.first) == (2, first)
    assert [heights.height(one) for one in (first, second)] == [1, 2]
    assert [heights.at(number) for number in range(3)] == [None, first, second]
    assert [heights.before(moment) for moment in (START, world.clock.now)] == [0, 1]
    world.close()
