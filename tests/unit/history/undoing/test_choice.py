"""The commits that somebody means who asks for an undo."""

import pytest

from pack.errors import InvalidRequest, NotFound
from pack.history.undoing.choice import ChosenCommits
from pack.history.undoing.stack import UndoStack
from pack.history.undoing.undone import UndoChoice
from pack.provenance import Origin, Source
from tests.support import AGENT, World


@pytest.fixture
def mem():
    made = World(None)
    made.init()
    yield made
    made.close()


def chosen(world):
    core = world.memory._session.core
    return ChosenCommits(core, UndoStack(core.log, world.connector.head()))


def test_a_commit_is_found_by_the_beginning_of_its_id(mem):
    head = mem.connector.head()
    for named in (head, head[:4], f" {head[:12].upper()} "):
        assert chosen(mem).find(named).id == head


@pytest.mark.parametrize("named", ["", "abc", "7d", "yesterday", "2026-01-31", "HEAD x", "x" * 40])
def test_what_is_no_id_is_refused(mem, named):
    with pytest.raises(InvalidRequest, match="not the id"):
        chosen(mem).find(named)


def test_a_commit_may_be_named_by_its_distance(mem):
    first = mem.memory.notes.update("a/1.md", "x\n").commit
    last = mem.memory.notes.update("a/2.md", "x\n").commit
    assert chosen(mem).find("HEAD").id == last
    assert chosen(mem).find("HEAD~1").id == first
    with pytest.raises(NotFound):
        chosen(mem).find("HEAD~9")


@pytest.mark.parametrize("named", ["f" * 40, "123456d", "20260131"])
def test_digits_are_an_id_and_never_a_moment(mem, named):
    with pytest.raises(NotFound):
        chosen(mem).find(named)


def test_changes_of_a_session_of_a_writer_since_a_moment(mem):
    def write(path, origin=AGENT, **later):
        mem.clock.advance(**later)
        return mem.memory.written_by(origin).notes.update(path, "x\n").commit

    first = write("a/1.md", hours=1)
    other = write("a/2.md", Origin(Source.USER, "cli"), minutes=1)
    second = write("a/3.md", minutes=1)
    third = write("a/4.md", hours=2)

    def found(**choice):
        return [one.id for one in chosen(mem).fitting(UndoChoice(**choice))]

    assert found() == [third, second, other, first]
    assert found(by="user") == [other]
    assert found(session=first[:9]) == [second, first]
    assert found(session="last") == [third]
    assert found(since=other) == [third, second]
    assert found(since="2h") == [third, second]
    assert found(since="1d", by=AGENT.label, session=second) == [second, first]


@pytest.mark.parametrize("since", ["2026-02-30", "tomorrow", "1y", "9999999d", "HEAD^2"])
def test_since_what_is_no_moment_says_what_can_be_given(mem, since):
    with pytest.raises(InvalidRequest, match="does not name a moment; give a commit, HEAD, HEAD~2"):
        list(chosen(mem).fitting(UndoChoice(since=since)))


def test_since_the_current_commit_there_is_nothing(mem):
    assert list(chosen(mem).fitting(UndoChoice(since="HEAD"))) == []
    head = mem.connector.head()
    assert list(chosen(mem).fitting(UndoChoice(since=head[:8]))) == []
