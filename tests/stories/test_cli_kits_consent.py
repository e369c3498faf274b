"""A place that only the memory names is read once the person at this machine has said so (C15)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.stories.cli_driver import Folder, new_memory
from tests.support import git, make_again

pytestmark = pytest.mark.contract("C15")

_USER = ("-c", "user.name=Upstream", "-c", "user.email=up@example.org")
NOBODY = "nobody at this machine has agreed"


def kit_in(folder: Path, version: str, note: str) -> Folder:
    made = Folder(folder)
    made.write({"kit.yaml": f"schema: 1\nname: handbook\nversion: {version}\n", "note.md": note})
    return made


@pytest.fixture
def bait(tmp_path: Path) -> Folder:
    return kit_in(tmp_path / "bait", "1.0.0", "# Bait\n")


@pytest.fixture
def private(tmp_path: Path) -> Folder:
    """A kit of the person's own, which nobody else has."""
    return kit_in(tmp_path / "private", "2.0.0", "# Only for me\n")


@pytest.fixture
def memory(bait: Folder, tmp_path: Path) -> Folder:
    make_again(new_memory, tmp_path / "memory")
    found = Folder(tmp_path / "memory")
    found.ok("kit", "install", bait.path, "--yes")
    return found


def others_write(memory: Folder, before: str, after: str) -> None:
    """Somebody who shares the memory changes the lock."""
    lock = memory.path / ".pack/kits.lock.yaml"
    text = lock.read_text(encoding="utf-8")
    assert before in text
    lock.write_text(text.replace(before, after), encoding="utf-8")
    memory.git(*_USER, "commit", "-qam", "by somebody else")


def test_what_somebody_else_names_is_not_brought_into_the_memory(
    memory: Folder, bait: Folder, private: Folder
) -> None:
    others_write(memory, str(bait.path), str(private.path))
    before = memory.state()
    for words in (["update"], ["update", "--yes"], ["update", "handbook", "--yes", "--dry-run"]):
        ended = memory.pack("kit", *words)
        assert ended.status == 1
        assert f"only the memory names {private.path}; {NOBODY}" in ended.err
        assert "`pack kit install`" in ended.err
    assert NOBODY in memory.pack("kit", "status", "--fetch").text
    plain = memory.json("kit", "status")["kits"][0]
    assert (plain["latest"], plain["state"]) == (None, "PRISTINE")
    note = memory.path / "kits/handbook/note.md"
    note.write_text(f"{note.read_text(encoding='utf-8')}\nMine.\n", encoding="utf-8")
    memory.ok("commit")
    offered = memory.pack("kit", "contribute", "handbook", "--send", "--yes")
    assert NOBODY in offered.err
    assert before[0] in memory.git("rev-list", "HEAD")
    assert not memory.git("log", "--format=%h", "-SOnly for me", "--", "kits").strip()

    install = ("kit", "install", private.path, "--yes")
    assert NOBODY not in memory.pack(*install, "--dry-run").err
    assert NOBODY in memory.pack("kit", "update").err
    memory.pack(*install, "--theirs")
    kit_in(private.path, "2.1.0", "# Newer\n")
    assert memory.json("kit", "update")["updated"][0]["to"] == "2.1.0"


def test_nothing_is_started_for_an_address_that_somebody_else_wrote(
    memory: Folder, bait: Folder, tmp_path: Path, home: Path
) -> None:
    marker = tmp_path / "asked"
    script = tmp_path / "ssh"
    script.write_text(f"#!/bin/sh\necho \"$@\" >> '{marker}'\nexit 1\n", encoding="utf-8")
    script.chmod(0o755)
    git(home, "config", "--global", "core.sshCommand", str(script))
    others_write(memory, str(bait.path), "git@example.invalid:kits.git")
    memory.git("update-ref", "-d", "refs/pack/kits/handbook")
    for words in (["update"], ["status", "--fetch"], ["diff", "handbook"], ["patch", "handbook"]):
        memory.pack("kit", *words, "--yes")
    for words in (["rollback", "handbook"], ["bug", "handbook", "It fails"]):
        assert NOBODY in memory.pack("kit", *words, "--yes").err
    assert not marker.exists()
    memory.pack("kit", "install", "git@example.invalid:kits.git", "--yes")
    assert "git-upload-pack" in marker.read_text(encoding="utf-8")


def test_another_machine_is_asked_once(memory: Folder, bait: Folder, tmp_path: Path) -> None:
    from tests.stories.terminal_driver import ASKED, at_terminal  # noqa: PLC0415 - POSIX

    other = {"HOME": str(tmp_path / "other")}
    Path(other["HOME"]).mkdir()
    kit_in(bait.path, "1.1.0", "# Newer\n")
    assert memory.pack("kit", "update", env=other).status == 1
    update = ("kit", "update", "--yes")
    status, screen = at_terminal(memory, *update, typed=[(ASKED, "n\n")], **other)
    assert (status, screen.count(ASKED)) == (1, 1)
    assert f"  {bait.path}\n" in screen
    assert NOBODY in screen
    dry = at_terminal(memory, *update, "--dry-run", typed=[(ASKED, "y\n")], **other)
    assert dry[0] == 0
    assert memory.pack("kit", "update", env=other).status == 1
    status, screen = at_terminal(memory, *update, typed=[(ASKED, "y\n")], **other)
    assert status == 0, screen
    kit_in(bait.path, "1.2.0", "# Newest\n")
    ended = memory.pack("kit", "update", "--format", "json", env=other)
    assert ended.json["updated"][0]["to"] == "1.2.0"


def test_another_branch_of_a_place_is_another_place(memory: Folder, tmp_path: Path) -> None:
    source = kit_in(tmp_path / "source", "1.1.0", "# For all\n")
    source.git("init", "--quiet", "--initial-branch=main")
    source.git("add", "--all")
    source.git(*_USER, "commit", "-qm", "for all")
    source.git("switch", "-qc", "drafts")
    kit_in(source.path, "1.2.0", "# For few\n")
    source.git(*_USER, "commit", "-qam", "for few")
    source.git("switch", "-q", "main")
    memory.ok("kit", "uninstall", "handbook", "--yes")
    memory.ok("kit", "install", source.path, "--yes")
    line = f"    source: {source.path}\n"
    others_write(memory, line, f"{line}    ref: drafts\n")
    assert f"{source.path}@drafts; {NOBODY}" in memory.pack("kit", "update", "--yes").err
    memory.ok("kit", "install", f"{source.path}@drafts", "--yes")
    assert "# For few" in memory.ok("get", "kits/handbook/note.md").text


def test_an_index_that_somebody_else_listed_is_not_read(
    memory: Folder, private: Folder, tmp_path: Path
) -> None:
    index = Folder(tmp_path / "index")
    index.write({"kits/handbook.yaml": f"name: handbook\nsource: {private.path}\n"})
    listed = {".pack/kits.indexes.json": json.dumps({str(index.path): ""})}
    memory.write(listed)
    memory.git("add", "--all")
    memory.git(*_USER, "commit", "-qm", "by somebody else")
    ended = memory.pack("kit", "search", "handbook")
    assert ended.status == 1
    assert str(private.path) not in ended.text
    assert f"only the memory names {index.path}; {NOBODY}" in ended.err
    assert "`pack kit index add`" in ended.err
    refused = memory.pack("kit", "install", "handbook", "--yes")
    assert refused.status == 1
    assert NOBODY in refused.err
    memory.ok("kit", "index", "add", index.path)
    assert str(private.path) in memory.ok("kit", "search", "handbook").text
