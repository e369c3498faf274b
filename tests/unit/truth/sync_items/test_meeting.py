"""Two memories that share no git meet until both have the same, whatever happens on the way."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest

from pack.catalog.scope import VaultMode, scope_of
from pack.core.truths import TruthMode
from pack.errors import OtherTenant, Unavailable
from pack.memory import Memory
from pack.provenance import Origin, Source
from pack.truth.sync_items.claims import SyncCaller
from pack.truth.sync_items.item import SyncItem
from pack.truth.sync_items.items import ItemResult, SyncItems
from pack.truth.sync_items.meeting import Meeting, MeetingReport, MeetingState
from pack.truth.sync_items.pulling import Pulled
from tests.support import World
from tests.unit.truth.sync_items.test_items import levels

A = "context/a.md"
PERSON = Origin(Source.USER, "cli")
AI = Origin(Source.AI_CLOUD, "agent")
ME = SyncCaller(Source.USER, "laptop")


class Other:
    """The other memory, called in the same process; it may break off."""

    def __init__(self, items: SyncItems, caller: SyncCaller = ME, limit: int | None = None) -> None:
        self._items = items
        self._caller = caller
        self._limit = limit
        self.breaks_after_push = False

    def pull(self, since: int, cursor: str | None, limit: int, *, each: bool) -> Pulled:
        return self._items.pull(str(since), cursor=cursor, limit=self._limit or limit, each=each)

    def push(self, items: Sequence[SyncItem]) -> Sequence[ItemResult]:
        results = self._items.push(items, self._caller).results
        if self.breaks_after_push:
            raise Unavailable("the answer was lost")
        return results


class Two:
    """Two memories, and how far they have met."""

    def __init__(self, here: World, there: World) -> None:
        self.here = here
        self.there = there
        self.state = MeetingState()
        self.other = Other(there.memory.sync_items)

    def meet(self, times: int = 1) -> MeetingReport:
        for _ in range(times):
            items = self.here.memory.sync_items
            mode = scope_of(self.here.connector).vault_mode
            meeting = Meeting(items, self.other, self.state, mode, self.save)
            self.state = meeting.hold()
        return meeting.report

    def save(self, state: MeetingState) -> None:
        self.state = state

    def assert_same(self) -> None:
        """Both hold the same notes, byte for byte, and another meeting changes nothing."""
        assert notes(self.here) == notes(self.there)
        heads = self.here.connector.head(), self.there.connector.head()
        report = self.meet()
        assert (report.taken, report.given) == (0, 0)
        assert (self.here.connector.head(), self.there.connector.head()) == heads


def notes(world: World) -> dict[str, bytes]:
    return {p: c for p, c in world.files().items() if "/" in p}


def person(world: World) -> Memory:
    return world.memory.written_by(PERSON)


def change(world: World, old: str, new: str, by: Origin = PERSON, path: str = A) -> None:
    memory = world.memory.written_by(by)
    note = memory.notes.get(path)
    assert old in note.content
    memory.notes.update(path, note.content.replace(old, new), note.sha)


@pytest.fixture
def two() -> Iterator[Two]:
    """Two memories that agree on a note of the person's."""
    worlds = World(None), World(None)
    for world in worlds:
        world.open(truth=TruthMode.ENFORCE)
        world.init()
    person(worlds[0]).notes.update(A, "# A\n\none\n\ntwo\n\nthree\n")
    found = Two(*worlds)
    found.meet()
    found.assert_same()
    yield found
    for world in worlds:
        world.close()


def test_what_either_writes_the_other_gets_with_its_writer(two: Two) -> None:
    person(two.here).notes.update("b/here.md", "# Here\n")
    two.there.memory.written_by(AI).notes.update("b/there.md", "# There\n")
    change(two.here, "one", "ONE")
    change(two.there, "three", "THREE")
    two.meet()
    two.assert_same()
    assert {b"ONE", b"THREE"} <= set(notes(two.there)[A].split(b"\n"))
    core = two.here.memory.events._core
    found = core.reader.find("b/there.md")  # type: ignore[arg-type] - a path
    assert core.truths is not None
    assert found is not None
    assert core.truths.of(found).origin == "ai-cloud:agent"


def test_each_change_is_a_commit_of_its_writer(two: Two) -> None:
    before = len(two.there.messages())
    change(two.here, "one", "ONE")
    two.here.memory.written_by(AI).notes.update("b/x.md", "# X\n")
    change(two.here, "two", "TWO")
    two.meet()
    two.assert_same()
    new = two.there.messages()[: len(two.there.messages()) - before]
    origins = [m.partition("Pack-Origin: ")[2].split("\n")[0] for m in new]
    assert origins == ["user:cli", "ai-cloud:agent", "user:cli"]


