"""Who wrote what `memory_get` shows."""

import pytest
from pack_servers.mcp.blamed import blamed_lines, share_for_blame
from pack_servers.mcp.results import document

from pack.core.requests import count_tokens
from pack.provenance import Origin, Source


@pytest.fixture
def memory(world):
    memory = world.init()
    sha = None
    for number in range(6):
        writer = memory.written_by(Origin(Source.AI_CLOUD, f"client {number}"))
        lines = "".join(f"line {n}\n" for n in range(number + 1))
        made = writer.notes.update("a/x.md", f"# X\n\n{lines}", sha)
        sha = made.sha
    return memory


def test_lines_that_were_written_together_are_one_line_of_the_answer(memory):
    found = memory.notes.get("a/x.md", lines="8-9")
    commit = memory.blame.of("a/x.md").writings[8].commit
    assert blamed_lines(memory, found, 1000) == [
        "8 " + blamed_lines(memory, found, 1000)[0].partition(" ")[2],
        f"9 {commit[:12]} 2026-03-01T12:00:00Z ai-cloud:client-1",
    ]
    result = document(found, blamed_lines(memory, found, 1000))
    assert result.structured_content["blame"] == blamed_lines(memory, found, 1000)
    assert f"\nblame: 9 {commit[:12]} " in result.content[0].text
    assert result.content[1].text == found.content


def test_what_does_not_fit_is_said(memory):
    found = memory.notes.get("a/x.md")
    *lines, last = blamed_lines(memory, found, 40)
    assert sum(map(count_tokens, lines)) <= 40
    assert last.endswith(f"-{found.excerpt.last} not shown: read fewer lines")
    assert len(blamed_lines(memory, found, 1000)) > len(lines) + 1


def test_who_wrote_it_gets_a_third_of_the_answer():
    assert [share_for_blame(most) for most in (None, 300, 90_000)] == [1500, 100, 1500]


def test_an_edit_by_hand_is_in_no_commit(git_world):
    memory = git_world.init()
    git_world.edit("a/x.md", "hand\n")
    found = memory.notes.get("a/x.md")
    assert blamed_lines(memory, found, 1000) == ["1 uncommitted user:editor"]
