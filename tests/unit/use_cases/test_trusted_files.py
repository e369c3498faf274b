"""A listing by how far its files are trusted."""

import pytest

from pack.catalog.questions import Sort
from pack.core.truths import TruthMode
from pack.errors import InvalidRequest
from tests.truth_support import Writers


@pytest.fixture
def writers(world):
    found = Writers(world)
    for number in range(3):
        found.agent(f"The machine wrote note {number}.\n", f"a/{number}.md")
        found.person(f"The person wrote note {number}.\n", f"b/{number}.md")
    return found


def listed(page):
    return {file.path: (file.level, file.origin) for file in page.files}


def test_each_file_says_how_far_it_is_trusted(writers):
    notes = writers.world.memory.notes
    plain = notes.list()
    assert {(path[0], trust) for path, trust in listed(plain).items()} >= {
        ("a", (5, "ai-cloud:test-client")),
        ("b", (1, "user")),
    }
    assert not any(file.other_writer for file in plain.files if file.path[0] == "b")
    found = notes.list(max_level=5)
    assert listed(found)["a/0.md"] == (5, "ai-cloud:test-client")
    assert listed(found)["b/0.md"] == (1, "user")
    assert found.total == notes.list().total


def test_files_by_level_and_by_writer(writers):
    notes = writers.world.memory.notes
    assert {path[0] for path in listed(notes.list(max_level=4))} == {"b"}
    assert list(listed(notes.list(origin="AI-", dir="a"))) == ["a/0.md", "a/1.md", "a/2.md"]
    assert notes.list(origin="AI-", max_level=4).files == ()
    with pytest.raises(InvalidRequest):
        notes.list(max_level=0)


@pytest.mark.parametrize("sort", list(Sort))
def test_it_comes_in_parts_like_any_listing(writers, sort):
    notes = writers.world.memory.notes
    cursor, found = None, []
    for _ in range(3):
        page = notes.list(origin="ai-", dir="a", sort=sort, limit=1, cursor=cursor)
        found += [file.path for file in page.files]
        cursor = page.next_cursor
        assert page.total == 3
    assert (sorted(found), cursor) == (["a/0.md", "a/1.md", "a/2.md"], None)


def test_without_levels_nothing_is_left_out_or_said(writers):
    writers.world.open(truth=TruthMode.OFF)
    found = writers.world.memory.notes.list(max_level=1, origin="user")
    assert found.total == writers.world.memory.notes.list().total
    assert set(listed(found).values()) == {(None, None)}
