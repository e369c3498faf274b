"""Who wrote each line."""

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pack.core.truths import TruthMode
from pack.errors import InvalidPath, NotFound
from pack.history.blame import BY_HAND, runs_of
from pack.model import MemoryPath
from pack.provenance import Origin, Source
from pack.truth.acceptances import acceptance_trailer
from tests.support import World, examples, git
from tests.truth_support import put_exactly

USER = Origin(Source.USER, "cli")


def commits(found):
    """The commit of each line, by its text."""
    return {
        line: writing.commit
        for line, writing in zip(found.lines, found.writings, strict=True)
        if line.strip()
    }


def put(world, text, path="a/x.md"):
    """A commit with a text exactly as it is."""
    world.commit({path: text})
    return world.connector.head()


def test_each_line_has_its_writer(world):
    memory = world.init()
    made = memory.notes.update("a/x.md", "one line\n\nanother line\n")
    world.clock.advance(hours=1)
    person = memory.written_by(USER)
    again = person.notes.update("a/x.md", "one line\n\nanother line\n\nmine\n", made.sha)
    found = memory.blame.of("a/x")
    by = dict(zip(found.lines, found.writings, strict=True))
    assert by["one line"].commit == by["another line"].commit == made.commit
    assert (by["one line"].origin, by["one line"].level) == ("ai-cloud:test-client", 5)
    assert by["mine"] == (again.commit, by["mine"].time, "user:cli", 1, "written")
    assert by["mine"].time.startswith("2026-03-01T13:00:")
    *_, last = runs_of(found)
    assert (last.last, last.writing) == (len(found.lines), by["mine"])


def test_a_line_keeps_its_writer_when_it_is_moved_or_indented(world):
    world.init()
    lines = ["# Head", "- a task that is long", "- another one, also long", "tail"]
    first = put(world, "\n".join(lines) + "\n")
    put(world, "\n".join([lines[0], "new", *(f"  {line}" for line in lines[1:])]) + "\n")
    third = put(world, "\n".join([lines[0], lines[2], "newer", lines[1], lines[3]]))
    found = commits(world.memory.blame.of("a/x.md"))
    assert found == {**dict.fromkeys(lines, first), "newer": third}


def test_through_a_move_of_the_file(world):
    memory = world.init()
    text = "".join(f"line {number} of this note\n" for number in range(8))
    first = put(world, text)
    world.commit({"a/x.md": None, "b/y.md": text})
    world.commit({"b/y.md": None, "c/z.md": text.replace("line 3", "new 3")})
    found = commits(memory.blame.of("c/z.md"))
    assert found["new 3 of this note"] == world.connector.head()
    assert {found[f"line {n} of this note"] for n in range(8) if n != 3} == {first}


def test_text_that_was_split_off_another_note(world):
    memory = world.init()
    kept, part = "a line that stays here\n", "## Head\na line that leaves this note\n"
    first = put(world, kept + part)
    world.commit({"a/x.md": kept, "a/part.md": part.replace("##", "#") + "new here\n"})
    found = commits(memory.blame.of("a/part.md"))
    assert found["a line that leaves this note"] == first
    assert found["new here"] == world.connector.head()


def test_text_that_a_migration_took_from_the_v1_file(world):
    texts = ["# About\n\n- likes tea\n\n", "# Work\n\n- builds boats\n- in Kiel\n"]
    world.commit({"MEMORY.md": texts[0]})
    first = world.connector.head()
    world.commit({"MEMORY.md": "".join(texts)})
    second = world.connector.head()
    memory = world.memory
    memory.lifecycle.migrate(memory.lifecycle.plan_migration())
    head = world.connector.head()
    found = {}
    for path in world.listed():
        found |= commits(memory.blame.of(path))
    assert found["- likes tea"] == first
    assert found["- builds boats"] == found["- in Kiel"] == second
    assert found["---"] == head


