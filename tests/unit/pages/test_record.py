"""What the pages are made from: their record, and the files of a commit."""

from dataclasses import replace
from datetime import date

from pack.model import CommitId
from pack.pages.mapping import MAPPING, PageMap
from pack.pages.record import blobs_at, load_map, read_contents, save_map
from pack.sync.target import PageId
from tests.support import note

ONE, TWO = PageId("1" * 32), PageId("2" * 32)


def core_of(world):
    return world.memory._session.core


def test_the_record_is_one_commit_and_what_another_process_recorded_stays(world):
    world.init()
    core = core_of(world)
    assert load_map(core) is None
    base = PageMap(parent=PageId("0" * 32))
    save_map(world.memory._session, PageMap(), base.with_page("a/x.md", ONE))
    save_map(world.memory._session, base, base.with_page("a/y.md", TWO))
    assert load_map(core).pages == {"a/x.md": ONE, "a/y.md": TWO}
    assert world.messages()[0].startswith(f"{MAPPING}: record 2 pages")
    count = len(world.messages())
    save_map(world.memory._session, base, replace(base))
    assert len(world.messages()) == count


def test_the_pages_of_a_commit_are_its_shared_files_in_sync_order(world):
    world.init()
    core = core_of(world)
    world.memory.notes.update("a/one.md", note(1, topic="One"))
    world.memory.notes.update("a/two.md", note(2, topic="Two", sync="false"))
    world.memory.notes.update("a/three.md", note(3, topic="Three", ttl="2026-03-02"))
    head = world.connector.head()
    assert [*read_contents(core, head, None)] == ["context/general.md", "a/one.md", "a/three.md"]
    assert "a/three.md" not in read_contents(core, head, date(2026, 3, 3))


def test_a_commit_that_is_not_known_any_more_has_no_files(world):
    world.init()
    core = core_of(world)
    assert blobs_at(core, None) == blobs_at(core, CommitId("0" * 40)) == {}
    assert read_contents(core, None, None) == {}
