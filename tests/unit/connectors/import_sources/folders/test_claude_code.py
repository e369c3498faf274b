"""Claude Code's own memory."""

import pytest

from pack.errors import UnusableInput
from pack.exports.claude_memory import write_claude_memory
from pack.imports.records import ImportKind
from pack.imports.rendering import render
from tests.import_support import DAY, day, folder_of, read, text_of
from tests.unit.exports.exported_notes import exported

FLAT = "---\nname: Likes tea\ndescription: drinks\ntype: user\n---\n\nTea only.\n"
NESTED = (
    "---\nname: build\ndescription: how\nmetadata:\n  node_type: memory\n  type: project\n"
    "  originSessionId: s-1\n  modified: 2026-07-30\n---\nRun make.\n"
)
MEMORY = {"MEMORY.md": "- [Tea](tea.md)\n- Never on Fridays.\n", "tea.md": FLAT, "build.md": NESTED}
PROJECT = "projects/-home-ann-work-site/memory"


def test_both_forms_of_a_topic_are_read(tmp_path):
    found = read(folder_of(tmp_path / PROJECT, MEMORY))
    assert found.kind == "claude-code"
    assert found.paths == [f"projects/work-site/{name}" for name in sorted(MEMORY)]
    tea, build = found.one("Likes tea"), found.one("build")
    assert (text_of(tea), list(tea.tags), tea.updated) == ("Tea only.\n", ["user"], DAY)
    assert tea.fields == {"description": "drinks"}
    assert (list(build.tags), build.updated) == (["project"], day("2026-07-30"))
    assert build.fields == {"description": "how", "originSessionId": "s-1"}
    assert tea.parts[0].writer.label == "ai-cloud:claude-code"
    assert "Never on Fridays." in text_of(found.one("What Claude Code remembers of work-site"))


def test_whatever_frontmatter_says_comes_along(tmp_path):
    said = "source: https://example.org\nsource_id: 7\ncreated: in spring\n"
    topic = FLAT.replace("type: user\n", said)
    (tea,) = read(folder_of(tmp_path / "memory", {"tea.md": topic}), "claude-code").records
    text = render(tea, ImportKind.CLAUDE_CODE, DAY).decode()
    assert "\nsource: claude-code\n" in text
    assert "claude_code_source: https://example.org\n" in text
    assert "claude_code_source_id: 7\nclaude_code_created: in spring\n" in text


def test_the_memories_of_all_projects_are_kept_apart_and_sessions_left_out(tmp_path):
    files = {f"{PROJECT}/{name}": text for name, text in MEMORY.items()}
    files |= {"projects/-srv-x/memory/MEMORY.md": "x\n", "projects/-srv-x/s.jsonl": "{}\n"}
    files |= {"CLAUDE.md": "Be short.\n", "agents/x.md": "no\n"}
    found = read(folder_of(tmp_path / "claude", files))
    assert found.kind == "claude-code"
    assert {one.folder for one in found.records} == {
        *("projects/work-site", "projects/srv-x", "profiles")
    }
    assert text_of(found.one("What I tell Claude Code")) == "Be short.\n"
    assert {".jsonl", ".md"} <= found.reasons.keys()


def test_what_pack_exported_comes_back_and_what_was_learnt_since_too(tmp_path):
    notes = [exported("a/b.md", "---\ntopic: B\n---\nx\n"), exported("c/d.md", "no head")]
    files = {piece.name: piece.content for piece in write_claude_memory(notes)}
    found = read(folder_of(tmp_path / "auto", files))
    assert {(one.folder, one.name, one.verbatim) for one in found.records} == {
        ("a", "b.md", notes[0].note.content),
        ("c", "d.md", b"no head"),
    }
    assert found.reasons == {"MEMORY.md": ("PACK makes it by itself", 1)}
    files["MEMORY.md"] += b"- learnt since\n"
    files["a-b.md"] += b"- learnt too\n"
    found = read(folder_of(tmp_path / "auto", files))
    assert "learnt since" in text_of(found.one("What Claude Code remembers of auto"))
    changed = found.one("B")
    assert (changed.folder, changed.name, text_of(changed)) == ("a", "b.md", "x\n- learnt too\n")
    assert changed.parts[0].writer.label == "ai-cloud:claude-code"


def test_a_single_memory_file_of_something_else_is_not_taken_for_it(tmp_path):
    folder_of(tmp_path / "v1", {"MEMORY.md": "# My memory\n", "notes.md": "plain\n"})
    assert read(tmp_path / "v1", "claude-code").kind == "claude-code"
    with pytest.raises(UnusableInput):
        read(tmp_path / "v1")
