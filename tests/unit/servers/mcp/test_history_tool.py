"""The tool that shows the past."""

import json
import re

import pytest
from pack_servers.mcp.history_tool import HistoryTool

from pack.provenance import Origin, Source


def texts(result):
    return "\n".join(block.text for block in result.content)


def tokens(text):
    """The pieces that cl100k cuts a text into before it looks for tokens; most are one token."""
    return len(re.findall(r" ?[^\W\d_]+|\d{1,3}| ?[^\s\w]+|\s+|_", text))


@pytest.fixture
def tool(world):
    memory = world.init()
    made = memory.notes.update("notes/x.md", "a\nb\n", None, "why not")
    world.clock.advance(minutes=5)
    memory.notes.move("notes/x.md", "notes/y.md", made.sha)
    cursor = memory.written_by(Origin(Source.AI_CLOUD, "cursor"))
    for number in range(4):
        cursor.notes.update(f"notes/{number}.md", "x\n")
    return HistoryTool(memory)


def test_the_log_in_both_forms(tool):
    result = tool.memory_history("notes/y.md")
    found = result.structured_content["commits"]
    assert [commit["files"][0]["change"] for commit in found] == ["moved", "added"]
    assert found[0]["files"][0]["old_path"] == "notes/x.md"
    assert found[1]["message"] == "notes/x.md: add (why not)"
    assert found[1]["origin"] == "ai-cloud:test-client"
    assert "moved from notes/x.md" in texts(result)
    assert "- notes/x.md: added, added 6, removed 0" in texts(result)


def test_both_forms_say_the_same_at_about_the_same_cost(tool):
    result = tool.memory_history(limit=5)
    text, found = texts(result), result.structured_content
    structured = json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    assert tokens(structured) <= 1.15 * tokens(text)
    for commit in found["commits"]:
        files = (value for file in commit.pop("files") for value in file.values())
        for value in (*files, *commit.values(), found["next_cursor"]):
            assert str(value) in text


def test_pages_and_filters(tool):
    page = tool.memory_history(by="Cursor", limit=3).structured_content
    rest = tool.memory_history(by="Cursor", cursor=page["next_cursor"]).structured_content
    assert [len(part["commits"]) for part in (page, rest)] == [3, 1]
    assert "next_cursor" not in rest
    assert tool.memory_history(until="2000-01-01").structured_content == {"commits": []}
    refused = tool.memory_history(since="soon")
    assert refused.is_error
    assert refused.structured_content["code"] == "invalid_request"


def test_an_answer_without_a_limit_is_short(world):
    memory = world.init()
    for number in range(60):
        world.commit({f"notes/{number}.md": "x\n"}, "some words\n\n" + "and more of them " * 60)
    result = HistoryTool(memory).memory_history()
    assert tokens(texts(result)) < 4_000
    assert result.structured_content["next_cursor"]


def test_the_diff_of_a_commit(tool):
    newest = tool.memory_history("notes/y.md", limit=2).structured_content["commits"][1]
    result = tool.memory_history(commit=newest["commit"])
    found = result.structured_content
    assert [commit["commit"] for commit in found["commits"]] == [newest["commit"]]
    assert found["diff"].startswith("notes/x.md: added\n")
    assert "  + a\n          b" in found["diff"]
    assert found["diff"] in texts(result)
    assert tool.memory_history(commit=newest["commit"], limit=1).is_error
    assert tool.memory_history(commit="0" * 40).structured_content["code"] == "not_found"


def test_a_deleted_note_can_be_read_as_of_the_commit_before(world):
    memory = world.init()
    kept = memory.notes.update("notes/gone.md", "a\nb\n")
    deleted = memory.notes.delete("notes/gone.md", kept.sha)
    told = HistoryTool(memory).memory_history(commit=deleted.commit).structured_content["diff"]
    assert told.endswith(f"lines are gone; read them with as_of {kept.commit[:12]}")
    assert "a\nb\n" in memory.as_of(kept.commit[:12]).notes.get("notes/gone.md").content


def test_a_long_diff_is_cut_and_a_large_commit_counted(world):
    memory = world.init()
    files = {f"notes/{number:02}.md": "a line of some words\n" * 100 for number in range(25)}
    world.commit(files, "many")
    result = HistoryTool(memory).memory_history(commit=world.connector.head())
    found = result.structured_content
    assert len(found["commits"][0]["files"]) == 20
    assert found["commits"][0]["more_files"] == 5
    assert "more lines are not shown" in found["notice"]
    assert found["notice"] in texts(result)
    part = HistoryTool(memory).memory_history("notes/03.md", commit=world.connector.head())
    assert "notice" not in part.structured_content
