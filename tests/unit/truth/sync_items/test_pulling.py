from __future__ import annotations

from collections.abc import Iterator

import pytest

from pack.core.truths import TruthMode
from pack.errors import InvalidRequest
from pack.provenance import Origin, Source
from pack.times import format_time
from pack.truth.sync_items.items import SyncItems
from pack.truth.sync_items.pulling import Pulled
from tests.support import World

PERSON = Origin(Source.USER, "cli")


@pytest.fixture
def world() -> Iterator[World]:
    made = World(None)
    made.open(truth=TruthMode.ENFORCE)
    made.init()
    yield made
    made.close()


def all_pages(sync: SyncItems, limit: int, **asked: object) -> list[Pulled]:
    pages = [sync.pull(limit=limit, **asked)]  # type: ignore[arg-type] - as `pull` has them
    while (cursor := pages[-1].next_cursor) is not None:
        pages.append(sync.pull(limit=limit, cursor=cursor, **asked))  # type: ignore[arg-type]
    return pages


def test_each_file_is_an_item_with_its_last_change(world: World) -> None:
    notes = world.memory.notes
    first = notes.update("a/1.md", "# One\n")
    notes.update("a/2.md", "# Two\n")
    notes.update("a/1.md", notes.get("a/1.md").content + "more\n", first.sha)
    pulled = world.memory.sync_items.pull()
    shown = {item.entity_id: item for item in pulled.items}
    assert list(shown) == ["context/general.md", "a/2.md", "a/1.md"]
    assert "index.md" not in shown
    last = shown["a/1.md"]
    assert last.content == notes.get("a/1.md").content
    assert (last.sha, last.base_sha) == (notes.get("a/1.md").sha, first.sha)
    assert (last.version, pulled.version) == (len(world.messages()), len(world.messages()))
    assert (last.truth_level, last.origin_source) == (5, "ai-cloud:test-client")
    assert last.tenant_id == pulled.tenant_id


def test_what_is_new_since_a_version_or_a_time(world: World) -> None:
    sync = world.memory.sync_items
    before = sync.pull().version
    world.clock.advance(hours=1)
    world.memory.notes.update("a/1.md", "# One\n")
    at = format_time(world.clock.now)
    for since in (str(before), at):
        assert [item.entity_id for item in sync.pull(since).items] == ["a/1.md"]
    assert sync.pull(str(before + 1)).items == ()


def test_a_deletion_and_a_move_are_items(world: World) -> None:
    notes, sync = world.memory.notes, world.memory.sync_items
    made = [notes.update(f"a/{n}.md", f"# {n}\n").sha or "" for n in range(2)]
    since = str(sync.pull().version)
    notes.delete("a/0.md", made[0])
    notes.move("a/1.md", "b/1.md", made[1])
    told = [(i.entity_id, i.deleted, i.moved_from) for i in sync.pull(since).items]
    assert told == [("a/0.md", True, None), ("b/1.md", False, "a/1.md"), ("a/1.md", True, None)]


@pytest.mark.parametrize("each", [True, False])
def test_pages_leave_nothing_out_and_repeat_nothing(world: World, *, each: bool) -> None:
    notes, sync = world.memory.notes, world.memory.sync_items
    for number in range(5):
        written = notes.update(f"a/{number}.md", f"# {number}\n")
        notes.update(f"a/{number}.md", notes.get(f"a/{number}.md").content + "x\n", written.sha)
    whole = sync.pull(each=each).items
    pages = all_pages(sync, 2, each=each)
    assert [item for page in pages for item in page.items] == list(whole)
    assert len(pages) == (len(whole) + 1) // 2
    assert len(whole) == (11 if each else 6)


def test_later_pages_are_of_the_moment_of_the_first(world: World) -> None:
    notes, sync = world.memory.notes, world.memory.sync_items
    for number in range(4):
        notes.update(f"a/{number}.md", f"# {number}\n")
    first = sync.pull(limit=3)
    notes.update("a/9.md", "# 9\n")
    rest = sync.pull(limit=3, cursor=first.next_cursor)
    assert "a/9.md" not in {item.entity_id for item in rest.items}
    assert rest.version == first.version
    assert [item.entity_id for item in sync.pull(str(rest.version)).items] == ["a/9.md"]


def test_a_file_is_as_weak_as_its_weakest_line_and_a_change_as_its_writer(world: World) -> None:
    person = world.memory.written_by(PERSON)
    made = person.notes.update("a/1.md", "# One\n\nmine\n")
    note = person.notes.get("a/1.md")
    world.memory.notes.update("a/1.md", note.content + "its\n", made.sha)
    note = person.notes.get("a/1.md")
    person.notes.update("a/1.md", note.content + "mine again\n", note.sha)
    sync = world.memory.sync_items
    (shown,) = [item for item in sync.pull().items if item.entity_id == "a/1.md"]
    assert (shown.truth_level, shown.last_modified_by_level) == (5, 1)
    each = [i.truth_level for i in sync.pull(each=True).items if i.entity_id == "a/1.md"]
    assert each == [1, 5, 1]
    assert "a/1.md" not in {item.entity_id for item in sync.pull(max_level=1).items}
    strong = [i for i in sync.pull(each=True, max_level=1).items if i.entity_id == "a/1.md"]
    assert ["its" in (item.content or "") for item in strong] == [False]


@pytest.mark.parametrize("since", ["x", "999999", "9" * 5000, "-1", "2026-13-01"])
def test_a_wrong_since_is_refused(world: World, since: str) -> None:
    with pytest.raises(InvalidRequest):
        world.memory.sync_items.pull(since)


@pytest.mark.parametrize("cursor", ["x", "WyJ4IiwxLDIsIngiXQ==", "WyJ4IiwtMSwyLCJ4Il0="])
def test_a_wrong_cursor_is_refused(world: World, cursor: str) -> None:
    with pytest.raises(InvalidRequest):
        world.memory.sync_items.pull(cursor=cursor)


def test_the_person_may_write_by_hand(world: World) -> None:
    world.commit({"a/hand.md": "# By hand\n", "notes.txt": "no note\n", ".x/y.md": "hidden\n"})
    (item,) = [i for i in world.memory.sync_items.pull().items if i.entity_id.startswith("a/")]
    assert (item.truth_level, (item.origin_source or "").partition(":")[0]) == (1, "user")


def test_what_is_no_memory_is_not_shown(world: World) -> None:
    world.memory.notes.update("a/1.md", "# One\n")
    sync = world.memory.sync_items
    assert sync.current("a/1.md") is not None
    assert sync.current("index.md") is None
    world.commit({".pack.yaml": "version: 1\nexclude: [a/]\n"})
    assert sync.current("a/1.md") is None
    assert "a/1.md" not in {item.entity_id for item in sync.pull(each=True).items}