def test_text_that_was_edited_by_hand_before_the_migration(git_world):
    git_world.commit({"MEMORY.md": "# About\n\n- likes tea\n"})
    first = git_world.connector.head()
    git_world.edit("MEMORY.md", "# About\n\n- likes tea\n- by hand\n")
    memory = git_world.memory
    memory.lifecycle.migrate(memory.lifecycle.plan_migration())
    (path,) = git_world.listed()
    found = memory.blame.of(path)
    assert not found.is_limited
    assert commits(found)["- likes tea"] == first
    assert commits(found)["- by hand"] not in (first, None)


def test_both_sides_of_a_merge(git_world):
    memory = git_world.init()
    lines = [f"line {number}\n" for number in range(12)]
    base = put(git_world, "".join(lines))
    ours = put(git_world, "".join(["ours\n", *lines]))
    git(git_world.folder, "checkout", "-q", "-b", "side", base)
    theirs = put(git_world, "".join([*lines, "theirs\n"]))
    git(git_world.folder, "checkout", "-q", "-")
    git(git_world.folder, "merge", "-q", "--no-edit", "side")
    found = commits(memory.blame.of("a/x.md"))
    assert (found["ours"], found["theirs"], found["line 5"]) == (ours, theirs, base)


def test_edits_by_hand_are_in_no_commit(git_world):
    memory = git_world.init()
    first = put(git_world, "one\ntwo\n")
    git_world.edit("a/x.md", "one\nhand\ntwo\n")
    git_world.edit("a/new.md", "hand\n")
    found = memory.blame.of("a/x.md")
    assert [writing.commit for writing in found.writings] == [first, None, first]
    assert found.writings[1] == BY_HAND == (None, None, "user:editor", 1, "written")
    assert memory.blame.of("a/new.md").writings == (BY_HAND,)


def test_what_cannot_be_asked_for(world):
    memory = world.init()
    world.commit({".pack.yaml": "version: 1\nexclude: [docs/]\n", "docs/a.md": "a\n"})
    with pytest.raises(InvalidPath):
        memory.blame.of("docs/a.md")
    with pytest.raises(NotFound):
        memory.blame.of("a/none.md")
    put(world, "")
    assert memory.blame.of("a/x.md").lines == ()


def test_an_answer_is_known_until_the_file_changes(world):
    memory = world.init()
    put(world, "one\n")
    found = memory.blame.of("a/x.md")
    put(world, "other\n", "a/y.md")
    assert memory.blame.of("a/x.md").writings is found.writings
    put(world, "one\ntwo\n")
    assert memory.blame.of("a/x.md").writings[1].commit == world.connector.head()


# --- a model of lines ----------------------------------------------------------------------------

STEPS = st.lists(
    st.tuples(st.sampled_from(["insert", "delete", "edit", "move", "indent"]), st.randoms()),
    min_size=1,
    max_size=12,
)


class Model:
    """A note whose lines know when they were written."""

    def __init__(self):
        self._numbers = itertools.count()
        self.lines = [self._new(0) for _ in range(4)]

    def _new(self, when):
        return [f"sentence number {next(self._numbers)} of the model", when]

    def step(self, action, pick, when):
        at = pick.randint(0, len(self.lines))
        if action == "insert" or not self.lines:
            self.lines[at:at] = [self._new(when) for _ in range(pick.randint(1, 3))]
            return
        at = min(at, len(self.lines) - 1)
        if action == "delete":
            del self.lines[at]
        elif action == "edit":
            self.lines[at] = self._new(when)
        elif action == "move":
            line = self.lines.pop(at)
            self.lines.insert(pick.randint(0, len(self.lines)), line)
        else:
            self.lines[at] = [f"  {self.lines[at][0]}", self.lines[at][1]]

    def text(self):
        return "".join(f"{line}\n" for line, _ in self.lines)


