"""`pack import` from files and folders of other tools: once, again, and with news."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.import_support import HEX, folder_of, zip_of
from tests.stories.cli_driver import Folder, new_memory

ANN = {"type": "entity", "name": "Ann", "entityType": "person", "observations": ["likes tea"]}
MEM0 = {"id": "1", "content": "Likes tea.", "state": "active", "app": "x", "metadata": {}}
TOPIC = "---\nname: tea\ndescription: d\ntype: user\n---\nLikes tea.\n"
PAGE = f"Tea {HEX}00.md"
SOURCES: dict[str, tuple[str, dict[str, str | bytes], str]] = {
    "memory-jsonl": ("memory.jsonl", {"memory.jsonl": json.dumps(ANN) + "\n"}, "memories/ann.md"),
    "mem0": ("memories.jsonl", {"memories.jsonl": json.dumps(MEM0)}, "memories/likes-tea.md"),
    "obsidian": (".", {".obsidian/app.json": "{}", "food/Tea.md": "Likes tea.\n"}, "food/Tea.md"),
    "logseq": (".", {"logseq/config.edn": "{}", "pages/a___Tea.md": "- tea\n"}, "pages/a/Tea.md"),
    "notion": (
        "Export-1.zip",
        {"Export-1.zip": zip_of({"Part-1.zip": zip_of({f"Food/{PAGE}": "# Tea\n\ntea\n"})})},
        "Food/Tea.md",
    ),
    "claude-code": (
        ".",
        {"projects/-srv-site/memory/MEMORY.md": "- [tea](tea.md)\n"}
        | {"projects/-srv-site/memory/tea.md": TOPIC},
        "projects/srv-site/tea.md",
    ),
    "basic-memory": (
        ".",
        {"food/Tea.md": "---\ntitle: Tea\npermalink: food/tea\n---\n- [fact] hot\n"},
        "food/Tea.md",
    ),
    "memory-bank": (
        "memory-bank",
        {f"memory-bank/{name}.md": f"# {name}\n" for name in ("projectbrief", "progress")},
        "projects/source/progress.md",
    ),
    "agents": ("AGENTS.md", {"AGENTS.md": "# Rules\n\nRun make.\n"}, "projects/source/AGENTS.md"),
}


@pytest.fixture
def memory(tmp_path: Path, git_identity: tuple[str, str]) -> Folder:
    return new_memory(tmp_path / "memory")


@pytest.mark.parametrize("kind", SOURCES)
def test_a_source_is_known_by_itself_and_taken_once_with_its_date(
    kind: str, memory: Folder, tmp_path: Path
) -> None:
    name, files, path = SOURCES[kind]
    source = folder_of(tmp_path / "source", files) / name
    planned = memory.json("import", source, "--dry-run")
    before = memory.commits()
    done = memory.json("import", source)
    assert list(done)[:6] == ["kind", "found", "written", "unchanged", "skipped", "secrets"]
    assert (done["kind"], memory.commits()) == (kind, before + 1)
    assert (planned["written"], planned["commit"]) == (done["written"], None)
    listed = {file["path"]: file for file in memory.json("list")["files"]}
    assert str(listed[path]["updated"]).startswith("2024-05-06")
    assert "Pack-Origin: user:import" in memory.git("log", "-1", "--format=%B")

    state = memory.state()
    again = memory.json("import", source, "--from", kind)
    assert (again["written"], again["unchanged"]) == (0, done["written"])
    assert memory.state() == state


def test_a_newer_vault_brings_what_is_new_and_edits_stay(memory: Folder, tmp_path: Path) -> None:
    files = {".obsidian/app.json": "{}", "a/mine.md": "one\n", "a/theirs.md": "one\n"}
    source = folder_of(tmp_path / "source", files)
    memory.ok("import", source)
    memory.ok("edit", "a/mine.md", "--append", "\nmine\n")
    folder_of(source, {"a/theirs.md": "one\n\ntwo\n", "a/new.md": "new\n"})
    done = memory.json("import", source)
    assert (done["written"], done["unchanged"]) == (2, 1)
    assert "mine" in memory.ok("get", "a/mine.md").text
    assert "two" in memory.ok("get", "a/theirs.md").text
    assert memory.ok("get", "a/new.md").text == "new\n"


def test_the_pictures_of_a_vault_come_with_it_if_they_are_asked_for(
    memory: Folder, tmp_path: Path
) -> None:
    files = {".obsidian/app.json": "{}", "a/Tea.md": "![[pot.png]]\n", "a/pot.png": b"\x89PNG 1"}
    source = folder_of(tmp_path / "source", files)
    first = memory.ok("import", source)
    assert "--with-attachments takes files of other types, too" in first.err
    assert first.text.startswith("obsidian: 1 note\n")
    assert not (memory.path / "a" / "pot.png").exists()

    done = memory.json("import", source, "--with-attachments")
    assert (done["found"], done["written"]) == ({"notes": 1, "attachments": 1}, 1)
    picture = memory.path / "a" / "pot.png"
    assert picture.read_bytes() == b"\x89PNG 1"
    state = memory.state()
    assert memory.json("import", source, "--with-attachments")["written"] == 0
    assert memory.json("import", source)["written"] == 0
    assert memory.state() == state

    folder_of(source, {"a/pot.png": b"\x89PNG 2"})
    assert "1 file" in memory.ok("import", source, "--with-attachments", "--dry-run").err
    assert memory.json("import", source, "--with-attachments")["written"] == 1
    assert picture.read_bytes() == b"\x89PNG 2"
    memory.ok("undo")
    assert picture.read_bytes() == b"\x89PNG 1"

    picture.write_bytes(b"\x89PNG mine \xff")
    memory.ok("commit")
    folder_of(source, {"a/pot.png": b"\x89PNG 3 \xfe"})
    kept = memory.json("import", source, "--with-attachments")
    assert kept["written"] == 0
    assert [one["what"] for one in kept["skipped"]] == ["a/pot.png", ".obsidian"][::-1]
    assert picture.read_bytes() == b"\x89PNG mine \xff"


def test_what_has_no_attachments_says_so(memory: Folder, tmp_path: Path) -> None:
    source = folder_of(tmp_path / "source", {"AGENTS.md": "# Rules\n\nRun make.\n", "x.png": "x"})
    ended = memory.pack("import", source, "--with-attachments")
    assert ended.status == 1
    assert "Leave out --with-attachments: it is for" in ended.err
    assert "obsidian" in ended.err
