"""The truth of each line."""

import pytest

from pack.core.truths import LineState, TruthMode
from pack.provenance import Origin, Source

USER = Origin(Source.USER, "cli")


def truth_of(world, path="a/x.md"):
    """The truth of a note, by the words of its lines; and of the note."""
    core = world.memory._session.core
    note = core.reader.find(path)
    found = core.truths.of(note)
    texts = note.exact_text().split("\n")
    return dict(zip(texts, found.lines, strict=False)), found


def test_a_line_has_the_level_of_the_commit_that_brought_it(world):
    world.init()
    memory = world.open(truth=TruthMode.ENFORCE)
    made = memory.written_by(USER).notes.update("a/x.md", "# Mine\n\nthe person's words\n")
    text = made and world.files()["a/x.md"].decode() + "words of a machine\n"
    memory.notes.update("a/x.md", text, made.sha)
    lines, note = truth_of(world)
    mine, other = lines["the person's words"], lines["words of a machine"]
    assert (mine.level, mine.origin, mine.state) == (1, "user:cli", LineState.WRITTEN)
    assert (other.level, other.origin) == (5, "ai-cloud:test-client")
    assert (note.level, note.origin) == (5, "ai-cloud:test-client")
    assert note.keys["topic"].level == 1
    assert mine.is_protected_from(2)
    assert not other.is_protected_from(5)


def test_in_a_note_with_a_code_fence_around_it_the_first_line_counts_too(world):
    world.init()
    memory = world.open(truth=TruthMode.RECORD)
    text = "```\n---\ntopic: A\n---\nmine\n```\n"
    made = memory.written_by(USER).notes.update("a/x.md", text)
    text = world.files()["a/x.md"].decode().replace("mine", "no\n\nmine")
    memory.notes.update("a/x.md", text, made.sha)
    _, note = truth_of(world)
    assert (note.level, note.origin) == (5, "ai-cloud:test-client")


@pytest.mark.parametrize("text", ["", "\n\n"])
def test_a_note_without_text_is_nobodys(world, text):
    world.init()
    world.open(truth=TruthMode.ENFORCE)
    world.commit({"a/x.md": text})
    _, note = truth_of(world)
    assert (note.level, note.origin) == (1, "")


@pytest.mark.parametrize("end", ["\u2028", "\u2029", "\x85", "\r"])
def test_what_ends_a_line_for_yaml_alone_is_inside_a_line(world, end):
    world.init()
    memory = world.open(truth=TruthMode.ENFORCE)
    memory.written_by(USER).notes.update("a/x.md", "---\nrule: never\n---\nMine.\n")
    text = world.files()["a/x.md"].decode().replace("rule:", f'its: "a{end * 4}b"\nrule:')
    world.commit({"a/x.md": text}, "x\n\nCo-authored-by: Claude <noreply@anthropic.com>")
    _, note = truth_of(world)
    assert (note.keys["its"].level, note.keys["rule"].level) == (5, 1)
