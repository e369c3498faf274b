"""Who `pack update` says that it was, however it was started."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.stories.cli_driver import COMMAND, Folder, new_memory

pytestmark = pytest.mark.contract("C12")

FILE = "context/new.md"
PROGRAM = (
    "import fcntl,os,sys,termios\n"
    "os.setsid()\n"
    "if sys.argv[1]: fcntl.ioctl(os.open(sys.argv[1], os.O_RDWR), termios.TIOCSCTTY, 0)\n"
    "os.execv('/bin/sh', ['sh', '-c', sys.argv[2]])\n"
)
"""Starts a shell in a session of its own, with the terminal that is named or without any."""


@pytest.fixture
def memory(tmp_path: Path) -> Folder:
    return new_memory(tmp_path / "memory")


def origin(memory: Folder) -> str:
    return memory.git("log", "-1", "--format=%(trailers:key=Pack-Origin,valueonly)").strip()


def written_by(memory: Folder, env: Mapping[str, str], *words: str) -> str:
    assert memory.pack("update", FILE, *words, stdin="new\n", env=env).status == 0
    return origin(memory)


@pytest.mark.parametrize(
    ("env", "words", "label"),
    [
        ({"PACK_SHELL_SOURCE": "user", "CLAUDECODE": "1"}, (), "ai-cloud:claude-code"),
        ({"CURSOR_TRACE_ID": "1"}, ("--as", "automation:nightly"), "ai-cloud:cursor"),
        ({"CODEX_SANDBOX": "seatbelt"}, ("--as", "user:cli"), "ai-cloud:codex"),
        ({}, ("--as", "automation:nightly backup"), "automation:nightly-backup"),
        ({"PACK_SHELL_SOURCE": "ai-local"}, (), "ai-local:cli"),
        ({"MY_BOT": "1", "PACK_AGENT_MARKS": "MY_BOT=bot"}, (), "ai-cloud:bot"),
    ],
)
def test_marks_and_words_lower_authority(
    memory: Folder, env: Mapping[str, str], words: tuple[str, ...], label: str
) -> None:
    if "PACK_SHELL_SOURCE" not in env:
        env = {**env, "PACK_SHELL_SOURCE": "user"}
    assert written_by(memory, env, *words) == label


@pytest.mark.parametrize("name", ["root", "automation", "user:", "automation:", ":x"])
def test_a_writer_that_is_none_is_refused(memory: Folder, name: str) -> None:
    before = memory.state()
    ended = memory.pack("update", FILE, "--as", name, stdin="new\n")
    assert ended.status == 1
    assert "automation:RULE" in ended.err
    assert memory.state() == before


def test_a_setting_that_cannot_be_used_gives_no_authority(memory: Folder) -> None:
    ended = memory.pack("list", env={"PACK_AGENT_MARKS": "no mark"})
    assert ended.status == 0
    assert "counts as an AI in the cloud" in ended.err
    assert written_by(memory, {"PACK_AGENT_MARKS": "no mark"}) == "ai-cloud:cli"


def run_in_a_session(memory: Folder, shell: str, terminal: str = "") -> None:
    """Run a line in a shell that has this terminal, or none, with nothing that names a person."""
    env = {name: value for name, value in os.environ.items() if name != "PACK_SHELL_SOURCE"}
    child = os.fork()
    if child == 0:  # pragma: no cover - the child becomes the shell
        os.chdir(memory.path.parent)
        os.execve(sys.executable, [sys.executable, "-c", PROGRAM, terminal, shell], env)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def line(memory: Folder) -> str:
    words = [COMMAND, "update", "--local", str(memory.path), FILE]
    return f"echo new | {shlex.join(words)} >/dev/null"


def test_a_job_without_a_terminal_is_an_automation(memory: Folder) -> None:
    run_in_a_session(memory, line(memory))
    assert origin(memory) == "automation:cli"


def test_a_person_who_pipes_a_text_is_the_user(memory: Folder) -> None:
    pty = pytest.importorskip("pty", reason="pseudo terminals are POSIX")
    ours, theirs = pty.openpty()
    try:
        # So does an agent that makes itself a terminal and hides its marks; the guide says so.
        run_in_a_session(memory, line(memory), os.ttyname(theirs))
    finally:
        os.close(theirs)
        os.close(ours)
    assert origin(memory) == "user:cli"


def test_the_child_of_an_agent_is_the_agent(memory: Folder, tmp_path: Path) -> None:
    agent = tmp_path / "claude"
    shutil.copy("/bin/sh", agent)
    run_in_a_session(memory, f"{agent} -c {shlex.quote(line(memory) + '; true')}")
    assert origin(memory) == "ai-cloud:claude-code"
