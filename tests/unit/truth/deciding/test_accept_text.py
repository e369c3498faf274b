"""Text of others becomes the person's as it is, and is protected like their own."""

import pytest

from pack.core.truths import LineState, TruthMode
from pack.errors import BlobChanged, InvalidRequest, NotFound
from pack.files.markdown import split_lines
from pack.provenance import Origin, Source
from tests.support import World

PERSON = Origin(Source.USER, "cli")
A = "a/x.md"


@pytest.fixture
def mem():
    """A memory without git, with one note of an AI's."""
    made = World(None)
    made.init()
    made.open(truth=TruthMode.ENFORCE)
    made.memory.notes.update(A, "# Found\n\nOne.\nTwo.\nThree.\n")
    yield made
    made.close()


def person(world):
    return world.memory.written_by(PERSON).proposals


def states(world):
    """Level and state of each line, by its words."""
    core = world.memory._session.core
    note = core.reader.find(A)
    found = core.truths.of(note).lines
    lines = zip(note.exact_text().splitlines(), found, strict=True)
    return {text: (truth.level, truth.state) for text, truth in lines}


def line(world, text):
    return world.memory.notes.get(A).content.splitlines().index(text) + 1


def test_lines_become_the_persons_and_no_word_changes(mem):
    body = mem.memory.notes.get(A).content.partition("# Found")[2]
    place = line(mem, "Two.")
    person(mem).accept_text(A, f"{place}", "tty")
    found = states(mem)
    assert found["Two."] == (1, LineState.ACCEPTED)
    assert found["One."] == found["Three."] == (5, LineState.WRITTEN)
    assert mem.memory.notes.get(A).content.partition("# Found")[2] == body


def test_what_was_accepted_is_protected(mem):
    person(mem).accept_text(A, None, "tty")
    read = mem.memory.notes.get(A)
    done = mem.memory.notes.update(A, read.content.replace("Two.", "2."), read.sha)
    assert done.proposal is not None
    assert "Two." in mem.memory.notes.get(A).content


def test_a_whole_file_is_accepted_once(mem):
    person(mem).accept_text("a/x", None, "tty")
    assert {level for level, _ in states(mem).values()} == {1}
    assert mem.messages()[0].splitlines()[0] == f"{A}: accept"
    with pytest.raises(InvalidRequest, match="nothing to accept"):
        person(mem).accept_text(A, None, "tty")
    assert mem.memory.care.validate() == []


@pytest.mark.parametrize(
    ("path", "lines", "error"),
    [("a/none.md", None, NotFound), (A, "90-99", InvalidRequest), (A, "x", InvalidRequest)],
)
def test_there_must_be_such_lines(mem, path, lines, error):
    before = mem.files()
    with pytest.raises(error):
        person(mem).accept_text(path, lines, "tty")
    assert mem.files() == before


def test_what_was_read_is_accepted_and_nothing_else(mem):
    read = mem.memory.notes.get(A)
    mem.memory.notes.update(A, read.content.replace("Two.", "Two!"), read.sha)
    with pytest.raises(BlobChanged):
        person(mem).accept_text(A, None, "tty", read.sha)
    assert person(mem).accept_text(A, None, "tty", mem.memory.notes.get(A).sha).commit


def test_lines_are_those_that_a_reader_counts(mem):
    read = mem.memory.notes.get(A)
    mem.memory.notes.update(A, read.content.replace("One.\n", "One.\rAnd.\r\n"), read.sha)
    lines = [text.rstrip("\r\n") for text in split_lines(mem.memory.notes.get(A).content)]
    with pytest.raises(InvalidRequest, match="part of a longer one"):
        person(mem).accept_text(A, f"{lines.index('And.') + 1}", "tty")
    place = lines.index("Two.") + 1
    person(mem).accept_text(A, f"{place}-{place + 1}", "tty")
    core = mem.memory._session.core
    note = core.reader.find(A)
    found = zip(note.exact_text().split("\n"), core.truths.of(note).lines, strict=False)
    own = {text for text, truth in found if truth.state is LineState.ACCEPTED}
    assert own & {"One.\rAnd.\r", "Two.", "Three."} == {"Two.", "Three."}
