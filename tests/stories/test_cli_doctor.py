"""`pack doctor`: what it sees, what it advises, and that it changes nothing."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.stories.cli_driver import Folder, new_memory, run


@pytest.fixture
def memory(tmp_path: Path) -> Folder:
    return new_memory(tmp_path / "memory")


def checks(memory: Folder, **env: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Its status, and each check by name (the worst, where several have one)."""
    ended = memory.pack("doctor", "--format", "json", env=env)
    answer = ended.json
    order = ("ok", "note", "problem")
    found = sorted(answer["checks"], key=lambda check: order.index(check["state"]))
    assert answer["ok"] is (ended.status == 0)
    return ended.status, {check["name"]: check for check in found}


@pytest.mark.usefixtures("git_identity")
def test_a_sound_memory_has_no_problem(memory: Folder) -> None:
    status, found = checks(memory)
    assert status == 0
    assert {check["state"] for check in found.values()} == {"ok"}
    assert str(memory.path) in found["memory"]["found"]
    assert memory.head() in found["contents"]["found"]
    assert {"pack", "python", "git", "settings", "git state", "http"} <= set(found)
    shown = memory.ok("doctor").text
    assert shown.splitlines()[-1] == "everything is fine"
    assert "\x1b" not in shown


def test_it_says_where_a_memory_is_missing_and_makes_none(tmp_path: Path, home: Path) -> None:
    ended = run("doctor")
    assert ended.status == 1
    assert "→ Run `pack init`." in ended.text
    assert "the default" in ended.text
    assert list(home.glob(".pack*")) == []
    status, found = checks(Folder(tmp_path / "none"))
    assert status == 1
    assert "none yet" in found["memory"]["found"]


def test_settings_are_named_with_their_source_and_without_their_value(
    memory: Folder, home: Path
) -> None:
    file = home / ".pack.env"
    file.write_text("PACK_HTTP_TOKEN=hunter2\nMCP_SSE_PORT=3999\n", encoding="utf-8")
    file.chmod(0o644)
    ended = memory.pack("doctor", env={"PACK_CLIENT_SOURCE": "ai-local"})
    assert "PACK_HTTP_TOKEN (~/.pack.env)" in ended.text
    assert "PACK_CLIENT_SOURCE (the environment)" in ended.text
    assert "a token is set" in ended.text
    assert "hunter2" not in ended.text + ended.err
    if os.name == "posix":
        assert "chmod 600 ~/.pack.env" in ended.text
        file.chmod(0o600)
        assert "chmod" not in memory.pack("doctor").text


def test_a_setting_that_cannot_be_used_is_a_problem(memory: Folder) -> None:
    status, found = checks(memory, MCP_SSE_PORT="hunter2")
    assert status == 1
    assert "MCP_SSE_PORT" in found["settings"]["found"]
    assert "hunter2" not in str(found)


def test_a_setting_that_cannot_be_used_stops_only_what_reads_it(memory: Folder) -> None:
    env = {
        "MCP_SSE_PORT": "hunter2",
        "PACK_REMOTE_INTERVAL": "hunter2",
        "PACK_CLIENT_SOURCE": "hunter2",
        "PACK_GITHUB_TOKEN_FROM": "hunter2",
        "PACK_WEBHOOK_URL": "https://hooks.example.org/x",
        "PACK_WEBHOOK_VERSION": "hunter2",
        "NOTION_SYNC_MODE": "hunter2",
        "GOOGLE_DOC_FORMAT": "hunter2",
        "PACK_SYNC_EXPIRED": "hunter2",
    }
    for words in (["list"], ["search", "x"], ["status"], ["get", "context/general.md"]):
        ended = memory.pack(*words, env=env)
        assert ended.status == 0, ended
    assert memory.pack("update", "context/a.md", stdin="x\n", env=env).status == 0
    ended = memory.pack("doctor", env=env)
    assert ended.status == 1
    for name in env.keys() - {"PACK_WEBHOOK_URL"}:
        assert f"{name}: " in ended.text, name
    assert "hunter2" not in ended.text + ended.err
    served = memory.pack("serve", "--http", env={"MCP_SSE_PORT": "hunter2"})
    assert (served.status, "MCP_SSE_PORT" in served.err) == (1, True)


def test_what_is_set_and_not_read_is_a_note(memory: Folder, home: Path) -> None:
    (home / ".pack.env").write_text("PACK_DRI=hunter2\n", encoding="utf-8")
    (home / ".pack.env").chmod(0o600)
    env = {"PACK_HTTP_TOKN": "hunter2"}
    status, found = checks(memory, **env)
    assert (status, found["settings"]["state"]) == (0, "note")
    shown = memory.pack("doctor", env=env).text
    assert "PACK_DRI in ~/.pack.env is not a setting" in shown
    assert "→ Did you mean PACK_DIR?" in shown
    assert "PACK_HTTP_TOKN in the environment is not a setting" in shown
    assert "hunter2" not in shown
    assert "everything is fine" not in shown