def test_deletions_and_moves(two: Two) -> None:
    person(two.here).notes.update("b/x.md", "# X\n")
    two.meet()
    note = person(two.there).notes.get("b/x.md")
    person(two.there).notes.move("b/x.md", "c/y.md", note.sha)
    gone = person(two.here).notes.get(A)
    person(two.here).notes.delete(A, gone.sha)
    two.meet()
    two.assert_same()
    assert A not in notes(two.there)
    assert {"c/y.md"} == {path for path in notes(two.here) if path[:2] in ("b/", "c/")}
    assert "c/y.md: move from b/x.md" in two.here.messages()[0] + two.here.messages()[1]


@pytest.mark.contract("C1")
@pytest.mark.parametrize("mode", ["local_first", "cloud_first"])
def test_a_conflict_keeps_both_texts(two: Two, mode: str) -> None:
    two.here.commit({".pack.yaml": f"version: 1\nvault_mode: {mode}\n"}, "mode")
    change(two.here, "two", "mine")
    change(two.there, "two", "theirs")
    (copy,) = two.meet().copies
    two.meet()
    two.assert_same()
    in_place, kept = ("mine", "theirs") if mode == "local_first" else ("theirs", "mine")
    assert f"\n{in_place}\n".encode() in notes(two.there)[A]
    assert f"\n{kept}\n".encode() in notes(two.there)[copy]


@pytest.mark.contract("C1")
def test_an_edit_beats_a_deletion(two: Two) -> None:
    note = person(two.here).notes.get(A)
    person(two.here).notes.delete(A, note.sha)
    change(two.there, "two", "kept")
    two.meet(2)
    two.assert_same()
    assert b"kept" in notes(two.here)[A]


@pytest.mark.contract("C1")
def test_a_machine_elsewhere_changes_nothing_of_the_persons(two: Two) -> None:
    files = two.there.files()[A].replace(b"two", b"its")
    agent = "agent\n\nCo-authored-by: Claude <noreply@anthropic.com>"
    two.there.commit({A: files}, agent)
    report = two.meet(2)
    assert b"\ntwo\n" in notes(two.here)[A]
    assert len(two.here.memory.proposals.list()) == 1
    assert report.refused == []
    two.assert_same()


def test_a_push_whose_answer_is_lost_is_pushed_again(two: Two) -> None:
    change(two.here, "one", "ONE")
    person(two.here).notes.update("b/x.md", "# X\n")
    two.other.breaks_after_push = True
    with pytest.raises(Unavailable):
        two.meet()
    count = len(two.there.messages())
    two.other.breaks_after_push = False
    two.meet()
    two.assert_same()
    assert len(two.there.messages()) == count


def test_many_changes_come_in_pages(two: Two) -> None:
    for number in range(7):
        person(two.there).notes.update(f"b/{number}.md", f"# {number}\n")
    change(two.there, "one", "ONE")
    two.other = Other(two.there.memory.sync_items, limit=2)
    two.meet()
    two.assert_same()


def test_a_client_of_an_ai_gives_nothing_in_the_persons_name(two: Two) -> None:
    two.other = Other(two.there.memory.sync_items, SyncCaller(Source.AI_CLOUD, "agent"))
    change(two.here, "two", "changed")
    person(two.here).notes.update("b/x.md", "# X\n")
    report = two.meet()
    assert report.proposed == [A]
    assert b"\ntwo\n" in notes(two.there)[A]
    pulled = {item.entity_id: item for item in two.there.memory.sync_items.pull().items}
    assert pulled["b/x.md"].truth_level == 5


def test_another_memory_is_not_taken_for_the_one_that_was(two: Two) -> None:
    stranger = World(None)
    stranger.init()
    stranger.memory.notes.update("b/x.md", "# X\n")
    stranger.clock.advance(hours=1)
    two.other = Other(stranger.memory.sync_items)
    two.state = MeetingState("another", 0, two.state.given, two.state.files)
    with pytest.raises(OtherTenant):
        two.meet()
    stranger.close()


def test_two_that_have_lost_count_meet_again_without_copies(two: Two) -> None:
    change(two.here, "one", "ONE")
    change(two.here, "ONE", "One")
    two.meet()
    change(two.there, "three", "THREE")
    two.state = MeetingState()
    report = two.meet(2)
    assert report.copies == []
    assert notes(two.here) == notes(two.there)


