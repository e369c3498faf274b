"""What a person changes by hand: seen wherever copies are made, and recorded by `pack commit`."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder, Stdio
from tests.stories.test_cli_init import new_memory

SECONDS = 120.0


@pytest.fixture
def memory(tmp_path: Path, git_identity: tuple[str, str]) -> Folder:
    """A memory with a remote, and an edit in no commit."""
    made = new_memory(tmp_path / "memory")
    bare = tmp_path / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "-b", "main", bare], check=True)
    made.git("remote", "add", "origin", str(bare))
    (made.path / "notes").mkdir()
    (made.path / "notes/new.md").write_text("# New\n", encoding="utf-8")
    return made


def test_an_exchange_says_what_it_did_not_send(memory: Folder) -> None:
    said = memory.ok("remote", "--sync").err
    assert "1 file changed by hand, in no commit and not sent: notes/new.md" in said
    assert "pack commit" in said
    assert memory.json("remote", "--sync")["uncommitted"] == ["notes/new.md"]
    assert "pack commit" in memory.ok("status").text


def test_what_is_recorded_arrives(memory: Folder) -> None:
    shown = memory.ok("commit", "--dry-run")
    assert "b/notes/new.md" in shown.text
    answer = memory.json("commit", "-m", "an idea")
    assert answer["commit"] == memory.git("rev-parse", "HEAD").strip()
    assert memory.json("remote", "--sync")["uncommitted"] == []
    assert "notes/new.md" in memory.git("ls-tree", "-r", "--name-only", "origin/main")
    assert memory.json("commit") == {"commit": None}
    assert "nothing was changed by hand" in memory.ok("commit").text


def test_a_server_records_what_has_rested(memory: Folder) -> None:
    head, before = memory.head(), memory.commits()
    quick = {"PACK_COMMIT_HAND_EDITS": "0.2", "PACK_REMOTE_INTERVAL": "0"}
    server = Stdio("--local", memory.path, env=quick)
    server.initialize()
    end = time.monotonic() + SECONDS
    while memory.head() == head:
        assert time.monotonic() < end, server.end()
        time.sleep(0.02)
    assert memory.commits() == before + 1
    message = memory.git("log", "-1", "--format=%B")
    assert message.startswith("notes/new.md: record what was changed by hand")
    assert "Pack-Origin: user:editor" in message
    assert memory.git("status", "--porcelain") == ""
    assert "notes/new.md" in memory.git("show", "HEAD:index.md")
    assert server.call("memory_get", path="notes/new.md")["content"] == "# New\n"
    assert server.end() == (b"", "")


def test_a_path_without_an_edit_is_an_error(memory: Folder) -> None:
    ended = memory.pack("commit", "context")
    assert ended.status == 1
    assert "nothing was changed by hand in context" in ended.err