def test_a_user_whom_git_does_not_know_is_told_when_a_memory_is_made(
    tmp_path: Path, home: Path
) -> None:
    memory = Folder(tmp_path / "memory")
    command = 'git config --global user.name "Your Name"'
    made = memory.pack("init", "--format", "json")
    assert command in made.err
    assert made.json["commit"]
    assert command not in memory.ok("init").err
    assert command not in memory.ok("update", "context/a.md", stdin="x\n").err
    status, found = checks(memory)
    assert (status, found["git user"]["state"]) == (0, "note")
    assert command in found["git user"]["remedy"]
    with (home / ".gitconfig").open("a", encoding="utf-8") as file:
        file.write("[user]\n\tname = Ada\n")
    _, found = checks(memory)
    assert "user.name" not in found["git user"]["remedy"]
    assert "git config --global user.email" in found["git user"]["remedy"]


def test_the_memory_one_stands_in_is_used_by_every_command(memory: Folder, home: Path) -> None:
    below = memory.path / "projects"
    below.mkdir()
    stored = run("update", "context/a.md", "--format", "json", stdin="# A\n", cwd=below)
    assert stored.json["commit"] == memory.head()
    for words in (["list"], ["get", "context/a.md"], ["search", "A"], ["status"], ["validate"]):
        ended = run(*words, "--format", "json", cwd=below)
        assert ended.status == 0, ended
        assert ended.json
        assert ended.err.count(f"using the memory in {memory.path}") == 1
    assert f"{memory.path} (from the current directory)" in run("doctor", cwd=below).text
    assert "nothing was changed" in run("init", cwd=below).text
    set_elsewhere = run("list", cwd=below, env={"PACK_DIR": str(memory.path.parent / "none")})
    assert set_elsewhere.status == 1
    assert "using the memory" not in memory.ok("list").err
    assert list(home.glob(".pack*")) == []


def test_the_memory_one_stands_in_is_not_copied_unless_it_is_named(memory: Folder) -> None:
    env = {"PACK_WEBHOOK_URL": "https://hooks.example.org/x"}
    for words in (["sync"], ["serve", "--http", "--port", "0"]):
        ended = run(*words, cwd=memory.path, env=env)
        assert ended.status == 1
        assert f"add --local {memory.path}" in ended.err
    assert run("list", cwd=memory.path, env=env).status == 0
    assert memory.pack("sync", "--dry-run", env=env).status == 0


def test_an_unfinished_operation_of_git_is_a_problem_with_its_remedy(memory: Folder) -> None:
    (memory.path / ".git" / "MERGE_HEAD").write_text(f"{memory.head()}\n", encoding="utf-8")
    status, found = checks(memory)
    assert status == 1
    assert "a merge is in progress" in found["git state"]["found"]
    assert "abort" in found["git state"]["remedy"]
    (memory.path / ".git" / "MERGE_HEAD").unlink()
    memory.git("checkout", "--quiet", "--detach")
    status, found = checks(memory)
    assert status == 1
    assert "detached" in found["git state"]["found"]


def test_locks_and_cut_off_writes_are_seen(memory: Folder) -> None:
    lock = memory.path / ".git" / "index.lock"
    lock.touch()
    status, found = checks(memory)
    assert status == 1
    assert str(lock) in found["git lock"]["found"]
    assert lock.exists(), "it may be somebody else's"


def test_what_a_person_may_want_to_look_at_is_a_note(memory: Folder) -> None:
    memory.write({"context/by hand.md": "---\nttl: 2020-01-01\n---\nx\n"})
    status, found = checks(memory)
    assert status == 0
    assert found["files"]["state"] == "note"
    memory.git("update-ref", "refs/pack/proposals/mine", "HEAD")
    shown = memory.ok("doctor").text
    assert "left out: pack/proposals/mine\n" in shown
    assert "1 changed by hand, not committed" in shown
    assert "1 expired" in shown
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        status, found = checks(memory, MCP_SSE_PORT=port)
    assert status == 0
    assert f"{port} is in use" in found["http port"]["found"]


def test_a_v1_memory_is_no_problem(tmp_path: Path) -> None:
    memory = Folder(tmp_path / "memory")
    memory.path.mkdir()
    memory.start({"MEMORY.md": "# Memory\n"})
    status, found = checks(memory)
    assert status == 0
    assert "pack migrate" in found["contents"]["remedy"]


def test_a_repository_without_a_memory_is_one(tmp_path: Path) -> None:
    memory = Folder(tmp_path / "memory")
    memory.path.mkdir()
    memory.start({"x.txt": "x"})
    before = memory.state()
    status, found = checks(memory)
    assert status == 1
    assert "pack init" in found["contents"]["remedy"]
    assert memory.state() == before