def test_both_write_the_same(two: Two) -> None:
    for world in (two.here, two.there):
        change(world, "one", "ONE")
    assert two.meet().copies == []
    two.assert_same()


@pytest.mark.contract("C13")
def test_lines_that_the_person_accepted_there_are_the_only_ones_accepted_here(two: Two) -> None:
    two.there.memory.written_by(AI).notes.update("b/x.md", "# X\n\nits one\n\nits two\n")
    two.meet()
    note = person(two.there).notes.get("b/x.md")
    line = note.content.split("\n").index("its one") + 1
    person(two.there).proposals.accept_text(note.path, str(line), "tty")
    two.meet(2)
    assert levels(two.here, note.path) == levels(two.there, note.path)
    assert levels(two.here, note.path)["its two"] == AI.level


@pytest.mark.contract("C1")
def test_a_change_that_is_here_already_does_not_hide_another_one(two: Two) -> None:
    for world in (two.here, two.there):
        change(world, "three", "THREE")
    change(two.here, "one", "ONE")
    two.meet(2)
    two.assert_same()
    assert {b"ONE", b"THREE"} <= set(notes(two.there)[A].split(b"\n"))


@pytest.mark.contract("C1")
def test_a_meeting_that_was_killed_after_it_took_a_change_is_held_again(two: Two) -> None:
    change(two.here, "one", "ONE")
    change(two.there, "three", "THREE")
    items, mode = two.here.memory.sync_items, VaultMode.LOCAL_FIRST
    Meeting(items, two.other, two.state, mode)._take()  # nothing of it is saved
    two.meet(2)
    two.assert_same()
    assert {b"ONE", b"THREE"} <= set(notes(two.there)[A].split(b"\n"))


def test_several_changes_there_and_one_here_need_no_copy(two: Two) -> None:
    change(two.here, "one", "ONE")
    change(two.there, "three", "THREE")
    change(two.there, "THREE", "Three")
    assert two.meet(2).copies == []
    two.assert_same()
    assert {b"ONE", b"Three"} <= set(notes(two.there)[A].split(b"\n"))


@pytest.mark.contract("C1")
def test_a_text_that_no_copy_can_hold_is_not_replaced_there(two: Two) -> None:
    two.here.commit({".pack.yaml": 'version: 1\nexclude: ["*.conflict-*"]\n'}, "mine")
    change(two.here, "two", "mine")
    change(two.there, "two", "theirs")
    report = two.meet()
    assert (report.copies, len(report.refused)) == ([], 1)
    assert b"theirs" in notes(two.there)[A]
    assert b"mine" in notes(two.here)[A]


X = "b/x.md"
ITS = "# X\n\nits first long line\n\nits second long line\n"


def split(two: Two) -> None:
    """The person moves a line of an AI's to another note."""
    two.there.memory.written_by(AI).notes.update(X, ITS)
    two.meet()
    text, line = two.there.files()[X].decode(), "its second long line\n"
    two.there.commit({X: text.replace(line, ""), "b/y.md": line}, "split")


def revert(two: Two) -> None:
    """The person deletes a line of an AI's, and brings it back."""
    two.there.memory.written_by(AI).notes.update(X, ITS)
    note = person(two.there).notes.get(X)
    text = note.content.replace("its second long line\n", "")
    gone = person(two.there).notes.update(X, text, note.sha)
    two.meet()
    two.there.commit({X: note.content}, f"Revert\n\nThis reverts commit {gone.commit}.")


def lose_count(two: Two) -> None:
    """An AI and the person change a note that both memories have before they meet."""
    two.meet()
    for by in (AI, PERSON):
        change(two.there, "three\n", f"three\n\na long line by {by.client}\n", by)
    two.state = MeetingState()


def conflict(two: Two) -> None:
    """The person's text with a line of an AI's has to go into a copy."""
    change(two.here, "two", "mine")
    change(two.there, "three\n", "three\n\nits long line\n", AI)
    change(two.there, "two", "theirs")


@pytest.mark.contract("C13")
@pytest.mark.parametrize("happens", [split, revert, lose_count, conflict])
def test_a_machines_line_comes_with_its_level_whoever_moves_it(
    two: Two, happens: Callable[[Two], None]
) -> None:
    happens(two)
    two.meet(2)
    for path in notes(two.there):
        there, here = levels(two.there, path), levels(two.here, path)
        its = [line for line, level in there.items() if level == AI.level]
        assert [line for line in its if here[line] != AI.level] == []
    copies = [path for path in notes(two.here) if ".conflict-" in path]
    assert all(levels(two.here, path)["its long line"] == AI.level for path in copies)
