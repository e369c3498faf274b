from __future__ import annotations

from pack.core.decision import Decision
from pack.model import ABSENT, MemoryPath, Put
from pack.provenance import Origin, Source
from pack.truth.sync_items.claims import SyncCaller
from pack.truth.sync_items.done import find_done, item_trailer
from tests.support import World

ME, AI = SyncCaller(Source.USER, "web"), SyncCaller(Source.AI_CLOUD, "web")


def test_an_item_is_found_by_its_id_and_the_role_that_pushed_it() -> None:
    world = World(None)
    core = world.init().events._core
    path = MemoryPath("a/b.md")
    made = core.writer.write(
        lambda: Decision(
            path, [Put(path, b"x\n", ABSENT)], f"{path}: add", trailers=[item_trailer("1", ME)]
        ),
        Origin(Source.USER, "web"),
    )
    done = find_done(core, "1", ME)
    assert done is not None
    assert done.id == made.commit
    assert find_done(core, "1", AI) is None
    assert find_done(core, "2", ME) is None
    world.close()


def test_a_memory_without_commits_has_taken_nothing() -> None:
    world = World(None)
    assert find_done(world.memory.events._core, "1", ME) is None
    world.close()