@pytest.mark.skipif(os.name != "posix", reason="the null device is no folder elsewhere")
def test_without_git_it_says_what_to_install(memory: Folder) -> None:
    status, found = checks(memory, PATH=os.devnull)
    assert status == 1
    assert found["git"]["found"] == "not found"
    assert "Install git" in found["git"]["remedy"]


@pytest.mark.parametrize(
    ("version", "state", "words"),
    [
        ("2.9.5", "problem", "too old"),
        ("2.29.3", "problem", "too old"),
        ("2.30.0", "note", "2.30.0"),
        ("2.36.0", "ok", "2.36.0"),
        ("2.55.1.windows.1", "ok", "2.55.1"),
        ("2.56.0", "note", "newer than 2.55"),
        ("3.0.0-rc1", "note", "newer than 2.55"),
    ],
)
def test_a_git_that_nobody_tried_is_told(
    memory: Folder, tmp_path: Path, version: str, state: str, words: str
) -> None:
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\ntest "$1" = --version && echo "git version {version}" && exit\n'
        f'exec "{shutil.which("git")}" "$@"\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    _, found = checks(memory, PATH=f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    assert found["git"]["state"] == state
    assert words in found["git"]["found"]


def test_a_folder_of_another_user_comes_with_gits_remedy(
    memory: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = memory.path.stat().st_uid
    monkeypatch.setattr(os, "geteuid", lambda: owner + 1)
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    # Git's own switch for its tests of this.
    switch = "GIT_TEST_ASSUME_DIFFERENT_OWNER=1"
    program.write_text(f'#!/bin/sh\n{switch} exec "{shutil.which("git")}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    remedy = f"git config --global --add safe.directory {memory.path}"
    for command in (("list",), ("status",), ("update", "projects/b.md"), ("doctor",)):
        ended = memory.pack(*command, stdin="# B\n", env={"PATH": path})
        assert ended.status == 1
        assert remedy in ended.text + ended.err
        assert "pack doctor" not in ended.text + ended.err


def test_doctor_sends_nobody_to_the_doctor(memory: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    (memory.path / ".git/HEAD").write_text("junk\n", encoding="utf-8")
    for ended in (memory.pack("doctor"), memory.pack("doctor", env={"MCP_SSE_PORT": "x"})):
        assert ended.status == 1
        assert "pack doctor" not in ended.text


def test_what_cannot_be_written_is_named(memory: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    objects, access = memory.path / ".git/objects", os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != objects and access(path, mode))
    status, found = checks(memory)
    assert status == 1
    assert f"{objects} cannot be written" in found["memory"]["found"]
    assert str(objects) in found["memory"]["remedy"]


def _lose(memory: Folder, revision: str) -> None:
    name = memory.git("rev-parse", revision).strip()
    (memory.path / f".git/objects/{name[:2]}/{name[2:]}").unlink()


@pytest.mark.parametrize(
    "revision", ["HEAD", "HEAD^{tree}", "HEAD~1", "HEAD~1^{tree}", "HEAD:a/b.md"]
)
def test_a_damaged_history_is_found(memory: Folder, revision: str) -> None:
    memory.ok("update", "a/b.md", stdin="# B\n")
    memory.ok("update", "a/c.md", stdin="# C\n")
    assert checks(memory)[1]["history"]["state"] == "ok"
    _lose(memory, revision)
    status, found = checks(memory)
    assert status == 1
    problem = next(check for check in found.values() if check["state"] == "problem")
    assert "fsck" in problem["found"] + problem["remedy"]


def test_a_clone_without_a_checkout_is_no_place_for_init(memory: Folder, tmp_path: Path) -> None:
    memory.git("clone", "--quiet", "--no-checkout", ".", str(tmp_path / "clone"))
    clone = Folder(tmp_path / "clone")
    before = clone.head()
    for command in (("init",), ("init", "--yes")):
        ended = clone.pack(*command)
        assert ended.status != 0
    assert "git checkout" in clone.pack("init").err
    assert clone.head() == before
    status, found = checks(clone)
    assert status == 1
    assert "git checkout" in found["memory"]["remedy"]
    assert "pack init" not in str(found)
    clone.git("checkout", "--quiet")
    assert checks(clone)[0] == 0


def test_a_partial_clone_is_a_note(memory: Folder, tmp_path: Path) -> None:
    memory.git("config", "uploadpack.allowFilter", "true")
    where = str(tmp_path / "clone")
    memory.git("clone", "--quiet", "--filter=blob:none", f"file://{memory.path}", where)
    _, found = checks(Folder(tmp_path / "clone"))
    assert found["history"]["state"] == "note"
    assert "partial clone" in found["history"]["found"]
