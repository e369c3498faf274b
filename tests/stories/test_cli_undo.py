"""`pack undo`, `pack redo`, `pack restore` and the tool, as a person and an agent use them."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.stories.cli_driver import Folder, Stdio, new_memory

PLAN = "# Plan\n\nWe leave in May.\n\nThe tent is new.\n"
AGENT = "ai-cloud:story"


@pytest.fixture
def memory(tmp_path: Path, git_identity: tuple[str, str]) -> Folder:
    return new_memory(tmp_path / "memory")


def store(memory: Folder, path: str, text: str) -> str:
    """The commit of a person's update."""
    there = path in [file["path"] for file in memory.json("list")["files"]]
    sha = ("--sha", memory.sha(path)) if there else ()
    command = ("update", "--format", "json", path, *sha)
    return str(memory.ok(*command, stdin=text).json["commit"])


def text_of(memory: Folder, path: str) -> str:
    return (memory.path / path).read_text(encoding="utf-8").rpartition("---\n")[2]


def test_a_person_undoes_what_an_agent_did_badly(
    memory: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PACK_TRUTH", "record")  # else it would only have proposed that
    for name in ("a", "b", "c"):
        store(memory, f"trip/{name}.md", PLAN)
    bare = tmp_path / "remote.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", memory.path, bare], check=True)
    memory.git("remote", "add", "origin", str(bare))
    other = Folder(tmp_path / "other")
    other.ok("init", "--clone", bare)
    agent = Stdio("--local", memory.path)
    agent.initialize()
    commits = []
    for name in ("a", "b", "c"):
        path = f"trip/{name}.md"
        sha = agent.call("memory_get", path=path)["sha"]
        done = agent.call("memory_update", path=path, content="# Plan\n\nGone.\n", sha=sha)
        commits.append(done["commit"])

    # The agent may take back its own change, and not the person's.
    own = agent.call("memory_undo", last=1, dry_run=True)["undone"]
    assert own == [{"commit": commits[2], "files": ["trip/c.md"]}]
    undone = agent.call("memory_undo", commit=commits[2])
    assert undone["undone"][0]["by"] == undone["commit"] == memory.head()
    assert text_of(memory, "trip/c.md") == PLAN
    mine = memory.git("log", "--format=%H", "--", "trip/a.md").split()[-1]
    answer = agent.ask("tools/call", name="memory_undo", arguments={"commit": mine})
    assert answer["structuredContent"]["code"] == "ask_the_person"
    assert answer["structuredContent"]["remedy"] == f"Ask the person: `pack undo {mine[:12]}`."
    agent.end()

    # The person sees it, and takes back the rest.
    shown = memory.json("log", "--by", AGENT)["commits"]
    assert [one["files"][0]["path"] for one in shown[1:]] == ["trip/c.md", "trip/b.md", "trip/a.md"]
    ended = memory.pack("undo", commits[0])
    assert ended.status == 1
    assert f"undoing 1 commit of {AGENT} needs a confirmation" in ended.err
    assert "  update  trip/a.md" in ended.err
    answer = memory.json("undo", commits[0], "--yes")
    assert [one["commit"] for one in answer["undone"]] == [commits[0]]
    assert answer["commit"] == answer["undone"][0]["by"] == memory.head()
    assert f"Pack-Undoes: {commits[0]}" in memory.git("log", "-1", "--format=%B")
    assert text_of(memory, "trip/a.md") == PLAN
    restored = memory.json("restore", "trip/b.md", "--as-of", f"{commits[0]}")
    assert (restored["path"], restored["conflicts"]) == ("trip/b.md", [])
    assert text_of(memory, "trip/b.md") == PLAN
    memory.ok("undo")
    assert text_of(memory, "trip/b.md") == "# Plan\n\nGone.\n"
    memory.ok("redo")
    assert text_of(memory, "trip/b.md") == PLAN

    # Two machines agree on all of it.
    store(other, "trip/d.md", PLAN)
    memory.ok("remote", "--sync")
    other.ok("remote", "--sync")
    memory.ok("remote", "--sync")
    assert memory.head() == other.head()
    assert memory.json("status")["conflict_copies"] == []
    assert memory.pack("validate").status == 0


def test_a_conflict_shows_both_texts_and_changes_nothing(memory: Folder) -> None:
    store(memory, "a/x.md", "# X\n\none\n")
    commit = store(memory, "a/x.md", "# X\n\ntwo\n")
    store(memory, "a/x.md", "# X\n\nthree\n")
    before = memory.state()
    ended = memory.pack("undo", "--format", "json", commit)
    assert ended.status == 2
    answer: dict[str, Any] = ended.json
    assert (answer["undone"], answer["commit"]) == ([], None)
    (conflict,) = answer["conflicts"]
    assert conflict["path"] == "a/x.md"
    assert conflict["ours"].endswith("three\n")
    assert conflict["theirs"].endswith("one\n")
    shown = memory.pack("undo", commit)
    assert shown.status == 2
    assert {"-three", "+one"} <= set(shown.text.splitlines())
    assert "a/x.md changed again since; nothing was written" in shown.err
    assert memory.state() == before


def test_a_dry_run_shows_what_would_change(memory: Folder) -> None:
    store(memory, "a/x.md", "one\n")
    store(memory, "a/x.md", "two\n")
    before = memory.state()
    shown = memory.ok("undo", "--last", "2", "--dry-run")
    assert {"-two", "+one"} <= set(shown.text.splitlines())
    assert "dry run: 2 commits; nothing was changed" in shown.err
    answer = memory.json("undo", "--dry-run")
    assert (answer["commit"], answer["undone"][0]["by"]) == (None, None)
    assert memory.json("restore", "a/x.md", "--dry-run")["dry_run"]
    assert memory.state() == before


def test_more_than_one_commit_needs_a_yes(memory: Folder) -> None:
    head = memory.head()
    store(memory, "a/x.md", "one\n")
    store(memory, "a/y.md", "two\n")
    ended = memory.pack("undo", "--last", "2")
    assert ended.status == 1
    assert "undoing 2 commits needs a confirmation; nothing was written" in ended.err
    memory.ok("undo", "--since", head, "--yes")
    assert memory.git("diff", "--stat", head) == ""
    assert memory.pack("redo", "--last", "2").status == 1
    assert "redid " in memory.ok("redo", "--last", "2", "--yes").text
    assert memory.pack("redo").status == 1


def test_a_session_is_undone_as_a_whole(memory: Folder) -> None:
    head = memory.head()
    agent = Stdio("--local", memory.path)
    agent.initialize()
    for name in ("a", "b"):
        commit = agent.call("memory_update", path=f"n/{name}.md", content="x\n")["commit"]
    agent.end()
    store(memory, "n/mine.md", "mine\n")
    done = memory.json("undo", "--session", commit[:9], "--yes")
    assert [one["origin"] for one in done["undone"]] == [AGENT, AGENT]
    assert memory.git("diff", "--name-only", head).split() == ["index.md", "n/mine.md"]
