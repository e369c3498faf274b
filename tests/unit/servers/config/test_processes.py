"""The processes of this machine, as far as they can be seen."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pack_servers.config import processes
from pack_servers.config.agents import AgentMarks
from pack_servers.config.processes import agent_in_folder, commands_above

MARKS = AgentMarks()


def test_the_processes_above_are_named() -> None:
    assert any(command for command in commands_above())


@pytest.mark.skipif(not Path("/bin/ps").exists(), reason="there is no ps")
def test_the_processes_above_are_named_where_only_ps_knows_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    assert any(command for command in commands_above())
    columns = [word for word in processes._PS if word.endswith("=")]
    assert columns == ["pid=", "ppid=", "command="]  # to POSIX, one list would be one heading


def test_lines_of_ps_that_name_no_process_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listing = f"\nPID\n  x y z\n 7\n{os.getppid()} 1 /x/bin/claude --resume\n"
    monkeypatch.setattr(processes, "_PROC", tmp_path)
    monkeypatch.setattr(processes, "_PS", ("/bin/echo", listing))
    (command,) = commands_above()
    assert MARKS.in_command(command) == "claude-code"


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="folders are seen on Linux only")
def test_an_agent_that_works_in_a_folder_is_seen_while_it_does(tmp_path: Path) -> None:
    inside = tmp_path / "memory" / "notes"
    inside.mkdir(parents=True)
    (tmp_path / "memory-too").mkdir()
    environment = {**os.environ, "CURSOR_AGENT": "1"}
    wait = [sys.executable, "-S", "-c", "print(flush=True); input()"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(wait, cwd=inside, env=environment, **pipes) as agent:  # type: ignore[call-overload]
        agent.stdout.readline()
        assert agent_in_folder(tmp_path / "memory", MARKS) == "cursor"
        assert agent_in_folder(inside, MARKS) == "cursor"
        assert agent_in_folder(tmp_path / "memory-too", MARKS) is None
        assert agent_in_folder(inside / "deeper", MARKS) is None
        agent.communicate(b"\n")
    assert agent_in_folder(inside, MARKS) is None
