"""Who changed what, and what is new: `pack log` and `pack changes`, as a person uses them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder, Stdio, new_memory
from tests.stories.prepared import pack_command


@pytest.fixture
def memory(tmp_path: Path, git_identity: tuple[str, str]) -> Folder:
    """A memory that its user, an AI and a person with git have written to."""
    made = new_memory(tmp_path / "memory")
    made.ok("update", "notes/plan.md", "--message", "a start", stdin="# Plan\n\nBegin.\n")
    made.ok("move", "notes/plan.md", "projects/plan.md", "--sha", made.sha("notes/plan.md"))
    made.write({"projects/plan.md": "# Plan\n\nBegin.\nGo on.\n"})
    made.ok("commit", "--message", "more")
    made.write({"notes/tea.md": "# Tea\n"})
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "tea")
    return made


def test_the_log_has_the_promised_form(memory: Folder) -> None:
    answer = memory.json("log", "--limit", "2")
    assert list(answer) == ["commits", "next_cursor"]
    newest, edit = answer["commits"]
    keys = ["commit", "time", "origin", "level", "client", "message", "files"]
    assert list(edit) == keys
    assert (newest["origin"], newest["level"]) == ("user:Test-User", 1)
    assert (edit["origin"], edit["client"], edit["level"]) == ("user:editor", "editor", 1)
    assert [set(file) for file in edit["files"]] == [
        {"path", "old_path", "change", "added", "removed"}
    ]
    rest = memory.json("log", "--cursor", answer["next_cursor"])
    assert rest["next_cursor"] is None
    assert len(rest["commits"]) == 3


def test_the_log_of_a_file_goes_on_under_its_old_path(memory: Folder) -> None:
    found = memory.json("log", "projects/plan.md")["commits"]
    changes = [(file["change"], file["path"]) for commit in found for file in commit["files"]]
    moved = ("moved", "projects/plan.md")
    assert changes == [("edited", "projects/plan.md"), moved, ("added", "notes/plan.md")]
    assert found[1]["files"][0]["old_path"] == "notes/plan.md"
    old = memory.json("log", "notes/plan.md")["commits"]
    assert [commit["commit"] for commit in old] == [commit["commit"] for commit in found[1:]]
    inside = memory.json("log", "notes")["commits"]
    assert inside[0]["message"] == "tea"
    assert memory.pack("log", "notes/never.md").status == 1


def test_a_person_reads_the_log(memory: Folder) -> None:
    text = memory.ok("log", "--today").text
    blocks = text.split("\n\n")
    assert blocks[0].splitlines()[1:] == ["  tea", "    added   notes/tea.md  +1 -0"]
    assert "  Test User" in blocks[0]
    assert "    moved   notes/plan.md → projects/plan.md  +0 -0" in text
    assert "you" in blocks[1].splitlines()[0]
    assert "UTC)" in blocks[0].splitlines()[0]
    assert "\x1b" not in text
    assert "no commits match" in memory.ok("log", "--by", "cursor").err
    assert "--cursor" in memory.ok("log", "--limit", "1").err


def test_the_log_of_a_writer_a_time_and_a_session(memory: Folder) -> None:
    with_client = Stdio("--local", memory.path)
    with_client.initialize()
    with_client.call("memory_update", path="notes/ai.md", content="# AI\n")
    told = with_client.call("memory_history", path="notes/ai.md")["commits"]
    assert [commit["origin"] for commit in told] == ["ai-cloud:story"]
    with_client.end()

    def subjects(*options: str) -> list[str]:
        return [commit["message"] for commit in memory.json("log", *options)["commits"]]

    assert subjects("--by", "STORY") == ["notes/ai.md: add"]
    assert subjects("--session") == ["notes/ai.md: add"]
    assert "tea" not in subjects("--session", memory.head())
    assert "tea" in subjects("--by", "user", "--since", "1d")
    assert subjects("--until", "2000-01-01") == []
    ended = memory.pack("log", "--today", "--since", "1d")
    assert ended.status == 1
    assert "two beginnings" in ended.err


def test_bookkeeping_is_shown_with_all(memory: Folder) -> None:
    memory.git("commit", "--quiet", "--allow-empty", "--message", "nothing")
    assert "nothing" not in str(memory.json("log"))
    everything = memory.json("log", "--all")["commits"]
    assert everything[0]["message"] == "nothing"
    assert "index.md" in str([commit["files"] for commit in everything])


def test_what_is_new_is_shown_once_to_each_client(memory: Folder) -> None:
    first = memory.json("changes", "--client", "a")
    assert "first visit" in first["notice"]
    assert memory.json("changes", "--client", "a") == {
        "since": first["head"],
        "head": first["head"],
        "files": [],
    }
    memory.ok("update", "notes/new.md", stdin="# New\n")
    new = {"path": "notes/new.md", "change": "added", "by": "user:cli"}
    assert memory.json("changes", "--client", "a", "--keep")["files"] == [new]
    assert memory.json("changes", "--client", "A")["files"] == [new]
    assert "nothing is new" in memory.ok("changes", "--client", "a").err
    said = memory.ok("changes", "--since", first["head"]).text
    assert said == "added    notes/new.md  (you)\n"
    assert memory.git("status", "--porcelain") == ""


def test_a_reader_that_is_gone_is_told_again(memory: Folder) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [pack_command(), "changes", "--local", memory.path, "--client", "a"]
    ended = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, check=False)
    os.close(write)
    assert ended.returncode == 1
    assert "first visit" in memory.json("changes", "--client", "a")["notice"]
