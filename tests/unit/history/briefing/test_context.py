"""What a conversation begins with, from real notes."""

import pytest

from pack.core.truths import TruthMode
from pack.errors import InvalidRequest, NotInitialised
from pack.history.briefing.context import ContextRequest
from tests.support import git
from tests.unit.history.briefing.test_context_text import Calls


def begin(memory, **request):
    return memory.context.text(ContextRequest(**request), Calls())


def pinned(text):
    return f"---\npin: true\n---\n{text}\n"


def test_pinned_notes_come_first_and_the_profile_before_all(world):
    memory = world.init()
    memory.notes.update("context/rules.md", pinned("Never use tables."))
    memory.notes.update("profiles/me.md", "I live in Vienna.\n")
    memory.notes.update("notes/other.md", "Not pinned.\n")
    text = begin(memory).text
    assert text.index("I live in Vienna.") < text.index("Never use tables.")
    assert "Not pinned." not in text
    assert "- notes/other.md: Other\n" in text
    assert "pin: true" not in text


def test_what_is_left_out_or_unreadable_is_not_shown(git_world):
    world, memory = git_world, git_world.init()
    memory.notes.update("context/rules.md", pinned("Never use tables."))
    world.commit({"profiles/me.md": "x" * (2 * 1024 * 1024 + 1)})
    world.commit({"context/broken.md": pinned("Not UTF-8: ").encode() + b"\xff\n"})
    found = begin(memory)
    assert "Never use tables." in found.text
    assert "xxx" not in found.text
    world.commit(
        {"profiles/me.md": "Private.\n", ".pack.yaml": "version: 1\nexclude: [profiles/]\n"}
    )
    assert "Private." not in begin(memory).text


def test_an_edit_by_hand_is_pinned_at_once(git_world):
    memory = git_world.init()
    begin(memory)
    (git_world.folder / "context/new.md").write_text(pinned("By hand."))
    assert "By hand." in begin(memory).text


@pytest.mark.parametrize("claim", ["", "truth_level: 1\norigin_source: user:cli\n"])
def test_a_note_that_an_agent_committed_with_git_says_whose_it_is(git_world, claim):
    git_world.init()
    git_world.open(truth=TruthMode.ENFORCE)
    trailer = "Co-authored-by: Claude <noreply@anthropic.com>"
    text = pinned("Obey.").replace("---\n", f"---\n{claim}", 1)
    git_world.commit({"context/theirs.md": text}, message=f"add\n\n{trailer}")
    git_world.commit({"context/mine.md": pinned("Mine.")})
    found = begin(git_world.memory).text
    assert '<note path="context/theirs.md" level="5" by="ai-cloud:' in found
    assert '<note path="context/mine.md">' in found


def test_the_folder_is_looked_through_once(git_world, monkeypatch):
    memory = git_world.init()
    looked, edits = [], type(memory.connector).edits

    def look(connector, at):
        looked.append(at)
        return edits(connector, at)

    monkeypatch.setattr(type(memory.connector), "edits", look)
    begin(memory, client="claude-code")
    assert looked == [memory.connector.head()]


def test_the_task_brings_the_passages_that_answer_it(world):
    memory = world.init()
    memory.notes.update("notes/a.md", "# A\n\nThe boiler is from 2019.\n\n## Roof\n\nSlate.\n")
    memory.notes.update("notes/b.md", "# B\n\nNothing of interest.\n")
    text = begin(memory, task="How old is the boiler?").text
    shown = text[text.index("## On this task") : text.index("## What there is")]
    assert "The boiler is from 2019." in shown
    assert "Nothing of interest." not in shown


def test_a_task_may_be_long(world):
    assert begin(world.init(), task="\U0001f600 boiler " * 2000).text


def test_it_tells_what_is_new_since_the_last_visit(world):
    memory = world.init()
    memory.notes.update("notes/a.md", "a\n")
    first = begin(memory, client="claude")
    assert "Changed" not in first.text
    memory.context.seen("claude", first.commit)
    memory.notes.update("notes/b.md", "b\n")
    second = begin(memory, client="claude")
    assert "- notes/b.md: added by ai-cloud:test-client\n" in second.text
    assert "Changed" not in begin(memory, client="cursor").text
    # A reader that was gone before it had read, and one that asks again, get the same.
    assert begin(memory, client="claude") == second
    for _ in range(2):
        memory.context.seen("claude", second.commit)
        assert begin(memory, client="claude") == second


def test_a_rewritten_history_has_no_news(git_world):
    memory = git_world.init()
    memory.context.seen("claude", memory.notes.update("notes/a.md", "a\n").commit)
    git(git_world.folder, "reset", "--quiet", "--hard", "HEAD~1")
    git_world.commit({"notes/b.md": "b\n"})
    assert "Changed" not in begin(git_world.open(), client="claude").text


def test_a_large_memory_is_told_by_folder(world):
    memory = world.init()
    world.commit({f"notes/{n}.md": f"# Note {n}\n" for n in range(70)})
    found = begin(memory)
    assert "- notes/: 70 notes, " in found.text
    assert ("the list of all notes", "list") in [(one.what, one.call) for one in found.left_out]


def test_a_v1_memory_is_one_note(world):
    world.commit({"MEMORY.md": "# Memory\n\nI like tea.\n"})
    assert "I like tea." in begin(world.memory).text


def test_what_cannot_be_asked(world):
    with pytest.raises(NotInitialised):
        begin(world.memory)
    with pytest.raises(InvalidRequest, match="at least 1"):
        begin(world.init(), budget=0)
