"""An import of an export is the same memory: every form, byte for byte, with its dates."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from pack.exports.values import ExportKind
from tests.stories.cli_driver import Folder, new_memory
from tests.unit.exports.exported_notes import BODIES, HEADS

NAMES = {
    ExportKind.ZIP: "memory.zip",
    ExportKind.MARKDOWN: "memory.md",
    ExportKind.JSONL: "memory.jsonl",
    ExportKind.MEMORY_JSONL: "memory.jsonl",
    ExportKind.MEM0: "memories.jsonl",
    ExportKind.AGENTS: "AGENTS.md",
    ExportKind.CLAUDE_MEMORY: "memory",
}
TEXTS = [*(head + BODIES[2] for head in HEADS), *(HEADS[1] + body for body in BODIES), *BODIES]
NOTES = {f"notes/{n:02}.md": text for n, text in enumerate(TEXTS)} | {
    "context/2020-05-14 é.md": "walked\n",
    "projects/a-b/c.md": "one\n",
    "projects/a/b-c.md": "two\n",
    "profiles/me.md": "---\ntopic: About me\nupdated: 2021-02-03\n---\nI am Ann.\n",
}


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A memory that the tests of this file only read, with notes of every form."""
    folder = Folder(tmp_path_factory.mktemp("whole") / "memory")
    folder.path.mkdir()
    folder.start(NOTES)
    folder.ok("init", "--yes")
    return folder


def notes_of(folder: Folder) -> dict[str, bytes]:
    names = folder.git("ls-files", "-z", "*.md").split("\0")[:-1]
    return {name: (folder.path / name).read_bytes() for name in names if name != "index.md"}


def dates_of(folder: Folder) -> dict[str, str]:
    listed = folder.json("list", "--limit", "500")["files"]
    return {file["path"]: file["updated"] for file in listed}


@pytest.mark.contract("C1")
@pytest.mark.parametrize("kind", ExportKind)
def test_an_import_of_an_export_is_the_same_memory(
    memory: Folder, kind: ExportKind, tmp_path: Path, git_identity: tuple[str, str]
) -> None:
    output = tmp_path / NAMES[kind]
    exported = memory.json("export", "--to", kind, "--output", output)
    assert exported["notes"] == len(NOTES)
    other = new_memory(tmp_path / "other")
    brought = other.json("import", output)
    assert sum(brought["found"].values()) == len(NOTES)
    found = notes_of(other)
    found.pop("context/general.md")  # the starter, of which the first memory has none
    assert found == notes_of(memory)
    wanted = dates_of(memory)
    assert {path: day for path, day in dates_of(other).items() if path in wanted} == wanted
    assert other.git("log", "-1", "--format=%B").count("Pack-Origin: user:import") == 1

    before = other.state()
    again = other.json("import", output)
    assert (again["written"], again["commit"]) == (0, None)
    assert other.state() == before


def test_what_was_edited_since_stays_and_what_is_new_comes(tmp_path: Path) -> None:
    first, other = new_memory(tmp_path / "first"), new_memory(tmp_path / "other")
    output = tmp_path / "memory.zip"
    for number, text in itertools.product(range(2), ("here", "there")):
        first.ok("update", f"notes/{text}-{number}.md", stdin=f"# {text}\n\n{number}\n")
    first.ok("export", "--to", "zip", "--output", output)
    other.ok("import", output)
    other.ok("edit", "notes/here-0.md", "--append", "\nmine\n")
    other.ok("delete", "notes/here-1.md", "--yes")
    first.ok("edit", "notes/there-0.md", "--append", "\nnews\n")
    first.ok("update", "notes/new.md", stdin="new\n")
    first.ok("export", "--to", "zip", "--output", output, "--yes")
    answer = other.json("import", output)
    assert answer["written"] == 2
    assert "mine" in other.ok("get", "notes/here-0.md").text
    assert "news" in other.ok("get", "notes/there-0.md").text
    assert other.pack("get", "notes/here-1.md").status == 1
