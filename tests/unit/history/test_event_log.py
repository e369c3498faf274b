from __future__ import annotations

import pytest

from pack.core.decision import Decision
from pack.core.events import MemoryEvent, MemoryEventKind
from pack.core.requests import InvalidCursor
from pack.model import MemoryPath, Put
from pack.provenance import ACCEPTED_BY, ACCEPTED_VIA, Origin, Source
from pack.times import format_time
from tests.support import World

PATH = MemoryPath("a/n.md")
USER = Origin(Source.USER, "cli")


def write(world: World, text: str, *trailers: tuple[str, str]) -> str:
    """A commit of the person's with these trailers."""
    core = world.memory.written_by(USER).events._core
    found = core.reader.find(PATH)
    assert found is not None
    changes = [Put(PATH, text.encode(), found.sha)]
    made = core.writer.write(lambda: Decision(PATH, changes, f"{PATH}: x", trailers=trailers), USER)
    assert made.commit is not None
    return made.commit


def test_events_are_told_newest_first_and_in_parts(world: World) -> None:
    memory = world.init()
    memory.notes.update("a/n.md", "one\n")
    assert memory.events.page().events == ()
    events = [
        MemoryEvent(MemoryEventKind.CONFLICT, "a/n.md", "1" * 40, "2" * 40),
        MemoryEvent(MemoryEventKind.VALUE, "b/m.md", "status: a", "status: b"),
    ]
    world.clock.advance(hours=1)
    commit = write(world, "two\n", *(event.trailer() for event in events))
    first = memory.events.page(limit=1)
    assert [event.kind for event in first.events] == [MemoryEventKind.CONFLICT]
    told = first.events[0]
    assert (told.path, told.kept, told.discarded) == ("a/n.md", "1" * 40, "2" * 40)
    assert (told.commit, told.time) == (commit, format_time(world.clock.now))
    rest = memory.events.page(limit=5, cursor=first.next_cursor)
    assert [event.kept for event in rest.events] == ["status: a"]
    assert rest.next_cursor is None
    assert [event.path for event in memory.events.page("b/").events] == ["b/m.md"]


def test_an_acceptance_is_an_event(world: World) -> None:
    memory = world.init()
    before = memory.notes.update("a/n.md", "one\n")
    write(world, "two\n", (ACCEPTED_BY, "user:cli"), (ACCEPTED_VIA, "tty"))
    (event,) = memory.events.page().events
    assert (event.kind, event.path) == (MemoryEventKind.ACCEPTED, "a/n.md")
    assert (event.kept, event.discarded) == (memory.notes.get("a/n.md").sha, before.sha)


def test_a_commit_that_pack_did_not_make_tells_no_events(world: World) -> None:
    world.init()
    event = MemoryEvent(MemoryEventKind.CONFLICT, "a/n.md", "1" * 40, "2" * 40)
    world.commit({"a/n.md": "x\n"}, "by hand\n\n{}: {}".format(*event.trailer()))
    assert world.memory.events.page().events == ()


@pytest.mark.parametrize("cursor", ["x", "WzEsMl0="])
def test_a_cursor_from_elsewhere_is_refused(world: World, cursor: str) -> None:
    with pytest.raises(InvalidCursor):
        world.init().events.page(cursor=cursor)
