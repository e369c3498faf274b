"""What one conversation wrote."""

from pack.core.known_log import KnownLog
from pack.history.sessions import find_session
from pack.provenance import EDITOR, Origin, Source, commit_message

CURSOR = Origin(Source.AI_CLOUD, "cursor")


def ids(world, named=None):
    log = KnownLog(world.connector)
    return [commit.id for commit in find_session(log, world.connector.head(), named)]


def test_a_session_ends_with_a_long_pause_of_its_writer_alone(world):
    memory, made = world.init(), []
    for minutes in (29, 29, 31, 1):
        made.append(memory.notes.update(f"a/{len(made)}.md", "x\n").commit)
        memory.written_by(CURSOR).notes.update(f"b/{len(made)}.md", "x\n")
        world.clock.advance(minutes=minutes)
    assert ids(world, made[1])[:3] == made[2::-1]
    assert ids(world, made[3]) == [made[3]]
    assert ids(world, "1" * 40) == []


def test_the_newest_session_is_that_of_an_ai(world):
    memory = world.init()
    made = memory.notes.update("a/x.md", "x\n").commit
    world.commit({"a/y.md": "y\n"})
    assert ids(world)[0] == made
    mine = world.connector.head()
    assert made not in ids(world, mine)


def test_what_a_target_left_behind_is_no_part_of_it(world):
    memory = world.init()
    world.commit({"a/x.md": "x\n"}, commit_message("a/x.md: x", CURSOR, "r", skips_sync=True))
    made = memory.written_by(CURSOR).notes.update("a/y.md", "y\n").commit
    assert ids(world) == [made]


def test_the_users_own_where_there_is_no_other(world):
    world.commit({"a/x.md": "x\n"}, commit_message("a/x.md: x", EDITOR, "r"))
    head = world.connector.head()
    assert ids(world) == [head]
