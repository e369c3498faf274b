from __future__ import annotations

import pytest

from pack.log import CommitFacts
from pack.model import CommitId
from pack.truth.sync_items.heights import Heights
from tests.support import START, World, git


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
    assert Heights.of(core, second) is heights
    for number in range(9):
        Heights.of(core, world.memory.notes.update(f"b/{number}.md", "x\n").commit or second)
    assert Heights.of(core, second) is not heights  # each is as long as the history
    assert [heights.before(moment) for moment in (START, world.clock.now)] == [0, 1]
    world.close()


def heights(head: str, **parents: str) -> Heights:
    """Those of a history in which each commit has a letter, and its parents are named by theirs."""
    commits = [
        CommitFacts(CommitId(one), tuple(map(CommitId, of)), "", START)
        for one, of in parents.items()
    ]
    return Heights(CommitId(head), commits)


@pytest.mark.contract("C1")
@pytest.mark.parametrize(
    ("version", "since"), [(0, 0), (1, 1), (2, 2), (3, 2), (4, 2), (5, 2), (6, 6), (7, 7)]
)
def test_a_version_of_another_line_begins_where_it_went_apart(version: int, since: int) -> None:
    # A client knew `y` (4) of the line a b x y; then came `m`, which was made on the line a b p.
    found = heights("n", a="", b="a", x="b", y="x", p="b", m="py", n="m")
    assert [found.height(CommitId(one)) for one in "abpmnx"] == [1, 2, 3, 6, 7, None]
    assert found.since(version) == since
    assert found.at(4) == "p"


def test_a_side_that_was_joined_before_is_counted_once() -> None:
    # `q` went apart at `a`, and what it joined went apart later.
    found = heights("m", a="", b="a", q="a", r="qb", c="b", m="cr")
    assert (found.highest, found.since(5), found.since(2)) == (6, 1, 1)
    unrelated = heights("m", a="", z="", m="az")
    assert (unrelated.highest, unrelated.since(1), unrelated.since(2)) == (3, 0, 0)


@pytest.mark.contract("C1")
def test_what_came_with_a_merge_made_elsewhere_is_not_left_out(git_world: World) -> None:
    def run(*words: str) -> str:
        assert git_world.folder is not None
        return git(git_world.folder, *words).decode().strip()

    git_world.init()
    main = run("rev-parse", "--abbrev-ref", "HEAD")
    run("checkout", "--quiet", "-b", "there")
    git_world.commit({"b/there.md": "# There\n"})
    run("checkout", "--quiet", main)
    git_world.commit({"b/here.md": "# Here\n"})
    version = git_world.open().sync_items.pull().version
    run("checkout", "--quiet", "there")
    run("merge", "--quiet", "--no-edit", main)
    run("checkout", "--quiet", main)
    run("merge", "--quiet", "--ff-only", "there")
    pulled = git_world.open().sync_items.pull(str(version))
    assert "b/there.md" in {item.entity_id for item in pulled.items}
    assert pulled.version == version + 2
