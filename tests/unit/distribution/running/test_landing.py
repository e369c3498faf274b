"""How a sync came to the default branch, whatever the clocks of those who merged say."""

import pytest

from pack.distribution.running.landing import first_parents, landings
from tests.distribution_repository import HUMAN, MemoryRepository

STATE = ".pack-sync-state/guides.json"


@pytest.mark.parametrize("how", ["merge", "squash", "rebase", "ff"])
def test_each_way_to_merge_is_one_landing(how):
    down = MemoryRepository({"README.md": b"# Down\n"})
    main = down.heads["main"]
    down.heads["x"] = down.store(main, {STATE: b"1"}, (), "sync", HUMAN)
    if how != "ff":
        down.change({"README.md": b"# Later\n"})
    before = down.heads["main"]
    down.merge("x", how)
    (found,) = landings(down, down.heads["main"], STATE)
    assert (found.commit, found.parent) == (down.heads["main"], before)
    assert (found.before, found.after is None) == (None, False)


def test_each_change_is_a_landing_and_a_removal_too():
    down = MemoryRepository({"README.md": b"# Down\n"})
    commits = [down.change({STATE: text}) for text in (b"1", b"2", None)]
    down.change({"README.md": b"# Later\n"})
    found = list(landings(down, down.heads["main"], STATE))
    assert [one.commit for one in found] == commits[::-1]
    assert found[0].after is None
    assert found[0].before == found[1].after


def test_a_history_that_is_cut_off_ends():
    down = MemoryRepository({"README.md": b"# Down\n"})
    second = down.change({"a": b"1"})
    del down.commits[down.commits[second].parents[0]]
    down._before = lambda head: iter([second])
    assert [one.id for one in first_parents(down, second)] == [second]
