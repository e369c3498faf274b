from __future__ import annotations

from datetime import timedelta

import pytest

from pack.log import CommitFacts
from pack.model import CommitId
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


@pytest.mark.parametrize("is_turned", [False, True])
def test_a_merge_is_higher_than_both_its_sides(is_turned: bool) -> None:
    """Whichever parent is named first; what is as high as another is not taken for known."""
    above = {"root": "", "base": "root", "l1": "base", "l2": "l1", "r1": "base", "met": "l2 r1"}
    parents = {name: said.split()[:: -1 if is_turned else 1] for name, said in above.items()}
    parents["new"] = ["met"]
    commits = [
        CommitFacts(CommitId(name), tuple(map(CommitId, ends)), "", START + timedelta(hours=hour))
        for hour, (name, ends) in enumerate(parents.items())
    ]
    heights = Heights(commits[::-1])
    found = {one.id: heights.height(one.id) for one in commits}
    assert found == {"root": 1, "base": 2, "l1": 3, "r1": 3, "l2": 4, "met": 5, "new": 6}
    assert (heights.highest, heights.first) == (6, "root")
    assert [heights.at(height) for height in (2, 3, 4, 5, 9)] == [
        "base",
        "base",
        "l2",
        "met",
        "new",
    ]
    assert heights.before(commits[-1].at) == 5
    assert heights.before(commits[4].at) == 2  # r1, and l1, which is as high
    assert heights.before(START + timedelta(days=9)) == 6
    assert heights.height(CommitId("other")) is None
