"""`pack export`: the memory in the forms of other tools."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from pack.exports.values import ExportKind
from tests.stories.cli_driver import Folder

FAKE_SECRET = "password: Xy7-not-a-real-one"
NOTES = {
    "projects/site.md": "---\ntopic: Web site\nsync: false\nupdated: 2026-01-02\n---\nIn May.\n",
    "context/keys.md": f"# Keys\n\n{FAKE_SECRET}\n",
}


@pytest.fixture(scope="module")
def memory(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A memory that the tests of this file only read."""
    folder = Folder(tmp_path_factory.mktemp("exporting") / "memory")
    folder.path.mkdir()
    folder.start(NOTES)
    folder.ok("init")
    return folder


@pytest.mark.parametrize("kind", ExportKind)
def test_every_form_answers_in_the_same_keys(
    memory: Folder, kind: ExportKind, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    answer = memory.json("export", "--to", kind, "--output", output)
    assert list(answer) == [
        *("kind", "output", "notes", "attachments", "files", "bytes", "secrets", "skipped"),
        "warnings",
    ]
    assert (answer["kind"], answer["output"], answer["notes"]) == (kind, str(output), 2)
    assert answer["secrets"] == 1
    assert FAKE_SECRET not in json.dumps(answer)
    assert output.exists()


@pytest.mark.parametrize("kind", ExportKind)
def test_nothing_is_replaced_unless_that_is_asked_for(
    memory: Folder, kind: ExportKind, tmp_path: Path
) -> None:
    output = tmp_path / "out"
    if kind is ExportKind.CLAUDE_MEMORY:
        output.mkdir()
    mine = output / "MEMORY.md" if output.is_dir() else output
    mine.write_text("mine\n", encoding="utf-8")
    ended = memory.pack("export", "--to", kind, "--output", output)
    if kind is ExportKind.AGENTS:
        assert ended.status == 0
        assert mine.read_text(encoding="utf-8").startswith("mine\n\n<!-- BEGIN PACK MEMORY -->\n")
        return
    assert ended.status == 1
    assert "--yes" in ended.err
    assert mine.read_text(encoding="utf-8") == "mine\n"
    memory.ok("export", "--to", kind, "--output", output, "--yes")
    assert mine.read_bytes() != b"mine\n"


def test_a_text_can_go_to_stdout_and_what_is_to_be_known_to_stderr(memory: Folder) -> None:
    shown = memory.ok("export", "--to", "jsonl", "--output", "-")
    assert [json.loads(line)["path"] for line in shown.text.splitlines()] == sorted(NOTES)
    assert "key or a password is in 1 place: context/keys.md" in shown.err
    assert "1 note that `sync: false` keeps from copies: projects/site.md" in shown.err
    assert FAKE_SECRET not in shown.err
    for kind in ("zip", "claude-memory"):
        ended = memory.pack("export", "--to", kind, "--output", "-")
        assert (ended.status, ended.out) == (1, b"")
    assert memory.pack("export", "--to", "jsonl", "--output", "-", "--format", "json").status == 1


def test_a_folder_of_notes_or_an_earlier_state_can_be_chosen(
    memory: Folder, tmp_path: Path
) -> None:
    output = tmp_path / "some.zip"
    head = memory.head()
    chosen = ("--dir", "projects", "--as-of", head, "--output", output)
    answer = memory.json("export", "--to", "zip", *chosen)
    assert answer["commit"] == head
    with zipfile.ZipFile(output) as archive:
        assert archive.namelist() == ["projects/site.md"]


def test_a_block_that_agents_would_not_read_to_its_end_is_worth_a_warning(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "memory")
    folder.path.mkdir()
    folder.start({"context/long.md": "word " * 8_000, "context/short.md": "short\n"})
    folder.ok("init")
    output = tmp_path / "AGENTS.md"
    assert "--dir or --tag" in folder.ok("export", "--to", "agents", "--output", output).err
    assert folder.ok("export", "--to", "markdown", "--output", "-").err == ""