@given(STEPS)
@settings(max_examples=examples(25))
def test_every_line_is_that_of_the_commit_that_wrote_it(steps):
    world = World(None)
    world.init()
    model = Model()
    heads = [put(world, model.text())]
    for number, (action, pick) in enumerate(steps, 1):
        model.step(action, pick, number)
        heads.append(put(world, model.text()))
    found = world.memory.blame.of("a/x.md")
    assert [one.commit for one in found.writings] == [heads[when] for _, when in model.lines]
    world.close()


def test_git_says_the_same_of_a_linear_history(git_world):
    git_world.init()
    model, pick = Model(), random.Random(5)
    put(git_world, model.text())
    for number in range(12):
        model.step(pick.choice(["insert", "delete", "edit", "indent"]), pick, number)
        put(git_world, model.text())
    said = git(git_world.folder, "blame", "-w", "-M", "-s", "-l", "--root", "a/x.md").decode()
    found = git_world.memory.blame.of("a/x.md")
    assert [one.commit for one in found.writings] == [line[:40] for line in said.splitlines()]


def test_a_history_that_is_too_long_is_looked_at_in_part(monkeypatch):
    world = World(None)
    world.init()
    for number in range(6):
        put(world, "".join(f"line {n}\n" for n in range(number + 1)))
    monkeypatch.setattr("pack.history.blame._MOST_VERSIONS", 3)
    found = world.memory.blame.of("a/x.md")
    assert found.is_limited
    assert len({one.commit for one in found.writings}) == 3
    assert found.lines == tuple(f"line {n}" for n in range(6))
    world.close()


def test_where_levels_count_a_line_is_as_trusted_as_they_say(world):
    world.init()
    memory = world.open(truth=TruthMode.RECORD)
    memory.notes.update("a/x.md", "# Head\n\nwords of a machine\n")
    person = memory.written_by(USER)
    before = person.blame.of("a/x.md")
    path = MemoryPath("a/x.md")
    trailer = acceptance_trailer(path, memory.notes.get("a/x.md").sha, [(1, len(before.lines))])
    put_exactly(
        person, {path: world.files()[path].decode()}, [trailer, ("Pack-Accepted-By", "user:cli")]
    )
    found = memory.blame.of("a/x.md")
    assert {one.level for one in before.writings} == {5}
    assert {(one.level, one.state) for one in found.writings} == {(1, "accepted")}
    assert {one.commit for one in found.writings} == {world.connector.head()}


def test_where_levels_count_each_commit_is_asked_for_once(world, monkeypatch):
    world.init()
    memory = world.open(truth=TruthMode.RECORD)
    for number in range(6):
        text = "".join(f"this is the line {n}\n" for n in range(number + 1))
        put_exactly(memory, {MemoryPath("a/old.md"): text})
    put_exactly(memory, {MemoryPath("a/x.md"): text, MemoryPath("a/old.md"): "x\n"})
    connector, asked = memory._session.core.connector, []
    log = connector.log
    monkeypatch.setattr(connector, "log", lambda query: asked.append(query) or log(query))
    found = memory.blame.of("a/x.md")
    assert len({one.commit for one in found.writings}) == 6
    assert None not in {one.time for one in found.writings}
    single = [query.head for query in asked if query.limit == 1 and not query.with_files]
    assert len(single) == len(set(single)) == 6


def test_what_is_older_than_what_was_looked_at_is_said_to_be(world, monkeypatch):
    world.init()
    memory = world.open(truth=TruthMode.RECORD)
    for number in range(6):
        text = "".join(f"this is the line {n}\n" for n in range(number + 1))
        put_exactly(memory, {MemoryPath("a/x.md"): text})
    monkeypatch.setattr("pack.truth.versions._MOST_VERSIONS", 3)
    found = memory.blame.of("a/x.md")
    assert found.is_limited
    assert [one.state for one in found.writings] == ["unattributed"] * 3 + ["written"] * 3
    assert {one.origin for one in found.writings[:3]} == {"unattributed:older"}
