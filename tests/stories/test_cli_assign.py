"""A person says of commits made before whose they are, and git's history stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder, new_memory

pytestmark = pytest.mark.contract("C12")
NOTE = "context/rules.md"


@pytest.fixture
def memory(tmp_path: Path) -> Folder:
    made = new_memory(tmp_path / "memory")
    made.ok("update", NOTE, stdin="Never send mail.\n")
    return made


def level_of(memory: Folder) -> tuple[int, str]:
    line = memory.json("blame", NOTE)["lines"][-1]
    return line["level"], line["state"]


def test_what_it_would_change_is_shown_done_and_taken_back(memory: Folder) -> None:
    head, commits = memory.head(), memory.commits()
    shown = memory.ok("truth", "assign", head, "5", "--dry-run")
    assert "1 of 1 commit would get level 5" in shown.text
    assert "user:cli (level 1)" in shown.text
    refused = memory.pack("truth", "assign", head, "5")
    assert refused.status != 0
    assert "--yes" in refused.err
    assert level_of(memory) == (1, "written")

    done = memory.json("truth", "assign", head, "5", "--yes")
    assert done == {
        "level": 5,
        "commits": 1,
        "changed": 1,
        "writers": [{"origin": "user:cli", "level": 1, "commits": 1}],
        "done": True,
    }
    assert level_of(memory) == (5, "written")
    assert memory.json("log")["commits"][0]["level"] == 5
    assert memory.json("show", head)["commit"]["origin"] == "ai-cloud:cli"
    text = memory.git("notes", "--ref", "pack-truth", "show", head)
    assert text.splitlines() == ["Pack-Truth-Level: 5", "Pack-Origin: ai-cloud:cli"]
    assert (memory.head(), memory.commits()) == (head, commits)

    memory.git("pack-refs", "--all")
    assert level_of(memory) == (5, "written")

    assert memory.json("truth", "assign", "..", "unattributed", "--yes")["level"] == "unattributed"
    assert level_of(memory) == (1, "unattributed")
    assert memory.json("truth", "assign", "..", "--clear", "--yes")["changed"] == commits
    assert level_of(memory) == (1, "written")
    assert "nothing to change" in memory.ok("truth", "assign", "..", "--clear").text


@pytest.mark.parametrize("words", [("..",), ("..", "5", "--clear"), ("..", "six"), ("..", "9")])
def test_what_makes_no_sense_is_refused(memory: Folder, words: tuple[str, ...]) -> None:
    assert memory.pack("truth", "assign", *words, "--yes").status != 0
    assert memory.git("for-each-ref", "refs/notes") == ""


def test_an_agent_is_told_to_ask(memory: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDECODE", "1")
    refused = memory.pack("truth", "assign", "..", "1", "--yes")
    assert refused.status != 0
    assert "pack truth assign .. 1" in refused.err
    assert memory.git("for-each-ref", "refs/notes") == ""
